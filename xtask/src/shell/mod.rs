//! The shells: a table with a row for each, and the commands that it makes of them. A fourth shell is a file, or a folder
//! with its `plan.rs`, and a line in [`SHELLS`].

mod electron;
pub(crate) mod icons;
mod linux;
pub(crate) mod macos;
pub(crate) mod model;
mod notices;
mod packages;
pub(crate) mod positron;
mod rust_library;
mod tauri;

use clap::{ArgMatches, Command};

use crate::base::act::Plan;
use crate::base::checkers::Checkers;
use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::shell::model::{Call, Check, Shell, ShellCommand};

/// The table, in the order of `--help`.
pub(crate) const SHELLS: &[&Shell] = &[&electron::SHELL, &tauri::SHELL, &positron::SHELL];

/// The commands of some shells, as clap knows them.
pub(crate) fn commands(shells: &[&Shell]) -> impl Iterator<Item = Command> {
    shells.iter().flat_map(|shell| shell.commands).map(ShellCommand::clap)
}

/// The command of a shell that was given; nothing when it is none of them.
pub(crate) fn call(shells: &[&'static Shell], matches: &ArgMatches) -> Option<Call> {
    let (name, matches) = matches.subcommand()?;
    let pairs = shells.iter().flat_map(|shell| shell.commands.iter().map(move |command| (*shell, command)));
    let (shell, command) = pairs.into_iter().find(|(_, command)| command.name == name)?;
    Some(Call { shell, command, given: command.given(matches) })
}

/// What a check of the code runs for each shell, in the table's order.
pub(crate) fn check(ctx: &Ctx, checkers: &Checkers, check: Check<'_>) -> Result<Plan> {
    SHELLS.iter().try_fold(Plan::new(), |plan, shell| Ok(plan.and((shell.check)(ctx, checkers, check)?)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::config::Config;

    #[test]
    fn each_row_has_its_folder_its_record_of_icons_and_its_workflow() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let github = Config::parse(include_str!("../../tests/fixtures/project/dds.toml")).unwrap().github;
        let workflows = [("electron", github.electron.file), ("tauri", github.tauri.file)];
        for shell in SHELLS {
            assert!(repository.join("shells").join(shell.name).is_dir(), "shells/{} is not there", shell.name);
            let record = repository.join(format!("shells/brand/{}-icons.sha256", shell.name));
            assert!(record.is_file(), "`cargo xtask {}-icons` makes {}", shell.name, record.display());
            let Some((_, workflow)) = workflows.iter().find(|(name, _)| *name == shell.name) else { continue };
            let text = std::fs::read_to_string(repository.join(".github/workflows").join(workflow)).unwrap();
            let runs = |command: &ShellCommand| text.contains(&format!("cargo xtask {}", command.name));
            assert!(shell.commands.iter().any(runs), "{workflow} runs no command of the {} shell", shell.title);
        }
        for (name, _) in &workflows {
            assert!(SHELLS.iter().any(|shell| shell.name == *name), "[github.{name}] is of no shell");
        }
    }
}
