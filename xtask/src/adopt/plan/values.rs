//! Variables whose value only stands in for a real one: what is left to a person about them.

use crate::adopt::facts::{Place, Variable};
use crate::adopt::plan::known::{Known, Remark};

pub(crate) fn of_variables(known: &Known<'_>) -> Vec<Remark> {
    let next = "give it a value in [backend.env] of dds.toml, or leave it where the program does without";
    let mut guessed: Vec<(&Variable, String)> =
        known.seen.stand_ins.iter().filter_map(|variable| Some((variable, known.env.guess(variable)?))).collect();
    let is_alone = |variable: &Variable| !known.env.examples.contains_key(&variable.name);
    let alone: Vec<&Variable> = guessed.iter().map(|(variable, _)| *variable).filter(|it| is_alone(it)).collect();
    let mut found = Vec::new();
    // The lines of dds.toml name each with its place.
    if alone.len() > MOST_VARIABLES {
        let names: Vec<&str> = alone.iter().map(|variable| variable.name.as_str()).collect();
        let what = format!("the settings want variables that have only stand-ins: {}", names.join(", "));
        let next = next.replace("it a value", "them values").replace("leave it", "leave them");
        found.push(Remark::new(what, alone[0].place.as_ref().map(ToString::to_string), next));
        guessed.retain(|(variable, _)| !is_alone(variable));
    }
    found.extend(guessed.iter().map(|(variable, guess)| {
        let what = format!("the settings want the variable {}, which has {guess}", variable.name);
        Remark::new(what, variable.place.as_ref().map(ToString::to_string), next)
    }));
    found
}

/// More of them are told in one line.
const MOST_VARIABLES: usize = 3;

/// How far above a failure the variable is read that it is about.
const LINES_ABOVE: usize = 3;

/// The next step where settings fail over a value that only stands in for a real one: they name it, or read it just above.
pub(crate) fn stand_in_at(place: Option<&Place>, told: &str, known: &Known<'_>) -> Option<String> {
    let Place { file, line } = place?;
    let is_named =
        |variable: &&Variable| told.split(|c: char| !c.is_alphanumeric() && c != '_').any(|it| it == variable.name);
    let above = |variable: &&Variable| {
        let read = variable.place.as_ref().filter(|read| read.file == *file && read.line <= *line)?;
        Some(line - read.line).filter(|lines| *lines <= LINES_ABOVE)
    };
    let stand_ins = &known.seen.stand_ins;
    let named = stand_ins.iter().find(is_named);
    let near = named.or_else(|| stand_ins.iter().filter(|it| above(it).is_some()).min_by_key(above))?;
    let guess = known.env.guess(near)?;
    Some(format!("give {} a value in [backend.env] that they can read there; it has {guess}", near.name))
}

/// The variables that the file of a failure reads and that have neither a value nor a default.
pub(crate) fn unset_in(place: Option<&Place>, known: &Known<'_>) -> Option<String> {
    let file = &place?.file;
    let is_unset = |variable: &&Variable| {
        let is_here = variable.place.as_ref().is_some_and(|place| place.file == *file);
        is_here && variable.default.as_ref().is_none_or(String::is_empty) && !known.env.own.contains_key(&variable.name)
    };
    let unset = known.env.others.iter().filter(is_unset).take(4);
    let names: Vec<&str> = unset.map(|variable| variable.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
