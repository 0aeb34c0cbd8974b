//! Which Pythons there are: installed on this machine, and to be downloaded by uv.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::base::cmd::{Cmd, Sees};
use crate::base::config::Config;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::host::{Arch, Host};
use crate::base::{env, hash, process, walk};

/// An interpreter that uv can download.
#[derive(Clone, Debug)]
pub(crate) struct Downloadable {
    /// uv's name of it: `cpython-3.14.2-linux-x86_64-gnu`.
    pub(crate) key: String,
    /// The address of its archive.
    pub(crate) url: String,
}

/// An interpreter that is installed on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostPython {
    /// Full version: `3.13.0`.
    pub(crate) version: String,
    /// The interpreter itself, links resolved.
    pub(crate) executable: Utf8PathBuf,
    /// `sys.base_prefix`.
    pub(crate) prefix: Utf8PathBuf,
    /// `sysconfig.get_path("stdlib")`.
    pub(crate) stdlib: Utf8PathBuf,
    /// `sysconfig.get_path("platstdlib")`.
    pub(crate) platstdlib: Utf8PathBuf,
    /// The shared libpython that it loads, if it is not linked in.
    pub(crate) libpython: Option<Utf8PathBuf>,
    /// Sizes and times of the files that change when the installation is updated.
    #[serde(default)]
    pub(crate) stamp: String,
}

/// A line of `uv python list --output-format json`.
#[derive(Debug, Deserialize)]
struct Listed {
    key: String,
    version: String,
    version_parts: Parts,
    path: Option<Utf8PathBuf>,
    url: Option<String>,
    implementation: String,
    variant: String,
    os: String,
    arch: String,
}

impl Listed {
    /// Whether it runs there. Of Linux's, uv also has builds for another C library, under keys that say so.
    fn is_for(&self, target: Host) -> bool {
        let arch = match target.arch {
            Arch::X64 => "x86_64",
            Arch::Arm64 => "aarch64",
        };
        self.os == target.os.name() && self.arch == arch && !self.key.ends_with("-musl")
    }
}

/// A version as numbers, ordered as versions are.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Parts {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Parts {
    /// `3.14` or `3.14.2`; the patch is 0 when it is left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some(Self { major: parts.next()??, minor: parts.next()??, patch: parts.next().unwrap_or(Some(0))? })
    }
}

/// The build of python-build-standalone that uv would install for a version on this machine, or has for the target.
///
/// # Errors
/// uv knows no such build, or can't be asked. Of kind [`Kind::Download`] when uv's list had to be fetched.
pub(crate) fn downloadable(ctx: &Ctx, uv: &Utf8Path, wanted: &str) -> Result<Downloadable> {
    let (everywhere, whom): (&[&str], _) = if ctx.is_foreign() {
        (&["--all-platforms", "--all-arches"], ctx.target.to_string())
    } else {
        (&[], "this machine".to_owned())
    };
    let listed = list(ctx, uv, &[everywhere, &["--only-downloads", wanted]].concat())?;
    listed
        .into_iter()
        .filter(|python| !ctx.is_foreign() || python.is_for(ctx.target))
        .find(|python| python.implementation == "cpython" && python.variant == "default")
        .and_then(|python| Some(Downloadable { key: python.key, url: python.url? }))
        .ok_or_else(|| {
            Fault::of(Kind::Download, format!("uv knows no CPython {wanted} to download for {whom}")).hint(if ctx.is_foreign() {
                "change `python.version` in dds.toml, update uv, or give an archive with `--python-source archive:PATH`"
            } else {
                "change `python.version` in dds.toml or DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION, update uv, or take an installed one with `--python-source host`"
            })
        })
}

/// The `CPython` of this machine to use: the one that `UV_PYTHON` names; else the newest that is at least `minimum`, and
/// one of the minor version that was asked for before all others.
///
/// # Errors
/// There is none, and what was found instead is named.
pub(crate) fn installed(ctx: &Ctx, uv: &Utf8Path, wanted: &str, minimum: &str) -> Result<HostPython> {
    if let Some(request) = ctx.env.get(env::UV_PYTHON) {
        return named(ctx, uv, request, minimum);
    }
    let least = Parts::parse(minimum);
    let minor = |parts: Parts| (parts.major, parts.minor);
    let asked = Parts::parse(wanted).map(minor);
    let mut listed = list(ctx, uv, &["--only-installed"])?;
    listed.retain(|python| python.implementation == "cpython" && python.variant == "default");
    let too_old: Vec<String> = listed
        .iter()
        .filter(|python| Some(python.version_parts) < least)
        .map(|python| python.version.clone())
        .collect();
    listed.retain(|python| Some(python.version_parts) >= least);
    // Stable: among equals uv's own order stays, which puts a real interpreter before a shim that stands for it.
    listed.sort_by_key(|python| std::cmp::Reverse((Some(minor(python.version_parts)) == asked, python.version_parts)));
    let mut refused = Vec::new();
    for path in listed.iter().filter_map(|python| python.path.as_deref()) {
        match inspect(ctx, path) {
            Ok(host) => return Ok(host),
            Err(fault) => refused.push(fault.to_string()),
        }
    }
    let mut fault = Fault::new(format!("there is no CPython {minimum} or newer on this machine"));
    for reason in refused {
        fault = fault.because(reason);
    }
    if !too_old.is_empty() {
        let mut names = too_old;
        names.dedup();
        fault = fault.because(format!("too old: {}", names.join(", ")));
    }
    Err(fault.hint(format!(
        "install CPython {wanted} (https://www.python.org), or give an archive with `--python-source archive:PATH`"
    )))
}

/// The interpreter that `UV_PYTHON` names.
fn named(ctx: &Ctx, uv: &Utf8Path, request: &str, minimum: &str) -> Result<HostPython> {
    let cmd = Cmd::new(uv.as_str())
        .args(["python", "find", "--no-project", "--no-python-downloads", request])
        .env("PATH", search_path(ctx))
        .sees(Sees::Network);
    let hint = "unset UV_PYTHON, or set it to the version or the path of a Python that is there";
    let answer = process::quiet(ctx, &cmd)
        .map_err(|fault| fault.within(format!("UV_PYTHON names `{request}`, which uv does not find")).hint(hint))?;
    let host = inspect(ctx, Utf8Path::new(String::from_utf8_lossy(&answer.stdout).trim()))?;
    if Parts::parse(&host.version) < Parts::parse(minimum) {
        let version = &host.version;
        let what = format!("UV_PYTHON names `{request}`, which is {version}; {minimum} or newer is needed");
        return Err(Fault::new(what).hint(hint));
    }
    Ok(host)
}

/// Where an interpreter keeps its parts, asked of itself.
fn inspect(ctx: &Ctx, executable: &Utf8Path) -> Result<HostPython> {
    const QUESTION: &str = "import json, os, sys, sysconfig
v = sysconfig.get_config_var
lib = v('INSTSONAME') if v('Py_ENABLE_SHARED') and v('LIBDIR') else None
lib = os.path.join(v('LIBDIR'), lib) if lib and os.path.exists(os.path.join(v('LIBDIR'), lib)) else None
print(json.dumps(dict(version='.'.join(map(str, sys.version_info[:3])), executable=os.path.realpath(sys.executable),
    prefix=os.path.realpath(sys.base_prefix), stdlib=os.path.realpath(sysconfig.get_path('stdlib')),
    platstdlib=os.path.realpath(sysconfig.get_path('platstdlib')), libpython=lib and os.path.realpath(lib))))";
    // Without `site`: what somebody installed into that Python is of no interest, and may print or fail.
    let cmd = Cmd::new(executable.as_str()).args(["-I", "-S", "-B", "-c", QUESTION]).sees(Sees::Nothing);
    let answer =
        process::quiet(ctx, &cmd).map_err(|fault| fault.within(format!("cannot ask {executable} about itself")))?;
    let mut host: HostPython = serde_json::from_slice(&answer.stdout)
        .fault(|| format!("cannot understand what {executable} says of itself"))?;
    host.stamp = stamp(&host)?;
    Ok(host)
}

/// Sizes and times of the files that an update of an interpreter replaces.
///
/// # Errors
/// One of them is gone.
pub(crate) fn stamp(host: &HostPython) -> Result<String> {
    let files = [
        Some(host.executable.clone()),
        host.libpython.clone(),
        Some(host.stdlib.join("os.py")),
        Some(host.stdlib.clone()),
    ];
    let stats: Vec<String> = files
        .iter()
        .flatten()
        .map(|path| walk::stat(path).map(|stat| format!("{path} {} {}", stat.size, stat.modified_ns)))
        .collect::<Result<_>>()?;
    Ok(hash::lines(&stats)[..16].to_owned())
}

fn list(ctx: &Ctx, uv: &Utf8Path, args: &[&str]) -> Result<Vec<Listed>> {
    let cmd = Cmd::new(uv.as_str())
        .args(["python", "list", "--all-versions", "--output-format", "json"])
        .args(args.iter().copied())
        .env("PATH", search_path(ctx))
        .sees(Sees::Network);
    let answer = process::quiet(ctx, &cmd)?;
    serde_json::from_slice(&answer.stdout)
        .fault(|| format!("cannot understand `{uv} python list`"))
        .map_err(|fault| fault.hint("update uv"))
}

/// PATH with pyenv's interpreters in the place of its shims, which hide all but the active one from uv and cost it most
/// of its time. Shims of others (asdf, mise), and of a pyenv that this user may not look into, stay.
fn search_path(ctx: &Ctx) -> String {
    let separator = ctx.host.path_list_separator();
    let path: Vec<&str> = ctx.env.get("PATH").unwrap_or_default().split(separator).collect();
    let of_shims = |folder: &str| folder.trim_end_matches('/').strip_suffix("/shims").map(Utf8PathBuf::from);
    let home = ctx.env.get("HOME").map(|home| Utf8Path::new(home).join(".pyenv"));
    // Who became another user may still have the folder of the one before, which is shut.
    let given = ctx.env.get(env::PYENV_ROOT).map(Utf8PathBuf::from).filter(|root| root.read_dir().is_ok());
    let mut roots: Vec<Utf8PathBuf> = given.or(home).into_iter().collect();
    roots.extend(path.iter().filter_map(|folder| of_shims(folder)));
    roots.retain(|root| root.join("versions").read_dir().is_ok());
    let mut folders: Vec<String> = roots.iter().flat_map(|root| of_pyenv(root)).collect();
    let is_replaced = |folder: &str| of_shims(folder).is_some_and(|root| roots.contains(&root));
    folders.extend(path.into_iter().filter(|folder| !is_replaced(folder)).map(str::to_owned));
    let mut seen = BTreeSet::new();
    folders.retain(|folder| seen.insert(folder.clone()));
    folders.join(&separator.to_string())
}

/// The folders with the interpreters of a pyenv.
fn of_pyenv(root: &Utf8Path) -> Vec<String> {
    let versions = root.join("versions").read_dir_utf8().into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin").into_string()).collect()
}

/// The interpreter for a new environment: nothing when there is an environment, when `UV_PYTHON`, which uv reads itself,
/// names one, or when none is new enough (then uv downloads one).
pub(crate) fn for_environment(ctx: &Ctx, uv: &Utf8Path, venv: &Utf8Path) -> Option<Utf8PathBuf> {
    if ctx.layout.absolute(venv).join("pyvenv.cfg").is_file() || ctx.env.get(env::UV_PYTHON).is_some() {
        return None;
    }
    let Config { python, .. } = &ctx.config;
    installed(ctx, uv, &python.version, &python.minimum).ok().map(|host| host.executable)
}
