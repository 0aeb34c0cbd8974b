//! The Electron shell: how it is installed, started, tested and packaged.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Plan, Step};
use crate::base::cmd::Cmd;
use crate::base::config::linux::Format;
use crate::base::env;
use crate::base::host::{Arch, Host, Os};
use crate::base::layout::Layout;
use crate::release::artifact::{self, Artifacts};
use crate::shell::electron::targets::{self, Target};

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
    pub(crate) linux: Vec<Format>,
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

/// What is packaged, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Package<'a> {
    pub(crate) layout: &'a Layout,
    /// The system that packs.
    pub(crate) host: Host,
    /// The system that it is packed for.
    pub(crate) system: Host,
    pub(crate) seen: &'a ElectronState,
    pub(crate) target: Target,
    /// Arguments for electron-builder. What names a target of it replaces the usual ones.
    pub(crate) rest: &'a [String],
}

impl Package<'_> {
    pub(crate) fn plan(&self) -> Plan {
        self.before().run(self.builder())
    }

    /// A signature of one's own: the app is packed, signed and read back in a place of its own, and packages are made of
    /// that. `title` is the app's name.
    pub(crate) fn signed(&self, title: &str, sign: impl Fn(Utf8PathBuf) -> Plan) -> Plan {
        let Self { layout, system, .. } = self;
        let folder = if system.arch == Arch::X64 { "mac" } else { "mac-arm64" };
        let place = layout.stage_root().join("unsigned");
        let output = layout.absolute(&place);
        // The packages of this first run are thrown away; electron-builder notes in an app where its updates come from only
        // when it makes some.
        let own = ["--config.compression=store", "--config.mac.identity=null"];
        let is_given = |own: &&str| self.rest.iter().any(|given| given.split('=').next() == own.split('=').next());
        let own = own.into_iter().filter(|own| !is_given(own));
        let pack = self.builder().arg(format!("--config.directories.output={output}")).args(own);
        let app = format!("{}.app", file_name(title));
        let (packed, folder) = (place.join(folder), self::output(layout).join(folder));
        let plan = self.before().then(Step::Remove(place.clone())).run(pack).and(sign(packed.join(&app)));
        let plan = plan.then(Step::Remove(folder.clone())).then(Step::Move { from: packed, to: folder.clone() });
        let plan = plan.then(Step::Remove(place));
        if self.target == Target::Folder {
            return plan;
        }
        plan.run(self.builder().args(["--prepackaged", layout.absolute(folder.join(app)).as_str()]))
    }

    /// The modules, and room for the new packages.
    fn before(&self) -> Plan {
        let stale = self.seen.stale.iter().cloned().map(Step::Remove);
        stale.fold(with_modules(self.seen), Plan::then)
    }

    fn builder(&self) -> Cmd {
        let Self { layout, host, system, seen, target, rest } = *self;
        let mut cmd = script("node_modules/electron-builder/cli.js").talks();
        cmd = cmd.args(["--config", "electron-builder.config.cjs", "--publish", "never"]);
        let staged = layout.absolute(layout.staged_backend());
        cmd = with_runtime(seen, cmd.env(env::BACKEND_ROOT, staged.as_str()));
        if !rest.iter().any(|arg| targets::is_named(arg)) {
            cmd = cmd.args(targets::usual(host, system, target, &seen.linux).iter().copied());
        }
        if host != system {
            cmd = cmd.arg(if system.arch == Arch::X64 { "--x64" } else { "--arm64" });
        }
        if target == Target::UnsignedDmg {
            cmd = cmd.env("CSC_IDENTITY_AUTO_DISCOVERY", "false").arg("--config.mac.identity=null");
        }
        cmd.args(rest.iter().cloned()).remedy(
            "electron-builder says above what is wrong. Where it could not fetch its own tools from GitHub, check the \
                 connection or proxy, or set ELECTRON_BUILDER_BINARIES_MIRROR to a mirror",
        )
    }
}

/// A title as electron-builder names files by it.
fn file_name(title: &str) -> String {
    let kept: String = title.chars().filter(|c| !r#"/?<>\:*|""#.contains(*c)).collect();
    kept.trim_end_matches(['.', ' ']).to_owned()
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
    use crate::base::text::slashed;

    fn layout() -> Layout {
        let config = Config::parse(include_str!("../../../tests/fixtures/project/dds.toml")).unwrap();
        Layout::new("/repo".into(), &config, &Env::default())
    }

    fn package([host, system]: [Host; 2], seen: &ElectronState, target: Target, rest: &[String]) -> Plan {
        Package { layout: &layout(), host, system, seen, target, rest }.plan()
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
            .map(|os| package([Host { os, arch: Arch::X64 }; 2], &seen, Target::Installers, &[]).to_string())
            .collect();
        expect![[r#"
            remove  dist/electron/x-linux-0.1.0.AppImage
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --linux dir  (in shells/electron)
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
            let packaged =
                Package { layout: &layout, host, system, seen: &seen, target: Target::Installers, rest: &[] };
            let plan = packaged.plan().to_string();
            lines.push(format!("{system}: {}", plan.trim().split("never ").nth(1).unwrap_or_default()));
            lines.extend(targets::not_made(host, system));
            assert!(plan.contains(&format!("BACKEND_ROOT=/repo/.stage/{system}/backend ")), "{plan}");
        }
        expect![[r#"
            linux-arm64: --linux dir --arm64  (in shells/electron)
            windows-x64: --win zip --x64  (in shells/electron)
            windows-x64: no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it
            windows-arm64: --win zip --arm64  (in shells/electron)
            windows-arm64: no installer (making one starts a Windows program); run `cargo xtask package-dist` on Windows or macOS for it
            macos-arm64: --mac zip --arm64  (in shells/electron)
            macos-arm64: no disk image (macOS's own hdiutil writes it); run `cargo xtask package-dist` on a Mac for it
            macos-x64: --mac zip --x64  (in shells/electron)
            macos-x64: no disk image (macOS's own hdiutil writes it); run `cargo xtask package-dist` on a Mac for it"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn a_signed_app_is_packed_before_and_packages_are_made_after() {
        let [host, system] = ["linux-x64", "macos-arm64"].map(|name| Host::named(name).unwrap());
        let (layout, seen) =
            (layout().for_target("macos-arm64"), ElectronState { installed: true, ..ElectronState::default() });
        let signed = |target| {
            let packaged = Package { layout: &layout, host, system, seen: &seen, target, rest: &[] };
            packaged
                .signed("Who? “Me”.", |app| {
                    Plan::new().task(format!("sign    {}", slashed(app.as_str())), |_| Ok(()))
                })
                .to_string()
        };
        expect![[r#"
            remove  .stage/macos-arm64/unsigned
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/macos-arm64/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --mac zip --arm64 --config.directories.output=/repo/.stage/macos-arm64/unsigned --config.compression=store --config.mac.identity=null  (in shells/electron)
            sign    .stage/macos-arm64/unsigned/mac-arm64/Who “Me”.app
            remove  dist/electron/mac-arm64
            move    .stage/macos-arm64/unsigned/mac-arm64 -> dist/electron/mac-arm64
            remove  .stage/macos-arm64/unsigned
            run     DESKTOP_DJANGO_BACKEND_ROOT=/repo/.stage/macos-arm64/backend node node_modules/electron-builder/cli.js --config electron-builder.config.cjs --publish never --mac zip --arm64 --prepackaged '/repo/dist/electron/mac-arm64/Who “Me”.app'  (in shells/electron)
        "#]].assert_eq(&signed(Target::Installers));
        let folder = signed(Target::Folder);
        assert!(folder.contains("--mac dir --arm64 ") && !folder.contains("--prepackaged"), "{folder}");
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
            package([host; 2], &ElectronState::default(), Target::Installers, &rest),
            package([host; 2], &ElectronState::default(), Target::Folder, &[]),
            package([host; 2], &ElectronState::default(), Target::UnsignedDmg, &[]),
            packaged_start(&layout(), &ElectronState::default(), &[], true),
            start(
                &ElectronState { installed: true, has_program: true, ..ElectronState::default() },
                &["--no-sandbox".into()],
            ),
            with_modules(&ElectronState::default()).run(test()),
            install(&ElectronState { installed: true, has_program: true, ..ElectronState::default() }),
            install(&other),
            packaged_start(&layout(), &other, &[], false),
            package([host; 2], &other, Target::Folder, &[]),
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
