//! `airgap-kit export-build`: what `packaged-stage --kit` needs on a machine without a network.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::act::{Done, finish};
use crate::base::ctx::Ctx;

use crate::base::fault::{Fault, Result};
use crate::release::kit_plan::ExportPlan;
use crate::stage::kit::objection;
use crate::stage::listing::LIST_END;
use crate::stage::plan::requirements::Package;

use crate::stage::{observe, packaged_stage};

/// Collect what staging needs: the interpreter's archive, the locked wheels for this system, uv. Proven before it ends.
///
/// The proof is a stage from the collection alone, into an empty store, with no network; it must give the same tree.
/// On the other side `cargo xtask packaged-stage --kit FOLDER` stages from it. Rust's and npm's packages are not in it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Where the interpreter comes from, as `packaged-stage` has it; one copied from this machine can't be exported.
    #[arg(long, value_name = "SOURCE")]
    python_source: Option<String>,
    /// The folder that gets the kit, instead of `dist/airgap`.
    #[arg(long, value_name = "FOLDER")]
    output: Option<Utf8PathBuf>,
}

pub(crate) fn run(ctx: &Ctx, args: &Args) -> Result<()> {
    // Its result is not the result of this command.
    let quiet = Ctx { json: false, ..ctx.clone() };
    packaged_stage::stage_from(&quiet, args.python_source.as_deref())?;
    let Some(record) = observe::record(ctx) else {
        ctx.ui.say("the rest of the plan is decided when the backend is staged");
        return Ok(());
    };
    if let Some(why) = objection(&record.seen.source) {
        return Err(Fault::new("the staged interpreter can't be exported")
            .because(why)
            .hint("stage with `--python-source uv` or `--python-source archive:PATH`"));
    }
    let name = format!("{}-build-{}", ctx.config.project.name, ctx.host);
    let folder = args.output.clone().unwrap_or_else(|| ctx.layout.kits()).join(&name);
    let seen = &record.seen;
    let inputs = seen.inputs.iter().chain(&seen.projects).chain(&seen.folders).map(|file| file.path.clone());
    let inputs = inputs.chain(seen.packages.iter().filter_map(Package::file));
    let inputs = inputs.map(|path| ctx.layout.backend().join(path));
    let inputs = inputs.chain(seen.runtime.iter().map(|file| ctx.layout.runtime().join(&file.path)));
    // A dependency's folder may be one that another list names, too.
    let inputs: BTreeSet<Utf8PathBuf> = inputs.collect();
    let plan = ExportPlan {
        folder: folder.clone(),
        source: record.seen.source.clone(),
        version: record.python.version.clone(),
        digest: record.digest.clone(),
        inputs: inputs.into_iter().collect(),
        list: format!("{name}{LIST_END}"),
        proof: ctx.layout.scratch().join("airgap-proof"),
    };
    match finish(ctx, &plan)? {
        Done::Printed => Ok(()),
        Done::Applied => crate::release::airgap_kit::tell(ctx, &folder),
    }
}
