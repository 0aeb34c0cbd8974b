//! `rename`: makes a clone somebody's own. Names stand in many files; this knows them all, and `cargo test --test tidy`
//! finds what is left.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use toml_edit::{DocumentMut, Item};

use crate::base::act::{Act, Plan, Step, Told, finish};
use crate::base::checkout::{clean, tracked};
use crate::base::config::project::Project;
use crate::base::config::{Config, FILE_NAME};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::{Context, Fault, Result};
use crate::base::files;
use crate::base::text::count;

/// What this repository is called until it is somebody's own.
const STARTER: &str = "desktop-django-starter";

const README: &str = "README.md";

/// Where the program's name may stand in any file. The manual and the sources of this tool have none.
const PLACES: [&str; 3] = ["shells/", ".github/", README];

/// Where the starter's does, too; a project of one's own may have a package that is called as the program is.
const PLACES_OF_STARTER: [&str; 2] = [FILE_NAME, "backend/"];

const BRIEFCASE: &str = "shells/positron/pyproject.toml";

/// Give the program another name, wherever its name stands.
///
/// Changes dds.toml, the backend, the packages of all shells with their locks, modules and folders, and the workflows. A
/// clone of the starter also gets a README and a changelog of its own. The licence keeps its notice, which the MIT licence
/// asks for, and gets yours with --author.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask rename shop --title Shop --identifier org.example.shop --author Ada")]
pub(crate) struct Rename {
    /// The start of artifact names: lower-case letters, digits and `-`.
    #[arg(value_name = "NAME")]
    name: String,
    /// What people read: window titles, installers.
    #[arg(long)]
    title: String,
    /// Reverse-domain identifier; its last part is NAME.
    #[arg(long)]
    identifier: String,
    /// Who wrote it: for the packages and the licence.
    #[arg(long)]
    author: Option<String>,
}

impl Run for Rename {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        self.check()?;
        clean(ctx)?;
        let old = named(ctx)?;
        let is_starter = old.name == STARTER;
        let words = self.words(&old);
        let mut plan = Plan::new();
        let mut changed = 0;
        for path in tracked(ctx)? {
            let Some(change) = self.change(ctx, &words, is_starter, path)? else { continue };
            changed += 1;
            plan = plan.then(change);
        }
        // A README of one's own stays.
        if is_starter && ctx.read(README).is_ok_and(|text| text.starts_with(&format!("# {STARTER}"))) {
            for page in self.first_pages() {
                plan = plan.then(page);
            }
        }
        let draw = if ctx.config.project.icon.is_some() { "" } else { "draw shells/brand/icon.svg, " };
        let said = format!(
            "{} changed; read `git diff`, {draw}make the icons anew (`cargo xtask electron-icons` and the like), run `cargo \
             xtask check`, commit",
            count(changed, "file")
        );
        finish(ctx, &Told { act: plan, said, data: None })
    }
}

impl Rename {
    /// What dds.toml would refuse, and what Briefcase can't say.
    fn check(&self) -> Result<()> {
        let Self { name, title, identifier, .. } = self;
        let [own, title, whole] = [name, title, identifier].map(String::clone);
        let project = Project::named(own, title, whole);
        if let Some(mistake) = project.mistake() {
            return Err(Fault::usage(mistake.why()).hint("give other names; dds.toml would be refused with these"));
        }
        if identifier.strip_suffix(name.as_str()).is_some_and(|start| start.ends_with('.')) {
            return Ok(());
        }
        Err(Fault::usage(format!("the identifier {identifier} does not end with `.{name}`"))
            .because("the Positron shell's identifier is made of a bundle and the name")
            .hint(format!("give one such as org.example.{name}")))
    }

    /// The words that change, and what they become.
    fn words(&self, old: &Project) -> Vec<(String, String)> {
        let mut words = vec![
            (old.identifier.clone(), self.identifier.clone()),
            (old.name.clone(), self.name.clone()),
            (old.title.clone(), self.title.clone()),
            (module(&old.name) + "_positron", module(&self.name) + "_positron"),
        ];
        if old.name == STARTER {
            words.push((module(STARTER), module(&self.name)));
        }
        // The longest first: an identifier has the name in it.
        words.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        words
    }

    /// What becomes of a file; nothing when it stays.
    fn change(
        &self,
        ctx: &Ctx,
        words: &[(String, String)],
        is_starter: bool,
        path: Utf8PathBuf,
    ) -> Result<Option<Change>> {
        let file = ctx.layout.absolute(&path);
        // A submodule is a folder, and a link is another file's.
        if !file.symlink_metadata().is_ok_and(|found| found.is_file()) {
            return Ok(None);
        }
        let bytes = std::fs::read(&file).fault(|| format!("cannot read {path}"))?;
        // Pictures have no names in them.
        let before = String::from_utf8(bytes).ok();
        let has_words = has_words(is_starter, &path);
        let after = before.as_deref().map(|text| {
            let text = if has_words { replaced(text, words) } else { text.to_owned() };
            self.with_keys(&ctx.config, &path, &text)
        });
        let after = after.transpose()?;
        let to = if has_words { replaced(path.as_str(), words).into() } else { path.clone() };
        let text = after.filter(|after| before.as_ref() != Some(after));
        Ok((text.is_some() || to != path).then_some(Change { path, to, text }))
    }

    /// A file with other names under the keys that are there for them.
    fn with_keys(&self, config: &Config, path: &Utf8Path, text: &str) -> Result<String> {
        let Self { name, title, identifier, author } = self;
        let pyproject = config.backend.root.join("pyproject.toml");
        match (path.as_str(), author) {
            (FILE_NAME, _) => {
                let keys = [("name", name), ("title", title), ("identifier", identifier)];
                let before = config.about.publisher.as_ref();
                let publisher =
                    before.map(|before| author.clone().unwrap_or_else(|| before.replace(&config.project.title, title)));
                let publisher: Vec<_> = publisher.iter().map(|publisher| ("publisher", publisher)).collect();
                in_toml(path, text, |document| {
                    without_reasons(document, &keys);
                    set(document, &["project"], &keys);
                    set(document, &["about"], &publisher);
                })
            }
            (BRIEFCASE, _) => in_toml(path, text, |document| {
                // The identifier is made of the bundle and the name.
                let bundle = identifier.strip_suffix(&format!(".{name}")).unwrap_or_default().to_owned();
                let author = author.iter().map(|author| ("author", author));
                let keys: Vec<_> = author.chain([("bundle", &bundle)]).collect();
                set(document, &["tool", "briefcase"], &keys);
            }),
            (other, _) if other == pyproject && text.contains(&format!("\nname = \"{}\"", config.project.name)) => {
                in_toml(path, text, |document| set(document, &["project"], &[("name", name)]))
            }
            (other, _) if other == config.backend.root.join("uv.lock") => {
                Ok(text.replace(&quoted(&config.project.name), &quoted(name)))
            }
            ("LICENSE", Some(author)) => Ok(licence(text, author)),
            (_, Some(author)) if path.file_name() == Some("package.json") && path.starts_with("shells") => {
                Ok(text.lines().map(|line| with_author(line, author) + "\n").collect())
            }
            _ => Ok(text.to_owned()),
        }
    }

    /// The pages that would speak of the starter.
    fn first_pages(&self) -> Vec<Step> {
        let Self { name, title, .. } = self;
        let readme = format!(
            "# {title}\n\nA desktop program: a Django project in a window of its own.\n\n```sh\n\
             cargo xtask packaged-stage --check # the self-contained backend, started twice as people will start it\n\
             cargo xtask packaged-start         # in a window\n\
             cargo xtask package-dist           # an installer in dist/electron/{name}-…\n```\n\n\
             `cargo xtask --help` lists what else there is; [the manual](docs/index.md) explains it.\n"
        );
        let changelog = "# Changelog\n\nWhat people will notice, newest first. Versions follow [Semantic Versioning]\
                         (https://semver.org).\n\n## Unreleased\n\n- The first version.\n";
        [(README, readme), ("CHANGELOG.md", changelog.to_owned())]
            .map(|(path, contents)| Step::Write { path: path.into(), contents })
            .into()
    }
}

/// What the shells are called. `adopt` gives `dds.toml` other names, so it can't be asked where Positron's package is there.
fn named(ctx: &Ctx) -> Result<Project> {
    if !ctx.layout.absolute(BRIEFCASE).is_file() {
        return Ok(ctx.config.project.clone());
    }
    let document: DocumentMut = ctx.read(BRIEFCASE)?.parse().fault(|| format!("{BRIEFCASE} is not valid TOML"))?;
    let briefcase = document.get("tool").and_then(|tool| tool.get("briefcase"));
    let text = |item: Option<&Item>, key: &str| Some(item?.get(key)?.as_str()?.to_owned());
    let app = briefcase.and_then(|briefcase| briefcase.get("app")?.as_table_like()?.iter().next()).map(|(_, app)| app);
    let [name, bundle] = ["project_name", "bundle"].map(|key| text(briefcase, key));
    let found = name.zip(bundle).zip(text(app, "formal_name"));
    let project = found.map(|((name, bundle), title)| Project::named(name.clone(), title, format!("{bundle}.{name}")));
    Ok(project.unwrap_or_else(|| ctx.config.project.clone()))
}

/// A name as Python's modules have it.
fn module(name: &str) -> String {
    name.replace('-', "_")
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn has_words(is_starter: bool, path: &Utf8Path) -> bool {
    let more = if is_starter { &PLACES_OF_STARTER[..] } else { &[] };
    // The notice of who wrote something stays.
    path.file_name() != Some("LICENSE") && PLACES.iter().chain(more).any(|place| path.as_str().starts_with(place))
}

fn in_toml(path: &Utf8Path, text: &str, change: impl FnOnce(&mut DocumentMut)) -> Result<String> {
    let mut document: DocumentMut = text.parse().fault(|| format!("{path} is not valid TOML"))?;
    change(&mut document);
    Ok(document.to_string())
}

/// Sets keys that a table of TOML has.
fn set(document: &mut DocumentMut, table: &[&str], keys: &[(&str, &String)]) {
    let table = table.iter().try_fold(document.as_item_mut(), |item, key| item.get_mut(key));
    let Some(table) = table else { return };
    for (key, wanted) in keys {
        if let Some(value) = table.get_mut(key).and_then(Item::as_value_mut) {
            let decor = value.decor().clone();
            *value = (*wanted).into();
            *value.decor_mut() = decor;
        }
    }
}

/// What `adopt` writes behind a name is the reason for the one before: it goes with it.
fn without_reasons(document: &mut DocumentMut, keys: &[(&str, &String)]) {
    for (key, wanted) in keys {
        let value = document.get_mut("project").and_then(|project| project.get_mut(key)).and_then(Item::as_value_mut);
        if let Some(value) = value.filter(|value| value.as_str() != Some(wanted.as_str())) {
            value.decor_mut().set_suffix("");
        }
    }
}

/// A line of `package.json`, with this author where it names one.
fn with_author(line: &str, author: &str) -> String {
    const KEY: &str = "  \"author\": ";
    if line.starts_with(KEY) { format!("{KEY}{},", serde_json::Value::from(author)) } else { line.to_owned() }
}

/// A text with other words in it, in one pass; only whole words count, so that a shop is no workshop.
fn replaced(text: &str, words: &[(String, String)]) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut new = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let starts = !new.ends_with(is_word);
        let ends = |old: &str| !rest[old.len()..].starts_with(is_word);
        let word = words.iter().find(|(old, _)| starts && rest.starts_with(old.as_str()) && ends(old));
        if let Some((old, wanted)) = word {
            new.push_str(wanted);
            rest = &rest[old.len()..];
        } else {
            new.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    new
}

/// A licence with one more notice; the ones that are there stay, as it asks for.
fn licence(text: &str, author: &str) -> String {
    let Some(notice) = text.lines().find(|line| line.starts_with("Copyright (c) ")) else { return text.to_owned() };
    let year = notice.split_whitespace().nth(2).unwrap_or_default();
    let own = format!("Copyright (c) {year} {author}");
    if text.lines().any(|line| line == own) {
        text.to_owned()
    } else {
        text.replacen(notice, &format!("{own}\n{notice}"), 1)
    }
}

/// A file with other names in it, or with another name.
struct Change {
    path: Utf8PathBuf,
    to: Utf8PathBuf,
    text: Option<String>,
}

impl Act for Change {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let [from, to] = [&self.path, &self.to].map(|path| ctx.layout.absolute(path));
        let again = "`git restore .` and `git clean -d --force` give the names of before back";
        self.write(&from, &to).map_err(|fault| fault.hint(again))
    }
}

impl Change {
    fn write(&self, from: &Utf8Path, to: &Utf8Path) -> Result<()> {
        let modes = from.metadata().fault(|| format!("cannot read {from}"))?.permissions();
        if from != to {
            files::make_folder(to.parent().unwrap_or(to))?;
            files::rename(from, to)?;
            // What Python left there goes, and the folders that have nothing in them any more.
            for folder in from.ancestors().skip(1) {
                files::remove(&folder.join("__pycache__"))?;
                if std::fs::remove_dir(folder).is_err() {
                    break;
                }
            }
        }
        let Some(text) = &self.text else { return Ok(()) };
        files::write_atomically(to, text.as_bytes())?;
        std::fs::set_permissions(to, modes).fault(|| format!("cannot set the mode of {to}"))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.text, self.path == self.to) {
            (Some(_), true) => write!(f, "edit    {}", self.path),
            _ => write!(f, "move    {} -> {}", self.path, self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect()
    }

    #[test]
    fn whole_words_change_in_one_pass() {
        let words = words(&[("org.shop", "org.cart"), ("shop", "cart"), ("cart", "never")]);
        assert_eq!(
            replaced("org.shop shop-linux my_shop workshop shops", &words),
            "org.cart cart-linux my_shop workshop shops"
        );
        assert_eq!(replaced("é shop é", &words), "é cart é");
    }

    #[test]
    fn a_licence_keeps_its_notices() {
        let text = "MIT License\n\nCopyright (c) 2026 The authors\n\nPermission\n";
        let own = licence(text, "Ada");
        assert_eq!(own, "MIT License\n\nCopyright (c) 2026 Ada\nCopyright (c) 2026 The authors\n\nPermission\n");
        assert_eq!(licence(&own, "Ada"), own);
    }

    #[test]
    fn names_that_no_shell_can_have_are_refused() {
        let refused = |name: &str, identifier: &str| {
            let [name, title, identifier] = [name, "The Shop", identifier].map(str::to_owned);
            Rename { name, title, identifier, author: None }.check().map_err(|fault| fault.to_string())
        };
        assert_eq!(refused("shop", "org.example.shop"), Ok(()));
        assert!(refused("Shop", "org.example.Shop").unwrap_err().contains("project.name = \"Shop\""));
        assert!(refused("shop", "shop").unwrap_err().contains("project.identifier = \"shop\""));
        assert!(refused("shop", "org.example.workshop").unwrap_err().contains("does not end with `.shop`"));
    }
}
