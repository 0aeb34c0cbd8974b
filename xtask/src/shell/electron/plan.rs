//! The Electron shell: how it is installed, started, tested and packaged.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Plan, Step};
use crate::base::cmd::Cmd;
use crate::base::config::linux::{Format, Linux};
use crate::base::env;
use crate::base::fault::Fault;
use crate::base::host::{Arch, Host, Os};
use crate::base::layout::Layout;
use crate::release::artifact::{self, Artifacts};

pub(crate) const FOLDER: &str = "shells/electron";
/// The shell ends a smoke test within 20 s; an Electron that does not even run its main script says so in a message, and waits.
const SMOKE_LIMIT_SECS: u64 = 40;
const NO_SANDBOX: &str = "--no-sandbox";

/// What of the shell's installation was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct ElectronState {
    /// `node_modules` is what `package-lock.json` says.
    pub(crate) installed: bool,
    /// Electron's program was fetched.
    pub(crate) has_program: bool,
    /// Whoever runs this is root, for whom Chromium does not start.
    pub(crate) is_root: bool,
    /// A folder with another Electron, absolute: the one to run and to package.
    pub(crate) other: Option<Utf8PathBuf>,
    /// Packages of this platform that earlier runs left, relative to the root.
    pub(crate) stale: Vec<Utf8PathBuf>,
    /// Which packages for Linux `dds.toml` lists.
    pub(crate) linux: Linux,
}

/// What to package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The installers of this machine's system.
    Installers,
    /// A folder with the program, not packed.
    Folder,
    Dmg,
    UnsignedDmg,
}

pub(crate) fn output(layout: &Layout) -> Utf8PathBuf {
    artifact::folder(layout, "electron")
}

fn artifacts(project: &str, os: Os) -> Artifacts<'_> {
    Artifacts { project, shell: "electron", os }
}

/// The list of checksums that lies beside the packages.
pub(crate) fn checksums(layout: &Layout, project: &str, os: Os) -> Utf8PathBuf {
    output(layout).join(artifacts(project, os).checksums())
}

/// Installs exactly what the lock file says. Electron's package fetches nothing on its own.
fn modules() -> Cmd {
    Cmd::new("npm")
        .args(["ci", "--ignore-scripts"])
        .cwd(FOLDER)
        .talks()
        .remedy("check the connection or proxy, then run `cargo xtask electron-install`")
}

/// A program of one of the modules. Not through `npm exec`, which is ended by a signal and leaves its child running.
fn script(path: &str) -> Cmd {
    Cmd::new("node").arg(path).cwd(FOLDER)
}

/// Fetches Electron's program.
fn program() -> Cmd {
    script("node_modules/electron/install.js").talks().remedy(
        "npm's package of Electron has no program in it, and none could be fetched from GitHub: check the connection or \
         proxy, or set ELECTRON_MIRROR to a mirror, or name a folder with an unpacked Electron in \
         ELECTRON_OVERRIDE_DIST_PATH",
    )
}

/// The modules anew, and Electron's program where no other is named.
pub(crate) fn install(seen: &ElectronState) -> Plan {
    let plan = Plan::new().run(modules());
    if seen.other.is_some() { plan } else { plan.run(program()) }
}

/// The modules, where they are not there yet; tests, type checks and packaging need no more.
pub(crate) fn with_modules(seen: &ElectronState) -> Plan {
    if seen.installed { Plan::new() } else { Plan::new().run(modules()) }
}

/// The modules and Electron's program, where they are not there yet.
fn with_program(seen: &ElectronState) -> Plan {
    let plan = with_modules(seen);
    if seen.has_program || seen.other.is_some() { plan } else { plan.run(program()) }
}

/// The shell's own tests. They need no Electron program.
pub(crate) fn test() -> Cmd {
    Cmd::new("npm").args(["test", "--silent"]).cwd(FOLDER)
}

pub(crate) fn typecheck(seen: &ElectronState) -> Plan {
    with_modules(seen).run(Cmd::new("npm").args(["run", "--silent", "typecheck"]).cwd(FOLDER))
}

/// A window on the backend in the checkout. `rest` is for the program.
pub(crate) fn start(seen: &ElectronState, rest: &[String]) -> Plan {
    with_program(seen).run(electron(seen, rest).env(env::RUNTIME_MODE, "development"))
}

/// A window on the staged backend; with `smoke` it quits when its page has loaded.
pub(crate) fn packaged_start(layout: &Layout, seen: &ElectronState, rest: &[String], smoke: bool) -> Plan {
    let staged = layout.absolute(layout.staged_backend());
    let cmd = electron(seen, rest).env(env::RUNTIME_MODE, "packaged").env(env::BACKEND_ROOT, staged.as_str());
    let plan = with_program(seen);
    if !smoke {
        return plan.run(cmd);
    }
    // The data of a smoke test is nobody's, and a first run is what is most likely to break.
    let data = layout.scratch().join("smoke-data");
    let absolute = layout.absolute(&data);
    let cmd = cmd.env(env::SMOKE_TEST, "1").env(env::APP_DATA_DIR, absolute.as_str()).limit_secs(SMOKE_LIMIT_SECS);
    plan.then(Step::Remove(data)).run(cmd)
}

/// Packages for a system, made on `host`. Arguments that name a target of electron-builder replace the usual ones.
pub(crate) fn package(
    layout: &Layout,
    [host, system]: [Host; 2],
    seen: &ElectronState,
    target: Target,
    rest: &[String],
) -> Plan {
    let mut plan = with_modules(seen);
    for path in &seen.stale {
        plan = plan.then(Step::Remove(path.clone()));
    }
    let mut cmd = script("node_modules/electron-builder/cli.js").talks();
    cmd = cmd.args(["--config", "electron-builder.config.cjs", "--publish", "never"]);
    let staged = layout.absolute(layout.staged_backend());
    cmd = with_runtime(seen, cmd.env(env::BACKEND_ROOT, staged.as_str()));
    if !rest.iter().any(|arg| names_a_target(arg)) {
        cmd = cmd.args(usual_targets(host, system, target, &seen.linux).iter().copied());
    }
    if host != system {
        cmd = cmd.arg(if system.arch == Arch::X64 { "--x64" } else { "--arm64" });
    }
    if target == Target::UnsignedDmg {
        cmd = cmd.env("CSC_IDENTITY_AUTO_DISCOVERY", "false").arg("--config.mac.identity=null");
    }
    plan.run(
        cmd.args(rest.iter().cloned())
            .remedy("electron-builder says above what is wrong; `-- --help` shows its arguments"),
    )
}

fn usual_targets(host: Host, system: Host, target: Target, linux: &Linux) -> &'static [&'static str] {
    let is_own = host.os == system.os;
    match (target, system.os) {
        (Target::Folder, _) => &["--dir"],
        (Target::Dmg | Target::UnsignedDmg, _) => &["--mac", "dmg"],
        (Target::Installers, Os::Linux) if host.os == Os::Windows => &["--linux", "tar.gz"],
        (Target::Installers, Os::Linux) if !linux.packages.contains(&Format::AppImage) => &["--linux", "dir"],
        (Target::Installers, Os::Linux) => &["--linux", "AppImage"],
        (Target::Installers, Os::MacOs) if is_own => &["--mac", "dmg", "zip"],
        (Target::Installers, Os::MacOs) => &["--mac", "zip"],
        // Elsewhere the installer's own program has to be started, which electron-builder can do without on macOS.
        (Target::Installers, Os::Windows) if host.os == Os::Linux => &["--win", "zip"],
        (Target::Installers, Os::Windows) => &["--win", "nsis"],
    }
}

/// What of a system's usual packages is not among those that another system makes: a sentence, with the place for it.
pub(crate) fn not_made(host: Host, system: Host) -> impl Iterator<Item = String> {
    let missing = match (host.os, system.os) {
        (host, system) if host == system => None,
        (_, Os::MacOs) => {
            Some("no disk image (macOS's own hdiutil writes it); run `cargo xtask package-dist` on a Mac for it")
        }
        (Os::Linux, Os::Windows) => Some(
            "no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it",
        ),
        (Os::Windows, Os::Linux) => Some(
            "no AppImage, deb or rpm (they are made on Linux and macOS); run `cargo xtask package-dist` there for them",
        ),
        (_, Os::Windows | Os::Linux) => None,
    };
    missing.map(|missing| format!("{system}: {missing}")).into_iter()
}

/// Why a package that is asked for can't be made on this machine. Whoever has Wine may try an installer for Windows.
pub(crate) fn objection(host: Host, system: Host, rest: &[String], has_wine: bool) -> Option<Fault> {
    const MAC_ONLY: [&str; 3] = ["dmg", "pkg", "mas"];
    const WITH_WINE: [&str; 3] = ["nsis", "nsis-web", "squirrel"];
    let wanted = |kinds: &[&str]| rest.iter().find(|arg| kinds.contains(&arg.as_str())).cloned();
    let (kind, why, place) = match (host.os, system.os) {
        (Os::Linux | Os::Windows, Os::MacOs) => (wanted(&MAC_ONLY)?, "it needs macOS's own programs", "a Mac"),
        (Os::Linux, Os::Windows) if !has_wine => {
            (wanted(&WITH_WINE)?, "making it starts a Windows program, and there is no `wine` here", "Windows or a Mac")
        }
        (Os::Windows, Os::Linux) => {
            (wanted(&["AppImage", "deb", "rpm"])?, "its tools are for Linux and macOS", "Linux")
        }
        _ => return None,
    };
    Some(
        Fault::new(format!("{kind} for {system} can't be made on {host}"))
            .because(why)
            .hint(format!("run the same command on {place}; without `{kind}` the command makes what can be made here")),
    )
}

/// Whether an argument for electron-builder says what to package.
pub(crate) fn names_a_target(arg: &str) -> bool {
    ["--linux", "--mac", "--macos", "--win", "--windows", "-l", "-m", "-o", "-w", "--dir"].contains(&arg)
}

fn electron(seen: &ElectronState, rest: &[String]) -> Cmd {
    let cmd = script("node_modules/electron/cli.js").arg(".").args(rest.iter().cloned());
    with_runtime(seen, cmd).remedy(if seen.is_root && !rest.iter().any(|arg| arg == NO_SANDBOX) {
        "Electron does not run as root: run the command as an ordinary user, or, in a container, with `-- --no-sandbox`"
    } else {
        "if Electron itself is missing, `cargo xtask electron-install` brings it; otherwise the log in the app's data folder says more"
    })
}

/// The command line that is told names another Electron, so that none is run in silence.
fn with_runtime(seen: &ElectronState, cmd: Cmd) -> Cmd {
    match &seen.other {
        Some(folder) => cmd.env(env::ELECTRON_DIST, folder.as_str()),
        None => cmd,
    }
}

/// Whether an earlier package makes room for a new one of a system: it is for the same processor, or for one that is not
/// among those that people get the program for.
pub(crate) fn is_replaced(path: &Utf8Path, system: Host, targets: &[Host]) -> bool {
    let is_other = |target: &&Host| target.os == system.os && target.arch != system.arch;
    let kept = targets.iter().filter(is_other).map(|target| target.arch);
    let arches = artifact::arches(path.file_name().unwrap_or_default());
    !kept.into_iter().any(|arch| arches == [arch])
}

/// Whether a file in the output folder is a package of a system, or belongs to one.
pub(crate) fn is_package(path: &Utf8Path, project: &str, os: Os) -> bool {
    let Some(name) = path.file_name() else { return false };
    let manifest = match os {
        Os::Linux => "latest-linux.yml",
        Os::MacOs => "latest-mac.yml",
        Os::Windows => "latest.yml",
    };
    name == manifest || artifacts(project, os).has(name)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::config::Config;
    use crate::base::env::Env;

    fn layout() -> Layout {
        let config =
            Config::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml")))
                .unwrap();
        Layout::new("/repo".into(), &config, &Env::default())
    }

    #[test]
    fn each_system_gets_its_installers() {
        let seen = ElectronState {
            installed: true,
            stale: vec!["dist/electron/x-linux-0.1.0.AppImage".into()],
            ..ElectronState::default()
        };
        let plans: String = [Os::Linux, Os::MacOs, Os::Windows]
            .into_iter()
            .map(|os| package(&layout(), [Host { os, arch: Arch::X64 }; 2], &seen, Target::Installers, &[]).to_string())
            .collect();
        expect![[r#"
            remove  dist/electron/x-linux-0.1.0.AppImage
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --linux AppImage  (in shells/electron)
            remove  dist/electron/x-linux-0.1.0.AppImage
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --mac dmg zip  (in shells/electron)
            remove  dist/electron/x-linux-0.1.0.AppImage
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --win nsis  (in shells/electron)
        "#]].assert_eq(&plans);
    }

    #[test]
    fn other_systems_get_what_can_be_made_here() {
        let seen = ElectronState { installed: true, ..ElectronState::default() };
        let host = Host { os: Os::Linux, arch: Arch::X64 };
        let mut lines = Vec::new();
        for system in Host::ALL.into_iter().filter(|system| *system != host) {
            let layout = layout().for_target(&system.to_string());
            let plan = package(&layout, [host, system], &seen, Target::Installers, &[]).to_string();
            lines.push(format!("{system}: {}", plan.trim().split("never ").nth(1).unwrap_or_default()));
            lines.extend(not_made(host, system));
            assert!(plan.contains(&format!("BACKEND_ROOT=/repo/.stage/{system}/backend ")), "{plan}");
        }
        expect![[r"
            linux-arm64: --linux AppImage --arm64  (in shells/electron)
            windows-x64: --win zip --x64  (in shells/electron)
            windows-x64: no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it
            windows-arm64: --win zip --arm64  (in shells/electron)
            windows-arm64: no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it
            macos-arm64: --mac zip --arm64  (in shells/electron)
            macos-arm64: no disk image (macOS's own hdiutil writes it); run `cargo xtask package-dist` on a Mac for it
            macos-x64: --mac zip --x64  (in shells/electron)
            macos-x64: no disk image (macOS's own hdiutil writes it); run `cargo xtask package-dist` on a Mac for it"]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn packages_of_another_listed_processor_stay() {
        let [x64, arm64] = [Arch::X64, Arch::Arm64].map(|arch| Host { os: Os::Linux, arch });
        let check = |name: &str, targets: &[Host]| is_replaced(Utf8Path::new(name), x64, targets);
        assert!(check("app-linux-1.0.0-x86_64.AppImage", &[x64, arm64]));
        assert!(!check("app-linux-1.0.0-arm64.AppImage", &[x64, arm64]));
        assert!(check("app-linux-1.0.0-arm64.AppImage", &[x64]));
        assert!(check("latest-linux.yml", &[x64, arm64]));
    }

    #[test]
    fn other_targets_and_a_first_run() {
        let host = Host { os: Os::Linux, arch: Arch::X64 };
        let rest = ["--linux".to_owned(), "tar.gz".to_owned()];
        let other = ElectronState { installed: true, other: Some("/opt/electron".into()), ..ElectronState::default() };
        let plans = [
            package(&layout(), [host; 2], &ElectronState::default(), Target::Installers, &rest),
            package(&layout(), [host; 2], &ElectronState::default(), Target::Folder, &[]),
            package(&layout(), [host; 2], &ElectronState::default(), Target::UnsignedDmg, &[]),
            packaged_start(&layout(), &ElectronState::default(), &[], true),
            start(
                &ElectronState { installed: true, has_program: true, ..ElectronState::default() },
                &["--no-sandbox".into()],
            ),
            with_modules(&ElectronState::default()).run(test()),
            install(&ElectronState { installed: true, has_program: true, ..ElectronState::default() }),
            install(&other),
            packaged_start(&layout(), &other, &[], false),
            package(&layout(), [host; 2], &other, Target::Folder, &[]),
        ];
        let text = plans.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        expect![[r#"
            run     npm ci --ignore-scripts  (in shells/electron)
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --linux tar.gz  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --dir  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)
            run     CSC_IDENTITY_AUTO_DISCOVERY=false DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --mac dmg --config.mac.identity=null  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)
            run     node node_modules/electron/install.js  (in shells/electron)
            remove  target/smoke-data
            run     DESKTOP_DJANGO_APP_DATA_DIR=/repo/target/smoke-data DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend DESKTOP_DJANGO_RUNTIME_MODE=packaged DESKTOP_DJANGO_SMOKE_TEST=1 node node_modules/electron/cli.js .  (in shells/electron)

            run     DESKTOP_DJANGO_RUNTIME_MODE=development node node_modules/electron/cli.js . --no-sandbox  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)
            run     npm test --silent  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)
            run     node node_modules/electron/install.js  (in shells/electron)

            run     npm ci --ignore-scripts  (in shells/electron)

            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend DESKTOP_DJANGO_RUNTIME_MODE=packaged ELECTRON_OVERRIDE_DIST_PATH=/opt/electron node node_modules/electron/cli.js .  (in shells/electron)

            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend ELECTRON_OVERRIDE_DIST_PATH=/opt/electron node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --dir  (in shells/electron)
        "#]].assert_eq(&text);
    }

    #[test]
    fn root_is_told_what_to_do() {
        let root = ElectronState { is_root: true, ..ElectronState::default() };
        let remedy = |rest: &[String]| electron(&root, rest).remedy.unwrap_or_default();
        assert!(remedy(&[]).starts_with("Electron does not run as root: run the command as an ordinary user"));
        assert!(!remedy(&[NO_SANDBOX.to_owned()]).contains("root"), "it has been done");
    }

    #[test]
    fn packages_are_told_by_their_names() {
        let is = |name: &str| is_package(Utf8Path::new("dist/electron").join(name).as_path(), "app", Os::Linux);
        assert!(is("app-linux-1.0.0-x86_64.AppImage") && is("latest-linux.yml"));
        assert!(!is("app-linux-sha256.txt") && !is("app-macos-1.0.0-arm64.dmg") && !is("latest.yml"));
    }
}
