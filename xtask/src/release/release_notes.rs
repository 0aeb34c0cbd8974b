//! `release-notes`: what a release is told as.

use camino::Utf8PathBuf;
use clap::Args as ClapArgs;

use crate::base::act::{Plan, Step, finish};
use crate::base::ctx::{Ctx, Run};
use crate::base::fault::Result;
use crate::base::interrupt;
use crate::base::text::date;

use crate::release::packages::{Package, below};
use crate::release::plan::changes::{self, Told};
use crate::release::plan::names::{Kind, kind};
use crate::release::plan::notes::{About, Notes, Shipped, render};
use crate::release::{installed, observe};

/// Write the notes of a release, in Markdown: what is new, every change, the packages with their checksums.
///
/// The words come from `CHANGELOG.md` (the section of the version, or else of what is unreleased), the commits since
/// the tag before, and `release-templates/release-notes.md.j2`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:\n  cargo xtask release-notes v1.2.3 --from dist/github-actions/latest\n  \
    cargo xtask release-notes v1.2.3 --since v1.1.0 --output notes.md\n  cargo xtask github-release-publish v1.2.3 --notes notes.md")]
pub(crate) struct Args {
    /// The release's tag. It need not be there yet.
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
        observe::version(&self.tag)?;
        let files = match &self.from {
            Some(folder) => shipped(ctx, &below(&ctx.layout.absolute(folder))?)?.1,
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
        finish(ctx, &Plan::new().then(Step::Write { path: path.clone(), contents: text })).map(drop)
    }
}

/// The notes as text.
pub(crate) fn notes(ctx: &Ctx, tag: &str, since: Option<&str>, files: &[Shipped]) -> Result<String> {
    let version = observe::version(tag)?;
    let since = since.map(str::to_owned).or_else(|| observe::previous(ctx, tag));
    let areas = match &since {
        Some(since) => changes::areas(&observe::subjects(ctx, since, tag)?),
        None => Vec::new(),
    };
    let changelog = installed::text(ctx, "CHANGELOG.md".into())?;
    let section = changes::section(&changelog, &version).unwrap_or_else(|| {
        ctx.ui.notice(format_args!("CHANGELOG.md has no section {version}; the notes have what is unreleased"));
        changes::section(&changelog, "Unreleased").unwrap_or_default()
    });
    let told = Told { changelog: section, since, areas };
    let notes = Notes::new(about(ctx, &version), date(observe::date(ctx, tag)?), told, files);
    let name = "release-notes.md.j2";
    render(name, &observe::template(ctx, name)?, &notes)
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

/// What of the files belongs to a release, with their digests.
pub(crate) fn shipped(ctx: &Ctx, found: &[Package]) -> Result<(Vec<Package>, Vec<Shipped>)> {
    let found: Vec<Package> = found.iter().filter(|file| kind(&file.name) != Kind::Other).cloned().collect();
    let progress = ctx.ui.progress("checksums", found.iter().map(|file| file.size).sum());
    let shipped = observe::shipped(&found, |bytes| {
        progress.add(bytes);
        interrupt::check()
    })?;
    Ok((found, shipped))
}
