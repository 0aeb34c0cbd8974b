//! What there is of the Positron shell, and of what it needs.

use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Shell, cmd};

use crate::base::ctx::Ctx;

use crate::base::fault::{Context, Result};
use crate::base::host::Os;

use crate::base::{env, python, tools};
use crate::shell::positron::plan::{self, Facts, Missing};

/// What building the bindings of GTK needs: the thing, its Debian package, and what pkg-config calls it.
const LIBRARIES: [(Missing, &str); 2] = [
    (("cairo's headers", "libcairo2-dev"), "cairo"),
    (("GObject introspection's headers", "libgirepository1.0-dev"), "gobject-introspection-1.0"),
];
/// What running it needs, and names of which one has to be there.
const TYPELIBS: [(Missing, &[&str]); 2] = [
    (("GTK 3", "gir1.2-gtk-3.0"), &["Gtk-3.0.typelib"]),
    (("WebKitGTK", "gir1.2-webkit2-4.1"), &["WebKit2-4.1.typelib", "WebKit2-4.0.typelib"]),
];

/// Looks at the machine.
pub(crate) fn facts(ctx: &Ctx) -> Facts {
    let is_linux = ctx.host.os == Os::Linux;
    Facts {
        missing: if is_linux { missing(ctx) } else { Vec::new() },
        installed: is_installed(ctx),
        has_display: !is_linux || ctx.env.get(env::DISPLAY).or_else(|| ctx.env.get(env::WAYLAND_DISPLAY)).is_some(),
        identity: ctx.env.get(env::CSC_NAME).map(str::to_owned),
    }
}

/// The interpreter for an environment that is still to be made, where uv would not find one by itself.
pub(crate) fn interpreter(ctx: &Ctx, uv: &Utf8Path) -> Option<Utf8PathBuf> {
    if is_installed(ctx) {
        return None;
    }
    let python = &ctx.config.python;
    python::installed(ctx, uv, &python.version, &python.minimum).ok().map(|host| host.executable)
}

/// What the backend's lock file says of the shell's requirements, one a line.
pub(crate) fn locked(ctx: &Ctx, uv: &Utf8Path) -> Result<String> {
    let shell = Shell::new().fault(|| "cannot look at the working folder".to_owned())?;
    let backend = ctx.layout.absolute(ctx.layout.backend());
    shell.change_dir(&backend);
    let args = plan::EXPORT;
    let asked = cmd!(shell, "{uv} export {args...}").quiet().ignore_stderr().read();
    asked
        .fault(|| format!("cannot read {backend}/uv.lock with uv"))
        .map_err(|fault| fault.hint("run `uv lock` in the backend folder and commit uv.lock"))
}

/// The shell's `pyproject.toml`.
pub(crate) fn pyproject(ctx: &Ctx) -> Result<String> {
    let path = ctx.layout.absolute(plan::pyproject());
    let text = std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))?;
    Ok(text.replace("\r\n", "\n"))
}

fn is_installed(ctx: &Ctx) -> bool {
    ctx.layout.absolute(plan::venv()).join("pyvenv.cfg").is_file()
}

fn missing(ctx: &Ctx) -> Vec<Missing> {
    let mut missing = Vec::new();
    // Once the bindings are built, what they were built with is not needed any more.
    if !is_installed(ctx) {
        missing.extend(
            [(("a C compiler", "gcc"), "cc"), (("pkg-config", "pkg-config"), "pkg-config")]
                .into_iter()
                .filter(|(_, program)| tools::find(program).is_none())
                .map(|(thing, _)| thing),
        );
        missing.extend(LIBRARIES.iter().filter(|(_, name)| !has_library(name)).map(|(thing, _)| *thing));
    }
    missing.extend(TYPELIBS.iter().filter(|(_, names)| !has_typelib(ctx, names)).map(|(thing, _)| *thing));
    missing
}

fn has_library(name: &str) -> bool {
    let Some(pkg_config) = tools::find("pkg-config") else { return false };
    let mut ask = std::process::Command::new(pkg_config);
    ask.args(["--exists", name]).stdin(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    ask.status().is_ok_and(|status| status.success())
}

/// Whether one of the files lies where the bindings look.
fn has_typelib(ctx: &Ctx, names: &[&str]) -> bool {
    let below = |folder: &Utf8Path| folder.join("girepository-1.0");
    let lib = Utf8Path::new("/usr/lib");
    let given = ctx.env.get(env::GI_TYPELIB_PATH).unwrap_or_default().split(':').map(Utf8PathBuf::from);
    let usual = [lib, Utf8Path::new("/usr/lib64"), Utf8Path::new("/usr/local/lib")].map(below);
    let of_each_architecture = lib.read_dir_utf8().into_iter().flatten().flatten().map(|entry| below(entry.path()));
    let mut folders = given.chain(usual).chain(of_each_architecture);
    folders.any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}
