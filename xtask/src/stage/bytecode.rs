//! Compiles Python sources to bytecode that is the same bytes on every machine and in every place.

use camino::Utf8Path;

use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Kind, Result};
use crate::base::{files, process};
use crate::stage::plan::COMPILE_SCRIPT;

/// Most processes that compile side by side; more only read the same start-up files.
const MOST_PROCESSES: usize = 8;

/// What a source that does not compile means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It stays without bytecode: templates, and files for other versions of Python.
    Skip,
    /// It is a mistake in the app.
    Refuse,
}

/// Compiles everything below `folder` with the interpreter `python` into one archive in `folder`; in tracebacks the
/// files are `label/…` until they are imported from their real place.
pub(crate) fn compile(ctx: &Ctx, python: &Utf8Path, folder: &Utf8Path, label: &str, broken: Broken) -> Result<()> {
    let scratch = folder.with_file_name("compile");
    files::make_folder(&scratch)?;
    let script = scratch.join("compile_bytecode.py");
    files::write_atomically(&script, COMPILE_SCRIPT.as_bytes())?;
    let cmd = |what: &str| {
        Cmd::new(python.as_str())
            .args(["-P", "-s", "-S", "-B", script.as_str(), what, folder.as_str()])
            .isolated()
            .env("PYTHONHASHSEED", "0")
    };
    // One source in a hundred milliseconds of start-up: an app is compiled by one process.
    if broken == Broken::Refuse {
        run(ctx, &cmd("whole").args([label, "1"]), broken)?;
        return files::remove(&scratch);
    }
    let shards = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_PROCESSES);
    let parts: Vec<String> = (0..shards).map(|shard| scratch.join(format!("part-{shard}")).into_string()).collect();
    std::thread::scope(|scope| {
        let compile = |(shard, part): (usize, &String)| {
            let place = [shard.to_string(), shards.to_string(), part.clone()];
            let cmd = cmd("shard").args([label, "0"]).args(place);
            scope.spawn(move || run(ctx, &cmd, broken))
        };
        let running: Vec<_> = parts.iter().enumerate().map(compile).collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|_| Err(Fault::new("cannot compile bytecode"))))
    })?;
    run(ctx, &cmd("pack").args(&parts), broken)?;
    files::remove(&scratch)
}

fn run(ctx: &Ctx, cmd: &Cmd, broken: Broken) -> Result<()> {
    let output = process::quiet(ctx, cmd).map_err(|fault| match (broken, fault.kind()) {
        (Broken::Refuse, Kind::Child(_)) => fault
            .within("the app does not compile")
            .with_kind(Kind::Failed)
            .hint("mend the syntax error, then run the same command again"),
        _ => fault.within("cannot compile bytecode").with_kind(Kind::Failed),
    })?;
    let skipped = String::from_utf8_lossy(&output.stderr);
    skipped.lines().for_each(|line| ctx.ui.detail(format_args!("    without bytecode: {line}")));
    Ok(())
}
