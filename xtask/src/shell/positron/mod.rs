//! The Positron shell: its commands, and what they look at.

pub(crate) mod plan;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::Plan;
use crate::base::ask::ask;
use crate::base::backend;
use crate::base::checkers::{Checkers, left_out};
use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::base::host::Os;
use crate::base::{env, tools, uv};
use crate::shell::model::{Argument, Check, Given, HOW_TO_FORMAT, Icons, Shell, ShellCommand};
use crate::shell::positron::plan::{Missing, PositronState, Requirements};
use crate::shell::{icons, notices, packages};
use crate::stage::notices::{Part, of_runtime};
use crate::stage::plan::requirements::name;

pub(crate) static SHELL: Shell = Shell {
    name: "positron",
    title: "Positron",
    // Briefcase adds a size and an ending to `resources/icon`.
    icons: Icons {
        folder: plan::resources,
        standard: &["icon.icns", "icon.ico"],
        sizes: &[
            (16, "icon-16.png"),
            (32, "icon-32.png"),
            (64, "icon-64.png"),
            (128, "icon-128.png"),
            (256, "icon-256.png"),
            (512, "icon-512.png"),
        ],
    },
    commands: &[
        ShellCommand::new("positron-install", "Install what the Positron shell needs. Exactly what the backend's lock file says.", |ctx, _, _| Ok(plan::install(&ctx.layout, interpreter(ctx)?.as_deref(), &observe(ctx)))),
        ShellCommand::new("positron-icons", "Make the icons of the Positron shell from the brand's drawing. The results are committed.", icons::make),
        ShellCommand::new("positron-check", "Check the Positron shell. Requirements against the lock file, lint, format, types, and the tests without a \
             window.", |ctx, _, given| {
                let python = uv::interpreter(ctx)?;
                Ok(plan::check(&ctx.layout, python.as_deref(), &requirements(ctx)?, given.has("fix")))
            }).examples(&["cargo xtask positron-check", "cargo xtask positron-check --fix"]).arguments(&[Argument::Switch("fix", "Write Briefcase's requirements anew from the backend's lock file")]),
        ShellCommand::new("positron-start", "Start the Positron shell. It runs the app in its own process, always with the packaged settings.", |ctx, _, _| start(ctx, false)),
        ShellCommand::new("positron-smoke", "Start the Positron shell and quit when its page has loaded. Any other page is a failure.", |ctx, _, _| start(ctx, true)).examples(&["xvfb-run -a cargo xtask positron-smoke"]),
        ShellCommand::new("positron-create", "Create the Positron app with Briefcase. Its template comes from GitHub.", |ctx, _, _| briefcase(ctx, &["create"])),
        ShellCommand::new("positron-build", "Build the Positron app with Briefcase. Creates it first where that was not done yet.", |ctx, _, _| briefcase(ctx, &["build", "--update"])),
        ShellCommand::new("positron-package-dmg", "Package the Positron app as a macOS disk image. Signed with the certificate that `CSC_NAME` names, else \
             for this Mac only.", |ctx, _, _| {
                packaged(ctx, |seen| plan::package_dmg(&ctx.layout, seen.identity.as_deref()))
            }).first(&[only_on_macos]),
    ],
    check,
};

fn start(ctx: &Ctx, smoke: bool) -> Result<Plan> {
    Ok(plan::start(&ctx.config, &ctx.layout, interpreter(ctx)?.as_deref(), &observe(ctx), smoke))
}

fn briefcase(ctx: &Ctx, args: &[&str]) -> Result<Plan> {
    packaged(ctx, |_| plan::briefcase(&ctx.layout, args))
}

/// Briefcase packs the environment that is installed, with the licences of what is in it.
fn packaged(ctx: &Ctx, briefcase: impl Fn(&PositronState) -> Cmd) -> Result<Plan> {
    let seen = observe(ctx);
    icons::tell_stale(ctx, &SHELL);
    let installed = plan::install(&ctx.layout, interpreter(ctx)?.as_deref(), &seen);
    Ok(installed.and(notices::written(plan::notices(&ctx.config), parts)).run(briefcase(&seen)))
}

/// What others wrote of the packed app.
fn parts(ctx: &Ctx) -> Result<Vec<Part>> {
    let pyproject = pyproject(ctx)?;
    let shipped: Vec<String> = plan::shipped(&pyproject).into_iter().filter_map(name).collect();
    let python = ctx.layout.absolute(plan::venv()).join(ctx.host.os.python_of_environment());
    let mut parts = notices::of_python(ctx, &python, &shipped)?;
    parts.push(of_runtime(&ctx.layout.absolute(ctx.layout.runtime()))?);
    Ok(parts)
}

fn only_on_macos(ctx: &Ctx, _: &Given) -> Result<()> {
    packages::only_on_macos(ctx, "positron-build")
}

fn check(_: &Ctx, checkers: &Checkers, check: Check<'_>) -> Result<Plan> {
    let with_starter = |args: &[&str]| {
        let bench = checkers.starter.as_ref();
        bench.map(|bench| plan::within(&bench.home, bench.python.as_deref(), args))
    };
    let cmd = match check {
        Check::Format { only_look } => {
            let ruff = with_starter(&["ruff", "format"]);
            ruff.map(|ruff| ruff.args(only_look.then_some("--check")).remedy(HOW_TO_FORMAT))
        }
        Check::Lint => with_starter(&["ruff", "check"]),
        Check::Types | Check::Test(_) => return Ok(with_toga(checkers, check)),
        Check::Prepare => None,
    };
    // What ruff does not look at is told with the rest of the starter's Python.
    Ok(cmd.into_iter().collect())
}

/// The types and the tests, which need Toga beside the project's own packages.
fn with_toga(checkers: &Checkers, check: Check<'_>) -> Plan {
    let bench = match checkers.of_shells("toga-dummy") {
        Ok(bench) => bench,
        Err(why) => return left_out("the Positron shell", &why),
    };
    let (home, python) = (&bench.home, bench.python.as_deref());
    let cmd = match check {
        Check::Test(run) => plan::test(home, python, run.all).env(env::SKIP_LOG, run.skip_log.as_str()),
        _ => plan::typecheck(home, python),
    };
    Plan::new().run(cmd)
}

/// What building the bindings of GTK needs: the thing, its Debian package, and what pkg-config calls it.
const LIBRARIES: [(Missing, &str); 2] = [
    (("cairo's headers", "libcairo2-dev"), "cairo"),
    (("GObject introspection's headers", "libgirepository1.0-dev"), "gobject-introspection-1.0"),
];
/// What running it needs, and names of which one has to be there.
const TYPELIBS: [(Missing, &[&str]); 2] = [
    (("GTK 3", "gir1.2-gtk-3.0"), &["Gtk-3.0.typelib"]),
    (("WebKitGTK", "gir1.2-webkit2-4.1"), &["WebKit2-4.1.typelib", "WebKit2-4.0.typelib"]),
];

/// Looks at the machine.
fn observe(ctx: &Ctx) -> PositronState {
    let is_linux = ctx.host.os == Os::Linux;
    PositronState {
        missing: if is_linux { missing(ctx) } else { Vec::new() },
        installed: is_installed(ctx),
        has_display: !is_linux || ctx.env.get(env::DISPLAY).or_else(|| ctx.env.get(env::WAYLAND_DISPLAY)).is_some(),
        identity: ctx.env.get(env::CSC_NAME).map(str::to_owned),
    }
}

/// The interpreter for the shell's environment, where that is still to be made.
fn interpreter(ctx: &Ctx) -> Result<Option<Utf8PathBuf>> {
    backend::is_developed_here(ctx)?;
    uv::interpreter_of(ctx, &plan::venv())
}

/// What the lock file and Briefcase's configuration say.
fn requirements(ctx: &Ctx) -> Result<Requirements> {
    let locked = uv::ensure(ctx)?.map(|uv| locked(ctx, &uv)).transpose()?.unwrap_or_default();
    Ok(Requirements { locked, pyproject: pyproject(ctx)? })
}

/// What the backend's lock file says of the shell's requirements, one a line.
fn locked(ctx: &Ctx, uv: &Utf8Path) -> Result<String> {
    let backend = ctx.layout.absolute(ctx.layout.backend());
    ask(&backend, uv, &[&["export"], plan::EXPORT.as_slice()].concat()).map_err(|fault| {
        fault
            .within(format!("cannot read {backend}/uv.lock with uv"))
            .hint("run `uv lock` in the backend folder and commit uv.lock")
    })
}

fn pyproject(ctx: &Ctx) -> Result<String> {
    Ok(ctx.read(plan::pyproject())?.replace("\r\n", "\n"))
}

fn is_installed(ctx: &Ctx) -> bool {
    ctx.layout.absolute(plan::venv()).join("pyvenv.cfg").is_file()
}

fn missing(ctx: &Ctx) -> Vec<Missing> {
    let mut missing = Vec::new();
    // Once the bindings are built, what they were built with is not needed any more.
    if !is_installed(ctx) {
        missing.extend(
            [(("a C compiler", "gcc"), "cc"), (("pkg-config", "pkg-config"), "pkg-config")]
                .into_iter()
                .filter(|(_, program)| tools::find(program).is_none())
                .map(|(thing, _)| thing),
        );
        missing.extend(LIBRARIES.iter().filter(|(_, name)| !has_library(name)).map(|(thing, _)| *thing));
    }
    missing.extend(TYPELIBS.iter().filter(|(_, names)| !has_typelib(ctx, names)).map(|(thing, _)| *thing));
    missing
}

fn has_library(name: &str) -> bool {
    tools::find("pkg-config").is_some_and(|program| ask(".".into(), &program, &["--exists", name]).is_ok())
}

/// Whether one of the files lies where the bindings look.
fn has_typelib(ctx: &Ctx, names: &[&str]) -> bool {
    let below = |folder: &Utf8Path| folder.join("girepository-1.0");
    let lib = Utf8Path::new("/usr/lib");
    let given = ctx.env.get(env::GI_TYPELIB_PATH).unwrap_or_default().split(':').map(Utf8PathBuf::from);
    let usual = [lib, Utf8Path::new("/usr/lib64"), Utf8Path::new("/usr/local/lib")].map(below);
    let of_each_architecture = lib.read_dir_utf8().into_iter().flatten().flatten().map(|entry| below(entry.path()));
    let mut folders = given.chain(usual).chain(of_each_architecture);
    folders.any(|folder| names.iter().any(|name| folder.join(name).is_file()))
}
