//! What a shell is to this tool: a row of the table in `mod.rs`, with its commands, its icons and its checks.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::base::act::{Plan, finish};
use crate::base::checkers::Checkers;
use crate::base::config::Config;
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Fault, Result};
use crate::stage::targets;

/// A shell: all that the rest of the tool knows of it.
pub(crate) struct Shell {
    /// Its folder below `shells/`, its section below `[github]` in `dds.toml` if it has a workflow, and the name of the
    /// record of its icons.
    pub(crate) name: &'static str,
    /// For people: the heading of its commands in `--help`.
    pub(crate) title: &'static str,
    pub(crate) icons: Icons,
    /// In the order of `--help`.
    pub(crate) commands: &'static [ShellCommand],
    /// What `format`, `lint`, `typecheck` and `test` run for it; an empty plan where there is nothing to run.
    pub(crate) check: fn(&Ctx, &Checkers, Check<'_>) -> Result<Plan>,
}

/// Which icons a shell wants, and where. They are committed.
pub(crate) struct Icons {
    /// Relative to the repository root.
    pub(crate) folder: fn(&Config) -> Utf8PathBuf,
    /// Those that keep the names that the Tauri command line gives them.
    pub(crate) standard: &'static [&'static str],
    /// Square PNGs: pixels, and the file's name.
    pub(crate) sizes: &'static [(u32, &'static str)],
}

/// What to do when something is not formatted.
pub(crate) const HOW_TO_FORMAT: &str = "`cargo xtask format` formats all of it";

/// A part of the commands that look after the code.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check<'a> {
    /// Formats the sources; with `only_look` it fails where that would change something.
    Format {
        only_look: bool,
    },
    Lint,
    Types,
    /// Brings what the tool's own tests need of the shell.
    Prepare,
    Test(&'a TestRun<'a>),
}

/// What a run of the tests needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TestRun<'a> {
    pub(crate) checkers: &'a Checkers,
    pub(crate) uv: &'a Utf8Path,
    /// Tests that are skipped write a line into this file.
    pub(crate) skip_log: &'a Utf8Path,
    /// Also the long ones.
    pub(crate) all: bool,
}

/// A command of a shell.
#[derive(Clone, Copy)]
pub(crate) struct ShellCommand {
    /// As it is typed: `electron-start`.
    pub(crate) name: &'static str,
    /// What it does, in sentences; the first one stands in the list of commands.
    pub(crate) about: &'static str,
    examples: &'static [&'static str],
    arguments: &'static [Argument],
    objection: Objection,
    first: &'static [First],
    /// Observes and decides.
    pub(crate) plan: Decide,
}

type Objection = fn(&Ctx, &Given) -> Option<Fault>;
type First = fn(&Ctx, &Given) -> Result<()>;
type Decide = fn(&Ctx, &Shell, &Given) -> Result<Plan>;

/// An argument of a command, with its help.
pub(crate) enum Argument {
    /// `--NAME`.
    Switch(&'static str, &'static str),
    /// `--NAME VALUE`: the name, what stands for the value, the help.
    Value(&'static str, &'static str, &'static str),
    /// `--target SYSTEM-ARCH`; the command is carried out for each system that is named.
    Target(&'static str),
    /// Everything behind `--`, for the program that does the work.
    Rest(&'static str),
}

/// What was given on the command line.
#[derive(Debug, Default)]
pub(crate) struct Given {
    switches: Vec<&'static str>,
    values: Vec<(&'static str, String)>,
    /// The value of `--target`.
    pub(crate) target: Option<String>,
    pub(crate) rest: Vec<String>,
}

impl Given {
    pub(crate) fn has(&self, switch: &str) -> bool {
        self.switches.contains(&switch)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }
}

/// A command of a shell that was given on the command line.
pub(crate) struct Call {
    pub(crate) shell: &'static Shell,
    pub(crate) command: &'static ShellCommand,
    pub(crate) given: Given,
}

impl Run for Call {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let targets = targets::wanted(ctx, self.given.target.as_deref())?;
        let targets: Vec<Ctx> = targets.into_iter().map(|target| ctx.for_target(target)).collect();
        // What can't be is refused for all of them before the first one costs time.
        let refused = targets.iter().filter_map(|ctx| (self.command.objection)(ctx, &self.given));
        targets::all_of(refused.collect())?;
        targets.iter().try_for_each(|ctx| {
            self.command.first.iter().try_for_each(|first| first(ctx, &self.given))?;
            finish(ctx, &(self.command.plan)(ctx, self.shell, &self.given)?)
        })
    }
}

impl ShellCommand {
    /// A command without arguments.
    pub(crate) const fn new(name: &'static str, about: &'static str, plan: Decide) -> Self {
        Self { name, about, examples: &[], arguments: &[], objection: |_, _| None, first: &[], plan }
    }

    /// Whole command lines, where there is more to show than the command alone.
    pub(crate) const fn examples(self, examples: &'static [&'static str]) -> Self {
        Self { examples, ..self }
    }

    pub(crate) const fn arguments(self, arguments: &'static [Argument]) -> Self {
        Self { arguments, ..self }
    }

    /// Why the command can't do its work for a target on this machine.
    pub(crate) const fn objection(self, objection: Objection) -> Self {
        Self { objection, ..self }
    }

    /// What is refused, brought or staged, in this order, before anything is planned.
    pub(crate) const fn first(self, first: &'static [First]) -> Self {
        Self { first, ..self }
    }

    /// As clap knows it.
    pub(crate) fn clap(&self) -> Command {
        let alone = format!("cargo xtask {}", self.name);
        let examples = if self.examples.is_empty() { &[alone.as_str()] } else { self.examples };
        let heading = if examples.len() == 1 { "Example:" } else { "Examples:" };
        Command::new(self.name)
            .about(self.about.trim_end_matches('.'))
            .after_help([&[heading], examples].concat().join("\n  "))
            .args(self.arguments.iter().map(Argument::clap))
    }

    /// What was given of its arguments.
    pub(crate) fn given(&self, matches: &ArgMatches) -> Given {
        let mut given = Given::default();
        for argument in self.arguments {
            match argument {
                Argument::Switch(name, _) if matches.get_flag(name) => given.switches.push(name),
                Argument::Switch(..) => {}
                Argument::Value(name, ..) => {
                    given.values.extend(matches.get_one::<String>(name).map(|value| (*name, value.clone())));
                }
                Argument::Target(_) => given.target = matches.get_one("target").cloned(),
                Argument::Rest(_) => given.rest.extend(matches.get_many("rest").into_iter().flatten().cloned()),
            }
        }
        given
    }
}

impl Argument {
    fn clap(&self) -> Arg {
        match self {
            Self::Switch(name, help) => Arg::new(*name).long(*name).help(*help).action(ArgAction::SetTrue),
            Self::Value(name, value, help) => Arg::new(*name).long(*name).value_name(*value).help(*help),
            Self::Target(help) => Arg::new("target").long("target").value_name("SYSTEM-ARCH").help(*help),
            Self::Rest(help) => Arg::new("rest").value_name("REST").help(*help).last(true).action(ArgAction::Append),
        }
    }
}
