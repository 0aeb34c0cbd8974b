//! The Tauri shell: its commands, and what they look at.

pub(crate) mod plan;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::Plan;
use crate::base::checkers::Checkers;
use crate::base::ctx::Ctx;
use crate::base::fault::{Fault, Result};
use crate::base::{env, files, tools};
use crate::shell::model::{Argument, Check, Given, HOW_TO_FORMAT, Icons, Shell, ShellCommand};
use crate::shell::packages::{entries, files_in};
use crate::shell::tauri::plan::TauriState;
use crate::shell::{icons, notices, packages};

pub(crate) static SHELL: Shell = Shell {
    name: "tauri",
    title: "Tauri",
    // Named in `tauri.conf.json`.
    icons: Icons {
        folder: |_| "shells/tauri/src-tauri/icons".into(),
        standard: &["icon.icns", "icon.ico", "32x32.png", "128x128.png", "128x128@2x.png", "icon.png"],
        sizes: &[],
    },
    commands: &[
        ShellCommand::new(
            "tauri-install",
            "Install what the Tauri shell needs. Exactly what its lock files say.",
            |_, _, _| Ok(plan::install()),
        ),
        ShellCommand::new(
            "tauri-test",
            "Test the Tauri shell. The backend is staged first; windows are opened where there is a display server for \
             tests.",
            |ctx, _, _| Ok(plan::test(&ctx.config, &ctx.layout, None)),
        )
        .first(&[packages::staged]),
        ShellCommand::new(
            "tauri-start",
            "Start the Tauri shell on the development backend. An adopted project is staged first, and the stage is \
             started.",
            |ctx, _, _| Ok(start(ctx, false)),
        )
        .first(&[packages::developed]),
        ShellCommand::new(
            "tauri-smoke",
            "See whether the Tauri shell comes up on the development backend. It quits when its page has loaded; any \
             other page is a failure.",
            |ctx, _, _| Ok(start(ctx, true)),
        )
        .first(&[packages::developed]),
        ShellCommand::new(
            "tauri-packaged-start",
            "Start the Tauri shell on the staged backend. The backend is staged first.",
            |ctx, _, _| Ok(plan::packaged_start(&ctx.config, &ctx.layout, false)),
        )
        .first(&[packages::staged]),
        ShellCommand::new(
            "tauri-packaged-smoke",
            "See whether the Tauri shell comes up on the staged backend. It quits when its page has loaded; any \
             other page is a failure.",
            |ctx, _, _| Ok(plan::packaged_start(&ctx.config, &ctx.layout, true)),
        )
        .first(&[packages::staged]),
        ShellCommand::new(
            "tauri-build",
            "Package the Tauri shell for this machine's system. Stages first, prints the packages, writes their \
             checksums; signs where a key is set.",
            |ctx, _, given| build(ctx, given),
        )
        .examples(&["cargo xtask tauri-build", "cargo xtask tauri-build -- --bundles deb"])
        .arguments(&[
            packages::ALLOW_HOST_PYTHON,
            Argument::Rest("Arguments for the Tauri command line; `--bundles` replaces the usual kind of package"),
        ])
        .first(&[whole_update_source, packages::staged, packages::no_host_python_in_ci]),
        ShellCommand::new(
            "tauri-icons",
            "Make the icons of the Tauri shell from the brand's drawing. The results are committed.",
            icons::make,
        ),
    ],
    check,
};

fn start(ctx: &Ctx, smoke: bool) -> Plan {
    let (config, layout) = (&ctx.config, &ctx.layout);
    let from_sources = config.backend.starts_itself();
    if from_sources { plan::start(config, layout, smoke) } else { plan::packaged_start(config, layout, smoke) }
}

/// The licences of its crates, and the bundler; then its packages get this project's names, and are listed.
fn build(ctx: &Ctx, given: &Given) -> Result<Plan> {
    let (config, layout, os) = (&ctx.config, &ctx.layout, ctx.host.os);
    let output = plan::output(layout);
    let target = plan::target(&given.rest).map(str::to_owned);
    icons::tell_stale(ctx, &SHELL);
    let plan = notices::written(notices::place(layout, SHELL.name), move |ctx| {
        notices::of_cargo(ctx, plan::MANIFEST, target.as_deref())
    })
    .and(plan::package(config, layout, ctx.host, &observe(ctx)?, &given.rest))
    .task(format!("copy    packages in {}/**/release/bundle -> {output}", plan::TARGET), copy_bundles);
    let plan = packages::listed(plan, plan::checksums(layout, &config.project.name, os), |ctx| {
        Ok(bundles(ctx)?.into_iter().map(|(_, package)| package).collect())
    });
    Ok(match plan::checklist(os) {
        None => plan,
        Some(checklist) => plan.task(format!("tell    {checklist}"), move |ctx| {
            ctx.ui.say(ctx.read(checklist)?);
            Ok(())
        }),
    })
}

fn copy_bundles(ctx: &Ctx) -> Result<()> {
    let bundles = bundles(ctx)?;
    if bundles.is_empty() {
        return Err(Fault::new(format!("the Tauri command line left no package in {}", plan::TARGET))
            .hint("look at what it says above; arguments after `--` may have switched packages off"));
    }
    let absolute = |path: &Utf8Path| ctx.layout.absolute(path);
    bundles.iter().try_for_each(|(bundle, package)| files::copy(&absolute(bundle), &absolute(package)))
}

/// The program would tell people of it, much later.
fn whole_update_source(ctx: &Ctx, _: &Given) -> Result<()> {
    match plan::update_problem(ctx.env.get(env::UPDATE_ENDPOINTS), ctx.env.get(env::UPDATE_PUBLIC_KEY)) {
        None => Ok(()),
        Some(problem) => Err(Fault::new("the source of updates is not set up right")
            .because(problem)
            .hint("set both variables, or none for a program that does not update itself")),
    }
}

/// Looks at the shell's modules, at the keys, and at what earlier runs left.
fn observe(ctx: &Ctx) -> Result<TauriState> {
    let is_set = |name: &str| ctx.env.get(name).is_some();
    let mut stale = files_in(ctx, &plan::output(&ctx.layout))?;
    stale.retain(|path| plan::is_package(path, &ctx.config.project.name, ctx.host.os));
    stale.extend(bundle_folders(ctx)?);
    Ok(TauriState {
        installed: tools::has_modules(ctx, plan::FOLDER),
        has_update_key: is_set(env::TAURI_KEY),
        has_certificate: is_set(env::APPLE_IDENTITY) || is_set(env::APPLE_CERTIFICATE),
        stale,
    })
}

/// What the bundler left, and the names that it gets in the output folder.
fn bundles(ctx: &Ctx) -> Result<Vec<(Utf8PathBuf, Utf8PathBuf)>> {
    let output = plan::output(&ctx.layout);
    let mut found = Vec::new();
    for folder in bundle_folders(ctx)? {
        for kind in entries(ctx, &folder)? {
            for path in files_in(ctx, &kind)? {
                let name = plan::package_name(path.file_name().unwrap_or_default(), &ctx.config, ctx.host.os);
                found.extend(name.map(|name| (path, output.join(name))));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// `target/release/bundle`, and the same below the folders of other targets.
fn bundle_folders(ctx: &Ctx) -> Result<Vec<Utf8PathBuf>> {
    let target = Utf8PathBuf::from(plan::TARGET);
    let candidates =
        entries(ctx, &target)?.into_iter().map(|folder| folder.join("release")).chain([target.join("release")]);
    let folders = candidates.map(|release| release.join("bundle"));
    Ok(folders.filter(|folder| ctx.layout.absolute(folder).is_dir()).collect())
}

fn check(ctx: &Ctx, _: &Checkers, check: Check<'_>) -> Result<Plan> {
    Ok(match check {
        Check::Format { only_look } => Plan::new().run(plan::format(only_look).remedy(HOW_TO_FORMAT)),
        // Its compiler run is long.
        Check::Test(run) if run.all => plan::test(&ctx.config, &ctx.layout, Some(run.skip_log)),
        Check::Test(_) | Check::Lint | Check::Types | Check::Prepare => Plan::new(),
    })
}
