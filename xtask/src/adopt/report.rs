//! What people are told: decided, left to them, won't work. As text, and as JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::adopt::facts::{Facts, Seen};
use crate::adopt::listing::Line;
use crate::adopt::lock::Locked;
use crate::adopt::plan::known::Remark;
use crate::adopt::plan::settings::Choice;
use crate::adopt::plan::{Decision, Known};
use crate::stage::plan::requirements::name;

/// The head of the report: what the project is.
fn head(facts: &Facts, choice: &Choice, locked: &Locked, seen: &Seen) -> String {
    let django = seen.settings.as_ref().map_or(String::new(), |settings| format!("Django {}, ", settings.django));
    format!(
        "{}: {django}Python {}, {} packages, settings {} ({})",
        facts.written_root, locked.python.bundled, locked.count, choice.module, choice.reason
    )
}

/// The report as text.
pub(crate) fn text(known: &Known<'_>, decision: &Decision) -> String {
    let mut text = head(known.facts, known.choice, known.locked, known.seen) + "\n";
    let mut section = |heading: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            let _ = write!(text, "\n{heading}\n{}\n", lines.join("\n"));
        }
    };
    section("decided", decided(known, decision));
    section("needs your word", remarks(&decision.asks));
    section("will not work", remarks(&decision.refusals));
    let _ = write!(text, "\nverdict: {}", decision.verdict());
    text
}

fn decided(known: &Known<'_>, decision: &Decision) -> Vec<String> {
    let lines = decision
        .lines
        .iter()
        .map(|line| format!("  {}.{} = {}  # {}", line.table, line.key, super::write::value(&line.value), line.reason));
    let is_wish = |line: &&Line| name(&line.text).is_some_and(|name| known.wishes.drop.contains(&name));
    let dropped = known
        .dropped
        .iter()
        .filter(|line| !is_wish(line))
        .map(|line: &Line| format!("  left out: {} ({}), nothing imports it", line.text, line.place));
    lines.chain(dropped).collect()
}

/// Remarks as lines: what, where, next.
pub(crate) fn remarks(remarks: &[Remark]) -> Vec<String> {
    let lines = remarks.iter().map(|remark| {
        let place = remark.place.iter().filter(|place| !place.is_empty()).map(|place| format!(" ({place})"));
        format!("  - {}{}\n    next: {}", remark.what, place.collect::<String>(), remark.next)
    });
    lines.collect()
}

/// The same for programs.
pub(crate) fn json(known: &Known<'_>, decision: &Decision, file: &str) -> Value {
    json!({
        "verdict": decision.verdict(),
        "root": known.facts.written_root,
        "settings-module": known.choice.module,
        "django": known.seen.settings.as_ref().map(|settings| &settings.django),
        "python": known.locked.python.bundled.to_string(),
        "packages": known.locked.count,
        "decided": decision.lines,
        "left-out": known.dropped.iter().map(|line| json!({"what": line.text, "place": line.place})).collect::<Vec<_>>(),
        "asks": decision.asks,
        "refusals": decision.refusals,
        "page": known.seen.page,
        "dds.toml": file,
    })
}

/// What there is to say where the files alone refuse.
pub(crate) fn refusal_json(facts: &Facts, refusals: &[Remark]) -> Value {
    json!({ "verdict": "will not work", "root": facts.written_root, "refusals": refusals })
}
