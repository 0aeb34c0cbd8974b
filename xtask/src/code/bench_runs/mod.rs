//! Measures whole processes of this tool beside what people do without it, in one run, in turn.
//!
//! It works in a throw-away copy of the checkout. A figure without its baseline from the same minutes on the same
//! machine would say nothing, and neither would one without its spread.

pub(crate) mod checksums;
pub(crate) mod http;
pub(crate) mod launch;
pub(crate) mod measure;
pub(crate) mod naive;
pub(crate) mod project;
pub(crate) mod readonly;
pub(crate) mod stage;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::base::act::Act;
use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::base::files;
use crate::base::text::date;

use crate::code::bench_plan::{BenchPlan, Subject};
use crate::code::bench_runs::project::Project;
use crate::code::figures::{Part, table};

/// Another load than this is somebody else's work.
const BUSY: f64 = 0.7;

impl Act for BenchPlan {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        apply(ctx, self)
    }
}

/// Does what the plan says; the table goes to stdout, or all of it as JSON.
fn apply(ctx: &Ctx, plan: &BenchPlan) -> Result<()> {
    let load = load();
    let busy = load.filter(|load| *load > BUSY);
    if let Some(load) = busy {
        ctx.ui.notice(format_args!("this machine is busy (load {load:.1}); the figures will be too"));
    }
    let project = Project::new(ctx, plan)?;
    let mut parts = Vec::new();
    for subject in &plan.subjects {
        let _section = ctx.ui.section(&format!("{}: {} runs after a warm-up", subject.name(), plan.runs));
        let progress = ctx.ui.progress(subject.name(), plan.runs as u64 + 1);
        let advance = || progress.add(1);
        parts.push(match subject {
            Subject::Stage => stage::measure(&project, plan.runs, &advance)?,
            Subject::Launch => launch::measure(&project, plan.runs, &advance)?,
            Subject::Checksums => checksums::measure(&project, plan.runs, &advance)?,
        });
    }
    let report = report(&project, plan, &parts, load);
    if let Some(path) = &plan.output {
        files::write_atomically(&ctx.layout.absolute(path), format!("{report:#}\n").as_bytes())?;
    }
    if ctx.json && plan.output.is_none() {
        ctx.ui.data(report);
    } else {
        ctx.ui.data(table(&parts));
    }
    Ok(())
}

/// How many processes wanted to run in the last minute; nothing where that is not told.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Everything that somebody needs to judge the figures later.
fn report(project: &Project<'_>, plan: &BenchPlan, parts: &[Part], load: Option<f64>) -> Json {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    json!({
        "date": date(today),
        "machine": { "host": project.ctx.host.to_string(), "cores": cores, "loadBefore": load },
        "versions": versions(project),
        "pythonSource": plan.python_source,
        "runs": plan.runs,
        "parts": parts.iter().map(Part::json).collect::<Vec<_>>(),
    })
}

fn versions(project: &Project<'_>) -> Json {
    let mut uv = measure::program(project.ctx, project.uv());
    uv.arg("--version");
    let uv = measure::whole(uv).map(|(_, text)| text.trim().to_owned());
    let python = project.stage(&[], project::Network::Off).map(|(_, staged)| staged["python"].clone());
    json!({
        "ddstask": env!("CARGO_PKG_VERSION"), "optimised": !cfg!(debug_assertions),
        "uv": uv.unwrap_or_default(), "python": python.unwrap_or_default(),
    })
}
