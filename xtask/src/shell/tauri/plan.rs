//! The Tauri shell: how it is installed, started, tested and packaged.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};

use crate::base::act::{Plan, Step};
use crate::base::cmd::Cmd;
use crate::base::config::{Config, about::About};
use crate::base::env;
use crate::base::host::{Host, Os};
use crate::base::layout::Layout;
use crate::base::text::slashed;
use crate::release::artifact::{self, Artifacts};
use crate::shell::notices;
use crate::stage::notices::FILE_NAME;

pub(crate) const FOLDER: &str = "shells/tauri";
/// Its cargo workspace.
pub(crate) const MANIFEST: &str = "shells/tauri/src-tauri/Cargo.toml";
/// What cargo and the Tauri command line leave.
pub(crate) const TARGET: &str = "shells/tauri/src-tauri/target";
/// What somebody looks at before a Windows installer is published.
const WINDOWS_CHECKS: &str = "release-templates/windows-nsis-validation.md";

/// What of the shell was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct TauriState {
    /// `node_modules` is what `package-lock.json` says.
    pub(crate) installed: bool,
    /// Updates can be signed.
    pub(crate) has_update_key: bool,
    /// The program can be signed for its system.
    pub(crate) has_certificate: bool,
    /// Folders and files that earlier runs left, relative to the root.
    pub(crate) stale: Vec<Utf8PathBuf>,
}

pub(crate) fn output(layout: &Layout) -> Utf8PathBuf {
    artifact::folder(layout, "tauri")
}

fn artifacts(project: &str, os: Os) -> Artifacts<'_> {
    Artifacts { project, shell: "tauri", os }
}

/// The list of checksums that lies beside the packages.
pub(crate) fn checksums(layout: &Layout, project: &str, os: Os) -> Utf8PathBuf {
    output(layout).join(artifacts(project, os).checksums())
}

/// A package of the bundler, `Title_1.0.0_amd64.deb`, under a name that is like those of the other shells.
/// Nothing for a file that is not a package.
pub(crate) fn package_name(bundled: &str, config: &Config, os: Os) -> Option<String> {
    let rest = bundled.strip_prefix(&config.project.title)?.replace("-setup.", ".");
    let rest = rest.replace(['_', ' '], "-");
    (rest.contains('.')).then(|| format!("{}{rest}", artifacts(&config.project.name, os).prefix()))
}

/// Whether a file in the output folder is a package of a system.
pub(crate) fn is_package(path: &Utf8Path, project: &str, os: Os) -> bool {
    path.file_name().is_some_and(|name| artifacts(project, os).has(name))
}

/// What the shell's own configuration leaves open: the names of `dds.toml`.
fn names(config: &Config) -> Value {
    let project = &config.project;
    json!({ "productName": project.title, "identifier": project.identifier, "mainBinaryName": project.name })
}

/// The configuration of a program that is run from the checkout. It is started in the repository root.
fn development(config: &Config, layout: &Layout) -> String {
    let backend = &config.backend;
    let mut overlay = names(config);
    overlay["plugins"]["checkout"] = json!({
        "root": layout.backend(),
        "sourceRoot": backend.sources().next().unwrap_or_default(),
        "command": backend.launcher(),
        "settingsModule": backend.development_settings(),
        "stage": slashed(layout.staged_backend().as_str()),
    });
    overlay.to_string()
}

/// The configuration of a package. Paths are relative to the shell's manifest.
fn packaged(config: &Config, layout: &Layout, seen: &TauriState) -> String {
    let mut overlay = names(config);
    let stage = format!("../../../{}/", slashed(layout.staged_backend().as_str()));
    let notices = format!("../../../{}", slashed(notices::place(layout, "tauri").as_str()));
    overlay["bundle"] = json!({
        "resources": { stage: "backend/", notices: FILE_NAME },
        "createUpdaterArtifacts": seen.has_update_key,
    });
    let About { description, publisher, license, homepage, details } = &config.about;
    let about = [
        ("shortDescription", description),
        ("longDescription", if details.is_some() { details } else { description }),
        ("publisher", publisher),
        ("license", license),
        ("homepage", homepage),
    ];
    for (key, value) in about.into_iter().filter(|(_, value)| value.is_some()) {
        overlay["bundle"][key] = json!(value);
    }
    format!("{overlay:#}\n")
}

fn cargo(config: &Config, layout: &Layout, verb: &str) -> Cmd {
    Cmd::new("cargo")
        .args([verb, "--quiet", "--locked", "--manifest-path", MANIFEST])
        .env("TAURI_CONFIG", development(config, layout))
        .remedy("if libraries are missing, `cargo xtask doctor` says how to get them")
}

/// Installs exactly what the lock file says: the Tauri command line, and the crates.
pub(crate) fn install() -> Plan {
    Plan::new().run(modules()).run(
        Cmd::new("cargo")
            .args(["fetch", "--locked", "--manifest-path", MANIFEST])
            .remedy("check the connection or proxy, then run `cargo xtask tauri-install`"),
    )
}

fn modules() -> Cmd {
    Cmd::new("npm")
        .args(["ci", "--ignore-scripts"])
        .cwd(FOLDER)
        .remedy("check the connection or proxy, then run `cargo xtask tauri-install`")
}

/// The Tauri command line, where it is not there yet; only packaging and icons need it.
pub(crate) fn with_modules(installed: bool) -> Plan {
    if installed { Plan::new() } else { Plan::new().run(modules()) }
}

pub(crate) fn tauri(verb: &str) -> Cmd {
    Cmd::new("npm").args(["exec", "--no", "--", "tauri", verb]).cwd(FOLDER)
}

/// The shell's own tests: of its parts, then of the program in real windows.
pub(crate) fn test(config: &Config, layout: &Layout, skip_log: Option<&Utf8Path>) -> Plan {
    let log = |cmd: Cmd| match skip_log {
        Some(log) => cmd.env(env::SKIP_LOG, log.as_str()),
        None => cmd,
    };
    Plan::new()
        .run(log(cargo(config, layout, "test")))
        .run(cargo(config, layout, "build"))
        .run(log(Cmd::new("npm").args(["test", "--silent"]).cwd(FOLDER)))
}

/// rustfmt over the shell's sources.
pub(crate) fn format(check: bool) -> Cmd {
    Cmd::new("cargo").args(["fmt", "--manifest-path", MANIFEST]).args(check.then_some("--check"))
}

/// A window on the backend in the checkout; with `smoke` it quits when its page has loaded.
pub(crate) fn start(config: &Config, layout: &Layout, smoke: bool) -> Plan {
    run(layout, cargo(config, layout, "run").env(env::RUNTIME_MODE, "development"), smoke)
}

/// A window on the staged backend.
pub(crate) fn packaged_start(config: &Config, layout: &Layout, smoke: bool) -> Plan {
    let staged = layout.staged_backend();
    let cmd = cargo(config, layout, "run").env(env::RUNTIME_MODE, "packaged");
    run(layout, cmd.env(env::BACKEND_ROOT, staged.as_str()), smoke)
}

fn run(layout: &Layout, cmd: Cmd, smoke: bool) -> Plan {
    if !smoke {
        return Plan::new().run(cmd);
    }
    // The data of a smoke test is nobody's, and a first run is what is most likely to break.
    let data = layout.scratch().join("tauri-smoke-data");
    let cmd = cmd.env(env::SMOKE_TEST, "1").env(env::APP_DATA_DIR, data.as_str());
    Plan::new().then(Step::Remove(data)).run(cmd)
}

/// Packages for a system. Arguments that name kinds of packages replace the usual one.
pub(crate) fn package(config: &Config, layout: &Layout, host: Host, seen: &TauriState, rest: &[String]) -> Plan {
    let mut plan = with_modules(seen.installed);
    for path in &seen.stale {
        plan = plan.then(Step::Remove(path.clone()));
    }
    let overlay = layout.scratch().join("tauri-build.json");
    let mut cmd = tauri("build").args(["--config", &format!("../../{overlay}")]);
    if !rest.iter().any(|arg| ["--bundles", "-b", "--no-bundle"].contains(&arg.split('=').next().unwrap_or(arg))) {
        cmd = cmd.args(["--bundles", usual_bundles(host.os, seen)]);
    }
    if !seen.has_update_key && !seen.has_certificate && !rest.iter().any(|arg| arg == "--no-sign") {
        cmd = cmd.arg("--no-sign");
    }
    cmd = cmd.args(rest.iter().cloned());
    plan.then(Step::Write { path: overlay, contents: packaged(config, layout, seen) })
        .run(cmd.remedy(
            "the Tauri command line says above what is wrong. Where it could not fetch its own tools from GitHub, check the \
             connection or proxy; on Linux a deb (`-- --bundles deb`) needs none",
        ))
}

/// The machine that a package is for, where the arguments name another.
pub(crate) fn target(rest: &[String]) -> Option<&str> {
    let mut rest = rest.iter().map(String::as_str);
    let first = rest.find(|arg| ["--target", "-t"].contains(&arg.split('=').next().unwrap_or(arg)))?;
    first.split_once('=').map(|(_, target)| target).or_else(|| rest.next())
}

fn usual_bundles(os: Os, seen: &TauriState) -> &'static str {
    match os {
        Os::Linux => "appimage",
        // An update replaces the program, not the disk image.
        Os::MacOs if seen.has_update_key => "app,dmg",
        Os::MacOs => "dmg",
        Os::Windows => "nsis",
    }
}

/// What somebody has to look at before packages of a system are published.
pub(crate) fn checklist(os: Os) -> Option<&'static Utf8Path> {
    (os == Os::Windows).then(|| Utf8Path::new(WINDOWS_CHECKS))
}

/// What is wrong with the addresses of updates that are built in.
pub(crate) fn update_problem(endpoints: Option<&str>, public_key: Option<&str>) -> Option<String> {
    let (addresses, key) = (env::UPDATE_ENDPOINTS, env::UPDATE_PUBLIC_KEY);
    match (endpoints, public_key) {
        (None, None) => None,
        (Some(_), None) => Some(format!("{addresses} is set, but {key} is not")),
        (None, Some(_)) => Some(format!("{key} is set, but {addresses} is not")),
        (Some(endpoints), Some(_)) => {
            let mut given = endpoints.split([',', '\n']).map(str::trim).filter(|text| !text.is_empty());
            let wrong = given.find(|text| !text.starts_with("https://"));
            wrong.map(|text| format!("{text} in {addresses} does not begin with https://"))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::env::Env;
    use crate::base::host::Arch;

    fn config() -> Config {
        Config::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml"))).unwrap()
    }

    fn layout() -> Layout {
        Layout::new("/repo".into(), &config(), &Env::default())
    }

    fn host(os: Os) -> Host {
        Host { os, arch: Arch::X64 }
    }

    #[test]
    fn each_system_gets_its_package() {
        let seen = TauriState { installed: true, stale: vec!["dist/tauri/x.deb".into()], ..TauriState::default() };
        let plans: String = [Os::Linux, Os::MacOs, Os::Windows]
            .into_iter()
            .map(|os| package(&config(), &layout(), host(os), &seen, &[]).to_string())
            .collect();
        expect![[r#"
            remove  dist/tauri/x.deb
            write   target/tauri-build.json  (12 lines)
            run     npm exec --no -- tauri build --config ../../target/tauri-build.json --bundles appimage --no-sign  (in shells/tauri)
            remove  dist/tauri/x.deb
            write   target/tauri-build.json  (12 lines)
            run     npm exec --no -- tauri build --config ../../target/tauri-build.json --bundles dmg --no-sign  (in shells/tauri)
            remove  dist/tauri/x.deb
            write   target/tauri-build.json  (12 lines)
            run     npm exec --no -- tauri build --config ../../target/tauri-build.json --bundles nsis --no-sign  (in shells/tauri)
        "#]].assert_eq(&plans);
    }

    #[test]
    fn a_key_signs_and_makes_updates() {
        let seen = TauriState { has_update_key: true, ..TauriState::default() };
        let rest = ["--bundles".to_owned(), "deb".to_owned()];
        let text = [
            package(&config(), &layout(), host(Os::MacOs), &seen, &[]).to_string(),
            package(&config(), &layout(), host(Os::Linux), &seen, &rest).to_string(),
            packaged(&config(), &layout(), &seen),
        ];
        expect![[r#"
            run     npm ci --ignore-scripts  (in shells/tauri)
            write   target/tauri-build.json  (12 lines)
            run     npm exec --no -- tauri build --config ../../target/tauri-build.json --bundles app,dmg  (in shells/tauri)

            run     npm ci --ignore-scripts  (in shells/tauri)
            write   target/tauri-build.json  (12 lines)
            run     npm exec --no -- tauri build --config ../../target/tauri-build.json --bundles deb  (in shells/tauri)

            {
              "bundle": {
                "createUpdaterArtifacts": true,
                "resources": {
                  "../../../.stage/backend/": "backend/",
                  "../../../.stage/notices/tauri/THIRD-PARTY-NOTICES.txt": "THIRD-PARTY-NOTICES.txt"
                }
              },
              "identifier": "org.example.deer-park",
              "mainBinaryName": "deer-park",
              "productName": "Deer Park"
            }
        "#]].assert_eq(&text.join("\n"));
    }

    #[test]
    fn a_package_says_whose_it_is() {
        let mut config = config();
        config.about.publisher = Some("Deer Park <park@example.org>".to_owned());
        config.about.license = Some("MIT".to_owned());
        let overlay: Value = serde_json::from_str(&packaged(&config, &layout(), &TauriState::default())).unwrap();
        assert_eq!(overlay["bundle"]["publisher"], "Deer Park <park@example.org>");
        assert_eq!(overlay["bundle"]["license"], "MIT");
        assert_eq!(overlay["bundle"].get("homepage"), None);
    }

    #[test]
    fn from_the_checkout() {
        let plans = [
            install(),
            test(&config(), &layout(), None),
            start(&config(), &layout(), false),
            packaged_start(&config(), &layout(), true),
        ];
        let text = plans.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        expect![[r#"
            run     npm ci --ignore-scripts  (in shells/tauri)
            run     cargo fetch --locked --manifest-path shells/tauri/src-tauri/Cargo.toml

            run     TAURI_CONFIG='{"identifier":"org.example.deer-park","mainBinaryName":"deer-park","plugins":{"checkout":{"command":["manage.py","desktop"],"root":"backend","settingsModule":"deer_park.settings.local","sourceRoot":"src","stage":".stage/backend"}},"productName":"Deer Park"}' cargo test --quiet --locked --manifest-path shells/tauri/src-tauri/Cargo.toml
            run     TAURI_CONFIG='{"identifier":"org.example.deer-park","mainBinaryName":"deer-park","plugins":{"checkout":{"command":["manage.py","desktop"],"root":"backend","settingsModule":"deer_park.settings.local","sourceRoot":"src","stage":".stage/backend"}},"productName":"Deer Park"}' cargo build --quiet --locked --manifest-path shells/tauri/src-tauri/Cargo.toml
            run     npm test --silent  (in shells/tauri)

            run     DESKTOP_DJANGO_RUNTIME_MODE=development TAURI_CONFIG='{"identifier":"org.example.deer-park","mainBinaryName":"deer-park","plugins":{"checkout":{"command":["manage.py","desktop"],"root":"backend","settingsModule":"deer_park.settings.local","sourceRoot":"src","stage":".stage/backend"}},"productName":"Deer Park"}' cargo run --quiet --locked --manifest-path shells/tauri/src-tauri/Cargo.toml

            remove  target/tauri-smoke-data
            run     DESKTOP_DJANGO_APP_DATA_DIR=target/tauri-smoke-data DESKTOP_DJANGO_BACKEND_ROOT=.stage/backend DESKTOP_DJANGO_RUNTIME_MODE=packaged DESKTOP_DJANGO_SMOKE_TEST=1 TAURI_CONFIG='{"identifier":"org.example.deer-park","mainBinaryName":"deer-park","plugins":{"checkout":{"command":["manage.py","desktop"],"root":"backend","settingsModule":"deer_park.settings.local","sourceRoot":"src","stage":".stage/backend"}},"productName":"Deer Park"}' cargo run --quiet --locked --manifest-path shells/tauri/src-tauri/Cargo.toml
        "#]].assert_eq(&text);
    }

    #[test]
    fn packages_get_the_names_of_this_project() {
        let name = |bundled: &str| package_name(bundled, &config(), Os::Linux).unwrap_or_default();
        let names = [
            name("Deer Park_0.1.0_amd64.deb"),
            name("Deer Park_0.1.0_amd64.AppImage.sig"),
            name("Deer Park-0.1.0-1.x86_64.rpm"),
            name("Deer Park_0.1.0_x64-setup.exe"),
            name("Deer Park.app.tar.gz"),
            name("share"),
        ];
        expect![[r#"
            deer-park-tauri-linux-0.1.0-amd64.deb
            deer-park-tauri-linux-0.1.0-amd64.AppImage.sig
            deer-park-tauri-linux-0.1.0-1.x86-64.rpm
            deer-park-tauri-linux-0.1.0-x64.exe
            deer-park-tauri-linux.app.tar.gz
        "#]]
        .assert_eq(&names.join("\n"));
        let is = |name: &str| is_package(Utf8Path::new(name), "app", Os::Linux);
        assert!(is("dist/tauri/app-tauri-linux-1.deb") && !is("app-tauri-linux-sha256.txt") && !is("app-linux-1.deb"));
    }

    #[test]
    fn updates_need_addresses_and_a_key() {
        assert_eq!(update_problem(None, None), None);
        assert_eq!(update_problem(Some("https://a/x, https://b/y\n"), Some("key")), None);
        let problems = [
            update_problem(Some("https://a"), None),
            update_problem(None, Some("key")),
            update_problem(Some("https://a,http://b"), Some("key")),
        ];
        expect![[r#"
            DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS is set, but DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY is not
            DESKTOP_DJANGO_TAURI_UPDATE_PUBLIC_KEY is set, but DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS is not
            http://b in DESKTOP_DJANGO_TAURI_UPDATE_ENDPOINTS does not begin with https://"#]]
        .assert_eq(&problems.into_iter().flatten().collect::<Vec<_>>().join("\n"));
    }
}
