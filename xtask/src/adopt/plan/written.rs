//! What a project writes into its own folder, or may write: nobody can, once it is installed.

use crate::adopt::facts::{Failed, Found, Seen};
use crate::adopt::plan::known::{Known, Remark};
use crate::adopt::plan::variables::is_folder;

fn is_inside(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The path below the project's folder that was written.
fn written(what: &str) -> Option<&str> {
    what.strip_prefix("writes ")?.split(", below its own folder").next()
}

/// Folders of the project that are made while it starts, the innermost ones: a start fails where they can't be made.
/// Where a file is written into one at once, an empty folder is no help.
pub(crate) fn folders(seen: &Seen) -> Vec<&Found> {
    let files = || seen.refused.iter().filter_map(|refused| written(&refused.what));
    let inside =
        |folder: &str| seen.made.iter().map(|made| &*made.what).chain(files()).any(|path| is_inside(path, folder));
    let mut folders: Vec<&Found> = seen.made.iter().filter(|folder| !inside(&folder.what)).collect();
    folders.sort_unstable_by_key(|folder| &folder.what);
    folders.dedup_by_key(|folder| &folder.what);
    folders
}

/// What the project does while it starts that an installed program should not. A folder stands for all that is in it.
pub(crate) fn at_the_start(known: &Known<'_>) -> Vec<Remark> {
    let Seen { refused, made, failures, .. } = known.seen;
    let has_failed = |told: &Found| {
        let is_it = |failed: &Failed| {
            let places = [&failed.first.place, &failed.last.place];
            failed.step == told.step && (told.place.is_none() || places.contains(&&told.place))
        };
        failures.iter().filter(|failed| failed.stopped).any(is_it)
    };
    let variables = folder_variables(known);
    // Folders alone are shipped, but where a variable moves them that is better.
    let made = made
        .iter()
        .filter(|_| !variables.is_empty())
        .map(|folder| Found { what: format!("writes {}, below its own folder,", folder.what), ..(*folder).clone() });
    let told: Vec<Found> = made.chain(refused.iter().cloned()).collect();
    let paths: Vec<&str> = told.iter().filter_map(|told| written(&told.what)).collect();
    let is_told = |path: &str| paths.iter().any(|folder| is_inside(path, folder));
    let told: Vec<Found> = told.iter().filter(|told| !written(&told.what).is_some_and(is_told)).cloned().collect();
    let remarks = libraries_together(told).into_iter().map(|told| {
        let what = format!("the project {} {}", told.what, while_what(&told));
        let next = next_step(&told, &variables, has_failed(&told));
        Remark::new(what, told.place, next)
    });
    remarks.collect()
}

/// What helps with one of these.
fn next_step(told: &Found, variables: &[&str], has_failed: bool) -> String {
    let is_own = told.what.contains(", below its own folder");
    let text = match told.what.split(' ').next() {
        Some("writes") if told.what.ends_with("into the static files") => {
            "make them while staging; with django-compressor: `COMPRESS_OFFLINE = true` in [backend.overlay], and \
             `after = [\"compress --force\"]` in [backend.static]"
        }
        Some("writes") if is_own => return below_data(variables, told.setting.as_deref()),
        Some("writes") if has_failed && told.step == "settings" => return while_imported(variables),
        Some("writes") => return elsewhere(told.setting.as_deref()),
        Some("looks") => {
            "no stage can bring it, and it went on without; what needs it does without, or wants a package that has it \
             inside its wheel"
        }
        _ if told.step == "static" => {
            "staging gives it no program of this machine, either: let `[backend] build` run it, or name a Python package \
             for that in [backend.overlay]"
        }
        _ if has_failed => {
            "it fails the same way on a machine that has none of that: mend that line, or leave out what needs it, in \
             settings that you name with `--settings`"
        }
        _ => {
            "it went on without here, as on a machine that has none of that; where an installed program should not even \
             try, mend that line, or name other settings with `--settings`"
        }
    };
    text.to_owned()
}

/// How what a project writes to a place of this machine comes below the person's data.
fn elsewhere(line: Option<&str>) -> String {
    let moved = line.map_or_else(
        || "a path below {data} is the person's own, in [backend.env] or [backend.overlay]".to_owned(),
        |line| format!("`{line}` in [backend.overlay] moves it to the person's own"),
    );
    format!(
        "that is a place of this machine, which another one may not have; {moved}; let the sources do without it where it \
         can't be written"
    )
}

/// The same where nothing that is laid over settings helps: they fail before that.
fn while_imported(variables: &[&str]) -> String {
    let moved = if variables.is_empty() {
        String::new()
    } else {
        format!("set it in [backend.env] where one of these variables moves it: {}; ", variables.join(", "))
    };
    format!(
        "that is a place of this machine, which another one may not have: {moved}let the settings do without it where it \
         can't be written, or name others with `--settings`"
    )
}

/// When it was seen, in words.
fn while_what(told: &Found) -> &'static str {
    match told.step.as_str() {
        "static" => "while its static files are collected",
        "migrate" => "while its database is made",
        "page" => "while it answers with its first page",
        _ => "while it starts",
    }
}

/// A library is looked for under all the names that it may have: those of one place are one thing to say.
fn libraries_together(told: Vec<Found>) -> Vec<Found> {
    let split = |what: &str| {
        let (name, by) = what.strip_prefix("looks for the library ")?.split_once(" (in ")?;
        Some((name.to_owned(), by.to_owned()))
    };
    let mut together: Vec<Found> = Vec::new();
    for found in told {
        let Some((name, by)) = split(&found.what) else {
            together.push(found);
            continue;
        };
        let is_of_same =
            |other: &&mut Found| other.place == found.place && split(&other.what).is_some_and(|(_, other)| other == by);
        match together.iter_mut().find(is_of_same) {
            Some(other) if other.what.contains(" or ") => {}
            Some(other) => other.what = other.what.replacen(" (in ", &format!(" or {name} (in "), 1),
            None => together.push(found),
        }
    }
    together
}

/// Folders of the project that settings name and in which nothing is: where a program keeps files, it can't once it is
/// installed. What was seen to be written is told already.
pub(crate) fn later(seen: &Seen) -> Option<Remark> {
    let is_told = |folder: &str| seen.refused.iter().any(|refused| refused.what.contains(folder));
    // Static files are collected and compressed while staging, and log files lie elsewhere.
    let is_known = |setting: &str| {
        setting.starts_with("STATIC") || setting.starts_with("COMPRESS_") || setting.split(['_', '.']).any(is_log)
    };
    let is_open = |(setting, folder): &&(String, String)| !is_known(setting) && !is_told(folder);
    let mut folders = seen.unmade.iter().filter(is_open).peekable();
    let (setting, folder) = folders.peek()?;
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let next = format!(
        "nobody can write into an installed program: where files are kept in one, give it another place in \
         [backend.overlay], such as `{setting} = \"{{data}}/{name}\"`"
    );
    let told: Vec<String> = folders.take(4).map(|(setting, folder)| format!("{setting} ({folder})")).collect();
    Some(Remark::new(
        format!("settings name folders of the project in which nothing is: {}", told.join(", ")),
        None,
        next,
    ))
}

fn is_log(word: &str) -> bool {
    word == "LOG" || word.starts_with("LOGS") || word.starts_with("LOGGING")
}

/// The variables of the settings that name folders.
fn folder_variables<'a>(known: &Known<'a>) -> Vec<&'a str> {
    known.env.others.iter().map(|variable| variable.name.as_str()).filter(|name| is_folder(name)).take(4).collect()
}

/// How what a project writes comes below the person's data.
fn below_data(variables: &[&str], line: Option<&str>) -> String {
    if let Some(line) = line.filter(|_| variables.is_empty()) {
        return format!(
            "an installed program may not write there; `{line}` in [backend.overlay] moves it to the person's own"
        );
    }
    let own = "a path below {data} is the person's own";
    if variables.is_empty() {
        return format!("an installed program may not write there; {own}, in [backend.env] or [backend.overlay]");
    }
    let names = variables.join(", ");
    format!(
        "an installed program may not write there; {own}, in [backend.env] where one of these variables moves it: {names}; \
         else in [backend.overlay]"
    )
}
