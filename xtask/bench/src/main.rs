//! `ddsbench` measures whole processes of `ddstask` beside what people do without it, in one run, in turn.
//!
//! It works in a throw-away copy of the checkout. A figure without its baseline from the same minutes on the same
//! machine would say nothing, and neither would one without its spread. `cargo xtask bench` builds and starts it.

mod baseline;
mod checksums;
mod figures;
mod large;
mod launch;
mod measure;
mod project;
mod readonly;
mod stage;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value as Json, json};

use figures::{Part, table};
use project::{Network, Project};

/// Another load than this is somebody else's work.
const BUSY: f64 = 0.7;

/// Measures the `ddstask` beside this program; `cargo xtask bench` builds both and explains the flags.
#[derive(Debug, Parser)]
#[command(name = "ddsbench")]
struct Args {
    /// What to measure.
    #[arg(required = true)]
    subjects: Vec<Subject>,
    /// Runs that count, of each.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Where the interpreter comes from, as `packaged-stage` has it: host or archive:PATH.
    #[arg(long, default_value = "host")]
    python_source: String,
    /// Write every run as JSON into FILE and print the table; with `-` print the JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<Utf8PathBuf>,
    /// Say only what is not as it should be.
    #[arg(long)]
    quiet: bool,
}

/// A group of measurements.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Subject {
    /// Staging.
    Stage,
    /// Staging a large project.
    Large,
    /// From the start of the backend to its first page.
    Launch,
    /// Checksums of large files.
    Checksums,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if measure::interrupted() => ExitCode::from(130),
        Err(error) => {
            say(format_args!("error: {error}"));
            error.chain().skip(1).for_each(|cause| say(format_args!("  because: {cause}")));
            ExitCode::FAILURE
        }
    }
}

/// Measures all that was asked for; the table goes to stdout, or all of it as JSON.
fn run(args: &Args) -> Result<()> {
    measure::listen()?;
    let load = load();
    if let Some(load) = load.filter(|load| *load > BUSY) {
        say(format_args!("notice: this machine is busy (load {load:.1}); the figures will be too"));
    }
    let project = Project::new(&args.python_source)?;
    let parts = args.subjects.iter().map(|subject| part(args, *subject, &project)).collect::<Result<Vec<_>>>()?;
    let report = report(&project, args, &parts, load);
    match &args.json {
        Some(path) if path == "-" => print(report),
        Some(path) => {
            fs_err::create_dir_all(path.parent().unwrap_or(path))?;
            fs_err::write(path, format!("{report:#}\n"))?;
            print(table(&parts))
        }
        None => print(table(&parts)),
    }
}

fn part(args: &Args, subject: Subject, project: &Project) -> Result<Part> {
    let runs = args.runs;
    let bar = ProgressBar::with_draw_target(Some(runs as u64 + 1), ProgressDrawTarget::stderr_with_hz(15));
    if args.quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    } else {
        let name = subject.to_possible_value().unwrap_or_default();
        say(format_args!("==> {}: {runs} runs after a warm-up", name.get_name()));
    }
    let part = match subject {
        Subject::Stage => stage::measure(project, runs, &bar),
        Subject::Large => large::measure(&args.python_source, runs, &bar),
        Subject::Launch => launch::measure(project, runs, &bar),
        Subject::Checksums => checksums::measure(project, runs, &bar),
    };
    bar.finish_and_clear();
    part
}

/// How many processes wanted to run in the last minute; nothing where that is not told.
fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Everything that somebody needs to judge the figures later.
fn report(project: &Project, args: &Args, parts: &[Part], load: Option<f64>) -> Json {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    json!({
        "date": chrono::Utc::now().date_naive().to_string(),
        "machine": { "host": host(), "cores": cores, "loadBefore": load },
        "versions": versions(project),
        "pythonSource": args.python_source,
        "runs": args.runs,
        "parts": parts.iter().map(Part::json).collect::<Vec<_>>(),
    })
}

/// The system and the architecture, as the packages of the shells are named: `linux-x64`.
fn host() -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}-{arch}", std::env::consts::OS)
}

fn versions(project: &Project) -> Json {
    let version = |mut program: std::process::Command| {
        program.arg("--version");
        measure::whole(program).map(|(_, text)| text.trim().to_owned()).unwrap_or_default()
    };
    let ddstask = version(project.ddstask(&[]));
    let python = project.stage(&[], Network::Off).map(|(_, staged)| staged["python"].clone());
    json!({
        "ddstask": ddstask.rsplit(' ').next(), "optimised": !cfg!(debug_assertions),
        "uv": version(measure::program(project.uv())), "python": python.unwrap_or_default(),
    })
}

/// Data, for people and pipes.
fn print(text: impl Display) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").context("cannot write the figures to stdout")
}

/// A line of talk.
fn say(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
