//! What others wrote of a shell, with their licences, as a file that the shell's packages have in them. The staged backend
//! brings a file of its own.

use std::collections::{HashMap, HashSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::act::Plan;
use crate::base::ask::ask;
use crate::base::ctx::Ctx;
use crate::base::digests;
use crate::base::fault::{Context, Fault, Result};
use crate::base::files;
use crate::base::layout::Layout;
use crate::release::plan::sbom::{Component, locks};
use crate::shell::rust_library;
use crate::stage::distribution;
use crate::stage::licence::is_file_of_licence;
use crate::stage::notices::{self, FILE_NAME, Part};
use crate::stage::plan::requirements::name;

/// Where the file of a shell lies, for its packager.
pub(crate) fn place(layout: &Layout, shell: &str) -> Utf8PathBuf {
    layout.stage_root().join("notices").join(shell).join(FILE_NAME)
}

/// Writes the file to `path`, with the parts that `find` finds when that is done.
pub(crate) fn written(path: Utf8PathBuf, find: impl Fn(&Ctx) -> Result<Vec<Part>> + 'static) -> Plan {
    Plan::new().task(format!("write   {path}  (licences of the shell's parts)"), move |ctx| {
        let parts = find(ctx)?;
        if let Some(warning) = notices::warning(&parts) {
            ctx.ui.notice(warning);
        }
        let text = notices::format("The window around this program", parts);
        files::write_atomically(&ctx.layout.absolute(&path), text.as_bytes())
    })
}

/// Electron, and the modules that its shell in `folder` is packaged with.
pub(crate) fn of_npm(ctx: &Ctx, folder: &str) -> Result<Vec<Part>> {
    const CHROMIUM: &str = "LICENSES.chromium.html, in this folder or above it, has the licences of Chromium, Node.js and all \
                            that they are made of.";
    let lock = Utf8Path::new(folder).join("package-lock.json");
    let locked = locks::of_npm(&ctx.read(&lock)?).map_err(|why| {
        Fault::new("the licences of the shell's modules can't be collected")
            .because(why)
            .hint(format!("`git restore {lock}` brings it back"))
    })?;
    let modules = ctx.layout.absolute(folder);
    let part = |(place, component): &(String, Component)| {
        let Component { name, version, licence, .. } = component;
        let licence = licence.as_ref().map(ToString::to_string);
        let mut part = from_folder(format!("{name} {version}"), licence, &modules.join(place), None)?;
        if name == "electron" {
            part.texts.push(("Chromium and Node.js".to_owned(), CHROMIUM.to_owned()));
        }
        Ok(part)
    };
    // What is for other systems alone is not installed.
    locked.iter().filter(|(place, _)| modules.join(place).is_dir()).map(part).collect()
}

/// What cargo tells of a program, as far as it counts here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Crate>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Crate {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<String>,
    manifest_path: Utf8PathBuf,
    /// Nothing for the program's own.
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
    root: Option<String>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// Nothing for what is linked; `build` and `dev` for the rest.
    kind: Option<String>,
}

/// The crates that a program is made of, for `target` or for this machine, and Rust's standard library.
pub(crate) fn of_cargo(ctx: &Ctx, manifest: &str, target: Option<&str>) -> Result<Vec<Part>> {
    let target = target.map_or_else(|| rust_library::of_rustc(ctx, "host"), |target| Ok(target.to_owned()))?;
    let args =
        ["metadata", "--locked", "--format-version", "1", "--manifest-path", manifest, "--filter-platform", &target];
    let told = ask(ctx.layout.root(), "cargo".into(), &args).map_err(|fault| {
        fault
            .within(format!("cannot ask cargo what {manifest} is made of"))
            .hint("check the connection or proxy, then run `cargo xtask tauri-install`")
    })?;
    let metadata: Metadata =
        serde_json::from_str(&told).fault(|| format!("cannot understand what cargo says of {manifest}"))?;
    let linked = linked(&metadata.resolve);
    let foreign = metadata.packages.iter().filter(|it| it.source.is_some() && linked.contains(it.id.as_str()));
    let mut parts: Vec<Part> = foreign
        .map(|it| {
            let folder = it.manifest_path.parent().unwrap_or(&it.manifest_path);
            from_folder(format!("{} {}", it.name, it.version), it.license.clone(), folder, it.license_file.as_deref())
        })
        .collect::<Result<_>>()?;
    parts.extend(rust_library::parts(ctx)?);
    Ok(parts)
}

/// The distributions of an environment of Python with these normalised names, and its interpreter.
pub(crate) fn of_python(ctx: &Ctx, python: &Utf8Path, names: &[String]) -> Result<Vec<Part>> {
    const FACTS: &str = "import json, platform, sysconfig as s; \
                         print(json.dumps([platform.python_version(), s.get_path('stdlib'), s.get_path('purelib')]))";
    let told = ask(ctx.layout.root(), python, &["-I", "-c", FACTS])?;
    let [version, library, packages]: [String; 3] =
        serde_json::from_str(&told).fault(|| format!("cannot understand what {python} says of itself"))?;
    let packages = Utf8Path::new(&packages);
    let installed = distribution::installed(packages)?;
    let shipped = installed.iter().filter(|found| name(&found.name).is_some_and(|name| names.contains(&name)));
    let mut parts: Vec<Part> = shipped.map(|found| notices::of_distribution(packages, found)).collect::<Result<_>>()?;
    parts.push(notices::of_python(&version, Utf8Path::new(&library), &["LICENSE.txt"])?);
    Ok(parts)
}

/// The crates that are linked, not those that only build or test.
fn linked(resolve: &Resolve) -> HashSet<&str> {
    let nodes: HashMap<&str, &Node> = resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let (mut found, mut open) = (HashSet::new(), Vec::from_iter(resolve.root.as_deref()));
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let needs = nodes.get(id).into_iter().flat_map(|node| &node.deps);
            let needs = needs.filter(|need| need.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            open.extend(needs.map(|need| need.pkg.as_str()));
        }
    }
    found
}

/// A part with the licences at the top of its folder, and the one that it names.
fn from_folder(name: String, licence: Option<String>, folder: &Utf8Path, named: Option<&str>) -> Result<Part> {
    let mut texts = digests::names_in(folder)?;
    texts.retain(|file| is_file_of_licence(file));
    let named = named.filter(|file| !texts.iter().any(|text| text == file) && folder.join(file).is_file());
    texts.extend(named.map(str::to_owned));
    texts.sort_unstable();
    Part::read(name, licence, folder, texts.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_builds_is_no_part_of_the_program() {
        let resolve = r#"{"root": "app", "nodes": [
            {"id": "app", "deps": [
                {"pkg": "a", "dep_kinds": [{"kind": null}]},
                {"pkg": "tool", "dep_kinds": [{"kind": "build"}, {"kind": "dev"}]},
                {"pkg": "both", "dep_kinds": [{"kind": "build"}, {"kind": null}]}]},
            {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": null}]}]},
            {"id": "b", "deps": [{"pkg": "a", "dep_kinds": [{"kind": null}]}]},
            {"id": "tool", "deps": []}, {"id": "both", "deps": []}]}"#;
        let resolve: Resolve = serde_json::from_str(resolve).unwrap();
        let mut found: Vec<&str> = linked(&resolve).into_iter().collect();
        found.sort_unstable();
        assert_eq!(found, ["a", "app", "b", "both"]);
    }
}
