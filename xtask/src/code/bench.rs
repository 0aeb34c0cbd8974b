//! `bench`: how fast the tool is, beside what people do without it. A program of its own measures, which nobody
//! compiles who only stages: `xtask/bench`.

use std::fmt;

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use clap::builder::PossibleValuesParser;

use crate::base::act::{Act, finish};
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, JsonTo, Run};
use crate::base::fault::{Fault, Result};
use crate::base::{env, process, tools, uv};

/// Measure staging, launch and checksums, each beside the way without this tool.
///
/// Whole processes are measured, in turn with their baseline, in a throw-away copy of the checkout. The median and
/// the spread are shown; a first run of each does not count. All of it takes about ten minutes and 5 GB.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench stage --runs 7 --json figures.json")]
pub(crate) struct Args {
    /// What to measure; everything when left out. `large` is staging a project of 27,000 files and 360 MB.
    #[arg(value_name = "WHAT", value_parser = PossibleValuesParser::new(SUBJECTS.map(|(name, _)| name)))]
    subjects: Vec<String>,
    /// Runs that count, of each.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Print every run as JSON, or write it to FILE and print the table.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-", value_parser = JsonTo::parse)]
    json: Option<JsonTo>,
    /// Where the interpreter comes from: host or archive:PATH, so that the baseline can have the same.
    #[arg(long, value_name = "SOURCE", default_value = "host")]
    python_source: String,
}

/// What can be measured, in this order: its name, and the way without the tool.
const SUBJECTS: [(&str, &str); 4] = [
    ("stage", "delete all, copy the interpreter, build and install a wheel, collectstatic"),
    ("large", "as for stage, with a project of 27,000 files and 360 MB"),
    ("launch", "migrate, runserver, a poll each 250 ms"),
    ("checksums", "sha256sum"),
];

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let subjects = SUBJECTS.into_iter();
        let subjects =
            subjects.filter(|(name, _)| self.subjects.is_empty() || self.subjects.iter().any(|own| own == name));
        let subjects: Vec<_> = subjects.collect();
        let json = json(self, ctx)?;
        let program = program(ctx, self, &subjects, json.as_deref())?;
        let output = json.filter(|path| path != "-");
        finish(ctx, &Bench { program, subjects, runs: self.runs, output, scratch: ctx.layout.scratch().into() })
            .map(drop)
    }
}

/// The program that measures the `ddstask` beside it, built as this one was.
fn program(ctx: &Ctx, args: &Args, subjects: &[(&str, &str)], json: Option<&str>) -> Result<Cmd> {
    let optimised = (!cfg!(debug_assertions)).then_some("--release");
    let cmd = Cmd::new("cargo")
        .args(["run", "--quiet", "--package", "bench"])
        .args(optimised)
        .arg("--")
        .args(subjects.iter().map(|(name, _)| *name))
        .args(["--runs", &args.runs.to_string(), "--python-source", &python_source(ctx, &args.python_source)?])
        .args(json.iter().flat_map(|path| ["--json", path]))
        .args(ctx.ui.is_quiet().then_some("--quiet"));
    Ok(match uv::ensure(ctx)? {
        // One that only the store has.
        Some(path) if ctx.env.get(env::UV).is_none() && tools::find("uv").is_none() => cmd.env(env::UV, path.as_str()),
        _ => cmd,
    })
}

/// The source with its path made absolute: the copy of the checkout lies elsewhere.
fn python_source(ctx: &Ctx, text: &str) -> Result<String> {
    match text.strip_prefix("archive:") {
        Some(path) => Ok(format!("archive:{}", ctx.layout.absolute(path))),
        None if text == "host" => Ok(text.to_owned()),
        None => Err(Fault::usage(format!("`{text}` can't be measured")).hint("available sources: host, archive:PATH")),
    }
}

/// Where the figures go as JSON, `-` for stdout. `--json stage` means the subject, not a file of that name.
fn json(args: &Args, ctx: &Ctx) -> Result<Option<String>> {
    match &args.json {
        Some(JsonTo::File(path)) if SUBJECTS.iter().any(|(name, _)| name == path) => {
            Err(Fault::usage(format!("`--json {path}` would write a file named {path}"))
                .hint(format!("write `cargo xtask bench {path} --json`")))
        }
        Some(JsonTo::File(path)) => Ok(Some(path.to_string())),
        _ => Ok(ctx.json.then(|| "-".to_owned())),
    }
}

/// The program, and what it is going to do.
struct Bench {
    program: Cmd,
    subjects: Vec<(&'static str, &'static str)>,
    runs: u16,
    output: Option<String>,
    scratch: Utf8PathBuf,
}

impl Act for Bench {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        process::foreground(ctx, &self.program)
    }
}

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (runs, scratch) = (self.runs, &self.scratch);
        writeln!(f, "run     {}", self.program)?;
        write!(f, "copy    dds.toml and the backend into a folder below {scratch}, removed at the end")?;
        for (name, against) in &self.subjects {
            write!(f, "\nmeasure {name:<9} {runs} times after a warm-up, beside: {against}")?;
        }
        self.output.iter().try_for_each(|path| write!(f, "\nwrite   {path}"))
    }
}
