//! Commands of the backend's development environment.

use camino::Utf8Path;

use crate::base::cmd::Cmd;
use crate::base::config::Config;
use crate::base::ctx::Ctx;
use crate::base::env;
use crate::base::fault::{Fault, Result};
use crate::base::layout::Layout;

/// Where uv takes the interpreter of a new `.venv` from; nothing when there is one already or uv finds its own.
pub(crate) type Interpreter<'a> = Option<&'a Utf8Path>;

const ITS_OWN_WAY: &str = "use the project's own commands there; `cargo xtask packaged-stage --check` and \
                           `cargo xtask packaged-start` try what people get";

/// Stops commands that write into a project where it has an environment of its own.
///
/// # Errors
/// The project lies in a repository of its own.
pub(crate) fn is_written_here(ctx: &Ctx) -> Result<()> {
    let layout = &ctx.layout;
    if !layout.has_foreign_backend() {
        return Ok(());
    }
    Err(Fault::new(format!(
        "{} is a project of its own, in which development commands write nothing",
        layout.backend()
    ))
    .because("this command would make .venv, a database or caches in it")
    .hint(ITS_OWN_WAY))
}

/// Stops commands of the development environment where there is none to be made.
///
/// # Errors
/// The project lies in a repository of its own, or has no lock of uv.
pub(crate) fn is_developed_here(ctx: &Ctx) -> Result<()> {
    is_written_here(ctx)?;
    let home = ctx.layout.backend();
    if ctx.layout.absolute(home).join("uv.lock").is_file() {
        return Ok(());
    }
    Err(Fault::new(format!("{home} has no development environment that this command could use"))
        .because(format!("it would be made of {home}/uv.lock, which is not there"))
        .hint(ITS_OWN_WAY))
}

/// Makes or updates the `.venv` in `home` to be exactly the `uv.lock` there.
pub(crate) fn sync(home: &Utf8Path, interpreter: Interpreter<'_>) -> Cmd {
    let cmd = Cmd::new("uv").args(["sync", "--frozen"]).cwd(home);
    with_interpreter(cmd, interpreter).remedy("check the connection or proxy, then run `cargo xtask install` again")
}

/// Runs a program of the `.venv` in `home`, which has the lock of it.
pub(crate) fn run(home: &Utf8Path, interpreter: Interpreter<'_>, args: &[&str]) -> Cmd {
    let cmd = Cmd::new("uv").args(["run", "--frozen"]).args(args.iter().copied()).cwd(home);
    with_interpreter(cmd, interpreter)
}

/// Runs a management command with the development settings.
pub(crate) fn manage(config: &Config, layout: &Layout, interpreter: Interpreter<'_>, args: &[&str]) -> Cmd {
    let backend = &config.backend;
    let mut line = vec!["python"];
    line.extend(backend.manage.as_ref().map_or_else(|| vec!["-m", "django"], |manage| vec![manage.as_str()]));
    line.extend(args);
    run(layout.backend(), interpreter, &line).env("DJANGO_SETTINGS_MODULE", backend.development_settings())
}

/// Makes uv take this interpreter.
pub(crate) fn with_interpreter(cmd: Cmd, interpreter: Interpreter<'_>) -> Cmd {
    match interpreter {
        Some(path) => cmd.env(env::UV_PYTHON, path.as_str()),
        None => cmd,
    }
}
