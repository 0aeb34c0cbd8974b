//! What can't work, in words, with the place and the next step.

use std::collections::BTreeMap;

use crate::adopt::facts::{Facts, Failed, Layout, Mention, Needs, Seen, folder};
use crate::adopt::listing::{Line, Listing};
use crate::adopt::lists;
use crate::adopt::plan::known::{Remark, written_before};
use crate::adopt::requirements::{self, Wishes};
use crate::stage::plan::requirements::name;

/// What can't work, told from the files alone, and what to do about it.
const FROM_FILES: [(&str, &str, &str); 7] = [
    (
        "template",
        "this is a template for `django-admin startproject`, and no project yet",
        "make a project of it with `django-admin startproject --template FOLDER NAME`, and adopt that one",
    ),
    (
        "django-configurations",
        "the settings are classes of django-configurations, over which no other settings can be laid",
        "write a plain settings module beside them that the desktop takes, and name it with `--settings`",
    ),
    (
        "dynaconf",
        "dynaconf replaces Django's settings by its own, over which no other settings can be laid",
        "write a plain settings module beside them that the desktop takes, and name it with `--settings`",
    ),
    (
        "host routing",
        "the address decides what a page is (host or sub-domain), and a window has one address only",
        "give the desktop settings of its own without that middleware, and name them with `--settings`",
    ),
    (
        "tenants",
        "each customer has a schema of PostgreSQL, and the desktop's database is SQLite",
        "there is no way around it: the project needs PostgreSQL",
    ),
    (
        "PostgreSQL fields",
        "a model has fields that only PostgreSQL has, and the desktop's database is SQLite",
        "use a field that every database has (JSONField for lists and tables), with a migration",
    ),
    (
        "GIS",
        "GeoDjango needs the libraries GDAL, GEOS and SpatiaLite from outside Python, and no stage can bring them",
        "leave `django.contrib.gis` out of the settings that the desktop takes",
    ),
];

/// Refusals that need nothing but the files.
pub(crate) fn from_files(mentions: &[Mention], objections: &[(Line, &'static str)]) -> Vec<Remark> {
    let known = |mention: &Mention| {
        let (_, what, next) = FROM_FILES.iter().find(|(name, ..)| *name == mention.what)?;
        Some(Remark::new(*what, Some(mention.place.to_string()), *next))
    };
    let names: Vec<String> =
        objections.iter().map(|(line, _)| name(&line.text).unwrap_or_else(|| "NAME".to_owned())).collect();
    let flags: Vec<String> = names.iter().map(|name| format!("--replace {name}==VERSION")).collect();
    let drop = if let [one] = names.as_slice() { one } else { "NAME" };
    let next = format!("give the command `{}` with a released version, or `--drop {drop}`", flags.join(" "));
    let unhashed = objections.iter().map(|(line, why)| {
        Remark::new(format!("the requirement `{}` {why}", line.text), Some(line.place.to_string()), next.clone())
    });
    mentions.iter().filter_map(known).chain(unhashed).collect()
}

/// The same about `uv.lock`, in which uv itself replaces.
pub(crate) fn of_uv_lock(unhashed: &[Line]) -> Vec<Remark> {
    let names: Vec<String> = unhashed.iter().filter_map(|line| name(&line.text)).collect();
    let next = format!(
        "take a release of it in the project (without its line in `[tool.uv.sources]`, then `uv lock`), or give the \
         command `--drop {}`",
        names.join(" --drop ")
    );
    let told = |line: &Line| {
        let what = format!("the requirement `{}` comes from a repository, which has no hash", line.text);
        Remark::new(what, Some(line.place.to_string()), next.clone())
    };
    unhashed.iter().map(told).collect()
}

/// Folders whose names are filled in when a project is made of them.
pub(crate) fn of_layout(layout: &Layout) -> Option<Remark> {
    let manage = layout.manage.as_ref().filter(|path| path.contains("{{") || path.contains("{%"))?;
    let what = "this is a template of which a tool (Cookiecutter, Copier) makes a project, and no project yet";
    Some(Remark::new(what, Some(manage.clone()), "make a project of it with that tool, and adopt that one"))
}

/// Lists of requirements that others include and that can't be read: what they ask for would be missing.
pub(crate) fn of_lists(facts: &Facts, listing: &Listing) -> Vec<Remark> {
    let told = |line: &Line| {
        let path = lists::plain(folder(&line.place.file), &line.text);
        let (what, next) = if path.starts_with("../") {
            let top = lists::plain(&facts.written_root, folder(&path));
            ("leads out of the folder", format!("give the folder that has both: `cargo xtask adopt {top}`"))
        } else {
            ("is no file of the project", "add that file, or mend the line".to_owned())
        };
        let what = format!("the list {} {what}, and packages of it would be missing", line.text);
        Remark::new(what, Some(line.place.to_string()), next)
    };
    listing.lost.iter().map(told).collect()
}

/// Modules that the sources import out of the folder above, unless a package of that name is asked for.
pub(crate) fn from_above(
    facts: &Facts,
    imported: &BTreeMap<String, String>,
    listing: &Listing,
    wishes: &Wishes,
) -> Vec<Remark> {
    let of_list = listing.lines.iter().map(|line| &line.text).filter(|_| facts.needs != Needs::Imported);
    let asked: Vec<String> = of_list.chain(&wishes.add).filter_map(|line| name(line)).collect();
    let is_asked = |module: &str| {
        [module, &*requirements::distribution(module)].iter().any(|own| asked.iter().any(|name| name == own))
    };
    let missing = imported.iter().filter(|(module, _)| !is_asked(module));
    missing.filter_map(|(module, place)| lies_above(facts, module, Some(place.clone()))).collect()
}

pub(super) fn lies_above(facts: &Facts, module: &str, place: Option<String>) -> Option<Remark> {
    let folder = facts.above.get(module)?;
    let what = format!("{module} is imported, and lies above the folder {}", facts.written_root);
    Some(Remark::new(what, place, format!("give the folder that has both: `cargo xtask adopt {folder}`")))
}

/// A refusal about versions. `place` has the requirement of Django.
pub(crate) fn of_versions(why: String, place: Option<String>) -> Remark {
    let place = place.filter(|_| why.starts_with("Django "));
    Remark::new(why, place, BRING_IT_ON)
}

const BRING_IT_ON: &str = "bring the project to a supported version first; older ones get no security fixes either";

/// Refusals from what was seen.
pub(crate) fn refusals(seen: &Seen) -> Vec<Remark> {
    let mut found = Vec::new();
    let fields =
        seen.models.iter().map(|field| (&field.what, &field.place, "only PostgreSQL or a GIS database has it"));
    let first = fields.into_iter().next();
    found.extend(first.map(|(what, place, why)| {
        let next = "use a field that every database has (JSONField for lists and tables), with a migration";
        Remark::new(format!("{what}: {why}, and the desktop's database is SQLite"), place.clone(), next)
    }));
    found.extend(seen.failures.iter().filter_map(|failed| refused_failure(failed, seen)));
    found
}

/// Libraries that Python packages load from the system, by what their loaders say.
const LIBRARIES: [(&str, &str); 5] = [
    ("GDAL", "GDAL"),
    ("libpango", "Pango"),
    ("libgobject", "Pango"),
    ("SpatiaLite", "SpatiaLite"),
    ("libmagic", "libmagic"),
];

pub(super) fn refused_failure(failed: &Failed, seen: &Seen) -> Option<Remark> {
    let text = format!("{} {}", failed.first.text, failed.last.text);
    let place = failed.first.place.clone().or_else(|| failed.last.place.clone());
    if let Some(version) = written_before(&text).filter(|_| failed.last.within.as_deref() == Some("")) {
        let why = short(&failed.last.text);
        let what = format!("this is written for Django before {version}, and 4.2 to 6.x are supported: {why}");
        return Some(Remark::new(what, place, BRING_IT_ON));
    }
    if let Some((_, library)) = LIBRARIES.iter().find(|(sign, _)| text.contains(sign)) {
        let what = format!("the library {library} is needed from outside Python, and no stage can bring it");
        return Some(Remark::new(what, place, "leave out the app that needs it, in settings that the desktop takes"));
    }
    if let Some(program) = program_of(failed, place.as_deref(), seen) {
        let what = format!(
            "`{program}` is started while the apps are loaded, which fails without it, and no stage can bring it"
        );
        return Some(Remark::new(what, place, "leave out what needs it, in settings that the desktop takes"));
    }
    // What is slow may only have a slow machine, a module can be added, and what the copy is kept from is told by itself.
    let can_be_mended =
        failed.first.text.starts_with("not done after") || failed.missing_module().is_some() || failed.stopped;
    if failed.step != "migrate" || can_be_mended {
        return None;
    }
    if !failed.last.text.contains("the migration ") {
        let what = format!("a new database can't be made: {}", short(&failed.first.text));
        return Some(Remark::new(what, place, "mend it, or give the desktop settings without it, with `--settings`"));
    }
    let operation = seen.migrations.first();
    let because = operation.map(|operation| format!(" ({} is PostgreSQL's own)", operation.what)).unwrap_or_default();
    let place = operation.and_then(|operation| operation.place.clone()).or(place);
    let what = format!("{}{because}: {}", short(&failed.last.text), short(&failed.first.text));
    let next = if failed.last.text.ends_with("does not run on SQLite") {
        "make that migration do nothing where `connection.vendor` is not \"postgresql\""
    } else {
        "mend it; what only PostgreSQL needs, let it do where `connection.vendor` is \"postgresql\""
    };
    Some(Remark::new(what, place, next))
}

/// The program whose absence a failed import is about: the same line wanted to start it.
fn program_of<'a>(failed: &Failed, place: Option<&str>, seen: &'a Seen) -> Option<&'a str> {
    // Without a line nothing says that the two belong together.
    let place = place.filter(|_| ["settings", "overlay", "apps"].contains(&failed.step.as_str()))?;
    let mut started = seen.refused.iter().filter(|refused| refused.place.as_deref() == Some(place));
    started.find_map(|refused| refused.what.strip_prefix("starts a program (")?.strip_suffix(')'))
}

/// An exception without the name of its class's module, on one line.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split_once(": ").map_or(line, |(_, rest)| rest).to_owned()
}
