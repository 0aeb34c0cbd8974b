//! The settings as Django sees them: imported in a throw-away environment, in a copy of the project.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::json;

use crate::adopt::facts::{Layout, Seen, Told, Tree, Variable, join};
use crate::adopt::lock::{self, Locked};
use crate::adopt::plan::{self, Environment};
use crate::adopt::uv_says;
use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::{files, hash, process, python, uv, walk};
use crate::stage::copies::copy_files;
use crate::stage::plan::children::SHARED;
use crate::stage::plan::requirements::missing;

/// The program that looks, and its modules, by their names.
const PROGRAM: &str = "adopt_observe.py";
const SOURCES: [(&str, &str); 6] = [
    (PROGRAM, include_str!("../../resources/adopt_observe.py")),
    ("adopt_folders.py", include_str!("../../resources/adopt_folders.py")),
    ("adopt_hurry.py", include_str!("../../resources/adopt_hurry.py")),
    ("adopt_guard.py", include_str!("../../resources/adopt_guard.py")),
    ("adopt_pages.py", include_str!("../../resources/adopt_pages.py")),
    ("run_project.py", SHARED),
];

/// Seconds that a project may take from its settings to its first page.
const LIMIT_SECS: u32 = 600;

/// Variables that are found one after the other, each by a failed import; more than that are no accident.
const MOST_STAND_INS: usize = 48;

/// What to import, and how.
#[derive(Clone)]
pub(crate) struct Order<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) layout: &'a Layout,
    pub(crate) module: &'a str,
    pub(crate) env: &'a Environment,
    /// `[backend.overlay]` of a person.
    pub(crate) overlay: serde_json::Value,
    /// `start-path` of a person.
    pub(crate) start: Option<String>,
    /// Whether a person says `account = "owner"`.
    pub(crate) as_owner: bool,
    /// Values of `--env-file`.
    pub(crate) given: BTreeMap<String, String>,
}

/// Imports the settings, again with a stand-in for each variable that turns out to be needed.
///
/// # Errors
/// The environment can't be made, or the program died.
pub(crate) fn look(ctx: &Ctx, order: &Order<'_>, locked: &Locked) -> Result<Seen> {
    let python = environment(ctx, locked)?;
    let mut stand_ins: Vec<Variable> = Vec::new();
    loop {
        let mut env: BTreeMap<String, String> = order.env.values();
        env.extend(stand_ins.iter().map(|variable| (variable.name.clone(), order.env.stand_in(variable))));
        env.extend(order.given.clone());
        let mut seen = once(ctx, order, &env, &python)?;
        if let Some(overlay) = more_overlay(order, &seen) {
            seen = once(ctx, &Order { overlay, ..order.clone() }, &env, &python)?;
        }
        let Some(variable) = unset(order, &seen, &env).filter(|_| stand_ins.len() < MOST_STAND_INS) else {
            seen.stand_ins.extend(stand_ins);
            return Ok(seen);
        };
        stand_ins.push(variable);
    }
}

/// The variable that an import failed without: the exception says so, or its text names one that the settings read.
fn unset(order: &Order<'_>, seen: &Seen, env: &BTreeMap<String, String>) -> Option<Variable> {
    let told = || seen.failures.iter().flat_map(|failed| [&failed.first, &failed.last]);
    let is_set = |name: &str| env.contains_key(name);
    let said = told().find_map(|told| Some((told.variable.clone().filter(|name| !is_set(name))?, told.place.clone())));
    let Some((name, place)) = said else {
        let named = told().find_map(|told| order.env.named_in(&told.text, is_set));
        return named.or_else(|| told().find_map(|told| read_there(order, told, is_set)));
    };
    let read = order.env.others.iter().find(|other| other.name == name);
    // A function of the project's own may raise the exception; its caller is what a person looks for.
    let place = read.and_then(|read| read.place.clone()).or_else(|| place.as_deref().and_then(plan::place));
    let kind = read.map_or("str", |other| &other.kind).to_owned();
    Some(Variable { kind, name, default: None, place })
}

/// The variable that is read in the very line that can't do with nothing, such as `int(os.getenv("SIZE"))`.
fn read_there(order: &Order<'_>, told: &Told, is_set: impl Fn(&str) -> bool) -> Option<Variable> {
    let place = told.place.as_deref().filter(|_| told.text.contains("NoneType")).and_then(plan::place);
    let is_read = |variable: &&Variable| place.is_some() && variable.place == place && !is_set(&variable.name);
    order.env.others.iter().find(is_read).cloned()
}

/// What the settings decide for the overlay, where they failed without.
fn more_overlay(order: &Order<'_>, seen: &Seen) -> Option<serde_json::Value> {
    let lines = plan::overlay_of(seen.settings.as_ref()?);
    let mut overlay = order.overlay.clone();
    for line in &lines {
        let mut place = &mut overlay;
        for key in line.key.split('.') {
            if !place.is_object() && !place.is_null() {
                return None;
            }
            place = &mut place[key];
        }
        if place.is_null() {
            *place = serde_json::to_value(&line.value).ok()?;
        }
    }
    (!seen.failures.is_empty() && overlay != order.overlay).then_some(overlay)
}

/// The interpreter of an environment with the locked packages, made once for each lock.
fn environment(ctx: &Ctx, locked: &Locked) -> Result<Utf8PathBuf> {
    let Some(program) = uv::ensure(ctx)? else {
        return Err(Fault::new("there is no uv yet").hint("run `cargo xtask install`, then the same command again"));
    };
    let runtime = lock::of_runtime(ctx)?;
    let names = names_in(&locked.text);
    let runtime = missing(&names.iter().map(String::as_str).collect(), &runtime);
    let (bundled, minimum) = (locked.python.bundled.to_string(), locked.python.minimum.to_string());
    let (list, text) = match &locked.wheels {
        Some(wheels) => ("pylock.toml", wheels),
        None => ("requirements.txt", &locked.text),
    };
    let key = hash::lines([&**text, &*runtime, &*bundled, &*ctx.host.to_string()]);
    let home = lock::cache(ctx).join(format!("env-{}", &key[..24]));
    let python = |home: &Utf8Path| home.join(ctx.host.os.python_of_environment());
    let used = home.join("used");
    if python(&home).exists() {
        files::write_atomically(&used, b"")?;
        return Ok(python(&home));
    }
    let installed = python::installed(ctx, &program, &bundled, &minimum).map(|host| host.executable.into_string());
    let interpreter = installed.unwrap_or(bundled);
    let _section = ctx.ui.section("make a throw-away environment with the packages");
    let fresh = lock::cache(ctx).join(format!("new-{}", std::process::id()));
    let made =
        fill(ctx, &fresh, &interpreter, &python(&fresh), [(list, text), ("runtime.txt", &runtime)], &locked.build);
    let made = made.and_then(|()| files::write_atomically(&fresh.join("used"), b""));
    let made =
        made.and_then(|()| files::rename(&fresh, &home).or_else(|fault| home.is_dir().then_some(()).ok_or(fault)));
    files::remove(&fresh)?;
    drop_oldest(ctx, &home)?;
    made.map(|()| python(&home))
}

/// How long nobody else may have come to take an environment that is no longer kept.
const IN_USE: Duration = Duration::from_hours(1);

/// Keeps as many environments as the store keeps versions of a layer, and those that another run may be using.
fn drop_oldest(ctx: &Ctx, newest: &Utf8Path) -> Result<()> {
    let entries = lock::cache(ctx).read_dir_utf8().into_iter().flatten().flatten();
    let others = entries.filter(|entry| entry.file_name().starts_with("env-") && entry.path() != newest);
    let used = |place: &Utf8Path| std::fs::metadata(place.join("used")).and_then(|used| used.modified()).ok();
    let mut dated: Vec<_> = others.map(|entry| (used(entry.path()), entry)).collect();
    dated.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
    let is_old = |used: &Option<SystemTime>| used.is_none_or(|used| used.elapsed().is_ok_and(|age| age > IN_USE));
    let old = dated.into_iter().skip(ctx.config.stage.keep.saturating_sub(1));
    old.filter(|(used, _)| is_old(used)).try_for_each(|(_, entry)| files::remove(entry.path()))
}

fn names_in(lock: &str) -> BTreeSet<String> {
    lock.lines().filter_map(crate::stage::plan::requirements::name).collect()
}

fn fill(
    ctx: &Ctx,
    home: &Utf8Path,
    interpreter: &str,
    python: &Utf8Path,
    lists: [(&str, &str); 2],
    build: &[String],
) -> Result<()> {
    lock::environment(ctx, interpreter, home)?;
    for (name, list) in lists {
        let file = home.join(name);
        files::write_atomically(&file, list.as_bytes())?;
        let cmd =
            lock::uv(&["pip", "install", "--quiet", "--no-deps", "--python", python.as_str(), "-r", file.as_str()]);
        process::quiet(ctx, &cmd).map_err(|fault| uv_says::of_packages(fault, build))?;
    }
    Ok(())
}

/// One import; the answer for the same inputs is kept.
fn once(ctx: &Ctx, order: &Order<'_>, env: &BTreeMap<String, String>, python: &Utf8Path) -> Result<Seen> {
    let (asked, kept) = question(ctx, order, env, python)?;
    if let Some(seen) = std::fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return Ok(seen);
    }
    let report = run(ctx, order, asked, python)?;
    let seen =
        serde_json::from_slice(&report).fault(|| "cannot understand what was seen of the settings".to_owned())?;
    files::write_atomically(&kept, &report)?;
    Ok(seen)
}

/// Keeps what was seen as the answer to another question.
pub(crate) fn remember(ctx: &Ctx, order: &Order<'_>, locked: &Locked, seen: &Seen) -> Result<()> {
    let mut env = order.env.values();
    env.extend(order.given.clone());
    let (_, kept) = question(ctx, order, &env, &environment(ctx, locked)?)?;
    let text = serde_json::to_vec(seen).fault(|| "cannot keep what was seen".to_owned())?;
    files::write_atomically(&kept, &text)
}

/// What is asked, and where the answer is kept.
fn question(
    ctx: &Ctx,
    order: &Order<'_>,
    env: &BTreeMap<String, String>,
    python: &Utf8Path,
) -> Result<(serde_json::Value, Utf8PathBuf)> {
    let runtime = ctx.layout.absolute(ctx.layout.runtime()).join("src");
    let roots: Vec<String> = order.layout.source_roots.iter().map(|root| join("project", root)).collect();
    let asked = json!({
        "settings": order.module, "roots": roots, "cwd": join("project", &order.layout.cwd), "env": env,
        "overlay": order.overlay, "start": order.start, "as_owner": order.as_owner, "limit": LIMIT_SECS, "runtime": runtime,
    });
    let own = walk::files(&runtime, |path| !path.contains("__pycache__"))?;
    let own = own.iter().map(|file| format!("{} {} {}", file.path, file.stat.size, file.stat.modified_ns));
    let own = own.collect::<Vec<_>>().join("\n");
    let asked_text = asked.to_string();
    let parts = [&*order.tree.stamp, &*asked_text, python.as_str(), &*own].into_iter();
    let key = hash::lines(parts.chain(SOURCES.map(|(_, text)| text)));
    Ok((asked, lock::cache(ctx).join(format!("seen-{}.json", &key[..24]))))
}

/// Imports the settings in a copy of the project; nothing of it is left behind.
fn run(ctx: &Ctx, order: &Order<'_>, mut asked: serde_json::Value, python: &Utf8Path) -> Result<Vec<u8>> {
    let room = tempfile::Builder::new().prefix("dds-adopt-").tempdir().fault(|| "cannot make a folder".to_owned())?;
    let place = Utf8Path::from_path(room.path()).ok_or_else(|| Fault::new("the temporary folder is not Unicode"))?;
    let place = place.canonicalize_utf8().fault(|| format!("cannot find {place}"))?;
    let folders = ["bundle", "data", "home", "tmp", "tool", "programs"].map(|name| place.join(name));
    folders.iter().try_for_each(|folder| files::make_folder(folder))?;
    let [bundle, data, home, tmp, tool, programs] = &folders;
    copy_files(&order.tree.root, &bundle.join("project"), order.tree.paths.iter().map(String::as_str))?;
    (asked["bundle"], asked["data"]) = (json!(bundle), json!(data));
    let [program, order, report] = [PROGRAM, "order.json", "report.json"].map(|name| tool.join(name));
    for (name, text) in SOURCES {
        files::write_atomically(&tool.join(name), text.as_bytes())?;
    }
    files::write_atomically(&order, asked.to_string().as_bytes())?;
    let cmd = Cmd::new(python.as_str())
        .args(["-s", program.as_str(), order.as_str(), report.as_str()])
        // Empty, since what this machine has is nothing to go by; but every system has the variable.
        .env("PATH", programs.as_str())
        .env("HOME", home.as_str())
        .env("USERPROFILE", home.as_str())
        .env("TMPDIR", tmp.as_str())
        .env("TEMP", tmp.as_str())
        .env("PYTHONHASHSEED", "0")
        .env("TZ", "UTC")
        .sees(Sees::Nothing)
        .cwd(bundle.clone());
    let ran = process::quiet(ctx, &cmd);
    match std::fs::read(&report) {
        Ok(report) => Ok(report),
        Err(_) => Err(ran.err().unwrap_or_else(|| Fault::new("the settings ended the program that imports them"))),
    }
}
