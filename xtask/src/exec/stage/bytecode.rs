//! Compiles Python sources to bytecode that is the same bytes on every machine and in every place.

use camino::Utf8Path;

use crate::ctx::Ctx;
use crate::exec::{files, process};
use crate::fault::{Context, Fault, Kind, Result};
use crate::plan::stage::COMPILE_SCRIPT;
use crate::step::Cmd;

/// Most processes that compile side by side; more only read the same start-up files.
const MOST_PROCESSES: usize = 8;

/// What a source that does not compile means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It stays without bytecode: templates, and files for other versions of Python.
    Skip,
    /// It is a mistake in the app.
    Refuse,
}

/// Compiles everything below `folder` with the interpreter `python`; in tracebacks the files are `label/…` until
/// they are imported from their real place.
pub(super) fn compile(ctx: &Ctx, python: &Utf8Path, folder: &Utf8Path, label: &str, broken: Broken) -> Result<()> {
    let script = folder.with_file_name("compile_bytecode.py");
    files::write_atomically(&script, COMPILE_SCRIPT.as_bytes())?;
    let shards = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(MOST_PROCESSES);
    let strict = if broken == Broken::Refuse { "1" } else { "0" };
    // One source in a hundred milliseconds of start-up: an app is compiled by one process.
    let shards = if broken == Broken::Refuse { 1 } else { shards };
    let commands = (0..shards).map(|shard| {
        Cmd::new(python.as_str())
            .args(["-P", "-s", "-S", "-B", script.as_str(), folder.as_str(), label])
            .args([&shard.to_string(), &shards.to_string(), strict])
            .isolated()
            .env("PYTHONHASHSEED", "0")
    });
    std::thread::scope(|scope| {
        let running: Vec<_> = commands.map(|cmd| scope.spawn(move || process::quiet(ctx, &cmd))).collect();
        running.into_iter().try_for_each(|thread| {
            let output = thread.join().map_err(|_| Fault::new("cannot compile bytecode"))?.map_err(|fault| {
                match (broken, fault.kind()) {
                    (Broken::Refuse, Kind::Child(_)) => fault
                        .within("the app does not compile")
                        .with_kind(Kind::Failed)
                        .hint("mend the syntax error, then run the same command again"),
                    _ => fault.within("cannot compile bytecode").with_kind(Kind::Failed),
                }
            })?;
            String::from_utf8_lossy(&output.stderr)
                .lines()
                .for_each(|line| ctx.ui.detail(format_args!("    without bytecode: {line}")));
            Ok::<_, Fault>(())
        })
    })?;
    std::fs::remove_file(&script).fault(|| format!("cannot remove {script}"))
}
