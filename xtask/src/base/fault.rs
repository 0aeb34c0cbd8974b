//! The one error type: what failed, why, and what to do next.
//!
//! A [`Fault`] is written for the person at the terminal. It never holds a secret, and it is printed
//! once, by `main`; nothing else prints an error.

use std::fmt;

/// The result of everything that can fail here.
pub(crate) type Result<T> = std::result::Result<T, Fault>;

/// A failure that can be shown to a user.
#[derive(Debug)]
pub(crate) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    what: String,
    causes: Vec<String>,
    hint: Option<String>,
}

/// What a failure means for the caller; decides the exit code and whether another way may be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The work failed. Exit code 1.
    Failed,
    /// The command line makes no sense. Exit code 2.
    Usage,
    /// Something could not be fetched from the network. Exit code 1.
    Download,
    /// The plan does not fit what is there any more: look again. Never shown.
    Stale,
    /// The user stopped it. Exit code 130.
    Interrupted,
    /// A child process ended with this code, and its failure is ours.
    Child(u8),
}

impl Fault {
    /// A failure of the work itself.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self::of(Kind::Failed, what)
    }

    /// A failure of the given kind.
    pub(crate) fn of(kind: Kind, what: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, what: what.into(), causes: Vec::new(), hint: None }))
    }

    /// The command line makes no sense.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::of(Kind::Usage, what)
    }

    /// Ctrl-C, SIGTERM or the like.
    pub(crate) fn interrupted() -> Self {
        Self::of(Kind::Interrupted, "interrupted")
    }

    /// Ctrl-C while something goes on elsewhere, and how to come back to it.
    pub(crate) fn interrupted_but(hint: impl Into<String>) -> Self {
        let mut fault = Self::interrupted();
        fault.0.hint = Some(hint.into());
        fault
    }

    /// Adds a reason, the nearest one first. What is said already is not said again.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl fmt::Display) -> Self {
        let cause = cause.to_string();
        if self.0.what != cause && !self.0.causes.contains(&cause) {
            self.0.causes.push(cause);
        }
        self
    }

    /// Adds reasons that stand side by side.
    #[must_use]
    pub(crate) fn because_all(self, causes: impl IntoIterator<Item = impl fmt::Display>) -> Self {
        causes.into_iter().fold(self, Self::because)
    }

    /// Adds the whole cause chain of a foreign error.
    #[must_use]
    pub(crate) fn because_of(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many errors repeat their source's text in their own.
            if !self.0.causes.last().is_some_and(|last| last.ends_with(&text)) {
                self.0.causes.push(text);
            }
            next = cause.source();
        }
        self
    }

    /// Says what to do next. The first hint stays: it was given nearest to the trouble. Who stops the work needs none.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if self.0.kind != Kind::Interrupted {
            self.0.hint.get_or_insert_with(|| hint.into());
        }
        self
    }

    /// Wraps this failure in what the caller was doing.
    #[must_use]
    pub(crate) fn within(mut self, what: impl Into<String>) -> Self {
        if self.0.kind == Kind::Interrupted {
            return self;
        }
        let inner = std::mem::replace(&mut self.0.what, what.into());
        if inner != self.0.what && !self.0.causes.contains(&inner) {
            self.0.causes.insert(0, inner);
        }
        self
    }

    /// Says what the failure means, where the caller knows better than the place it came from.
    #[must_use]
    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        if self.0.kind != Kind::Interrupted {
            self.0.kind = kind;
        }
        self
    }

    /// The kind of failure.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What failed, alone.
    pub(crate) fn what(&self) -> &str {
        &self.0.what
    }

    /// The reason at the bottom; what failed, where there is none.
    pub(crate) fn last_cause(&self) -> String {
        self.0.causes.last().unwrap_or(&self.0.what).clone()
    }

    /// The exit code of the process: see the contract's table of exit codes.
    pub(crate) fn exit_code(&self) -> u8 {
        match self.0.kind {
            Kind::Failed | Kind::Download | Kind::Stale => 1,
            Kind::Usage => 2,
            Kind::Interrupted => 130,
            Kind::Child(code) => code.max(1),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.what)?;
        for cause in &self.0.causes {
            write!(f, "\n  because: {}", cause.replace('\n', "\n           "))?;
        }
        if let Some(hint) = &self.0.hint {
            write!(f, "\n  next: {}", hint.replace('\n', "\n        "))?;
        }
        Ok(())
    }
}

/// Turns a foreign error into a [`Fault`] that says what was being done.
pub(crate) trait Context<T> {
    /// `what` names the thing with its path or command line: "cannot read dds.toml".
    fn fault(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::error::Error + 'static> Context<T> for std::result::Result<T, E> {
    fn fault(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Fault::new(what()).because_of(&error).hint_for(&error))
    }
}

impl Fault {
    /// The next step for causes that mean the same wherever they are met.
    pub(crate) fn hint_for(self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(cause) = next {
            if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                return match io.kind() {
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => self.hint(
                        "free some space (`cargo xtask clean --store` drops the staging store), then run the same command again",
                    ),
                    std::io::ErrorKind::PermissionDenied => {
                        self.hint("make the path readable and writable for your user, then run the same command again")
                    }
                    _ => self,
                };
            }
            next = cause.source();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_is_said_is_not_said_again() {
        let fault = Fault::new("no room")
            .because("full")
            .because("full")
            .because("no room")
            .within("no room")
            .within("cannot copy");
        assert_eq!(fault.to_string(), "cannot copy\n  because: no room\n  because: full");
    }

    #[test]
    fn prints_what_why_and_next() {
        let io = std::io::Error::other("disk on fire");
        let fault = Err::<(), _>(io)
            .fault(|| "cannot write a.txt".to_owned())
            .map_err(|fault| fault.within("cannot stage the backend").hint("buy a new disk").hint("ignored"));
        expect![[r"
            cannot stage the backend
              because: cannot write a.txt
              because: disk on fire
              next: buy a new disk"]]
        .assert_eq(&fault.unwrap_err().to_string());
    }

    #[test]
    fn who_stops_the_work_is_told_nothing_else() {
        let fault = Fault::interrupted().within("cannot install").hint("check the connection").with_kind(Kind::Failed);
        assert_eq!((fault.to_string().as_str(), fault.exit_code()), ("interrupted", 130));
    }

    #[test]
    fn a_child_that_failed_without_a_code_is_still_a_failure() {
        assert_eq!(Fault::of(Kind::Child(0), "x").exit_code(), 1);
        assert_eq!(Fault::of(Kind::Child(101), "x").exit_code(), 101);
    }
}
