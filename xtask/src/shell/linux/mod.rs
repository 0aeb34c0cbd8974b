//! Packages for Linux that this tool writes itself, from the folder that Electron's packager left.

mod deb;
mod plan;
mod rpm;
mod rpm_header;
mod tree;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::act::Plan;
use crate::base::config::linux::Format;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Result};
use crate::base::host::Arch;
use crate::release::artifact::Artifacts;
use crate::shell::linux::plan::About;

/// Where the shell's version stands; its packager names packages by it.
const MANIFEST: &str = "shells/electron/package.json";

/// Writes the packages that `dds.toml` lists besides an `AppImage`, into the folder in which the packager left the program.
/// `rest` are the packager's arguments.
pub(crate) fn packages(ctx: &Ctx, output: &Utf8Path, rest: &[String]) -> Result<Plan> {
    let mut plan = Plan::new();
    for format in ctx.config.linux.own() {
        let version = version(ctx, rest)?;
        let artifacts = Artifacts { project: &ctx.config.project.name, shell: "electron", os: ctx.target.os };
        let to = output.join(format!("{}-{version}-{}", artifacts.prefix(), format.end(ctx.target.arch)));
        let unpacked = unpacked(output, ctx.target.arch);
        plan = plan
            .task(format!("write   {to}  (from {unpacked})"), move |ctx| write(ctx, format, &version, &unpacked, &to));
    }
    Ok(plan)
}

/// The folder that electron-builder leaves.
fn unpacked(output: &Utf8Path, arch: Arch) -> Utf8PathBuf {
    output.join(if arch == Arch::X64 { "linux-unpacked" } else { "linux-arm64-unpacked" })
}

fn write(ctx: &Ctx, format: Format, version: &str, unpacked: &Utf8Path, to: &Utf8Path) -> Result<()> {
    let about = About::new(&ctx.config, version, ctx.target.arch, ctx.env.date()?);
    let mut tree = tree::of_program(ctx, &about, format, unpacked)?;
    if format == Format::Deb {
        tree::add_debian(&mut tree, &about).fault(|| format!("cannot write {to}"))?;
    }
    let tree = tree::with_folders(tree);
    // Minutes on a slow machine, and a log shows no bar.
    let _section = ctx.ui.section(&format!("write {}", to.file_name().unwrap_or_default()));
    let progress = ctx.ui.bytes(to.extension().unwrap_or_default(), tree.values().map(tree::Entry::size).sum());
    let write = if format == Format::Deb { deb::write } else { rpm::write };
    write(&ctx.layout.absolute(to), &about, &tree, &|bytes| progress.add(bytes))
}

/// The version that the packager takes: of its arguments, or of the shell.
fn version(ctx: &Ctx, rest: &[String]) -> Result<String> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    if let Some((_, given)) = rest.iter().find_map(|arg| arg.split_once("extraMetadata.version=")) {
        return Ok(given.to_owned());
    }
    let package: Package =
        serde_json::from_str(&ctx.read(MANIFEST)?).fault(|| format!("cannot find the version in {MANIFEST}"))?;
    Ok(package.version)
}
