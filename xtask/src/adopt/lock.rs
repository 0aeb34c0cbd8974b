//! The lock: made once of what is unlocked, kept as long as what it was made of stays the same.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::adopt::facts::{Needs, Tree};
use crate::adopt::layout::pattern;
use crate::adopt::listing::Listing;
use crate::adopt::requirements::{self, Wishes};
use crate::adopt::uv_says;
use crate::adopt::versions::{self, Chosen, Minor};
use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::host::{Arch, Host, Os};
use crate::base::{files, hash, process};
use crate::stage::plan::requirements::{RUNTIME_LOCK, name};
use crate::stage::plan::{markers, wheels};

/// The name of the file beside `dds.toml`.
pub(crate) const FILE: &str = "desktop-requirements.txt";

/// How the first line of the file begins; what follows tells whether it is still of today.
const MADE_OF: &str = "# `cargo xtask adopt` made this; it is made anew when what it was made of has changed: ";

/// How long an answer of an index holds.
const FRESH: Duration = Duration::from_hours(24);

/// The systems that a project is packaged for.
const SYSTEMS: [Host; 3] = [
    Host { os: Os::Linux, arch: Arch::X64 },
    Host { os: Os::MacOs, arch: Arch::Arm64 },
    Host { os: Os::Windows, arch: Arch::X64 },
];

/// What the packages are.
#[derive(Clone, Debug)]
pub(crate) struct Locked {
    /// For the file beside `dds.toml`; for `uv.lock` its export.
    pub(crate) text: String,
    /// What the throw-away environment is filled from: `pylock.toml` where the lock says itself what comes from where.
    pub(crate) wheels: Option<String>,
    pub(crate) python: Chosen,
    /// Distributions of `uv.lock` that a desktop has no use for.
    pub(crate) dropped: Vec<String>,
    /// Distributions without a wheel for any Python, which have to be built.
    pub(crate) build: Vec<String>,
    /// Distributions that no wheel of the chosen Python covers on some system, which is named.
    pub(crate) lacking: Vec<String>,
    /// How many distributions there are.
    pub(crate) count: usize,
}

impl Locked {
    /// The version of a distribution.
    pub(crate) fn version(&self, distribution: &str) -> Option<&str> {
        pinned(&self.text, distribution)
    }
}

/// The version that a list of locked requirements has of a distribution.
fn pinned<'a>(list: &'a str, distribution: &str) -> Option<&'a str> {
    let line = list.lines().find(|line| name(line).as_deref() == Some(distribution))?;
    line.split_once("==")?.1.split([' ', ';', '\\']).next()
}

/// What is read of `pylock.toml` (PEP 751), uv's only format that names the wheels.
#[derive(Deserialize)]
struct Pylock {
    #[serde(default)]
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    marker: Option<String>,
    #[serde(default)]
    wheels: Vec<Wheel>,
}

#[derive(Deserialize)]
struct Wheel {
    name: Option<String>,
    url: Option<String>,
}

/// Locks a list, or reads the lock that there is. `before` is the file of an earlier run.
///
/// # Errors
/// The requirements contradict each other or can't be fetched; uv says which.
pub(crate) fn lock(
    ctx: &Ctx,
    tree: &Tree,
    (needs, listing): (&Needs, &Listing),
    wishes: &Wishes,
    choices: &[Chosen],
    before: &Utf8Path,
) -> Result<Locked> {
    let room = tempfile::Builder::new().prefix("dds-lock-").tempdir().fault(|| "cannot make a folder".to_owned())?;
    let room = Utf8PathBuf::from_path_buf(room.path().to_owned()).unwrap_or_default();
    files::make_folder(&room)?;
    let outcome = if *needs == Needs::UvLock {
        of_uv(ctx, tree, &room, wishes, choices)
    } else {
        compile(ctx, &room, listing, &wishes.drop, choices, before)
    };
    files::remove(&room)?;
    outcome
}

/// What is asked of uv, in a cache of its answers: on one day the same question has the same answer.
fn cached(ctx: &Ctx, question: &[&str], ask: impl FnOnce() -> Result<String>) -> Result<String> {
    let path = cache(ctx).join(format!("{}.txt", &hash::lines(question.iter().copied())[..24]));
    let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
    let is_fresh = modified.ok().and_then(|modified| modified.elapsed().ok()).is_some_and(|age| age < FRESH);
    if let Some(text) = std::fs::read_to_string(&path).ok().filter(|_| is_fresh) {
        return Ok(text);
    }
    let text = ask()?;
    files::write_atomically(&path, text.as_bytes())?;
    Ok(text)
}

/// Where `adopt` keeps what is slow to make.
pub(crate) fn cache(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.absolute(ctx.layout.store()).join("adopt")
}

pub(crate) fn uv(words: &[&str]) -> Cmd {
    Cmd::new("uv").args(words.iter().copied()).sees(Sees::Network)
}

/// Makes an empty environment. uv downloads a Python that this machine does not have.
pub(crate) fn environment(ctx: &Ctx, python: &str, home: &Utf8Path) -> Result<()> {
    let cmd = uv(&["venv", "--quiet", "--relocatable", "--python", python, home.as_str()]);
    process::quiet(ctx, &cmd).map(drop).map_err(|fault| uv_says::of_a_python(fault, python))
}

/// Runs `uv pip compile`, which wants any Python and downloads none.
fn run_compile(ctx: &Ctx, room: &Utf8Path, cmd: &Cmd, chosen: Chosen, explain: fn(Fault) -> Fault) -> Result<()> {
    match process::quiet(ctx, cmd) {
        Err(fault) if fault.to_string().contains("No interpreter found") => {
            environment(ctx, &chosen.bundled.to_string(), &room.join("environment"))?;
            process::quiet(ctx, cmd).map(drop).map_err(explain)
        }
        ran => ran.map(drop).map_err(explain),
    }
}

/// What the runtime needs: requirements of the project have to leave room for it.
const RUNTIME: [&str; 3] = ["django>=4.2,<7", "waitress>=3.0.1", "whitenoise>=6.6"];

/// `left_out` are distributions that others ask for, too.
fn compile(
    ctx: &Ctx,
    room: &Utf8Path,
    listing: &Listing,
    left_out: &[String],
    choices: &[Chosen],
    before: &Utf8Path,
) -> Result<Locked> {
    let input = requirements::input(listing);
    // No Python is that old, so uv doesn't look at them.
    let overrides: Vec<String> = left_out.iter().map(|name| format!("{name} ; python_version < '0'\n")).collect();
    let overrides = overrides.concat();
    let constraints =
        listing.constraints.iter().map(String::as_str).chain(RUNTIME).collect::<Vec<_>>().join("\n") + "\n";
    let mut last = None;
    for chosen in choices {
        let minimum = chosen.minimum.to_string();
        let question = [&*input, &*constraints, &*overrides, &*minimum];
        let made_of = format!("{MADE_OF}{}", &hash::lines(question)[..16]);
        let kept = std::fs::read_to_string(before).ok().filter(|text| text.starts_with(&made_of));
        let mut was_asked = false;
        let text = if let Some(text) = kept {
            text
        } else {
            let lock = || {
                was_asked = true;
                resolve(ctx, room, [&input, &constraints, &overrides], *chosen)
            };
            let indexes = listing.indexes.iter().fold(String::new(), |lines, line| lines + &without_login(line) + "\n");
            format!("{made_of}\n{indexes}{}", cached(ctx, &[&["lock"], &question[..]].concat(), lock)?)
        };
        let wheels = cached(ctx, &["wheels", &text], || wheels_of(ctx, room, &text, *chosen, was_asked))?;
        let locked = judge(text, &wheels, *chosen)?;
        if locked.lacking.is_empty() {
            return Ok(locked);
        }
        last.get_or_insert(locked);
    }
    last.ok_or_else(|| Fault::new("there is no Python to lock for"))
}

/// An index as it is committed. A reference such as `${TOKEN}` tells nobody anything and stays.
fn without_login(line: &str) -> String {
    pattern(r"//[^/@\s$]*@").replace_all(line, "//").into_owned()
}

fn resolve(ctx: &Ctx, room: &Utf8Path, texts: [&str; 3], chosen: Chosen) -> Result<String> {
    let files = ["requirements.in", "constraints.txt", "overrides.txt"].map(|name| room.join(name));
    files.iter().zip(texts).try_for_each(|(path, text)| files::write_atomically(path, text.as_bytes()))?;
    let ([list, limits, overrides], output) = (files, room.join("locked.txt"));
    let cmd = uv(&["pip", "compile", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"])
        .args(["--python-version", &chosen.minimum.to_string()])
        .args(["--constraints", limits.as_str(), "--overrides", overrides.as_str()])
        .args(["--output-file", output.as_str(), list.as_str()]);
    run_compile(ctx, room, &cmd, chosen, |fault| {
        let next = uv_says::of_a_lock(&fault.to_string());
        fault.within("cannot lock the requirements").with_kind(Kind::Failed).hint(next)
    })?;
    std::fs::read_to_string(&output).fault(|| format!("cannot read {output}"))
}

/// The wheels of what is locked. Where the index `was_asked` just now, uv has all of it and need not wait for the index again.
fn wheels_of(ctx: &Ctx, room: &Utf8Path, text: &str, chosen: Chosen, was_asked: bool) -> Result<String> {
    let (list, output) = (room.join("locked.in"), room.join("pylock.toml"));
    files::write_atomically(&list, text.as_bytes())?;
    files::remove(&output)?;
    let cmd = uv(&["pip", "compile", "--universal", "--format", "pylock.toml", "--no-deps", "--quiet", "--no-header"])
        .args(["--python-version", &chosen.minimum.to_string(), "--output-file", output.as_str(), list.as_str()]);
    let is_there = was_asked && process::quiet(ctx, &cmd.clone().arg("--offline")).is_ok();
    if !is_there {
        run_compile(ctx, room, &cmd, chosen, |fault| {
            fault.within("cannot ask for the wheels of the locked requirements").hint(
                "check the connection; where an index wants a login, put that into ~/.netrc: one that stands in a \
                 requirements file is not copied",
            )
        })?;
    }
    std::fs::read_to_string(&output).fault(|| format!("cannot read {output}"))
}

/// The lock of uv as it is: its export, without the project itself and without what developers and servers use.
fn of_uv(ctx: &Ctx, tree: &Tree, room: &Utf8Path, wishes: &Wishes, choices: &[Chosen]) -> Result<Locked> {
    let lists = [("--extra", &wishes.extras), ("--group", &wishes.groups)];
    let flags =
        lists.iter().flat_map(|(flag, names)| names.iter().flat_map(move |name| [(*flag).to_owned(), name.clone()]));
    let mut flags: Vec<String> = flags.collect();
    let all = export(ctx, tree, room, "requirements.txt", &flags)?;
    let dropped = requirements::unused(tree, all.lines().filter_map(name));
    let left_out = dropped.iter().chain(&wishes.drop).flat_map(|name| ["--no-emit-package".to_owned(), name.clone()]);
    flags.extend(left_out);
    let text = export(ctx, tree, room, "requirements.txt", &flags)?;
    check_runtime(&text)?;
    let wheels = export(ctx, tree, room, "pylock.toml", &flags)?;
    let mut last = None;
    for chosen in choices {
        let judged = judge(text.clone(), &wheels, *chosen)?;
        let locked = Locked { dropped: dropped.clone(), wheels: Some(wheels.clone()), ..judged };
        if locked.lacking.is_empty() {
            return Ok(locked);
        }
        last.get_or_insert(locked);
    }
    last.ok_or_else(|| Fault::new("there is no Python to lock for"))
}

fn export(ctx: &Ctx, tree: &Tree, room: &Utf8Path, format: &str, flags: &[String]) -> Result<String> {
    let text = |name: &str| tree.texts.get(name).map(|text| text.text.as_str()).unwrap_or_default();
    let output = room.join(if format.ends_with("toml") { "pylock.toml" } else { "locked.txt" });
    let cmd = uv(&["export", "--frozen", "--no-dev", "--no-default-groups", "--no-emit-project"])
        .args(["--no-emit-workspace", "--no-emit-local", "--no-header", "--no-annotate", "--quiet"])
        .args(flags)
        .args(["--format", format, "--project", tree.root.as_str(), "--output-file", output.as_str()]);
    let flags = flags.join(" ");
    cached(ctx, &["export", format, &flags, text("uv.lock"), text("pyproject.toml")], || {
        files::remove(&output)?;
        process::quiet(ctx, &cmd).map_err(|fault| {
            let next = if fault.to_string().contains("Failed to parse") {
                "mend that line of the project's pyproject.toml, run `uv lock` there, then this again"
            } else {
                "run `uv lock` in the project, then this again"
            };
            fault.within("cannot read uv.lock").with_kind(Kind::Failed).hint(next)
        })?;
        std::fs::read_to_string(&output).fault(|| format!("cannot read {output}"))
    })
}

/// The runtime's packages come along; a lock that has them, too, must have them new enough.
fn check_runtime(locked: &str) -> Result<()> {
    for (wanted, least) in RUNTIME.iter().filter_map(|line| line.split_once(">=")) {
        let least = least.split(',').next().unwrap_or(least);
        if let Some(version) = pinned(locked, wanted).filter(|version| versions::is_older(version, least)) {
            return Err(Fault::new("the project and the desktop contradict each other")
                .because(format!("uv.lock has {wanted} {version}"))
                .because(format!("the desktop's runtime needs {wanted}>={least}"))
                .hint(format!("allow a newer one in the project: `uv lock --upgrade-package {wanted}`")));
        }
    }
    Ok(())
}

/// What the wheels are good for.
fn judge(text: String, wheels: &str, python: Chosen) -> Result<Locked> {
    let lock: Pylock = toml::from_str(wheels).fault(|| "cannot understand what uv says of the wheels".to_owned())?;
    let mut build: Vec<String> =
        lock.packages.iter().filter(|package| package.wheels.is_empty()).map(|package| package.name.clone()).collect();
    build.sort_unstable();
    build.dedup();
    let lacks = |package: &Package| -> Option<String> {
        let systems = SYSTEMS.iter().filter(|system| !covers(package, python.bundled, **system));
        let systems: Vec<String> = systems.map(ToString::to_string).collect();
        (!systems.is_empty()).then(|| format!("{} ({})", package.name, systems.join(", ")))
    };
    let mut lacking: Vec<String> =
        lock.packages.iter().filter(|package| !build.contains(&package.name)).filter_map(lacks).collect();
    lacking.dedup();
    Ok(Locked { text, wheels: None, python, dropped: Vec::new(), build, lacking, count: lock.packages.len() })
}

fn covers(package: &Package, python: Minor, system: Host) -> bool {
    let version = format!("{python}.0");
    let is_wanted =
        package.marker.as_ref().is_none_or(|marker| markers::holds(marker, &version, system) != Some(false));
    let name = |wheel: &Wheel| {
        let name = wheel.name.clone().or_else(|| Some(wheel.url.as_ref()?.rsplit('/').next()?.to_owned()));
        name.unwrap_or_default()
    };
    !is_wanted || package.wheels.iter().any(|wheel| wheels::fits(&name(wheel), &version, system))
}

/// What the runtime brings along, for the throw-away environment.
pub(crate) fn of_runtime(ctx: &Ctx) -> Result<String> {
    ctx.read(ctx.layout.runtime().join(RUNTIME_LOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_of_an_index_is_not_committed() {
        let check = |line: &str, expected: &str| assert_eq!(without_login(line), expected);
        check("--index-url https://me:s3cret@pypi.example.org/simple", "--index-url https://pypi.example.org/simple");
        check("--extra-index-url https://token@example.org/a@b/", "--extra-index-url https://example.org/a@b/");
        check("--index-url https://${USER}:${TOKEN}@example.org/", "--index-url https://${USER}:${TOKEN}@example.org/");
        check("--find-links ./wheels", "--find-links ./wheels");
    }
}
