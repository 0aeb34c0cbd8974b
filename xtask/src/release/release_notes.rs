//! `release-notes`: what a release is told as.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::act::{Plan, Step, finish};
use crate::base::config::FILE_NAME;
use crate::base::ctx::{Ctx, Run};
use crate::base::digests::{FileDigest, FileSize};
use crate::base::fault::Result;
use crate::base::text::date;
use crate::release::artifact::{Kind, kind};
use crate::release::complete;
use crate::release::packages::{below, hashed};
use crate::release::plan::notes::{About, Changes, Notes, areas, released_on, render, section};
use crate::release::repository::{checked_out, date_of, is_pre, is_shallow, previous, subjects, version};

/// Write the notes of a release, in Markdown: what is new, every change, the packages with their checksums.
///
/// The words come from `CHANGELOG.md` (the section of the version, or else of what is unreleased), the commits to the app
/// and its shells since the tag before, and `release-templates/release-notes.md.j2`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask release-notes v1.2.3 --from dist/github-actions/latest\n  \
    cargo xtask release-notes v1.2.3 --since v1.1.0 --output notes.md\n  cargo xtask github-release-publish v1.2.3 --notes notes.md")]
pub(crate) struct Args {
    /// The release's tag. It need not be there yet: then the date is that of the changelog, or of a pre-release's commit.
    #[arg(value_name = "TAG")]
    tag: String,
    /// Tell the commits since this tag, instead of the tag before.
    #[arg(long, value_name = "TAG")]
    since: Option<String>,
    /// The folder with the packages; without it the notes have no table of them.
    #[arg(long, value_name = "FOLDER")]
    from: Option<Utf8PathBuf>,
    /// The file to write, instead of stdout.
    #[arg(long, value_name = "FILE")]
    output: Option<Utf8PathBuf>,
}

impl Run for Args {
    fn run(&self, ctx: &Ctx) -> Result<()> {
        let version = version(&self.tag)?;
        let files = match &self.from {
            Some(folder) => {
                let found = shipped(below(&ctx.layout.absolute(folder))?);
                complete::check(ctx, folder, &version, &found)?;
                hashed(ctx, found)?
            }
            None => Vec::new(),
        };
        if self.from.is_none() {
            ctx.ui.notice("the notes have no table of packages; --from FOLDER says where they are");
        }
        let text = notes(ctx, &self.tag, self.since.as_deref(), &files)?;
        let Some(path) = &self.output else {
            ctx.ui.data(text.trim_end());
            return Ok(());
        };
        finish(ctx, &Plan::new().then(Step::Write { path: path.clone(), contents: text }))
    }
}

/// The notes as text.
pub(crate) fn notes(ctx: &Ctx, tag: &str, since: Option<&str>, files: &[FileDigest]) -> Result<String> {
    let version = version(tag)?;
    let since = since.map(str::to_owned).or_else(|| previous(ctx, tag));
    if is_shallow(ctx) {
        ctx.ui.notice("this checkout is shallow, so the notes may lack changes; `git fetch --unshallow --tags` brings all of them");
    }
    let areas = match &since {
        Some(since) => areas(&subjects(ctx, since, tag, &of_app(ctx))?),
        None => Vec::new(),
    };
    let changelog = ctx.read("CHANGELOG.md")?;
    // A pre-release has no heading; its tag will be on what is checked out.
    let before_the_tag =
        || released_on(&changelog, &version).or_else(|| is_pre(&version).then(|| checked_out(ctx))?.map(date));
    let day = date_of(ctx, tag).map(date).or_else(|fault| before_the_tag().ok_or(fault))?;
    let changelog = section(&changelog, &version).unwrap_or_else(|| {
        ctx.ui.notice(format_args!("CHANGELOG.md has no section {version}; the notes have what is unreleased"));
        section(&changelog, "Unreleased").unwrap_or_default()
    });
    let changes = Changes { changelog, since, areas };
    let notes = Notes::new(about(ctx, &version), day, changes, files);
    let name = "release-notes.md.j2";
    render(name, &template(ctx, name)?, &notes)
}

/// What is handed out: changes elsewhere, such as to this tool, are of no interest to people.
fn of_app(ctx: &Ctx) -> Vec<&str> {
    let backend = ctx.layout.backend();
    let is_inside = !backend.is_absolute() && !backend.starts_with("..");
    is_inside.then_some(backend.as_str()).into_iter().chain(["shells", FILE_NAME]).collect()
}

/// The names of the project.
pub(crate) fn about(ctx: &Ctx, version: &str) -> About {
    let project = &ctx.config.project;
    About {
        title: project.title.clone(),
        name: project.name.clone(),
        identifier: project.identifier.clone(),
        version: version.to_owned(),
    }
}

/// Those of the files that belong to a release.
fn shipped(files: Vec<FileSize>) -> Vec<FileSize> {
    files.into_iter().filter(|file| kind(file.name()) != Kind::Other).collect()
}

/// A template of `release-templates/`.
pub(crate) fn template(ctx: &Ctx, name: &str) -> Result<String> {
    let path = ctx.layout.release_templates().join(name);
    ctx.read(&path).map_err(|fault| fault.hint(format!("`git restore {path}` brings it back")))
}
