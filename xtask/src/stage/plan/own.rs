//! What the stage for another system takes from the stage for this machine: an interpreter that runs, the static files,
//! and the check.

use camino::Utf8PathBuf;

use crate::base::fault::Fault;
use crate::base::host::Host;
use crate::stage::record::{Checked, Record};

/// The stage for this machine.
#[derive(Clone, Debug)]
pub(crate) struct OwnStage {
    /// What it was made of.
    pub(crate) record: Record,
    /// Digest of the file of that; another one means that it was staged again.
    pub(crate) digest: String,
    /// Where it is, relative to the repository.
    pub(crate) place: Utf8PathBuf,
}

impl OwnStage {
    /// Its interpreter, relative to the repository.
    pub(crate) fn interpreter(&self) -> Utf8PathBuf {
        self.place.join("python").join(&self.record.python.executable)
    }

    /// What its check found: the other systems' stages have the same sources.
    pub(super) fn check(&self) -> Checked {
        self.record.check.clone()
    }
}

/// `3.14` of `3.14.2`.
pub(crate) fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// Why the Python of a target can't get its bytecode from that of this machine, as far as their versions tell it.
pub(crate) fn objection(target: Host, theirs: &str, ours: &str) -> Option<Fault> {
    (minor(theirs) != minor(ours)).then(|| {
        Fault::new(format!("the stage for {target} has Python {theirs}, and the one for this machine Python {ours}"))
            .because("bytecode for a system is made by the same version of Python here")
            .hint(
                "take the same version for both: `python.version` in dds.toml, or DESKTOP_DJANGO_BUNDLED_PYTHON_VERSION",
            )
    })
}
