//! Staging a large project: what an edit costs should depend on what changed, not on what is there.

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use serde_json::json;

use crate::figures::{Part, Row, Series};
use crate::project::{Network, Project};
use crate::stage::{BASELINE, OF_ITSELF, append, edit_source, sizes, source, staged};
use crate::{baseline, measure};

/// The program that makes a project large: packages, static files, sources.
const SCRIPT: &str = include_str!("../resources/large_project.py");

/// Measures ours and the baseline in turn, in a copy of its own.
pub(crate) fn measure(python_source: &str, runs: usize, bar: &ProgressBar) -> Result<Part> {
    let mut part = Part { name: "stage, large project", baseline: BASELINE.to_owned(), ..Part::default() };
    let project = Project::new(python_source)?;
    enlarge(&project)?;
    project.stage(&[], Network::Allowed)?;
    let tree = project.beside("naive");
    let [mut nothing, mut edited, mut style_sheet, mut again]: [Series; 4] = Default::default();
    for round in 0..=runs {
        let network = Network::in_round(round);
        edit_source(&project, false, round)?;
        edited.push(staged(&project, network, &["app"])?);
        let path = source(&project, "css", |_| true)?;
        append(&path, &format!("/* edit {round} */\n"))?;
        style_sheet.push(staged(&project, network, &["app", "static"])?);
        nothing.push(staged(&project, network, &[])?);
        again.push(baseline::stage(&project, &tree, network)?);
        bar.inc(1);
    }
    part.rows = vec![
        Row::times("nothing changed", &nothing, Some(&again)),
        Row::times("one app file edited", &edited, Some(&again)),
        Row::times("one style sheet edited", &style_sheet, Some(&again)),
    ];
    part.rows.extend(Row::peak_memory([&nothing, &edited, &style_sheet], [&again]));
    part.rows.extend(sizes(&project.staged(), &tree)?);
    part.notes.push(OF_ITSELF.to_owned());
    Ok(part)
}

/// Adds made-up packages, sources and static files to the copy, and locks them.
fn enlarge(project: &Project) -> Result<()> {
    // A first stage brings the interpreter that runs the script.
    project.stage(&[], Network::Allowed)?;
    let order = json!({
        "backend": project.backend(), "sources": project.backend().join(project.facts.source_root()),
        "settings": project.facts.settings_module, "wheels": project.beside("wheels"), "uv": project.uv(),
    });
    let mut command = measure::program(project.staged_python()?);
    command.args(["-I", "-B", "-c", SCRIPT, &order.to_string()]);
    measure::whole(command).context("the large project can't be made")?;
    Ok(())
}
