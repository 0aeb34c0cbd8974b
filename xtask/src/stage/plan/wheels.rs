//! Which wheels fit a version of Python on a system, told from their names (the `PyPA`'s "platform compatibility tags").

use crate::base::host::{Arch, Host, Os};

/// Whether a wheel can be installed for `CPython` of a version (`3.14.2`). Where the name does not say it for certain
/// (the age of the system), it does: the installer has the last word.
pub(crate) fn fits(file: &str, version: &str, host: Host) -> bool {
    let mut tags = file.trim_end_matches(".whl").rsplit('-');
    let (Some(platforms), Some(abis), Some(pythons)) = (tags.next(), tags.next(), tags.next()) else { return false };
    let Some(minor) = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()) else { return true };
    let any = |list: &str, fits: &dyn Fn(&str) -> bool| list.split('.').any(fits);
    any(platforms, &|platform| is_of_platform(platform, host))
        && any(abis, &|abi| any(pythons, &|python| is_of_python(python, abi, minor)))
}

fn is_of_python(python: &str, abi: &str, minor: u32) -> bool {
    if let Some(least) = python.strip_prefix("py3") {
        return abi == "none" && (least.is_empty() || least.parse::<u32>().is_ok_and(|least| least <= minor));
    }
    let Some(own) = python.strip_prefix("cp3").and_then(|own| own.parse::<u32>().ok()) else { return false };
    match abi {
        "abi3" => own <= minor,
        "none" => own == minor,
        _ => own == minor && abi == python,
    }
}

fn is_of_platform(platform: &str, host: Host) -> bool {
    let (starts, ends): (&[&str], &[&str]) = match (host.os, host.arch) {
        (Os::Linux, Arch::X64) => (&["linux", "manylinux"], &["_x86_64"]),
        (Os::Linux, Arch::Arm64) => (&["linux", "manylinux"], &["_aarch64"]),
        (Os::MacOs, Arch::X64) => (&["macosx"], &["_x86_64", "_universal2", "_intel"]),
        (Os::MacOs, Arch::Arm64) => (&["macosx"], &["_arm64", "_universal2"]),
        (Os::Windows, Arch::X64) => (&["win_amd64"], &[""]),
        (Os::Windows, Arch::Arm64) => (&["win_arm64"], &[""]),
    };
    platform == "any"
        || starts.iter().any(|start| platform.starts_with(start)) && ends.iter().any(|end| platform.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_fits_by_its_tags() {
        let check = |file: &str, os, arch| fits(file, "3.13.1", Host { os, arch });
        for file in [
            "six-1.17.0-py2.py3-none-any.whl",
            "a-1-py312-none-any.whl",
            "numpy-2.3-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
            "cryptography-45-1build-cp37-abi3-manylinux2014_x86_64.whl",
        ] {
            assert!(check(file, Os::Linux, Arch::X64), "{file}");
        }
        for file in [
            "a-1-py2-none-any.whl",
            "a-1-py314-none-any.whl",
            "a-1-cp312-cp312-manylinux2014_x86_64.whl",
            "a-1-cp313-cp313t-manylinux2014_x86_64.whl",
            "a-1-cp314-abi3-manylinux2014_x86_64.whl",
            "a-1-cp313-cp313-win_amd64.whl",
            "a-1-pp311-pypy311_pp73-manylinux2014_x86_64.whl",
        ] {
            assert!(!check(file, Os::Linux, Arch::X64), "{file}");
        }
        assert!(check("a-1-cp313-cp313-macosx_10_13_universal2.whl", Os::MacOs, Arch::Arm64));
        assert!(check("a-1-cp313-cp313-win_arm64.whl", Os::Windows, Arch::Arm64));
        assert!(!check("a-1-cp313-cp313-macosx_11_0_arm64.whl", Os::MacOs, Arch::X64));
    }
}
