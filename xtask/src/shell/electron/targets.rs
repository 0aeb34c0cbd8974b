//! What can be packaged for which system on which: the usual packages, what is missing among them, and what is refused.

use crate::base::config::linux::Format;
use crate::base::fault::Fault;
use crate::base::host::{Arch, Host, Os};

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

/// What electron-builder makes of a system when nobody names it. `linux` has the packages for Linux, of which it makes an
/// `AppImage` alone.
pub(crate) fn usual(host: Host, system: Host, target: Target, linux: &[Format]) -> &'static [&'static str] {
    let is_own = host.os == system.os;
    match (target, system.os) {
        (Target::Folder, _) if is_own => &["--dir"],
        (Target::Folder, Os::Linux) => &["--linux", "dir"],
        (Target::Folder, Os::MacOs) => &["--mac", "dir"],
        (Target::Folder, Os::Windows) => &["--win", "dir"],
        (Target::Dmg | Target::UnsignedDmg, _) => &["--mac", "dmg"],
        (Target::Installers, Os::Linux) if host.os == Os::Windows => &["--linux", "tar.gz"],
        (Target::Installers, Os::Linux) if !linux.contains(&Format::AppImage) => &["--linux", "dir"],
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

/// Whether an argument for electron-builder names what it makes.
pub(crate) fn is_named(arg: &str) -> bool {
    ["--linux", "--mac", "--macos", "--win", "--windows", "-l", "-m", "-o", "-w", "--dir"].contains(&arg)
}

/// The name of Electron's program for a system, and how the name of its archive ends.
pub(crate) fn electron_of(system: Host) -> (&'static str, String) {
    let (program, name) = match system.os {
        Os::Linux => ("electron", "linux"),
        Os::MacOs => ("Electron.app", "darwin"),
        Os::Windows => ("electron.exe", "win32"),
    };
    let arch = if system.arch == Arch::X64 { "x64" } else { "arm64" };
    (program, format!("-{name}-{arch}.zip"))
}
