//! The systems that a command is for: this machine's own, another one, or all that `dds.toml` lists.

use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::host::Host;

/// What stands for the system in the path of an archive.
pub(crate) const PLACE: &str = "{target}";

/// The value of `--target` for all that `dds.toml` lists.
const ALL: &str = "all";

/// The systems that a value of `--target` is for: one, several with commas between them, or all.
///
/// # Errors
/// There is no such system.
pub(crate) fn wanted(ctx: &Ctx, given: Option<&str>) -> Result<Vec<Host>> {
    match given {
        None => Ok(vec![ctx.host]),
        Some(ALL) => Ok(ctx.config.project.targets()),
        Some(names) => names.split(',').map(named).collect(),
    }
}

fn named(name: &str) -> Result<Host> {
    Host::named(name).ok_or_else(|| {
        let names = Host::ALL.map(|target| target.to_string()).join(", ");
        Fault::usage(format!("`{name}` is no target")).hint(format!("available targets: {names}, {ALL}"))
    })
}

/// Whether a source of interpreters has one for each system.
pub(crate) fn is_for_all(source: &str) -> bool {
    !source.starts_with("archive:") || source.contains(PLACE)
}

/// One fault of several: each with its reason and what to do next.
pub(crate) fn all_of(mut faults: Vec<Fault>) -> Result<()> {
    if faults.len() < 2 {
        return faults.pop().map_or(Ok(()), Err);
    }
    let fault = Fault::new("some targets can't be staged, so nothing was made");
    Err(faults
        .iter()
        .fold(fault, Fault::because)
        .hint("mend each of them, or take the target out of `project.targets`"))
}
