//! `packaged-stage`: the self-contained backend in `.stage/backend`.

use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use rayon::prelude::*;
use serde_json::json;

use crate::base::act::{Plan, Step, finish};
use crate::base::cmd::Cmd;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Kind, Result};
use crate::base::host::Host;
use crate::base::text::count;
use crate::base::uv::ensure;
use crate::base::{env, tools};
use crate::stage::kit::{self, Built};
use crate::stage::model::{Request, RuntimeSource, SourceChoice};
use crate::stage::plan::facts::Facts;
use crate::stage::plan::sources::Sources;
use crate::stage::plan::{self, own};
use crate::stage::staging::{Staging, explain};
use crate::stage::{build, observe, staged, targets, wheel};

/// Where the page about a stage goes, unless the command line says it.
const REPORT: &str = ".stage/report.html";

/// Stage the backend: bundled Python, locked dependencies, the app, collected static files, manifest.
///
/// What has not changed since the last stage is reused; a run with nothing to do takes an instant. The tree in
/// `.stage/backend` is replaced in one step, so it is whole at any moment. A stage for another system is put together
/// from that system's interpreter and packages, and lies in `.stage/SYSTEM-ARCH/backend`.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
#[derive(Clone, Debug, Default, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask packaged-stage\n  cargo xtask packaged-stage --explain\n  \
    cargo xtask packaged-stage --target windows-x64\n  \
    cargo xtask packaged-stage --python-source archive:cpython-3.14-install_only_stripped.tar.gz")]
pub(crate) struct Args {
    /// The systems to stage for: linux-x64, linux-arm64, windows-x64, windows-arm64, macos-arm64, macos-x64, several with commas
    /// between them, or all for those that `project.targets` in dds.toml lists [default: this machine's].
    #[arg(long, value_name = "SYSTEM-ARCH", conflicts_with = "kit")]
    target: Option<String>,
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
    /// Start it twice with throw-away data, as a shell does, and report what people would meet.
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
    /// Where the interpreter comes from: auto, uv, host, or archive:PATH[#sha256=HEX], in which {target} stands for the system
    /// [default: `python.source` in dds.toml].
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
    let args = Args { python_source: python_source.map(str::to_owned), ..Args::default() };
    if ctx.is_foreign() {
        return stage_targets(&quiet.for_target(ctx.host), &args, &[ctx.target]);
    }
    bring_up_to_date(&quiet, &args, Instant::now(), None)
}

/// The same, and checks that it starts.
pub(crate) fn stage_and_check(ctx: &Ctx) -> Result<()> {
    let quiet = Ctx { json: false, ..ctx.clone() };
    bring_up_to_date(&quiet, &Args { check: true, ..Args::default() }, Instant::now(), None)
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        if let Some(kit) = &self.kit {
            return from_kit(ctx, self, &ctx.layout.absolute(kit));
        }
        let targets = targets::wanted(ctx, self.target.as_deref())?;
        if self.verify {
            return targets.iter().try_for_each(|target| verify(&ctx.for_target(*target)));
        }
        if targets == [ctx.host] {
            bring_up_to_date(ctx, self, Instant::now(), None)
        } else {
            stage_targets(ctx, self, &targets)
        }
    }
}

/// Stages for several systems, or for another one: this machine's first, since the others take from it.
fn stage_targets(ctx: &Ctx, args: &Args, targets: &[Host]) -> Result<()> {
    let is_wanted = targets.contains(&ctx.host);
    if args.check && !is_wanted {
        return Err(Fault::usage(format!("a stage for {} can't be started on {}", targets[0], ctx.host))
            .hint("run the command without --check; then start the stage on a machine of that system"));
    }
    let source = args.python_source.as_ref().unwrap_or(&ctx.config.python.source);
    if !targets::is_for_all(source) && (targets.len() > 1 || args.python_source.is_none()) {
        return Err(Fault::usage(format!("`{source}` is for one system alone")).hint(format!(
            "write {} where its path names the system, or stage for one target with `--python-source archive:PATH`",
            targets::PLACE
        )));
    }
    let foreign: Vec<Ctx> =
        targets.iter().filter(|target| **target != ctx.host).map(|target| ctx.for_target(*target)).collect();
    let start = Instant::now();
    let (ours, seen) = possible(ctx, args, &foreign)?;
    if is_wanted {
        bring_up_to_date(ctx, args, start, ours.filter(|_| !args.force))?;
    } else {
        let quiet = Ctx { json: false, ..ctx.clone() };
        bring_up_to_date(&quiet, &args.of_this_machine(), start, ours)?;
    }
    // Read once for all of them: its record is long.
    let own = observe::own(ctx);
    foreign.iter().zip(seen).try_for_each(|(ctx, seen)| {
        if args.check {
            ctx.ui.say(format_args!("{} is not started: {} can't", ctx.target, ctx.host));
        }
        let seen = seen.map(|facts| observe::with_own(ctx, facts, own.clone()));
        bring_up_to_date(ctx, &Args { check: false, ..args.clone() }, Instant::now(), seen)
    })
}

/// Looks at what this machine and each target need before anything is made for one of them, and names all that can't be
/// had. What was seen of each counts as long as nothing is built in the project meanwhile.
fn possible(ctx: &Ctx, args: &Args, foreign: &[Ctx]) -> Result<(Option<Facts>, Vec<Option<Facts>>)> {
    let Some(uv) = ensure(ctx)? else { return Ok((None, foreign.iter().map(|_| None).collect())) };
    let of_host = args.of_this_machine();
    let facts = |ctx: &Ctx, args: &Args| observe::observe(ctx, &uv, &request(ctx, args)?);
    let theirs = || foreign.par_iter().map(|ctx| facts(ctx, args)).collect::<Result<Vec<_>>>();
    let (ours, theirs) = rayon::join(|| facts(ctx, &of_host), theirs);
    let (ours, theirs) = (ours?, theirs?);
    let refused = foreign.iter().zip(&theirs).flat_map(|(ctx, theirs)| {
        let version = own::objection(ctx.target, &theirs.version, &ours.version);
        version.into_iter().chain(Sources::objection(&ctx.config, ctx.target, theirs))
    });
    targets::all_of(refused.collect())?;
    let is_kept = ctx.config.backend.build.is_empty();
    Ok((Some(ours), theirs.into_iter().map(|facts| is_kept.then_some(facts)).collect()))
}

impl Args {
    /// Where the interpreter of this machine comes from when the command is about another system: an archive is for one
    /// system alone.
    fn for_this_machine(&self) -> Option<&str> {
        self.python_source.as_deref().filter(|source| targets::is_for_all(source))
    }

    fn of_this_machine(&self) -> Self {
        Self { python_source: self.for_this_machine().map(str::to_owned), ..Self::default() }
    }
}

/// Observes, decides and stages; once more where another stage was faster, or nothing could be downloaded.
fn bring_up_to_date(ctx: &Ctx, args: &Args, start: Instant, mut seen: Option<Facts>) -> Result<()> {
    let mut request = request(ctx, args)?;
    let Some(uv) = ensure(ctx)? else {
        ctx.ui.say("the rest of the plan is decided when uv is there");
        return Ok(());
    };
    // The stage for this machine has built it.
    let mut is_built = ctx.is_foreign();
    loop {
        let mut facts = seen.take().map_or_else(|| observe::observe(ctx, &uv, &request), Ok)?;
        if ctx.is_foreign() {
            if facts.own.is_none() {
                facts = observe::with_own(ctx, facts, observe::own(ctx));
            }
            if facts.own.is_none() {
                let target = ctx.target;
                ctx.ui.say(format_args!("the plan for {target} is decided when the stage for this machine is there"));
                return Ok(());
            }
        }
        if !is_built && build::is_due(ctx, &facts, request.force) {
            finish(ctx, &build::plan(ctx)?)?;
            is_built = true;
            // Sources are what there is now.
            continue;
        }
        tell_fallback(ctx, &facts, &request);
        if let Some(objection) = Sources::objection(&ctx.config, ctx.target, &facts) {
            return Err(objection);
        }
        let plan = plan::plan(&ctx.config, &ctx.layout, ctx.host, facts, &request);
        if args.explain {
            explain(ctx, &plan);
        }
        let (check, login, report) = (args.check, args.login.clone(), report(ctx, args));
        let target = ctx.target.to_string();
        match finish(ctx, &Staging { plan, target, explain: args.explain, report, check, login, start }) {
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

/// The page to write: without a name each stage has one of its own.
fn report(ctx: &Ctx, args: &Args) -> Option<Utf8PathBuf> {
    let place =
        |path: &Utf8PathBuf| if path == REPORT { ctx.layout.stage_root().join("report.html") } else { path.clone() };
    args.report.as_ref().map(place)
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
        target: ctx.target,
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
        "host" if ctx.is_foreign() => Err(Fault::usage(format!("no Python of this machine runs on {}", ctx.target))
            .hint("take that system's with `--python-source uv` or `archive:PATH`")),
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
            let path = ctx.layout.absolute(path.replace(targets::PLACE, &ctx.target.to_string()));
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
