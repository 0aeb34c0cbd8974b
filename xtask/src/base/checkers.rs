//! What checks Python code: the starter's own environment, and that of a project that lies elsewhere, with the programs that
//! its lock brings.

use camino::{Utf8Path, Utf8PathBuf};
use toml::{Table, Value};

use crate::base::act::Plan;
use crate::base::backend;
use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Result};
use crate::base::layout::Layout;
use crate::base::uv;

/// An environment that uv makes of a lock.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    /// The folder with the lock.
    pub(crate) home: Utf8PathBuf,
    /// For a `.venv` that is still to be made.
    pub(crate) python: Option<Utf8PathBuf>,
}

impl Bench {
    fn of(ctx: &Ctx, home: &Utf8Path) -> Result<Self> {
        Ok(Self { home: home.to_owned(), python: uv::interpreter_of(ctx, &home.join(".venv"))? })
    }

    /// Runs a program of it, in its folder.
    pub(crate) fn run(&self, args: &[&str]) -> Cmd {
        backend::run(&self.home, self.python.as_deref(), args)
    }

    fn sync(&self) -> Cmd {
        backend::sync(&self.home, self.python.as_deref())
    }
}

/// The environments of this checkout.
#[derive(Clone, Debug)]
pub(crate) struct Checkers {
    /// That of `backend/`, where its lock is still there.
    pub(crate) starter: Option<Bench>,
    project: Project,
}

#[derive(Clone, Debug)]
enum Project {
    /// It lies in `backend/`, and its environment is the starter's.
    InPlace,
    /// It lies elsewhere in this repository.
    Elsewhere(Own),
    /// It lies in a repository of its own, where nothing is made.
    Foreign(Utf8PathBuf),
}

/// The environment of a project, and what says which programs are in it.
#[derive(Clone, Debug)]
struct Own {
    bench: Bench,
    lock: Table,
    pyproject: Table,
}

/// Programs that a project has to set up before they can check it.
const SET_UP: [&str; 3] = ["mypy", "pytest", "ruff"];

impl Own {
    fn of(ctx: &Ctx, home: &Utf8Path) -> Result<Self> {
        let table = |name: &str| {
            // Many projects have neither.
            let text = ctx.read(home.join(name)).unwrap_or_default();
            toml::from_str(&text).fault(|| format!("cannot understand {home}/{name}"))
        };
        Ok(Self { bench: Bench::of(ctx, home)?, lock: table("uv.lock")?, pyproject: table("pyproject.toml")? })
    }

    fn is_locked(&self) -> bool {
        !self.lock.is_empty()
    }

    fn lacks(&self, program: &str) -> Option<String> {
        let home = &self.bench.home;
        if !self.is_locked() {
            return Some(format!("there is no {home}/uv.lock"));
        }
        let packages = self.lock.get("package").and_then(Value::as_array).into_iter().flatten();
        let mut names = packages.filter_map(|package| package.get("name")?.as_str());
        if !names.any(|name| name == program) {
            return Some(format!("{home}/uv.lock has no {program}"));
        }
        let is_set_up = || self.pyproject.get("tool").is_some_and(|tools| tools.get(program).is_some());
        let is_ready = !SET_UP.contains(&program) || is_set_up();
        (!is_ready).then(|| format!("{home}/pyproject.toml has no [tool.{program}]"))
    }
}

impl Checkers {
    /// Looks which there are.
    pub(crate) fn of(ctx: &Ctx) -> Result<Self> {
        let (place, home) = (ctx.layout.starter_backend(), ctx.layout.backend());
        let project = if ctx.layout.has_foreign_backend() {
            Project::Foreign(home.to_owned())
        } else if home == place {
            Project::InPlace
        } else {
            Project::Elsewhere(Own::of(ctx, home)?)
        };
        let is_there = ctx.layout.absolute(place.join("uv.lock")).is_file();
        let starter = is_there || matches!(project, Project::InPlace);
        Ok(Self { starter: starter.then(|| Bench::of(ctx, place)).transpose()?, project })
    }

    /// Those of a checkout whose project lies in `backend/`, with all that it needs.
    #[cfg(test)]
    pub(crate) fn in_place() -> Self {
        Self { starter: Some(Bench { home: "backend".into(), python: None }), project: Project::InPlace }
    }

    /// The project lies in `backend/`.
    pub(crate) fn is_in_place(&self) -> bool {
        matches!(self.project, Project::InPlace)
    }

    /// Makes all of them that can be made here, and says which can't.
    pub(crate) fn installed(&self, layout: &Layout) -> Plan {
        let missing =
            |home: &Utf8Path| left_out(&format!("the environment of {home}"), &format!("there is no {home}/uv.lock"));
        let starter = match &self.starter {
            Some(bench) => Plan::new().run(bench.sync()),
            None => missing(layout.starter_backend()),
        };
        let project = match &self.project {
            Project::InPlace => Plan::new(),
            Project::Elsewhere(own) if own.is_locked() => Plan::new().run(own.bench.sync()),
            Project::Elsewhere(own) => missing(&own.bench.home),
            Project::Foreign(home) => left_out(&format!("the environment of {home}"), "it is a project of its own"),
        };
        starter.and(project)
    }

    /// The environment for the tests of a shell, which bring a project of their own: the project's, where it has this program, else
    /// the starter's; else why they are left out.
    pub(crate) fn of_shells(&self, program: &str) -> std::result::Result<&Bench, String> {
        self.of_project(program).or_else(|why| self.starter.as_ref().ok_or(why))
    }

    /// The environment of the project, where it has this program; else why nothing is checked with it.
    pub(crate) fn of_project(&self, program: &str) -> std::result::Result<&Bench, String> {
        match &self.project {
            Project::InPlace => self.starter.as_ref().ok_or_else(|| format!("there is no {program}")),
            Project::Elsewhere(own) => own.lacks(program).map_or(Ok(&own.bench), Err),
            Project::Foreign(home) => Err(format!("{home} is a project of its own, with checks of its own")),
        }
    }
}

/// Says that something is left out, and why.
pub(crate) fn left_out(what: &str, why: &str) -> Plan {
    let said = format!("left out: {what}: {why}");
    Plan::new().task(format!("leave   {what}: {why}"), move |ctx| {
        ctx.ui.say(&said);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_that_of_a_package_of_the_lock_and_of_a_section() {
        let own = |lock: &str, pyproject: &str| Own {
            bench: Bench { home: "shop".into(), python: None },
            lock: toml::from_str(lock).unwrap(),
            pyproject: toml::from_str(pyproject).unwrap(),
        };
        let lock = "[[package]]\nname = 'ruff' # however it is written\n[[package]]\nname = 'shop'\n\
                    dependencies = [{\nname = \"mypy\"\n}]\n";
        let own = own(lock, "[tool.ruff]\n[tool.mypy-of-others]\n");
        assert_eq!(own.lacks("ruff"), None);
        assert_eq!(own.lacks("mypy").unwrap(), "shop/uv.lock has no mypy");
        let lock = "[[package]]\nname = 'mypy'\n[[package]]\nname = 'toga-core'\n";
        let own = Own { lock: toml::from_str(lock).unwrap(), ..own };
        assert_eq!(own.lacks("mypy").unwrap(), "shop/pyproject.toml has no [tool.mypy]");
        assert_eq!(own.lacks("toga-core"), None, "it needs no section");
    }
}
