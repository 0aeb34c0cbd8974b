//! The machine that something is planned for, as a value.
//!
//! Plans take a [`Host`] as a parameter, so that the plan for Windows can be read and tested on Linux.
//! Only [`Host::current`] looks at the machine that this runs on.

use std::fmt;

/// An operating system and a processor family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// The operating system.
    pub(crate) os: Os,
    /// The processor family.
    pub(crate) arch: Arch,
}

/// An operating system that the shells are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Os {
    /// Linux with glibc.
    Linux,
    /// macOS.
    #[expect(clippy::enum_variant_names, reason = "its name ends like that")]
    MacOs,
    /// Windows.
    Windows,
}

/// A processor family that the shells are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    /// 64-bit ARM.
    Arm64,
    /// 64-bit x86.
    X64,
}

impl Host {
    /// The machine that this process runs on. An unknown Unix counts as Linux.
    pub(crate) fn current() -> Self {
        let os = match std::env::consts::OS {
            "macos" => Os::MacOs,
            "windows" => Os::Windows,
            _ => Os::Linux,
        };
        let arch = if std::env::consts::ARCH == "aarch64" { Arch::Arm64 } else { Arch::X64 };
        Self { os, arch }
    }

    /// The host of this name: `linux-x64`, `macos-arm64`, `windows-x64` and so on.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.to_string() == name)
    }

    /// Every system and processor family that the shells are built for.
    pub(crate) const ALL: [Self; 6] = [
        Self { os: Os::Linux, arch: Arch::X64 },
        Self { os: Os::Linux, arch: Arch::Arm64 },
        Self { os: Os::Windows, arch: Arch::X64 },
        Self { os: Os::Windows, arch: Arch::Arm64 },
        Self { os: Os::MacOs, arch: Arch::Arm64 },
        Self { os: Os::MacOs, arch: Arch::X64 },
    ];

    /// `.exe` where programs carry it.
    pub(crate) fn exe_suffix(self) -> &'static str {
        if self.os == Os::Windows { ".exe" } else { "" }
    }

    /// The separator of lists of paths, such as `PATH` and `PYTHONPATH`.
    pub(crate) fn path_list_separator(self) -> char {
        if self.os == Os::Windows { ';' } else { ':' }
    }
}

impl Os {
    /// Every system.
    pub(crate) const ALL: [Self; 3] = [Self::MacOs, Self::Windows, Self::Linux];

    /// The word for it in names of hosts, artifacts and folders: `linux`, `macos`, `windows`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::MacOs => "macos",
            Self::Windows => "windows",
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let os = self.os.name();
        let arch = match self.arch {
            Arch::Arm64 => "arm64",
            Arch::X64 => "x64",
        };
        write!(f, "{os}-{arch}")
    }
}
