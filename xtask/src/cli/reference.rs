//! The reference pages of the documentation, made from the command line, from the types of `dds.toml` and from the table
//! of variables. A stale page fails a test; `UPDATE_EXPECT=1 cargo test reference` writes it anew.

mod settings;

use std::fmt::Write;

use std::path::{Path, PathBuf};

use clap::{Arg, Command};
use expect_test::expect_file;

use settings::cell;

use super::{command, groups};
use crate::base::env::VARS;
use crate::shell::SHELLS;

/// Said at the top of each page that is made as a whole.
const ORIGIN: &str = "<!-- Made by `UPDATE_EXPECT=1 cargo test reference`; edits are overwritten. -->\n";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_default().replace("\r\n", "\n")
}

#[test]
fn the_command_reference_is_fresh() {
    expect_file!["../../../docs/reference/commands.md"].assert_eq(&commands());
}

#[test]
fn the_configuration_reference_is_fresh() {
    expect_file!["../../../docs/reference/configuration.md"].assert_eq(&settings::page(ORIGIN));
}

#[test]
fn the_reference_of_variables_is_fresh() {
    const MARKS: [&str; 2] = ["<!-- variables -->\n", "<!-- /variables -->"];
    let page = read("docs/reference/environment.md");
    let (before, rest) = page.split_once(MARKS[0]).unwrap_or_default();
    let (_, after) = rest.split_once(MARKS[1]).unwrap_or_default();
    assert!(!before.is_empty() && !after.is_empty(), "docs/reference/environment.md has no {MARKS:?}");
    let fresh = [before, MARKS[0], &variables(), MARKS[1], after].concat();
    expect_file!["../../../docs/reference/environment.md"].assert_eq(&fresh);
}

fn variables() -> String {
    let mut table = "| variable | what |\n| --- | --- |\n".to_owned();
    for var in VARS {
        let _ = writeln!(table, "| `{}` | {} |", var.name, cell(var.what));
    }
    table
}

fn commands() -> String {
    let mut whole = command(SHELLS);
    whole.build();
    let mut page = format!(
        "{ORIGIN}# Commands\n\n`cargo xtask NAME`, or `ddstask NAME` where the program is on PATH. Data goes to stdout, \
         talk to stderr.\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted; a child's own code where its \
         failure is the command's.\n\n## Options of every command\n\n"
    );
    let global = whole.get_arguments().filter(|arg| arg.is_global_set());
    page += &table(global.collect());
    for (heading, names) in groups(SHELLS) {
        let _ = write!(page, "\n## {heading}\n");
        for name in names {
            if let Some(command) = whole.find_subcommand(name) {
                page += &entry(command, name, 3);
            }
        }
    }
    page
}

/// A command, and the commands below it.
fn entry(command: &Command, name: &str, level: usize) -> String {
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("\n{} `{name}`\n\n{}\n", "#".repeat(level), sentence(&about));
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help")
        .collect();
    if !arguments.is_empty() {
        let usage = command.clone().render_usage().to_string();
        let _ = write!(text, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: ").replace("\n       ", "\n"));
        let _ = write!(text, "\n{}", table(arguments));
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let lines = examples.lines().filter(|line| line.starts_with("  ")).map(str::trim);
        let _ = write!(text, "\n```sh\n{}\n```\n", lines.collect::<Vec<_>>().join("\n"));
    }
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        text += &entry(below, &format!("{name} {}", below.get_name()), level + 1);
    }
    text
}

fn table(arguments: Vec<&Arg>) -> String {
    let mut table = "| argument | what |\n| --- | --- |\n".to_owned();
    for arg in arguments {
        let short = arg.get_short().filter(|_| arg.get_long().is_some()).map(|short| format!("`-{short}`, "));
        let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let mut notes = Vec::new();
        let values: Vec<_> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
        if arg.get_action().takes_values() {
            if !values.is_empty() {
                notes.push(format!("One of {}.", values.join(", ")));
            }
            let defaults: Vec<_> = arg.get_default_values().iter().filter_map(|value| value.to_str()).collect();
            if !defaults.is_empty() {
                notes.push(format!("Default: `{}`.", defaults.join(" ")));
            }
        }
        let what = [vec![sentence(&help)], notes].concat().join(" ");
        let _ = writeln!(table, "| {}`{arg}` | {} |", short.unwrap_or_default(), cell(&what));
    }
    table
}

/// Help with a full stop at its end, and without the angles of placeholders being taken for markup.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let text = if text.ends_with(['.', ']', ')']) || text.is_empty() { text.to_owned() } else { format!("{text}.") };
    text.replace("<http", "\u{1}").replace('<', "\\<").replace('\u{1}', "<http")
}
