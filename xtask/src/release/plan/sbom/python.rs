//! The Python side of the inventory: installed distributions with their hashes from `uv.lock`, the interpreter, and
//! the native libraries that the interpreter itself reports.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::release::plan::sbom::{Component, purl};
use crate::stage::distribution::Distribution;
use crate::stage::libraries;
use crate::stage::licence::of_expression;
use crate::stage::plan::pinned;
use crate::stage::record::PythonFacts;

/// A wheel in the lock.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Wheel {
    #[serde(default)]
    url: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    filename: String,
    hash: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: Option<String>,
    #[serde(default)]
    wheels: Vec<Wheel>,
    #[serde(default)]
    dependencies: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Lock {
    #[serde(rename = "package", default)]
    packages: Vec<Package>,
}

impl Wheel {
    fn file_name(&self) -> &str {
        let place = [&self.filename, &self.url, &self.path].into_iter().find(|place| !place.is_empty());
        place.and_then(|place| place.rsplit('/').next()).unwrap_or_default()
    }

    /// The tags in its name, where each of the three parts may have several: `cp313-cp313-manylinux1_x86_64.linux_x86_64`.
    fn tags(&self) -> BTreeSet<String> {
        let name = self.file_name().strip_suffix(".whl").unwrap_or_default();
        let mut parts = name.rsplitn(4, '-');
        let [Some(platforms), Some(abis), Some(pythons)] = [parts.next(), parts.next(), parts.next()] else {
            return BTreeSet::new();
        };
        let mut tags = BTreeSet::new();
        for python in pythons.split('.') {
            for abi in abis.split('.') {
                tags.extend(platforms.split('.').map(|platform| format!("{python}-{abi}-{platform}")));
            }
        }
        tags
    }
}

/// A name as indexes compare it: `Django_Tasks` is `django-tasks`.
fn normalised(name: &str) -> String {
    let mut normalised = String::new();
    for c in name.chars() {
        let c = if "-_.".contains(c) { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !normalised.ends_with('-') {
            normalised.push(c);
        }
    }
    normalised
}

/// The distributions as components. Each must be in the lock, with the wheel that it was installed from, or in one of the
/// lists of requirements, whose hashes don't say which wheel they are of.
///
/// # Errors
/// The lock can't be read, or every distribution that it does not have.
pub(crate) fn distributions(
    installed: &[Distribution],
    lock: &str,
    lists: &[String],
) -> Result<Vec<Component>, Vec<String>> {
    let lock: Lock =
        toml::from_str(lock).map_err(|error| vec![format!("uv.lock can't be read: {}", error.message())])?;
    let listed = listed(lists);
    let versions: BTreeMap<String, String> =
        installed.iter().map(|installed| (normalised(&installed.name), installed.version.clone())).collect();
    let mut wrong = Vec::new();
    let mut components = Vec::new();
    for distribution in installed {
        let name = normalised(&distribution.name);
        let version = Some(&distribution.version);
        let mut component = Component::new("library", "pypi", &name, &distribution.version);
        component.name.clone_from(&distribution.name);
        component.licence.clone_from(&distribution.licence);
        let Some(locked) =
            lock.packages.iter().find(|package| package.name == name && package.version.as_ref() == version)
        else {
            if let Some(hashes) = listed.get(&(name, distribution.version.clone())) {
                component.hash = hashes.first().filter(|_| hashes.len() == 1).map(|hash| ("SHA-256", hash.clone()));
                components.push(component);
                continue;
            }
            wrong.push(format!("{} {} is installed and not in uv.lock", distribution.name, distribution.version));
            continue;
        };
        let Some(sha256) = digest(locked, distribution) else {
            wrong.push(format!("uv.lock has no hash of the wheel that {name} was installed from"));
            continue;
        };
        component.hash = Some(("SHA-256", sha256));
        let needs = locked.dependencies.iter().filter_map(|need| versions.get_key_value(&normalised(&need.name)));
        component.needs = needs.map(|(name, version)| purl("pypi", name, version)).collect();
        components.push(component);
    }
    if wrong.is_empty() { Ok(components) } else { Err(wrong) }
}

/// What lists of requirements have: the hashes of each name and version.
fn listed(lists: &[String]) -> BTreeMap<(String, String), Vec<String>> {
    let packages = lists.iter().filter_map(|list| Some(pinned::read(list, "", "").ok()?.packages)).flatten();
    let hashes = |requirement: &str| {
        let after = requirement.split("--hash=sha256:").skip(1);
        after.filter_map(|text| text.split_whitespace().next()).map(str::to_owned).collect()
    };
    packages.map(|package| ((package.name, package.version), hashes(&package.requirement))).collect()
}

/// The digest of the wheel whose tags are those of the installation; the only one, where there is one only.
fn digest(locked: &Package, distribution: &Distribution) -> Option<String> {
    let fits = |wheel: &&Wheel| wheel.tags() == distribution.tags;
    let only = || locked.wheels.first().filter(|_| locked.wheels.len() == 1);
    let wheel = locked.wheels.iter().find(fits).or_else(only)?;
    wheel.hash.as_deref()?.strip_prefix("sha256:").map(str::to_owned)
}

/// The interpreter and its libraries. `source` says where it comes from: one that was copied from a machine uses
/// libraries of that machine, and it does not tell which of them are its own.
pub(crate) fn interpreter(facts: &PythonFacts, source: &str) -> Vec<Component> {
    let mut python = Component::new("platform", "generic", "cpython", &facts.version);
    python.licence = of_expression(libraries::PYTHON_LICENCE);
    python.cpe = cpe("python", "python", &facts.version);
    python.properties.insert("python-source", source.to_owned());
    let mut components: Vec<Component> = facts
        .libraries
        .iter()
        .map(|(name, version)| {
            let mut library = Component::new("library", "generic", name, version);
            let known = libraries::find(name);
            library.licence = known.and_then(|known| of_expression(known.licence));
            library.cpe = known.and_then(|known| cpe(known.vendor, known.product, version));
            if source == "host" {
                library
                    .properties
                    .insert("shipped", "not sure: a copied interpreter uses libraries of its machine".to_owned());
            }
            library
        })
        .collect();
    python.needs = components.iter().map(|library| library.purl.clone()).collect();
    components.push(python);
    components
}

fn cpe(vendor: &str, product: &str, version: &str) -> Option<String> {
    let is_plain = version.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
    (!vendor.is_empty() && is_plain).then(|| format!("cpe:2.3:a:{vendor}:{product}:{version}:*:*:*:*:*:*:*"))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::stage::distribution::of_texts;

    const LOCK: &str = r#"
version = 1
[[package]]
name = "a-b"
version = "1.0"
wheels = [
  { url = "https://h/a_b-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = "sha256:aa" },
  { url = "https://h/a_b-1.0-cp313-cp313-win_amd64.whl", hash = "sha256:bb" },
]
dependencies = [{ name = "c" }, { name = "d", marker = "sys_platform == 'win32'" }]
[[package]]
name = "c"
version = "2.0"
wheels = [{ filename = "c-2.0-1-py3-none-any.whl", path = "c.whl", hash = "sha256:cc" }]
"#;

    fn installed(name: &str, version: &str, tags: &[&str]) -> Distribution {
        let wheel: Vec<String> = tags.iter().map(|tag| format!("Tag: {tag}")).collect();
        let wheel = wheel.join("\n");
        of_texts(&format!("Name: {name}\nVersion: {version}\nLicense: MIT\n\nName: not this\n"), &wheel).unwrap()
    }

    fn check(installed: &[Distribution], expected: &Expect) {
        expected.assert_eq(&match distributions(installed, LOCK, &["d==3 \\\n    --hash=sha256:dd\n".to_owned()]) {
            Ok(components) => components
                .iter()
                .map(|component| format!("{} {:?} {:?}", component.purl, component.hash, component.needs))
                .collect::<Vec<_>>()
                .join("\n"),
            Err(wrong) => wrong.join("\n"),
        });
    }

    #[test]
    fn the_hash_is_of_the_wheel_that_was_installed() {
        let a = installed("A.b", "1.0", &["cp313-cp313-manylinux_2_17_x86_64", "cp313-cp313-manylinux2014_x86_64"]);
        check(
            &[a, installed("c", "2.0", &["py3-none-any"]), installed("D", "3", &[])],
            &expect![[r#"
                pkg:pypi/a-b@1.0 Some(("SHA-256", "aa")) {"pkg:pypi/c@2.0", "pkg:pypi/d@3"}
                pkg:pypi/c@2.0 Some(("SHA-256", "cc")) {}
                pkg:pypi/d@3 Some(("SHA-256", "dd")) {}"#]],
        );
    }

    #[test]
    fn what_the_lock_does_not_have_is_named() {
        check(
            &[
                installed("a_b", "1.0", &["cp314-cp314-win_amd64"]),
                installed("c", "2.1", &[]),
                installed("x", "1", &[]),
            ],
            &expect![[r#"
                uv.lock has no hash of the wheel that a-b was installed from
                c 2.1 is installed and not in uv.lock
                x 1 is installed and not in uv.lock"#]],
        );
    }
}
