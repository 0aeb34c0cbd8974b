//! Child processes: in the foreground with the terminal, or quietly with their output kept for a failure.

use std::process::Output;
use std::time::Duration;

use camino::Utf8Path;
use tempfile::NamedTempFile;

use crate::base::cmd::{Cmd, Sees};
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::{interrupt, passes, tools, uv_config};

/// Lines of a failed child's output that are shown.
const TAIL_LINES: usize = 25;
/// From the wish that a child ends until it is ended.
const GRACE: Duration = Duration::from_secs(6);

/// What `cargo run` tells this program of the package that it is from. Build scripts ask for some of it and run again where
/// it differs, so a cargo below this one would compile half of what it needs anew, and the next `cargo run` once more.
const OF_CARGO_RUN: [&str; 16] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_AUTHORS",
    "CARGO_PKG_DESCRIPTION",
    "CARGO_PKG_HOMEPAGE",
    "CARGO_PKG_LICENSE",
    "CARGO_PKG_LICENSE_FILE",
    "CARGO_PKG_NAME",
    "CARGO_PKG_README",
    "CARGO_PKG_REPOSITORY",
    "CARGO_PKG_RUST_VERSION",
    "CARGO_PKG_VERSION",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Runs a child that shares the terminal, and waits. Its exit code becomes ours when it fails.
pub(crate) fn foreground(ctx: &Ctx, cmd: &Cmd) -> Result<()> {
    ctx.ui.say(format_args!("{} {cmd}", ctx.ui.paint(clap::builder::styling::AnsiColor::Cyan, "$")));
    let (expression, _config) = expression(ctx, cmd)?;
    let expression = expression.unchecked();
    let expression = if cmd.talks { expression.stdout_to_stderr() } else { expression };
    let Some(limit_secs) = cmd.limit_secs else {
        let handle = expression.start().fault(|| format!("cannot start `{cmd}`"))?;
        let _guard = handle.pids().first().map(|pid| interrupt::guard(*pid, false));
        return judge(cmd, handle.wait().fault(|| format!("cannot wait for `{cmd}`"))?);
    };
    within(cmd, limit_secs, &own_group(expression).stdin_null())
}

/// Waits for so long; what hangs is ended, with all that it has started.
fn within(cmd: &Cmd, limit_secs: u64, expression: &duct::Expression) -> Result<()> {
    let handle = expression.start().fault(|| format!("cannot start `{cmd}`"))?;
    let guard = handle.pids().first().map(|pid| interrupt::guard(*pid, true));
    let wait = |limit| handle.wait_timeout(limit).fault(|| format!("cannot wait for `{cmd}`"));
    if let Some(output) = wait(Duration::from_secs(limit_secs))? {
        return judge(cmd, output);
    }
    if let Some(guard) = guard {
        guard.terminate();
        let _ = wait(GRACE)?;
        guard.kill();
    }
    Err(with_remedy(Fault::new(format!("`{cmd}` has not ended within {limit_secs} s and was stopped")), cmd))
}

/// Runs a child without a terminal, in a process group of its own; returns what it wrote.
/// When it fails, the end of what it wrote is in the fault.
pub(crate) fn quiet(ctx: &Ctx, cmd: &Cmd) -> Result<Output> {
    ctx.ui.detail(format_args!("    $ {cmd}"));
    let (expression, _config) = expression(ctx, cmd)?;
    let expression = own_group(expression).stdin_null().stdout_capture().stderr_capture().unchecked();
    let handle = expression.start().fault(|| format!("cannot start `{cmd}`"))?;
    let _guard = handle.pids().first().map(|pid| interrupt::guard(*pid, true));
    let output = handle.wait().fault(|| format!("cannot wait for `{cmd}`"))?;
    judge(cmd, output)?;
    handle.into_output().fault(|| format!("cannot read the output of `{cmd}`"))
}

/// The child, and the configuration of uv that has to be there as long as it runs.
fn expression(ctx: &Ctx, cmd: &Cmd) -> Result<(duct::Expression, Option<NamedTempFile>)> {
    let program = tools::resolve(ctx, &cmd.program)?;
    let (mut args, mut folder) = (cmd.args.clone(), ctx.layout.absolute(&cmd.cwd));
    // A shim of pyenv takes the version that the folder names where it is started, and a project may name one without uv.
    if is_shim_of_uv(&program) {
        args.splice(0..0, ["--directory".to_owned(), folder.to_string()]);
        folder = ctx.layout.root().to_owned();
    }
    let mut expression = duct::cmd(program.as_std_path(), args).dir(folder.as_std_path());
    for (name, value) in &cmd.env {
        expression = expression.env(name, value);
    }
    if cmd.sees == Sees::Everything {
        return Ok((OF_CARGO_RUN.into_iter().fold(expression, |expression, name| expression.env_remove(name)), None));
    }
    let config = (cmd.sees == Sees::Network).then(|| uv_config::write(ctx)).transpose()?;
    if let Some(config) = &config {
        expression = expression.env("UV_CONFIG_FILE", config.path());
    }
    // In duct what is set first is nearest to the child, so the variables above survive this.
    Ok((expression.full_env(passes::environment(&ctx.env, ctx.host, cmd.sees)), config))
}

/// Whether a manager of versions stands in for uv.
fn is_shim_of_uv(program: &Utf8Path) -> bool {
    program.file_stem() == Some("uv") && program.parent().is_some_and(|folder| folder.file_name() == Some("shims"))
}

#[cfg(unix)]
#[expect(clippy::needless_pass_by_value, reason = "the same form as where there are no groups")]
fn own_group(expression: duct::Expression) -> duct::Expression {
    expression.before_spawn(|command| {
        std::os::unix::process::CommandExt::process_group(command, 0);
        Ok(())
    })
}

#[cfg(not(unix))]
fn own_group(expression: duct::Expression) -> duct::Expression {
    expression
}

/// Success, or a fault that says how the child ended.
fn judge(cmd: &Cmd, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    interrupt::check()?;
    let code = output.status.code();
    let how = code.map_or_else(|| output.status.to_string(), |code| format!("exit code {code}"));
    let kind = code.and_then(|code| u8::try_from(code).ok()).map_or(Kind::Failed, Kind::Child);
    let mut fault = Fault::of(kind, format!("`{cmd}` ended with {how}"));
    let tail = tail(&output.stderr, &output.stdout);
    if !tail.is_empty() {
        fault = fault.because(tail);
    }
    Err(with_remedy(fault, cmd))
}

fn with_remedy(fault: Fault, cmd: &Cmd) -> Fault {
    match &cmd.remedy {
        Some(remedy) => fault.hint(remedy),
        None => fault,
    }
}

/// The last lines of the errors, or of the output when there are none.
fn tail(stderr: &[u8], stdout: &[u8]) -> String {
    let text = String::from_utf8_lossy(if stderr.is_empty() { stdout } else { stderr });
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
