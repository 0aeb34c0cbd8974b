//! The Electron shell: its commands, and what they look at.

pub(crate) mod plan;

use camino::Utf8PathBuf;

use crate::base::act::Plan;
use crate::base::backend::Interpreter;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::host::Os;
use crate::base::{env, tools};
use crate::shell::electron::plan::{ElectronState, Target};
use crate::shell::model::{Argument, Check, Given, Icons, Shell, ShellCommand};
use crate::shell::{icons, linux, notices, packages};
use crate::stage::staged;

pub(crate) static SHELL: Shell = Shell {
    name: "electron",
    title: "Electron",
    // Where electron-builder looks.
    icons: Icons {
        folder: |_| "shells/electron/build".into(),
        standard: &["icon.icns", "icon.ico"],
        sizes: &[(1024, "icon.png")],
    },
    commands: &[
        ShellCommand::new(
            "electron-install",
            "Install what the Electron shell needs. Exactly what its lock file says.",
            |ctx, _, _| Ok(plan::install(&observe(ctx)?)),
        ),
        start("electron-start"),
        ShellCommand::new(
            "electron-test",
            "Test the Electron shell. Electron's own program is not needed.",
            |ctx, _, _| Ok(plan::with_modules(&observe(ctx)?).run(plan::test())),
        ),
        start("dev"),
        ShellCommand::new(
            "packaged-start",
            "Start the Electron shell on the staged backend. The backend is staged first.",
            |ctx, _, given| Ok(plan::packaged_start(&ctx.layout, &observe(ctx)?, &given.rest, false)),
        )
        .arguments(FOR_THE_PROGRAM)
        .first(&[packages::staged]),
        ShellCommand::new(
            "packaged-smoke",
            "Start the packaged app and quit when its page has loaded. Any other page is a failure.",
            |ctx, _, given| Ok(plan::packaged_start(&ctx.layout, &observe(ctx)?, &given.rest, true)),
        )
        .arguments(FOR_THE_PROGRAM)
        .first(&[packages::staged]),
        ShellCommand::new(
            "package-dist",
            "Package the Electron shell for this machine's system. Stages first, prints the packages, writes their \
             checksums.",
            |ctx, _, given| package(ctx, Target::Installers, given),
        )
        .examples(&[
            "cargo xtask package-dist",
            "cargo xtask package-dist --target windows-x64",
            "cargo xtask package-dist -- --linux tar.gz",
        ])
        .objection(objection)
        .arguments(&[
            Argument::Target(
                "The system to package for, such as windows-x64, or all that `project.targets` lists [default: this machine's]",
            ),
            packages::ALLOW_HOST_PYTHON,
            Argument::Rest("Arguments for electron-builder; a target among them replaces the usual ones"),
        ])
        .first(&[packages::staged, packages::no_host_python_in_ci]),
        ShellCommand::new(
            "package-dist-dir",
            "Package the Electron shell as a folder. Quick to make and to look into.",
            |ctx, _, given| package(ctx, Target::Folder, given),
        )
        .arguments(&[Argument::Rest("Arguments for electron-builder")])
        .first(&[packages::staged]),
        ShellCommand::new(
            "electron-package-dmg",
            "Package the Electron shell as a macOS disk image. Stages first; signs where signing inputs are set.",
            |ctx, _, given| package(ctx, Target::Dmg, given),
        )
        .first(&[only_on_macos, packages::staged]),
        ShellCommand::new(
            "electron-package-dmg-fast",
            "Package what is staged as an unsigned macOS disk image. Nothing is staged; a stage that is not whole is \
             refused.",
            |ctx, _, given| package(ctx, Target::UnsignedDmg, given),
        )
        .first(&[whole_stage, only_on_macos]),
        ShellCommand::new(
            "electron-icons",
            "Make the icons of the Electron shell from the brand's drawing. The results are committed.",
            icons::make,
        ),
    ],
    check,
};

const FOR_THE_PROGRAM: &[Argument] =
    &[Argument::Rest("Arguments for the program, such as Chromium's `--force-device-scale-factor=2`")];

/// `electron-start`, for which `dev` is short.
const fn start(name: &'static str) -> ShellCommand {
    ShellCommand::new(name, "Start the Electron shell on the development backend.", |ctx, _, given| {
        Ok(plan::start(&observe(ctx)?, &given.rest))
    })
    .arguments(FOR_THE_PROGRAM)
    .examples(&["cargo xtask dev"])
    .first(&[packages::with_uv])
}

/// The modules, for their licences, and the packager; for people the list of what it made.
fn package(ctx: &Ctx, target: Target, given: &Given) -> Result<Plan> {
    let seen = observe(ctx)?;
    let before = plan::with_modules(&seen)
        .and(notices::written(&ctx.layout, SHELL.name, |ctx| notices::of_npm(ctx, plan::FOLDER)));
    let seen = ElectronState { installed: true, ..seen };
    let mut plan = before.and(plan::package(&ctx.layout, [ctx.host, ctx.target], &seen, target, &given.rest));
    if has_own(ctx, target, given) {
        plan = plan.and(linux::packages(ctx, &plan::output(&ctx.layout), &given.rest)?);
    }
    if target == Target::Folder {
        return Ok(plan);
    }
    let list = plan::checksums(&ctx.layout, &ctx.config.project.name, ctx.target.os);
    for missing in plan::not_made(ctx.host, ctx.target).filter(|_| target == Target::Installers) {
        ctx.ui.notice(missing);
    }
    Ok(packages::listed(plan, list, made))
}

/// Whether packages for Linux are made that this tool writes itself, of the folder that electron-builder leaves. Windows
/// keeps no mode of a file, so what is a program there can't be told.
fn has_own(ctx: &Ctx, target: Target, given: &Given) -> bool {
    let is_usual = target == Target::Installers && !given.rest.iter().any(|arg| plan::names_a_target(arg));
    is_usual && ctx.target.os == Os::Linux && ctx.host.os != Os::Windows
}

/// What electron-builder left.
fn made(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let packages = packages(ctx)?;
    if packages.is_empty() {
        return Err(Fault::new(format!("electron-builder left no package in {}", plan::output(&ctx.layout)))
            .hint("look at what it says above; arguments after `--` may have sent it elsewhere"));
    }
    Ok(packages)
}

/// Packages of the target's system in the output folder.
fn packages(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let mut found = packages::files_in(ctx, &plan::output(&ctx.layout))?;
    found.retain(|path| plan::is_package(path, &ctx.config.project.name, ctx.target.os));
    Ok(found)
}

/// Those that are made anew. Packages for another processor stay, where `dds.toml` lists it.
fn stale(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let mut found = packages(ctx)?;
    found.retain(|path| plan::is_replaced(path, ctx.target, &ctx.config.project.targets()));
    Ok(found)
}

fn objection(ctx: &Ctx, given: &Given) -> Option<Fault> {
    plan::objection(ctx.host, ctx.target, &given.rest, tools::find("wine").is_some())
}

fn only_on_macos(ctx: &Ctx, _: &Given) -> Result<()> {
    packages::only_on_macos(ctx, "package-dist")
}

fn whole_stage(ctx: &Ctx, _: &Given) -> Result<()> {
    let findings = staged::verify(ctx)?;
    if findings.wrong.is_empty() {
        return Ok(());
    }
    let fault = Fault::new(format!("{} is not whole", ctx.layout.staged_backend()));
    Err(findings.wrong.iter().fold(fault, Fault::because).hint("run `cargo xtask packaged-stage`"))
}

/// Looks at the shell's modules and at packages that earlier runs left.
fn observe(ctx: &Ctx) -> Result<ElectronState> {
    Ok(ElectronState {
        installed: tools::has_modules(ctx, plan::FOLDER),
        has_program: has_program(ctx),
        is_root: is_root(),
        other: other_electron(ctx)?,
        stale: stale(ctx)?,
        linux: ctx.config.linux.clone(),
    })
}

/// The Electron that a variable names instead of npm's. A relative path starts at the root.
fn other_electron(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    let Some(folder) = ctx.env.get(env::ELECTRON_DIST).map(|folder| ctx.layout.absolute(folder)) else {
        return Ok(None);
    };
    if folder.is_dir() {
        return Ok(Some(folder));
    }
    Err(Fault::new(format!("{}: {folder} is not a folder", env::ELECTRON_DIST))
        .hint("name a folder with an unpacked Electron, or unset the variable and run `cargo xtask electron-install`"))
}

/// Electron's package notes the path of its program when it has fetched it.
fn has_program(ctx: &Ctx) -> bool {
    let note = ctx.layout.absolute(plan::FOLDER).join("node_modules/electron/path.txt");
    note.is_file()
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn check(ctx: &Ctx, _: Interpreter<'_>, check: Check<'_>) -> Result<Plan> {
    Ok(match check {
        Check::Types => plan::typecheck(&observe(ctx)?),
        Check::Prepare => plan::with_modules(&observe(ctx)?),
        Check::Test(run) => {
            let test = plan::test().env(env::SKIP_LOG, run.skip_log.as_str()).env(env::UV, run.uv.as_str());
            // Whoever has named one wants that one.
            let electron = ctx.env.get(env::REAL_ELECTRON).or(run.all.then_some("fetch"));
            Plan::new().run(electron.into_iter().fold(test, |test, electron| test.env(env::REAL_ELECTRON, electron)))
        }
        Check::Format { .. } | Check::Lint => Plan::new(),
    })
}
