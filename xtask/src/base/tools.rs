//! Which programs are there.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ask::ask;
use crate::base::ctx::Ctx;
use crate::base::env;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;

/// The uv that is installed with pip where there is none. Kept in step with what the tests run with.
pub(crate) const UV_VERSION: &str = "0.13.9";

/// A program on PATH (on Windows with its extension: `npm.cmd`).
pub(crate) fn find(program: &str) -> Option<Utf8PathBuf> {
    which::which(program).ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
}

/// The file behind a program's plain name. A name with a separator is a path and stays as it is.
pub(crate) fn resolve(ctx: &Ctx, program: &str) -> Result<Utf8PathBuf> {
    if program.contains(['/', '\\']) {
        return Ok(ctx.layout.absolute(program));
    }
    let found = if program == "uv" { uv(ctx)? } else { find(program) };
    found.ok_or_else(|| {
        Fault::new(format!("the program `{program}` is not on PATH"))
            .hint(format!("{}; `cargo xtask doctor` names everything that is missing", how_to_get(program)))
    })
}

/// Any Python that can run `-m pip`.
pub(crate) fn find_python() -> Option<Utf8PathBuf> {
    let has_pip = |python: &Utf8PathBuf| ask(".".into(), python, &["-m", "pip", "--version"]).is_ok();
    ["python3", "python", "py"].into_iter().filter_map(find).find(has_pip)
}

/// This program itself.
pub(crate) fn own_program() -> Result<Utf8PathBuf> {
    let path = std::env::current_exe().fault(|| "cannot find this program itself".to_owned())?;
    Utf8PathBuf::from_path_buf(path).map_err(|path| {
        Fault::new(format!("the path {} is not Unicode", path.display()))
            .hint("move the checkout to a path with plain characters")
    })
}

/// uv: `$UV`, then PATH, then the store.
///
/// # Errors
/// `UV` names a file that is not there.
pub(crate) fn uv(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    if let Some(given) = ctx.env.get(env::UV) {
        let path = find(given).ok_or_else(|| {
            Fault::new(format!("the environment variable UV names {given}, which is not a program"))
                .hint("unset UV, or set it to the path of uv")
        })?;
        return Ok(Some(path));
    }
    let stored = ctx.layout.absolute(stored_uv_home(ctx)).join("bin").join(format!("uv{}", ctx.host.exe_suffix()));
    Ok(find("uv").or_else(|| stored.is_file().then_some(stored)))
}

/// Where `ddstask` keeps a uv of its own, relative to the root.
pub(crate) fn stored_uv_home(ctx: &Ctx) -> Utf8PathBuf {
    ctx.layout.store().join("uv").join(UV_VERSION)
}

/// Whether the `node_modules` of a folder are what its `package-lock.json` says. npm keeps a copy of the lock file in
/// them, which it writes last.
pub(crate) fn has_modules(ctx: &Ctx, folder: impl AsRef<Utf8Path>) -> bool {
    let folder = ctx.layout.absolute(folder);
    let time = |name: &str| std::fs::metadata(folder.join(name)).and_then(|metadata| metadata.modified()).ok();
    let installed = time("node_modules/.package-lock.json");
    installed.is_some() && installed >= time("package-lock.json")
}

/// How a missing program is brought, one clause.
pub(crate) fn how_to_get(program: &str) -> String {
    match program {
        "cargo" => "install Rust from https://rustup.rs".to_owned(),
        "git" => "install Git from https://git-scm.com".to_owned(),
        "node" | "npm" => "install Node.js 20 or newer from https://nodejs.org".to_owned(),
        "uv" => {
            "install uv (https://docs.astral.sh/uv/getting-started/installation/), or set UV to its path".to_owned()
        }
        "python3" => "install Python 3.12 or newer from https://www.python.org".to_owned(),
        other => format!("install `{other}` and put it on PATH"),
    }
}

/// A Chromium for browser tests: `DDS_CHROMIUM`, then the usual names.
pub(crate) fn chromium(ctx: &Ctx) -> Option<Utf8PathBuf> {
    if let Some(given) = ctx.env.get(env::CHROMIUM) {
        return find(given);
    }
    let names: &[&str] = match ctx.host.os {
        Os::Windows => &["chrome", "msedge"],
        Os::MacOs => &["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "chromium"],
        Os::Linux => &["chromium", "chromium-browser", "google-chrome"],
    };
    names.iter().copied().find_map(find)
}
