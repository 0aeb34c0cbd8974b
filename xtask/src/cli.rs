//! The command line: global flags, the table of commands, dispatch.

#[cfg(test)]
mod fourth_shell;
#[cfg(test)]
mod reference;

use clap::builder::{BoolishValueParser, TypedValueParser};
use clap::{ArgAction, ArgMatches, Args, ColorChoice, Command, FromArgMatches, Parser, Subcommand};

use crate::base::config::Config;
use crate::base::ctx::{Ctx, JsonTo, Run};
use crate::base::env::{self, Env};
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Host;
use crate::base::interrupt;
use crate::base::layout::{self, Layout};
use crate::base::ui::{Level, Ui};
use crate::shell::model::{Call, Shell};
use crate::shell::{self, SHELLS};
use crate::{adopt, code, github, release, stage};

/// Build, stage, package and release a Django app as a desktop program.
#[derive(Debug, Parser)]
#[command(name = "ddstask", bin_name = "cargo xtask", version, disable_help_subcommand = true, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Known,
}

/// Flags that every command has.
#[derive(Debug, Args)]
struct Global {
    /// Print what would be done, and change nothing.
    #[arg(long, global = true, help_heading = "Global options")]
    dry_run: bool,
    /// Say less: only notices and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    quiet: bool,
    /// Say more: each command line and its time.
    #[arg(short, long, global = true, help_heading = "Global options")]
    verbose: bool,
    /// When to use colour.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Global options")]
    color: ColorChoice,
    /// Print the result as JSON on stdout, where the command has one.
    #[arg(long, global = true, help_heading = "Global options", action = ArgAction::SetTrue)]
    #[arg(value_parser = BoolishValueParser::new().map(JsonTo::from))]
    json: JsonTo,
}

/// Defines the commands that are no shell's: name of the variant, its arguments.
macro_rules! commands {
    ($($variant:ident = $($args:ident)::+),* $(,)?) => {
        #[derive(Debug, Subcommand)]
        enum Known {
            $($variant($($args)::+),)*
        }

        impl Run for Known {
            fn run(&self, ctx: &Ctx) -> Result<()> {
                match self {
                    $(Self::$variant(args) => args.run(ctx),)*
                }
            }
        }
    };
}

commands! {
    Install = code::setup::Install,
    Doctor = code::doctor::Doctor,
    Clean = code::setup::Clean,
    Rename = code::rename::Rename,
    Completions = Completions,
    Man = Man,
    Test = code::test::Test,
    TestOne = code::test::TestOne,
    Lint = code::checks::Lint,
    Format = code::checks::Format,
    Typecheck = code::checks::Typecheck,
    Check = code::checks::Check,
    Build = code::backend::Build,
    Migrate = code::backend::Migrate,
    BackendDev = code::backend::Serve,
    TaskWorker = code::backend::Worker,
    DocsBuild = code::docs::Build,
    Docs = code::docs::Open,
    DocsServe = code::docs::Serve,
    Adopt = adopt::Args,
    PackagedStage = stage::packaged_stage::Args,
    GithubPackage = github::runs::ElectronPackage,
    GithubPackageTauri = github::runs::TauriPackage,
    GithubReleaseDraft = github::draft::Draft,
    GithubReleaseVerify = github::release::Verify,
    GithubReleasePublish = github::release::Publish,
    GithubPackageDownload = github::runs::ElectronDownload,
    GithubPackageDownloadLatest = github::runs::ElectronDownloadLatest,
    GithubPackageLatestPath = github::runs::ElectronLatestPath,
    GithubPackageLatestRun = github::runs::ElectronLatestRun,
    GithubPackageTauriDownload = github::runs::TauriDownload,
    GithubPackageTauriDownloadLatest = github::runs::TauriDownloadLatest,
    GithubPackageTauriLatestPath = github::runs::TauriLatestPath,
    GithubPackageTauriLatestRun = github::runs::TauriLatestRun,
    Checksums = release::checksums::Write,
    ChecksumsVerify = release::checksums::Verify,
    SignatureVerify = shell::macos::Verify,
    VerifyRebuild = release::verify_rebuild::Args,
    Bench = code::bench::Args,
    UpdateManifest = release::update_manifest::Args,
    Sbom = release::sbom::Args,
    ReleasePrepare = release::prepare::Args,
    ReleaseNotes = release::release_notes::Args,
    AirgapKit = release::airgap_kit::Args,
}

/// A group of `--help`: its heading, and its commands in order.
type Group = (&'static str, &'static [&'static str]);

/// The groups before those of the shells.
const BEFORE_SHELLS: &[Group] = &[
    ("Set-up", &["install", "doctor", "clean", "rename", "completions", "man"]),
    ("Code", &["test", "test-one", "lint", "format", "typecheck", "check", "build", "bench"]),
    ("Backend", &["migrate", "backend-dev", "task-worker"]),
    ("Docs", &["docs-build", "docs", "docs-serve"]),
    ("Staging", &["adopt", "packaged-stage"]),
];

/// The groups behind those of the shells.
const AFTER_SHELLS: &[Group] = &[
    ("Checksums and signatures", &["checksums", "checksums-verify", "signature-verify", "verify-rebuild"]),
    (
        "GitHub runs",
        &[
            "github-package",
            "github-package-download",
            "github-package-latest-run",
            "github-package-latest-path",
            "github-package-download-latest",
            "github-package-tauri",
            "github-package-tauri-download",
            "github-package-tauri-latest-run",
            "github-package-tauri-latest-path",
            "github-package-tauri-download-latest",
        ],
    ),
    (
        "Releases",
        &[
            "release-prepare",
            "github-release-draft",
            "github-release-verify",
            "github-release-publish",
            "release-notes",
            "update-manifest",
            "sbom",
            "airgap-kit",
        ],
    ),
];

/// All groups, in the order of `--help`. A test compares them with the commands.
fn groups(shells: &[&Shell]) -> Vec<(&'static str, Vec<&'static str>)> {
    let listed =
        |groups: &[Group]| groups.iter().map(|(heading, names)| (*heading, names.to_vec())).collect::<Vec<_>>();
    let of_shells =
        shells.iter().map(|shell| (shell.title, shell.commands.iter().map(|command| command.name).collect()));
    [listed(BEFORE_SHELLS), of_shells.collect(), listed(AFTER_SHELLS)].concat()
}

/// The whole command line as clap knows it.
fn command(shells: &[&Shell]) -> Command {
    let command = <Cli as clap::CommandFactory>::command().subcommands(shell::commands(shells));
    let commands = list(&command, &groups(shells));
    command.after_help(commands).help_template("{about}\n\n{usage-heading} {usage}\n\nOptions:\n{options}{after-help}")
}

/// The commands under their headings, one line each.
fn list(command: &Command, groups: &[(&str, Vec<&str>)]) -> String {
    use std::fmt::Write;

    let mut text = String::new();
    for (heading, names) in groups {
        let _ = writeln!(text, "{heading}:");
        let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
        for name in names {
            let _ = writeln!(text, "  {name:<width$}  {}", gist(command.find_subcommand(name)));
        }
        text.push('\n');
    }
    text.push_str("`cargo xtask COMMAND --help` explains a command with an example.");
    text
}

/// What a command is for, without details: up to the first full stop, colon or semicolon.
fn gist(command: Option<&Command>) -> String {
    let about = command.and_then(Command::get_about).map(ToString::to_string).unwrap_or_default();
    let end = [". ", ": ", "; "].iter().filter_map(|stop| about.find(stop)).min().unwrap_or(about.len());
    about[..end].to_owned()
}

/// Parses, prepares, runs. The answer has the way to the user, so that `main` can say what failed.
pub(crate) fn run() -> (Ui, Result<()>) {
    let env = Env::current();
    let matches = match command(SHELLS).try_get_matches_from(std::env::args_os()) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => error.exit(),
        // Help and version.
        Err(text) => {
            let ui = Ui::new(Level::Normal, None, &env);
            ui.wrote(text.print());
            let outcome = ui.written();
            return (ui, outcome);
        }
    };
    let global = match Global::from_arg_matches(&matches) {
        Ok(global) => global,
        Err(error) => error.exit(),
    };
    let level = match (global.quiet, global.verbose) {
        (true, _) => Level::Quiet,
        (_, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let colour = match global.color {
        ColorChoice::Auto => None,
        ColorChoice::Always => Some(true),
        ColorChoice::Never => Some(false),
    };
    let ui = Ui::new(level, colour, &env);
    let outcome = carry_out(&matches, &global, &ui, env).and_then(|()| ui.written()).map_err(interrupt::explain);
    (ui, outcome)
}

fn carry_out(matches: &ArgMatches, global: &Global, ui: &Ui, env: Env) -> Result<()> {
    let given = given(SHELLS, matches)?;
    interrupt::listen()?;
    let json = global.json != JsonTo::Nowhere;
    // The one thing that is done on machines that have no checkout.
    if let Given::Known(Known::AirgapKit(args)) = &given
        && let Some(verify) = args.on_the_other_side()
    {
        return verify.run(ui, json);
    }
    let here = std::env::current_dir().fault(|| "the working folder is gone".to_owned())?;
    let root = layout::find_root(&here)?;
    let config = Config::load(&root)?;
    let layout = Layout::new(root, &config, &env);
    let host = host(&env, global.dry_run)?;
    given.run(&Ctx { config, layout, host, target: host, env, ui: ui.clone(), dry_run: global.dry_run, json })
}

/// The command that was given.
enum Given {
    Known(Known),
    OfShell(Call),
}

fn given(shells: &[&'static Shell], matches: &ArgMatches) -> Result<Given> {
    if let Some(call) = shell::call(shells, matches) {
        return Ok(Given::OfShell(call));
    }
    Known::from_arg_matches(matches).map(Given::Known).map_err(|error| Fault::usage(error.to_string()))
}

impl Run for Given {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        match self {
            Self::Known(command) => command.run(ctx),
            Self::OfShell(call) => call.run(ctx),
        }
    }
}

/// What a shell needs to complete `cargo xtask`, behind the script for `ddstask`.
fn for_cargo(shell: clap_complete::Shell) -> &'static str {
    match shell {
        clap_complete::Shell::Bash => include_str!("../resources/cargo_completion.bash"),
        clap_complete::Shell::Fish => include_str!("../resources/cargo_completion.fish"),
        clap_complete::Shell::PowerShell => include_str!("../resources/cargo_completion.ps1"),
        clap_complete::Shell::Zsh => include_str!("../resources/cargo_completion.zsh"),
        _ => "",
    }
}

/// Print a completion script for a shell. It completes `cargo xtask`, and leaves all else to cargo's own script; the one for
/// elvish completes `ddstask` only. In zsh and PowerShell, have your start-up file read the script (`source`, `.`), in zsh
/// after `compinit`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo xtask completions bash > ~/.local/share/bash-completion/completions/cargo\n  \
                  cargo xtask completions fish > ~/.config/fish/conf.d/ddstask.fish\n  \
                  cargo xtask completions zsh > ~/.ddstask.zsh\n  \
                  cargo xtask completions powershell > ~/ddstask.ps1"
)]
struct Completions {
    /// bash, elvish, fish, powershell or zsh.
    shell: clap_complete::Shell,
}

impl Run for Completions {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command(SHELLS), "ddstask", &mut script);
        script.extend_from_slice(for_cargo(self.shell).as_bytes());
        ctx.ui.data(String::from_utf8_lossy(&script).trim_end());
        Ok(())
    }
}

/// Print the manual page, in roff.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask man | man -l -")]
struct Man {}

impl Run for Man {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let mut page = Vec::new();
        clap_mangen::Man::new(command(SHELLS))
            .render(&mut page)
            .fault(|| "cannot render the manual page".to_owned())?;
        ctx.ui.data(String::from_utf8_lossy(&page).trim_end());
        Ok(())
    }
}

/// This machine, or the one that a dry run plans for.
fn host(env: &Env, dry_run: bool) -> Result<Host> {
    let Some(name) = env.get(env::PLAN_FOR) else { return Ok(Host::current()) };
    let known = Host::ALL.map(|host| host.to_string()).join(", ");
    match Host::named(name) {
        Some(host) if dry_run => Ok(host),
        Some(_) => Err(Fault::usage(format!("{} is for plans only", env::PLAN_FOR))
            .hint(format!("add --dry-run, or unset {}", env::PLAN_FOR))),
        None => Err(Fault::usage(format!("{} is `{name}`, which is not a system", env::PLAN_FOR))
            .hint(format!("known systems: {known}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn clap_finds_no_mistake() {
        command(SHELLS).debug_assert();
    }

    #[test]
    fn the_groups_of_help_have_every_command_once() {
        let command = command(SHELLS);
        let commands: BTreeSet<&str> = command.get_subcommands().map(Command::get_name).collect();
        let listed: Vec<&str> = groups(SHELLS).into_iter().flat_map(|(_, names)| names).collect();
        assert_eq!(listed.len(), commands.len(), "a command is listed twice, or not at all");
        assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), commands);
    }

    #[test]
    fn every_command_has_an_example() {
        for command in command(SHELLS).get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("cargo xtask"), "{} has no example in its help", command.get_name());
        }
    }
}
