//! What is going to be measured, as a value.

use std::fmt;

use camino::Utf8PathBuf;

/// A group of measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Staging.
    Stage,
    /// From the start of the backend to its first page.
    Launch,
    /// Checksums of large files.
    Checksums,
}

impl Subject {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Stage, Self::Launch, Self::Checksums];

    /// Its name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Launch => "launch",
            Self::Checksums => "checksums",
        }
    }

    fn against(self) -> &'static str {
        match self {
            Self::Stage => "delete all, copy the interpreter, build and install a wheel, collectstatic",
            Self::Launch => "migrate, runserver, a poll each 250 ms",
            Self::Checksums => "sha256sum",
        }
    }
}

/// What is measured and how often.
#[derive(Clone, Debug)]
pub(crate) struct BenchPlan {
    /// The groups, in order.
    pub(crate) subjects: Vec<Subject>,
    /// Runs of each thing that count; one more goes before them.
    pub(crate) runs: usize,
    /// Where the interpreter comes from, as `packaged-stage` has it: `host` or `archive:PATH`.
    pub(crate) python_source: String,
    /// Where every run is written as JSON.
    pub(crate) output: Option<Utf8PathBuf>,
    /// The throw-away checkout is made below it.
    pub(crate) scratch: Utf8PathBuf,
}

impl fmt::Display for BenchPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (runs, scratch) = (self.runs, &self.scratch);
        write!(f, "copy    dds.toml and the backend into a folder below {scratch}, removed at the end")?;
        for subject in &self.subjects {
            write!(f, "\nmeasure {:<9} {runs} times after a warm-up, beside: {}", subject.name(), subject.against())?;
        }
        self.output.iter().try_for_each(|path| write!(f, "\nwrite   {path}"))
    }
}
