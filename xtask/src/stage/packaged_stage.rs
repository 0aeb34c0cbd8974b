//! `packaged-stage`: the self-contained backend in `.stage/backend`.

use std::fmt;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use serde_json::{Value, json};

use crate::base::act::{Act, Plan, Step, finish};
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Kind, Result};
use crate::base::text::{count, seconds, size};
use crate::base::uv::ensure;
use crate::base::{env, tools};
use crate::stage::kit::{self, Built};
use crate::stage::model::{Request, RuntimeSource, SourceChoice};
use crate::stage::plan::facts::Facts;
use crate::stage::plan::sources::Sources;
use crate::stage::plan::{self, StagePlan};
use crate::stage::prune::Saved;
use crate::stage::record::Record;
use crate::stage::{apply, boot, build, observe, report, staged, wheel};

/// Where the page about a stage goes, unless the command line says it.
const REPORT: &str = ".stage/report.html";

/// Stage the backend: bundled Python, locked dependencies, the app, collected static files, manifest.
///
/// What has not changed since the last stage is reused; a run with nothing to do takes an instant. The tree in
/// `.stage/backend` is replaced in one step, so it is whole at any moment.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[derive(Debug, Default, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask packaged-stage\n  cargo xtask packaged-stage --explain\n  \
    cargo xtask packaged-stage --python-source archive:cpython-3.14-install_only_stripped.tar.gz")]
pub(crate) struct Args {
    /// Make every layer anew.
    #[arg(long)]
    force: bool,
    /// Say which layer was made anew and because of what.
    #[arg(long)]
    explain: bool,
    /// Re-hash the staged tree and compare it with the list that staging stored; changes nothing.
    #[arg(long, conflicts_with = "force")]
    verify: bool,
    /// Write a page about what is shipped, for a browser: sizes, licences, what was left out, what changed [default: .stage/report.html].
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = REPORT, conflicts_with = "verify")]
    report: Option<Utf8PathBuf>,
    /// Start it twice with throw-away data, as a shell does, and tell what people would meet.
    #[arg(long, conflicts_with_all = ["verify", "kit"])]
    check: bool,
    /// A user of the app that the check logs in as.
    #[arg(long, value_name = "NAME:PASSWORD", requires = "check", value_parser = user)]
    login: Option<(String, String)>,
    /// Use no network; fail and name what would have been fetched.
    #[arg(long)]
    offline: bool,
    /// Take interpreter, packages and uv from a folder that `airgap-kit export-build` made, and nothing from elsewhere.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["python_source", "verify"])]
    kit: Option<Utf8PathBuf>,
    /// Where the interpreter comes from: auto, uv, host, or archive:PATH[#sha256=HEX] [default: `python.source` in dds.toml].
    #[arg(long, value_name = "SOURCE")]
    python_source: Option<String>,
}

fn user(text: &str) -> std::result::Result<(String, String), &'static str> {
    let (name, password) = text.split_once(':').ok_or("it is a name and a password with a colon between them")?;
    Ok((name.to_owned(), password.to_owned()))
}

/// Brings the staged backend up to date, for the commands that need it.
pub(crate) fn stage(ctx: &Ctx) -> Result<()> {
    stage_from(ctx, None)
}

/// The same with an interpreter from elsewhere.
pub(crate) fn stage_from(ctx: &Ctx, python_source: Option<&str>) -> Result<()> {
    // A command that only stages on its way has a result of its own.
    let quiet = Ctx { json: false, ..ctx.clone() };
    bring_up_to_date(&quiet, &Args { python_source: python_source.map(str::to_owned), ..Args::default() })
}

/// The same, and checks that it starts.
pub(crate) fn stage_and_check(ctx: &Ctx) -> Result<()> {
    let quiet = Ctx { json: false, ..ctx.clone() };
    bring_up_to_date(&quiet, &Args { check: true, ..Args::default() })
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        if self.verify {
            return verify(ctx);
        }
        if let Some(kit) = &self.kit {
            return from_kit(ctx, self, &ctx.layout.absolute(kit));
        }
        bring_up_to_date(ctx, self)
    }
}

/// Observes, decides and stages; once more where another stage was faster, or nothing could be downloaded.
fn bring_up_to_date(ctx: &Ctx, args: &Args) -> Result<()> {
    let start = Instant::now();
    let mut request = request(ctx, args)?;
    let Some(uv) = ensure(ctx)? else {
        ctx.ui.say("the rest of the plan is decided when uv is there");
        return Ok(());
    };
    let mut is_built = false;
    loop {
        let facts = observe::observe(ctx, &uv, &request)?;
        if !is_built && build::is_due(ctx, &facts, request.force) {
            finish(ctx, &build::plan(ctx)?)?;
            is_built = true;
            // Sources are what there is now.
            continue;
        }
        tell_fallback(ctx, &facts, &request);
        if let Some(objection) = Sources::objection(&ctx.config, ctx.host, &facts) {
            return Err(objection);
        }
        let plan = plan::plan(&ctx.config, &ctx.layout, ctx.host, facts, &request);
        if args.explain {
            explain(ctx, &plan);
        }
        let (check, login, report) = (args.check, args.login.clone(), args.report.clone());
        match finish(ctx, &Staging { plan, explain: args.explain, report, check, login, start }) {
            Err(fault) if fault.kind() == Kind::Stale => {}
            Err(fault) if can_fall_back(&fault, &request) => {
                ctx.ui.detail(&fault);
                request.fall_back = true;
            }
            outcome => return outcome.map(drop),
        }
    }
}

fn can_fall_back(fault: &Fault, request: &Request) -> bool {
    fault.kind() == Kind::Download && request.source == SourceChoice::Auto && !request.fall_back
}

/// A stage that tells what has become of it.
struct Staging {
    plan: StagePlan,
    /// Whether to say what was left out.
    explain: bool,
    /// The page to write about it.
    report: Option<Utf8PathBuf>,
    /// Whether it is started.
    check: bool,
    /// The user that the check logs in as.
    login: Option<(String, String)>,
    start: Instant,
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
            "path": plan.target, "report": self.report, "changed": !plan.is_up_to_date(), "digest": record.digest,
            "files": record.tree.len(), "leftOut": left_out.collect::<Vec<_>>(), "bytes": bytes,
            "python": record.python.version, "source": record.seen.source.kind(), "because": plan.because,
            "layers": layers.collect::<Vec<_>>(),
        })
    }
}

/// Stages again as a child, whose environment makes uv take everything from the kit.
fn from_kit(ctx: &Ctx, args: &Args, folder: &Utf8Path) -> Result<()> {
    let kit = kit::read(folder, &ctx.host.to_string())?;
    let list = ctx.layout.stage_root().join("kit-python.json");
    let mut plan = Plan::new();
    if let Some(downloads) = kit.downloads(folder.as_str(), ctx.host) {
        plan = plan.then(Step::Write { path: list.clone(), contents: downloads.to_string() });
    }
    for Built { file, sha256, key } in &kit.built {
        let kept = wheel::folder(ctx, key);
        plan = plan.then(Step::Copy { from: folder.join(file), to: kept.join(file) });
        plan = plan.then(Step::Write { path: kept.join(wheel::DIGEST), contents: sha256.clone() });
    }
    let mut cmd = Cmd::new(tools::own_program()?.as_str()).args([
        "packaged-stage",
        "--offline",
        "--python-source",
        &kit.python_source(folder.as_str()),
    ]);
    if let Some(path) = &args.report {
        cmd = cmd.args(["--report", ctx.layout.absolute(path).as_str()]);
    }
    for (flag, is_given) in [("--force", args.force), ("--explain", args.explain), ("--json", ctx.json)] {
        cmd = cmd.args(is_given.then_some(flag));
    }
    for (name, value) in kit.environment(folder.as_str(), ctx.layout.absolute(&list).as_str(), ctx.host) {
        cmd = cmd.env(name, value);
    }
    finish(ctx, &plan.run(cmd))
}

fn request(ctx: &Ctx, args: &Args) -> Result<Request> {
    let python = &ctx.config.python;
    Ok(Request {
        source: parse_source(ctx, args.python_source.as_deref().unwrap_or(&python.source))?,
        version: ctx.env.get(env::BUNDLED_PYTHON).unwrap_or(&python.version).to_owned(),
        offline: args.offline || ctx.env.flag(env::UV_OFFLINE),
        force: args.force,
        fall_back: false,
    })
}

/// `auto`, `uv`, `host`, `archive:PATH` or `archive:PATH#sha256=HEX`. A file `PATH.sha256` beside the archive counts too.
fn parse_source(ctx: &Ctx, text: &str) -> Result<SourceChoice> {
    match text {
        "auto" => Ok(SourceChoice::Auto),
        "uv" => Ok(SourceChoice::Uv),
        "host" => Ok(SourceChoice::Host),
        _ => {
            let Some(archive) = text.strip_prefix("archive:") else {
                return Err(Fault::usage(format!("`{text}` is no source of Python"))
                    .hint("available sources: auto, uv, host, archive:PATH, archive:PATH#sha256=HEX"));
            };
            let (path, expected) =
                archive.split_once("#sha256=").map_or((archive, None), |(path, hex)| (path, Some(hex)));
            let path = ctx.layout.absolute(path);
            Ok(SourceChoice::Archive {
                expected: expected.map(str::to_lowercase).or_else(|| digest_beside(&path)),
                path,
            })
        }
    }
}

/// The digest in `PATH.sha256`, which the releases of python-build-standalone have for each archive.
fn digest_beside(path: &Utf8PathBuf) -> Option<String> {
    let text = std::fs::read_to_string(format!("{path}.sha256")).ok()?;
    text.split_whitespace().next().map(str::to_lowercase)
}

/// One clear line when another interpreter is taken than the one that was asked for.
fn tell_fallback(ctx: &Ctx, facts: &Facts, request: &Request) {
    if let (Some(wanted), RuntimeSource::Host(host)) = (&facts.seen.instead_of, &facts.seen.source) {
        let why = if request.offline { "is not at hand" } else { "could not be downloaded" };
        ctx.ui.notice(format_args!(
            "Python {wanted} {why}; taking the installed CPython {} from {} (good for local runs; `--force` tries again)",
            host.version, host.prefix
        ));
    }
}

fn explain(ctx: &Ctx, plan: &StagePlan) {
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

fn verify(ctx: &Ctx) -> Result<()> {
    let findings = staged::verify(ctx)?;
    if ctx.json {
        ctx.ui.data(json!({ "path": ctx.layout.staged_backend(), "files": findings.files, "digest": findings.digest, "wrong": findings.wrong }));
    }
    if findings.wrong.is_empty() {
        ctx.ui.say(format_args!(
            "{}: {} as staged, digest {}",
            ctx.layout.staged_backend(),
            count(findings.files, "file"),
            findings.digest
        ));
        return Ok(());
    }
    let fault = Fault::new(format!("{} is not as it was staged", ctx.layout.staged_backend()));
    Err(findings.wrong.iter().fold(fault, Fault::because).hint("`cargo xtask packaged-stage` puts it right"))
}
