//! A stage as the person sees it: what is printed before, while and after it is made.

use std::fmt;
use std::time::Instant;

use camino::Utf8PathBuf;
use serde_json::{Value, json};

use crate::base::act::Act;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::text::{count, seconds, size};
use crate::stage::plan::StagePlan;
use crate::stage::prune::Saved;
use crate::stage::record::Record;
use crate::stage::{apply, boot, report};

/// A stage that tells what has become of it.
pub(crate) struct Staging {
    pub(crate) plan: StagePlan,
    /// The system that it is for.
    pub(crate) target: String,
    /// Whether to say what was left out.
    pub(crate) explain: bool,
    /// The page to write about it.
    pub(crate) report: Option<Utf8PathBuf>,
    /// Whether it is started.
    pub(crate) check: bool,
    /// The user that the check logs in as.
    pub(crate) login: Option<(String, String)>,
    pub(crate) start: Instant,
}

impl fmt::Display for Staging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.plan.fmt(f)?;
        self.report.iter().try_for_each(|path| write!(f, "\nwrite   {path}  (the page about it)"))?;
        let text =
            "\ncheck   it starts twice with throw-away data, and its first page, files and workers are looked at";
        f.write_str(if self.check { text } else { "" })
    }
}

impl Act for Staging {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let new = apply::apply(ctx, &self.plan)?;
        let Some(record) = new.as_ref().or(self.plan.before.as_ref()) else {
            return Err(Fault::new("the stage left no record").hint("run the command again"));
        };
        if self.explain {
            explain_left_out(ctx, record);
            explain_taken_from_system(ctx, record);
        }
        if let Some(path) = &self.report {
            report::write(ctx, record, &self.plan.left_out, &ctx.layout.absolute(path))?;
        }
        self.tell(ctx, record);
        let outcome = self.check.then(|| boot::check(ctx, self.login.as_ref())).transpose()?;
        if ctx.json {
            let mut told = self.told(record);
            if let Some(outcome) = &outcome {
                told["check"] = json!(outcome);
            }
            ctx.ui.data(told);
        }
        outcome.map_or(Ok(()), |outcome| outcome.tell(ctx))
    }
}

impl Staging {
    /// The last lines: where the tree is and what is in it.
    fn tell(&self, ctx: &Ctx, record: &Record) {
        let plan = &self.plan;
        let bytes: u64 = record.tree.iter().map(|file| file.stat.size).sum();
        let source = record.seen.source.kind();
        ctx.ui.say(format_args!(
            "{}: {} in {} ({}, {}, Python {} from {source})",
            plan.target,
            if plan.is_up_to_date() { "up to date" } else { "staged" },
            seconds(self.start.elapsed()),
            count(record.tree.len(), "file"),
            size(bytes),
            record.python.version,
        ));
        if !plan.is_up_to_date() && !plan.left_out.is_empty() {
            let how_many = count(plan.left_out.len(), "path");
            ctx.ui.say(format_args!("not shipped: {how_many} of the project, which `--explain` lists"));
        }
        self.report.iter().for_each(|path| ctx.ui.say(format_args!("report: {path}")));
    }

    /// The same for programs.
    fn told(&self, record: &Record) -> Value {
        let plan = &self.plan;
        let bytes: u64 = record.tree.iter().map(|file| file.stat.size).sum();
        let left_out = plan.left_out.iter().map(|left| json!({ "path": left.path, "because": left.because }));
        let made = |layer| !plan.is_up_to_date() && plan.makes(layer);
        let layers = plan.layers.iter().map(|layer| {
            json!({ "name": layer.layer, "key": layer.key, "made": made(layer.layer), "because": layer.because })
        });
        json!({
            "path": plan.target, "target": self.target, "report": self.report, "changed": !plan.is_up_to_date(), "digest": record.digest,
            "files": record.tree.len(), "leftOut": left_out.collect::<Vec<_>>(), "bytes": bytes,
            "python": record.python.version, "source": record.seen.source.kind(), "because": plan.because,
            "layers": layers.collect::<Vec<_>>(),
        })
    }
}

/// Says which layers are made and why, and what of the project is left out.
pub(crate) fn explain(ctx: &Ctx, plan: &StagePlan) {
    for layer in &plan.layers {
        let what = if plan.is_up_to_date() {
            "unchanged".to_owned()
        } else {
            let why = if layer.because.is_empty() { String::new() } else { format!(" ({})", layer.because.join(", ")) };
            format!("{}{why}", if plan.makes(layer.layer) { "made anew" } else { "from the store" })
        };
        ctx.ui.say(format_args!("{:<9} {what}", layer.layer));
    }
    for reason in &plan.because {
        ctx.ui.say(format_args!("assembled because {reason}"));
    }
    for left in &plan.left_out {
        ctx.ui.say(format_args!("left out  {}  ({})", left.path, left.because));
    }
}

fn explain_left_out(ctx: &Ctx, record: &Record) {
    for layer in &record.layers {
        for Saved { what, files, bytes } in &layer.facts.pruned {
            let files = count(usize::try_from(*files).unwrap_or(usize::MAX), "file");
            ctx.ui.say(format_args!("{:<9} without {what}: {files}, {}", layer.layer, size(*bytes)));
        }
    }
}

/// What the packages don't bring, and the machine that the program runs on has to have.
fn explain_taken_from_system(ctx: &Ctx, record: &Record) {
    let packages = format!("python/{}/", record.python.purelib);
    let has = |name: &str| {
        let mut paths = record.tree.iter().filter_map(|file| file.path.strip_prefix(&packages));
        paths.any(|path| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/')))
    };
    if !has("tzdata") {
        ctx.ui.say("system    zone data; to ship it, add `tzdata` to the dependencies");
    }
    if let Some(folder) = record.python.authorities.as_ref().filter(|_| !has("truststore")) {
        ctx.ui.say(format_args!(
            "system    certificate authorities, in {folder}; to find those of any system, add `truststore` and call its \
             `inject_into_ssl()`"
        ));
    }
}
