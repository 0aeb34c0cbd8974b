//! `adopt`: looks at a Django project that was made for a server, decides how it becomes a desktop program, and writes
//! that into `dds.toml`. Nothing in the project is changed.

mod env_files;
mod facts;
mod imported;
mod layout;
mod listing;
mod lists;
mod lock;
mod locks;
mod observe;
mod plan;
mod reads;
mod report;
mod requirements;
mod sources;
mod tree;
mod uv_says;
mod versions;
mod write;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args as ClapArgs;
use toml::{Table, Value};

use crate::adopt::facts::{Facts, Seen, Tree};
use crate::adopt::imported::Order;
use crate::adopt::listing::Listing;
use crate::adopt::lock::Locked;
use crate::adopt::plan::known::Remark;
use crate::adopt::plan::settings::Choice;
use crate::adopt::plan::{Decision, Environment, Known};
use crate::adopt::requirements::Wishes;
use crate::adopt::versions::Chosen;
use crate::base::act::{Plan, Step, finish};
use crate::base::ask::ask;
use crate::base::config::{Config, FILE_NAME};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Context, Fault, Result};
use crate::base::layout::Layout;
use crate::base::text::decoded;
use crate::base::tools;
use crate::stage::packaged_stage;

/// Make a desktop program of a Django project: look at it, decide, write `dds.toml`.
///
/// The project may lie anywhere, and nothing in it is changed. Its settings are imported, which runs its code: in a copy,
/// in a throw-away environment without a network. A second run keeps your lines and tells what it would change.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  cargo xtask adopt ../their-project\n  cargo xtask adopt ../their-project --check\n  \
    cargo xtask adopt ../their-project --settings shop.settings.production --dry-run"
)]
pub(crate) struct Args {
    /// The folder of the project.
    path: Utf8PathBuf,
    /// The file to write, instead of `dds.toml` of this checkout.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    write: Option<Utf8PathBuf>,
    /// Stage the project afterwards and check that it starts, as `packaged-stage --check`.
    #[arg(long)]
    check: bool,
    /// The settings module that the program gets.
    #[arg(long, value_name = "MODULE")]
    settings: Option<String>,
    /// Values that the settings may read while they are looked at. They may point at real servers, so none are read unasked.
    #[arg(long, value_name = "FILE")]
    env_file: Option<Utf8PathBuf>,
    /// Leave a package out, as `[packages] drop`. May be repeated.
    #[arg(long, value_name = "NAME")]
    drop: Vec<String>,
    /// Take this in the place of the project's requirement of the same name, as `[packages] replace`. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    replace: Vec<String>,
    /// Add a requirement, as `[packages] add`. May be repeated.
    #[arg(long, value_name = "REQUIREMENT")]
    add: Vec<String>,
    /// Also write the lines that it would decide differently today, and replace a `dds.toml` of another project that git has no copy of.
    #[arg(long)]
    yes: bool,
}

/// What a person has said in the file of an earlier run.
#[derive(Default)]
struct Before {
    /// Its text; nothing where it is about another project.
    text: Option<String>,
    table: Table,
}

impl Before {
    fn get(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.table.get(*first)?, |value, key| value.get(key))
    }

    fn text(&self, path: &[&str]) -> Option<String> {
        self.get(path).and_then(Value::as_str).map(str::to_owned)
    }

    fn env(&self) -> BTreeMap<String, String> {
        let table = self.get(&["backend", "env"]).and_then(Value::as_table);
        let pairs = table.into_iter().flatten();
        pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }
}

/// What was looked at and decided.
struct Adopted {
    facts: Facts,
    wishes: Wishes,
    choice: Choice,
    env: Environment,
    listing: Listing,
    locked: Locked,
    seen: Seen,
    absent: Vec<String>,
}

impl Adopted {
    fn known(&self) -> Known<'_> {
        let Self { facts, wishes, choice, env, listing, locked, seen, absent } = self;
        Known { facts, wishes, choice, env, dropped: &listing.dropped, locked, seen, absent }
    }
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let tree = self.tree(ctx)?;
        let file = self.file(ctx)?;
        let folder = file.parent().unwrap_or(Utf8Path::new("/")).to_owned();
        let written_root = observe::relative(&tree.root, &folder);
        let before = before(ctx, &file, &written_root, self.yes)?;
        let adopted = self.look(ctx, &tree, &before, &folder)?;
        let decision = plan::decide(&adopted.known());
        let changes = match &before.text {
            Some(text) => write::compare(text, &decision.lines)?,
            None => write::Changes { text: write::fresh(&decision.lines), ..write::Changes::default() },
        };
        self.remember(ctx, &tree, &adopted, &changes.text)?;
        tell(ctx, &adopted, &decision, &changes.text);
        if !decision.refusals.is_empty() {
            return Err(refused(&adopted.facts, &decision.refusals));
        }
        self.finish(ctx, &adopted, &before, changes, (&file, &folder))
    }
}

impl Args {
    /// The project's files: those of the folder, or of the one in it that has the project with its `uv.lock`.
    fn tree(&self, ctx: &Ctx) -> Result<Tree> {
        let what = || format!("there is no folder {}", self.path);
        let root = self.path.canonicalize_utf8().fault(what);
        let root = root.map_err(|fault| fault.hint("give the folder of a Django project"))?;
        let tree = tree::read(&root)?;
        let Some(inner) = layout::with_own_lock(&tree) else { return Ok(tree) };
        ctx.ui.say(format_args!("the project is {}, which has manage.py and uv.lock", self.path.join(&inner)));
        tree::read(&root.join(inner))
    }

    /// The file that is written, absolute.
    fn file(&self, ctx: &Ctx) -> Result<Utf8PathBuf> {
        let Some(file) = &self.write else { return Ok(ctx.layout.absolute(FILE_NAME)) };
        let here =
            Utf8PathBuf::from_path_buf(std::env::current_dir().fault(|| "the working folder is gone".to_owned())?);
        let file = here.unwrap_or_default().join(file);
        let folder = file.parent().unwrap_or(Utf8Path::new("/"));
        let folder = folder.canonicalize_utf8().fault(|| format!("there is no folder {folder}"))?;
        Ok(folder.join(file.file_name().unwrap_or(FILE_NAME)))
    }

    fn look(&self, ctx: &Ctx, tree: &Tree, before: &Before, folder: &Utf8Path) -> Result<Adopted> {
        let wishes = Wishes::of(before.get(&["packages"]).and_then(Value::as_table));
        let wishes = wishes.with(&self.add, &self.drop, &self.replace);
        let (mut facts, listing) = observe::observe(tree, folder, &wishes);
        let wanted = self.settings.clone().or_else(|| before.text(&["backend", "settings-module"]));
        let mut refusals = plan::refusals::from_files(&facts.mentions, &requirements::objections(&listing));
        refusals.extend(plan::refusals::of_lists(&facts, &listing));
        refusals.extend(plan::refusals::of_layout(&facts.layout));
        if !facts.above.is_empty() {
            let imported = sources::imported(tree, &facts.layout);
            refusals.extend(plan::refusals::from_above(&facts, &imported, &listing, &wishes));
        }
        let python = facts.requires_python.clone().unwrap_or_default();
        let django = facts.django.clone().unwrap_or_default();
        let choices = versions::choose(&python, &django).map_err(|why| {
            plan::refusals::of_versions(why, requirements::place_of_django(tree, &facts.needs, &listing))
        });
        let choices = choices.map(|choices| wanted_first(choices, before.text(&["python", "version"]).as_deref()));
        // What no option mends comes first.
        refusals.splice(..0, choices.as_ref().err().cloned());
        let choices = match choices {
            Ok(choices) if refusals.is_empty() => choices,
            _ => return Err(refuse(ctx, &facts, &refusals)),
        };
        let mut choice = plan::settings::choose(&facts, wanted.as_deref())?;
        if self.settings.is_none() && wanted.is_some() {
            choice.reason = format!("{FILE_NAME} says so");
        }
        facts.variables = reads::variables(tree, &facts.layout, &choice.module);
        let env = Environment::new(&facts.variables, before.env(), env_files::examples(tree));
        let locked = lock::lock(ctx, tree, (&facts.needs, &listing), &wishes, &choices, &folder.join(lock::FILE))?;
        let unhashed = plan::refusals::of_uv_lock(&requirements::of_repositories(tree, &locked.text));
        if !unhashed.is_empty() {
            return Err(refuse(ctx, &facts, &unhashed));
        }
        ctx.ui.say(format_args!(
            "importing {}: this runs the project's code, in a copy, without a network (docs/existing-project.md)",
            choice.module
        ));
        let seen = imported::look(ctx, &self.order(tree, &facts, &choice, &env, before)?, &locked)?;
        if before.get(&["backend", "seed"]).is_none() {
            facts.data = committed_data(&tree.root, &seen);
        }
        let named = seen.folders.iter().filter(|(setting, folder)| {
            setting == "STATICFILES_DIRS" && !folder.starts_with('/') && !tree.has_folder(folder)
        });
        let absent = named.map(|(_, folder)| folder.clone()).collect();
        Ok(Adopted { facts, wishes, choice, env, listing, locked, seen, absent })
    }

    fn order<'a>(
        &self,
        tree: &'a Tree,
        facts: &'a Facts,
        choice: &'a Choice,
        env: &'a Environment,
        before: &Before,
    ) -> Result<Order<'a>> {
        let overlay = before.get(&["backend", "overlay"]).cloned().unwrap_or(Value::Table(Table::new()));
        Ok(Order {
            tree,
            layout: &facts.layout,
            module: &choice.module,
            env,
            overlay: serde_json::to_value(overlay).fault(|| "cannot read [backend.overlay]".to_owned())?,
            start: before.text(&["backend", "start-path"]),
            as_owner: before.text(&["backend", "account"]).as_deref() == Some("owner"),
            given: self.given()?,
        })
    }

    /// What was seen holds for the next run, too, which finds in the file what this one decided.
    fn remember(&self, ctx: &Ctx, tree: &Tree, adopted: &Adopted, file: &str) -> Result<()> {
        if !adopted.seen.failures.is_empty() {
            return Ok(());
        }
        let next = Before { text: None, table: toml::from_str(file).fault(|| format!("cannot write {FILE_NAME}"))? };
        let env = Environment::new(&adopted.facts.variables, next.env(), adopted.env.examples.clone());
        let order = self.order(tree, &adopted.facts, &adopted.choice, &env, &next)?;
        imported::remember(ctx, &order, &adopted.locked, &adopted.seen)
    }

    /// The values of `--env-file`.
    fn given(&self) -> Result<BTreeMap<String, String>> {
        let Some(path) = &self.env_file else { return Ok(BTreeMap::new()) };
        let text = decoded(&std::fs::read(path).fault(|| format!("cannot read {path}"))?);
        Ok(env_files::lines(&text).map(|(name, value, _)| (name, value)).collect())
    }

    fn finish(
        &self,
        ctx: &Ctx,
        adopted: &Adopted,
        before: &Before,
        changes: write::Changes,
        (file, folder): (&Utf8Path, &Utf8Path),
    ) -> Result<()> {
        let is_ours = before.text.is_some();
        let mut plan = Plan::new();
        if let Some(note) = plan::remarks::of_workflows(&adopted.facts.written_root, is_known_to_git(ctx, adopted)) {
            ctx.ui.say(note);
        }
        if let Some(note) = plan::remarks::of_version(&adopted.facts, packaged_version(ctx).as_deref()) {
            ctx.ui.say(note);
        }
        for line in &changes.told {
            ctx.ui.say(format_args!("{FILE_NAME}: {line}"));
        }
        if is_ours && !self.yes && !changes.told.is_empty() {
            ctx.ui.say(format_args!("{FILE_NAME} stays as it is; `--yes` takes these lines over"));
        }
        let shown = |path: &Utf8Path| Utf8PathBuf::from(observe::relative(path, ctx.layout.root()));
        let contents = if !is_ours || self.yes { changes.text } else { changes.said };
        if before.text.as_ref() != Some(&contents) {
            plan = plan.then(Step::Write { path: shown(file), contents });
        }
        let list = folder.join(lock::FILE);
        let is_new = std::fs::read_to_string(&list).ok().as_deref() != Some(&adopted.locked.text);
        if adopted.facts.needs != facts::Needs::UvLock && is_new {
            plan = plan.then(Step::Write { path: shown(&list), contents: adopted.locked.text.clone() });
        }
        if self.check {
            plan = plan.task("stage   .stage/backend, and check that it starts", check);
        }
        finish(ctx, &plan)
    }
}

/// The Python that a person has chosen, where it fits; else all that do.
fn wanted_first(choices: Vec<Chosen>, version: Option<&str>) -> Vec<Chosen> {
    let is_wanted = |chosen: &Chosen| version == Some(&*chosen.bundled.to_string());
    let wanted = choices.iter().copied().find(is_wanted);
    wanted.map_or(choices, |chosen| vec![chosen])
}

/// Stages what `dds.toml` says now, and checks it.
fn check(ctx: &Ctx) -> Result<()> {
    let root = ctx.layout.root().to_owned();
    let config = Config::load(&root)?;
    let layout = Layout::new(root, &config, &ctx.env);
    packaged_stage::stage_and_check(&Ctx { config, layout, ..ctx.clone() })
}

/// The file of an earlier run. One about another project is replaced: git has it, or the person says yes.
fn before(ctx: &Ctx, file: &Utf8Path, root: &str, yes: bool) -> Result<Before> {
    let Ok(text) = std::fs::read_to_string(file) else { return Ok(Before::default()) };
    let table: Table = toml::from_str(&text).fault(|| format!("cannot understand {file}"))?;
    let own = table.get("backend").and_then(|backend| backend.get("root")).and_then(Value::as_str);
    if own == Some(root) {
        return Ok(Before { text: Some(text), table });
    }
    if !yes && !is_committed(file) {
        let own = own.unwrap_or("another project");
        return Err(Fault::new(format!(
            "{} is about {own}, and has changes that git has no copy of",
            shown(ctx, file)
        ))
        .hint("commit it, or give `--yes` to replace it, or `--write FILE` for another file"));
    }
    Ok(Before::default())
}

fn shown(ctx: &Ctx, file: &Utf8Path) -> String {
    observe::relative(file, ctx.layout.root())
}

fn is_committed(file: &Utf8Path) -> bool {
    let (Some(folder), Some(git)) = (file.parent(), tools::find("git")) else { return false };
    let name = file.file_name().unwrap_or_default();
    ask(folder, &git, &["ls-files", "--error-unmatch", name]).is_ok()
        && ask(folder, &git, &["diff", "--quiet", "HEAD", "--", name]).is_ok()
}

/// The version that the shells' packages have.
fn packaged_version(ctx: &Ctx) -> Option<String> {
    let package: serde_json::Value = serde_json::from_str(&ctx.read("shells/electron/package.json").ok()?).ok()?;
    Some(package["version"].as_str()?.to_owned())
}

/// Whether a checkout of this repository brings the project along; nothing where there is no git.
fn is_known_to_git(ctx: &Ctx, adopted: &Adopted) -> Option<bool> {
    let git = tools::find("git")?;
    let root = ctx.layout.root();
    ask(root, &git, &["rev-parse", "--git-dir"]).ok()?;
    Some(ask(root, &git, &["ls-files", "--error-unmatch", &adopted.facts.written_root]).is_ok())
}

/// The database and the media of the settings that git has. What lies there unknown to git is a developer's own.
fn committed_data(root: &Utf8Path, seen: &Seen) -> Vec<(&'static str, String)> {
    let (Some(git), Some(settings)) = (tools::find("git"), &seen.settings) else { return Vec::new() };
    let places = [("database", &settings.database_file), ("media", &settings.media_folder)];
    let places = places.into_iter().filter_map(|(key, place)| Some((key, place.clone().filter(|it| !it.is_empty())?)));
    let has_data = |place: &str| root.join(place).metadata().is_ok_and(|it| it.is_dir() || it.len() > 0);
    let places = places.filter(|(_, place)| has_data(place));
    places.filter(|(_, place)| ask(root, &git, &["ls-files", "--error-unmatch", "--", place]).is_ok()).collect()
}

fn tell(ctx: &Ctx, adopted: &Adopted, decision: &Decision, file: &str) {
    if ctx.json {
        ctx.ui.data(report::json(&adopted.known(), decision, file));
    } else {
        ctx.ui.say(report::text(&adopted.known(), decision));
    }
}

/// Ends before anything slow is done.
fn refuse(ctx: &Ctx, facts: &Facts, refusals: &[Remark]) -> Fault {
    if ctx.json {
        ctx.ui.data(report::refusal_json(facts, refusals));
    }
    refused(facts, refusals)
}

fn refused(facts: &Facts, refusals: &[Remark]) -> Fault {
    let causes = refusals.iter().map(|refusal| {
        let place = refusal.place.iter().map(|place| format!("{place}: "));
        format!("{}{}", place.collect::<String>(), refusal.what)
    });
    let next = refusals.first().map(|refusal| refusal.next.clone()).unwrap_or_default();
    Fault::new(format!("{} can't become a desktop program as it is", facts.written_root)).because_all(causes).hint(next)
}
