//! Compiles Python sources to bytecode that is the same bytes on every machine and in every place.

use camino::Utf8Path;

use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Kind, Result};
use crate::base::{files, process};
use crate::stage::model::{LAYER, PYTHON};
use crate::stage::plan::children::{ARCHIVE, COMPILER, Compile};

/// What a source that does not compile means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It stays without bytecode: templates, and files for other versions of Python.
    Skip,
    /// It is a mistake in the app.
    Refuse,
}

/// The exit code of the compiler for a source that does not compile.
const BROKEN: u8 = 3;

/// Whether a file of a layer was made by the compiler.
pub(crate) fn is_compiled(path: &str) -> bool {
    path == ARCHIVE || path.contains("__pycache__/")
}

/// Compiles everything below `tree` with the interpreter `python` into one archive there.
pub(crate) fn compile(ctx: &Ctx, python: &Utf8Path, tree: &Utf8Path, children: &Compile, broken: Broken) -> Result<()> {
    let layer = tree.parent().unwrap_or(tree);
    let scratch = layer.join("compile");
    files::make_folder(&scratch)?;
    files::write_atomically(&scratch.join("compile_bytecode.py"), COMPILER.as_bytes())?;
    let places = [(LAYER, layer), (PYTHON, python)];
    std::thread::scope(|scope| {
        let share = |cmd: &Cmd| {
            let cmd = cmd.filled(&places);
            scope.spawn(move || run(ctx, &cmd, broken))
        };
        let running: Vec<_> = children.shares.iter().map(share).collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(Fault::new("cannot compile bytecode"))))
    })?;
    children.pack.iter().try_for_each(|cmd| run(ctx, &cmd.filled(&places), broken))?;
    files::remove(&scratch)
}

fn run(ctx: &Ctx, cmd: &Cmd, broken: Broken) -> Result<()> {
    let output = process::quiet(ctx, cmd).map_err(|fault| match (broken, fault.kind()) {
        (Broken::Refuse, Kind::Child(BROKEN)) => fault
            .within("the app does not compile")
            .with_kind(Kind::Failed)
            .hint("mend the syntax error, then run the same command again"),
        _ => fault.within("cannot compile bytecode").with_kind(Kind::Failed),
    })?;
    let skipped = String::from_utf8_lossy(&output.stderr);
    skipped.lines().for_each(|line| ctx.ui.detail(format_args!("    without bytecode: {line}")));
    Ok(())
}
