//! `doctor`: whether this machine has what the product needs.

mod needs;
mod observe;
mod plan;

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;

use crate::base::text::{count, size};
use crate::base::tools::find;

use crate::code::doctor::needs::Need;
use crate::code::doctor::observe::{StageState, free_bytes, network, stage_state, tools};
use crate::code::doctor::plan::{Seen, how_to_get, verdict};

/// A stage, its store and the tests' browsers fit into this many bytes.
const ENOUGH_BYTES: u64 = 2_000_000_000;

/// Look for everything that the product needs: programs, libraries, disk space, proxies.
///
/// What is missing is named with the command that brings it on this system. It fails when staging or testing can't
/// work; what only a shell needs is reported, but is not a failure.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask doctor")]
pub(crate) struct Doctor {}

/// All that was seen.
struct Seeing {
    tools: Vec<(&'static Need, Seen)>,
    has_apt: bool,
    free: Option<u64>,
    network: Vec<(String, String)>,
    stage: StageState,
}

impl Run for Doctor {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let seeing = Seeing {
            tools: tools(ctx),
            has_apt: find("apt-get").is_some(),
            free: free_bytes(ctx),
            network: network(ctx),
            stage: stage_state(ctx),
        };
        if ctx.json {
            ctx.ui.data(json(ctx, &seeing));
        } else {
            ctx.ui.data(lines(ctx, &seeing).join("\n"));
        }
        verdict(&seeing.tools, ctx.host, seeing.has_apt).map_or(Ok(()), Err)
    }
}

fn json(ctx: &Ctx, seeing: &Seeing) -> serde_json::Value {
    let tools: Vec<_> = seeing.tools.iter().map(|(need, seen)| tool_json(ctx, need, seen, seeing.has_apt)).collect();
    let network: BTreeMap<_, _> = seeing.network.iter().cloned().collect();
    let ok = verdict(&seeing.tools, ctx.host, seeing.has_apt).is_none();
    json!({
        "ok": ok, "host": ctx.host.to_string(), "tools": tools, "freeBytes": seeing.free, "network": network,
        "stage": seeing.stage,
    })
}

fn lines(ctx: &Ctx, seeing: &Seeing) -> Vec<String> {
    let mut lines: Vec<String> =
        seeing.tools.iter().map(|(need, seen)| tool_line(ctx, need, seen, seeing.has_apt)).collect();
    if let Some(free) = seeing.free {
        let (state, note) = if free < ENOUGH_BYTES { ("low", ", 2 GB are good to have") } else { ("ok", "") };
        lines.push(line(state, "disk", &format!("{} free{note}", size(free))));
    }
    lines.extend(seeing.network.iter().map(|(name, value)| line("set", name, value)));
    lines.push(stage_line(&seeing.stage));
    lines
}

fn line(state: &str, name: &str, text: &str) -> String {
    format!("{state:<8} {name:<24} {text}").trim_end().to_owned()
}

/// A line for what is there; for what is not, a second one with the command that brings it.
fn tool_line(ctx: &Ctx, need: &Need, seen: &Seen, has_apt: bool) -> String {
    let lacking = |state, why: String| {
        let only = if need.purpose.is_required() { "" } else { "only " };
        let what = format!("{why}{only}for {}", need.purpose.name());
        format!("{}\n{}", line(state, need.name, &what), line("", "", &how_to_get(need, ctx.host, has_apt)))
    };
    match seen {
        Seen::Found { what } => line("ok", need.name, what),
        Seen::Brought { how } => line("ok", need.name, how),
        Seen::Unfit { why } => lacking("unfit", format!("{why}; ")),
        Seen::Missing => lacking("missing", String::new()),
    }
}

fn tool_json(ctx: &Ctx, need: &Need, seen: &Seen, has_apt: bool) -> serde_json::Value {
    let get = (!seen.is_fine()).then(|| how_to_get(need, ctx.host, has_apt));
    json!({ "name": need.name, "for": need.purpose, "required": need.purpose.is_required(), "seen": seen, "get": get })
}

fn stage_line(stage: &StageState) -> String {
    let store = size(stage.store_bytes);
    match &stage.python {
        Some(python) => {
            let tree = format!("Python {python}, {}, {}", count(stage.files, "file"), size(stage.bytes));
            line("ok", "stage", &format!("{tree}; store {store}"))
        }
        None => line("none", "stage", &format!("`cargo xtask packaged-stage` makes it; store {store}")),
    }
}
