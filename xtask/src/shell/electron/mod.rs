//! The Electron shell: its commands, and what they look at.

pub(crate) mod plan;
mod targets;

use camino::Utf8PathBuf;

use crate::base::act::Plan;
use crate::base::checkers::Checkers;
use crate::base::config::sign::MacOs;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::Os;
use crate::base::{env, tools};
use crate::shell::electron::plan::{ElectronState, Package};
use crate::shell::electron::targets::Target;
use crate::shell::macos::sign::{Identity, Sign};
use crate::shell::model::{Argument, Check, Given, Icons, Shell, ShellCommand};
use crate::shell::{icons, linux, notices, packages};
use crate::stage::staged;
use crate::stage::targets::{PLACE, wanted};

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
            "Package the Electron shell, for this machine's system or others. Stages first, prints the packages, writes \
             their checksums.",
            |ctx, _, given| package(ctx, Target::Installers, given),
        )
        .examples(&[
            "cargo xtask package-dist",
            "cargo xtask package-dist --target windows-x64",
            "cargo xtask package-dist --target macos-arm64 --sign-macos ad-hoc",
            "cargo xtask package-dist -- --linux tar.gz",
        ])
        .objection(objection)
        .arguments(&[
            FOR_A_SYSTEM,
            SIGN_MACOS,
            packages::ALLOW_HOST_PYTHON,
            Argument::Rest("Arguments for electron-builder; a target among them replaces the usual ones"),
        ])
        .first(&[packages::staged, packages::no_host_python_in_ci]),
        ShellCommand::new(
            "package-dist-dir",
            "Package the Electron shell as a folder. Quick to make and to look into.",
            |ctx, _, given| package(ctx, Target::Folder, given),
        )
        .objection(objection)
        .arguments(&[FOR_A_SYSTEM, SIGN_MACOS, Argument::Rest("Arguments for electron-builder")])
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

const FOR_A_SYSTEM: Argument = Argument::Target(
    "The system to package for, such as windows-x64, or all that `project.targets` lists [default: this machine's]",
);

const SIGN: &str = "sign-macos";
const SIGN_MACOS: Argument = Argument::Value(
    SIGN,
    "CERTIFICATE",
    "Sign macOS apps with apple-codesign, on any system: a .p12 file, or `ad-hoc` for no certificate [default: \
     electron-builder's own way, on macOS]",
);

/// `electron-start`, for which `dev` is short.
const fn start(name: &'static str) -> ShellCommand {
    ShellCommand::new(
        name,
        "Start the Electron shell on the development backend. An adopted project is staged first, and the stage is \
         started.",
        |ctx, _, given| {
            let (seen, rest) = (observe(ctx)?, &given.rest);
            let from_sources = ctx.config.backend.starts_itself();
            Ok(if from_sources {
                plan::start(&seen, rest)
            } else {
                plan::packaged_start(&ctx.layout, &seen, rest, false)
            })
        },
    )
    .arguments(FOR_THE_PROGRAM)
    .examples(&["cargo xtask dev"])
    .first(&[packages::developed])
}

/// The modules, for their licences, and the packager; for people the list of what it made.
fn package(ctx: &Ctx, target: Target, given: &Given) -> Result<Plan> {
    let seen = observe(ctx)?;
    icons::tell_stale(ctx, &SHELL);
    let before = plan::with_modules(&seen)
        .and(notices::written(notices::place(&ctx.layout, SHELL.name), |ctx| notices::of_npm(ctx, plan::FOLDER)));
    let seen = ElectronState { installed: true, ..seen };
    let packaged =
        Package { layout: &ctx.layout, host: ctx.host, system: ctx.target, seen: &seen, target, rest: &given.rest };
    let mut plan = before.and(match given.value(SIGN).filter(|_| ctx.target.os == Os::MacOs) {
        Some(identity) => packaged.signed(&ctx.config.project.title, |app| signed(ctx, identity, app)),
        None => packaged.plan(),
    });
    if has_own(ctx, target, given) {
        plan = plan.and(linux::packages(ctx, &plan::output(&ctx.layout), &given.rest)?);
    }
    if target == Target::Folder {
        return Ok(plan);
    }
    let list = plan::checksums(&ctx.layout, &ctx.config.project.name, ctx.target.os);
    for missing in targets::not_made(ctx.host, ctx.target).filter(|_| target == Target::Installers) {
        ctx.ui.notice(missing);
    }
    Ok(packages::listed(plan, list, made))
}

/// Whether packages for Linux are made that this tool writes itself, of the folder that electron-builder leaves. Windows
/// keeps no mode of a file, so what is a program there can't be told.
fn has_own(ctx: &Ctx, target: Target, given: &Given) -> bool {
    let is_usual = target == Target::Installers && !given.rest.iter().any(|arg| targets::is_named(arg));
    is_usual && ctx.target.os == Os::Linux && ctx.host.os != Os::Windows
}

fn signed(ctx: &Ctx, identity: &str, app: Utf8PathBuf) -> Plan {
    let MacOs { program, timestamp } = ctx.config.sign.macos.clone();
    Plan::new().then(Sign { app, identity: Identity::named(identity), program, timestamp })
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
    let objection = targets::objection(ctx.host, ctx.target, &given.rest, tools::find("wine").is_some());
    objection.or_else(|| other_electron(ctx).err()).or_else(|| sign_objection(ctx, given))
}

fn sign_objection(ctx: &Ctx, given: &Given) -> Option<Fault> {
    let identity = given.value(SIGN)?;
    if ctx.target.os == Os::MacOs {
        return Identity::named(identity).objection(ctx);
    }
    let targets = wanted(ctx, given.target.as_deref()).unwrap_or_default();
    let has_mac = targets.iter().any(|target| target.os == Os::MacOs);
    (!has_mac).then(|| {
        Fault::usage(format!("--{SIGN} is for macOS, and this packages for {}", ctx.target))
            .hint("add `--target macos-arm64`, or leave the option out")
    })
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
        linux: ctx.config.linux.packages.clone(),
    })
}

/// The Electron that a variable names instead of npm's. A relative path starts at the root; `{target}` stands for the
/// system. It is unpacked there, or there are the archives that Electron is published as.
fn other_electron(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    let Some(given) = ctx.env.get(env::ELECTRON_DIST) else { return Ok(None) };
    let folder = ctx.layout.absolute(given.replace(PLACE, &ctx.target.to_string()));
    let (program, archive) = targets::electron_of(ctx.target);
    let wrong = if folder.is_dir() {
        let entries = folder.read_dir_utf8().fault(|| format!("cannot read {folder}"))?;
        let mut names = entries.flatten().map(|entry| entry.file_name().to_owned());
        if names.any(|name| name == program || name.starts_with("electron-v") && name.ends_with(&archive)) {
            return Ok(Some(folder));
        }
        format!("{folder} has no Electron for {}: neither {program} nor electron-v…{archive}", ctx.target)
    } else {
        format!("{folder} is not a folder")
    };
    Err(Fault::new(format!("{}: {wrong}", env::ELECTRON_DIST)).hint(
        "name a folder with an Electron for that system (`{target}` in the path stands for it), or unset the variable and \
         run `cargo xtask electron-install`",
    ))
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

fn check(ctx: &Ctx, _: &Checkers, check: Check<'_>) -> Result<Plan> {
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
