//! `bench`: how fast the tool is, beside what people do without it.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;
use clap::builder::PossibleValuesParser;

use crate::base::act::finish;
use crate::base::ctx::{Ctx, JsonTo, Run};
use crate::base::fault::{Fault, Result};
use crate::code::bench_plan::{BenchPlan, Subject};

/// Measure staging, launch and checksums, each beside the way without this tool.
///
/// Whole processes are measured, in turn with their baseline, in a throw-away copy of the checkout. The median and
/// the spread are shown; a first run of each does not count. All of it takes about five minutes and 3 GB.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask bench\n  cargo xtask bench stage --runs 7 --json figures.json")]
pub(crate) struct Args {
    /// What to measure; everything when left out.
    #[arg(value_name = "WHAT", value_parser = PossibleValuesParser::new(Subject::ALL.map(Subject::name)))]
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

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let plan = BenchPlan {
            subjects: subjects(self),
            runs: self.runs.into(),
            python_source: python_source(ctx, &self.python_source)?,
            output: output(self)?,
            scratch: ctx.layout.scratch().to_owned(),
        };
        finish(ctx, &plan).map(drop)
    }
}

fn subjects(args: &Args) -> Vec<Subject> {
    let wanted =
        |subject: &Subject| args.subjects.is_empty() || args.subjects.iter().any(|name| name == subject.name());
    Subject::ALL.into_iter().filter(wanted).collect()
}

/// The source with its path made absolute: the copy of the checkout lies elsewhere.
fn python_source(ctx: &Ctx, text: &str) -> Result<String> {
    match text.strip_prefix("archive:") {
        Some(path) => Ok(format!("archive:{}", ctx.layout.absolute(path))),
        None if text == "host" => Ok(text.to_owned()),
        None => Err(Fault::usage(format!("`{text}` can't be measured")).hint("available sources: host, archive:PATH")),
    }
}

/// `--json stage` means the subject, not a file of that name.
fn output(args: &Args) -> Result<Option<Utf8PathBuf>> {
    match &args.json {
        Some(JsonTo::File(path)) if Subject::ALL.iter().any(|subject| subject.name() == path) => {
            Err(Fault::usage(format!("`--json {path}` would write a file named {path}"))
                .hint(format!("write `cargo xtask bench {path} --json`")))
        }
        Some(JsonTo::File(path)) => Ok(Some(path.clone())),
        _ => Ok(None),
    }
}
