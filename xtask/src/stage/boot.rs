//! `packaged-stage --check`: the staged backend starts twice with throw-away data, as a shell starts it, and what a person
//! would meet is told: it works, it works with what you decide, or it won't work, because.

use std::fmt;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::{files, process};
use crate::stage::check;
use crate::stage::manifest;
use crate::stage::plan::boot::{Finding, Report, Verdict, findings, verdict};

/// The program that starts the backend.
const DRIVER: &str = include_str!("../../resources/boot_stage.py");

/// What each of the backend's processes is watched with.
const WATCHER: &str = include_str!("../../resources/watch_boot.py");

/// How the check went.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) findings: Vec<Finding>,
    /// Seconds until the first page of a new installation.
    pub(crate) first_start_secs: f64,
    /// Seconds until that of a later start.
    pub(crate) second_start_secs: Option<f64>,
    /// How many pages and files were asked for.
    pub(crate) asked: usize,
}

#[derive(Deserialize)]
struct Manifest {
    python: Python,
    launcher: Launcher,
}

#[derive(Deserialize)]
struct Python {
    executable: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Launcher {
    cwd: String,
    settings_module: String,
    command: Vec<String>,
}

/// Starts the staged backend. `login` is the name and the password of a user.
///
/// # Errors
/// Nothing is staged, or the check itself did not come to an end.
pub(crate) fn check(ctx: &Ctx, login: Option<&(String, String)>) -> Result<Outcome> {
    let _section = ctx.ui.section("check of the start");
    let _spinner = ctx.ui.spinner("start");
    let scratch = ctx.layout.absolute(ctx.layout.stage_root().join("boot"));
    // A check that was killed may have left its own.
    files::remove(&scratch)?;
    let report = report(ctx, login, &scratch);
    files::remove(&scratch)?;
    let report = report?;
    let findings = findings(&report);
    let secs = |at: usize| report.starts.get(at).map(|start| start.secs);
    Ok(Outcome {
        verdict: verdict(&findings),
        findings,
        first_start_secs: secs(0).unwrap_or_default(),
        second_start_secs: secs(1),
        asked: report.pages.len(),
    })
}

fn report(ctx: &Ctx, login: Option<&(String, String)>, scratch: &Utf8Path) -> Result<Report> {
    let tree = ctx.layout.absolute(ctx.layout.staged_backend());
    let Manifest { python, launcher } = check::read(&tree.join(manifest::FILE_NAME))
        .map_err(|fault: Fault| fault.hint("run `cargo xtask packaged-stage` first"))?;
    files::make_folder(&scratch.join("watch"))?;
    files::write_atomically(&scratch.join("watch/sitecustomize.py"), WATCHER.as_bytes())?;
    files::write_atomically(&scratch.join("boot_stage.py"), DRIVER.as_bytes())?;
    let report = scratch.join("report.json");
    let facts: Value = json!({
        "tree": tree, "python": python.executable, "command": launcher.command, "cwd": launcher.cwd,
        "settings": launcher.settings_module, "scratch": scratch, "report": report, "login": login,
    });
    files::write_atomically(&scratch.join("facts.json"), facts.to_string().as_bytes())?;
    let driver = Cmd::new(tree.join(&python.executable).as_str())
        .args(["-I", "-B", scratch.join("boot_stage.py").as_str(), scratch.join("facts.json").as_str()])
        .sees(Sees::Nothing);
    match process::quiet(ctx, &driver) {
        Err(fault) => Err(fault.within("the check did not come to an end").with_kind(Kind::Failed).hint("report this")),
        Ok(_) => check::read(&report),
    }
}

impl Outcome {
    /// Tells it; what won't work is the failure of the command.
    pub(crate) fn tell(&self, ctx: &Ctx) -> Result<()> {
        let second = self.second_start_secs.map_or_else(String::new, |secs| format!(", again in {secs} s"));
        for finding in self.findings.iter().filter(|finding| !finding.is_fatal) {
            ctx.ui.notice(finding);
        }
        let fatal: Vec<&Finding> = self.findings.iter().filter(|finding| finding.is_fatal).collect();
        if fatal.is_empty() {
            ctx.ui.say(format_args!("check: it {} (started in {} s{second})", self.verdict, self.first_start_secs));
            return Ok(());
        }
        let fault = Fault::new(format!("it {}", self.verdict));
        let fault = fatal.iter().fold(fault, |fault, finding| fault.because(&finding.what));
        Err(match fatal.iter().find_map(|finding| finding.remedy.as_deref()) {
            Some(remedy) => fault.hint(remedy),
            None => fault.hint("mend what is said above, then run the same command again"),
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        self.remedy.iter().try_for_each(|remedy| write!(f, "; {remedy}"))
    }
}
