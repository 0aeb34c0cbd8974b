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

    /// Whether a program begins as those of this system and processor do: ELF, Mach-O or PE.
    pub(crate) fn is_program(self, bytes: &[u8]) -> bool {
        let at = |at: usize, wanted: &[u8]| bytes.get(at..at + wanted.len()) == Some(wanted);
        let is_x64 = self.arch == Arch::X64;
        match self.os {
            Os::Linux => at(0, b"\x7fELF\x02") && at(18, if is_x64 { b"\x3e\x00" } else { b"\xb7\x00" }),
            Os::MacOs => {
                // Of a file for several processors each part says which one it is for.
                at(0, b"\xca\xfe\xba\xbe")
                    || at(
                        0,
                        &[b"\xcf\xfa\xed\xfe".as_slice(), if is_x64 { b"\x07\0\0\x01" } else { b"\x0c\0\0\x01" }]
                            .concat(),
                    )
            }
            Os::Windows => {
                let header =
                    bytes.get(0x3c..0x40).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
                let header = usize::try_from(header).unwrap_or(usize::MAX / 2);
                at(0, b"MZ") && at(header, b"PE\0\0") && at(header + 4, if is_x64 { b"\x64\x86" } else { b"\x64\xaa" })
            }
        }
    }
}

impl Os {
    /// The interpreter of an environment of Python, below its folder.
    pub(crate) fn python_of_environment(self) -> &'static str {
        if self == Self::Windows { "Scripts/python.exe" } else { "bin/python" }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_told_by_how_it_begins() {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(18, 0);
        elf.extend(b"\xb7\x00");
        let mut windows = b"MZ".to_vec();
        windows.resize(0x3c, 0);
        windows.extend(b"\x40\0\0\0PE\0\0\x64\x86");
        let mac = b"\xcf\xfa\xed\xfe\x0c\0\0\x01".to_vec();
        let fits = |bytes: &[u8]| -> Vec<String> {
            let targets = Host::ALL.into_iter().filter(|target| target.is_program(bytes));
            targets.map(|target| target.to_string()).collect()
        };
        assert_eq!(fits(&elf), ["linux-arm64"]);
        assert_eq!(fits(&windows), ["windows-x64"]);
        assert_eq!(fits(&mac), ["macos-arm64"]);
        assert!(
            fits(b"MZ").is_empty()
                && fits(b"").is_empty()
                && fits(b"MZ and then a text that says nothing, nothing at all, nothing").is_empty()
        );
    }
}
