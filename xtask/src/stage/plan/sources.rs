//! How each locked distribution gets into the stage: as a wheel from an index or a file, or built once from its sources.

use std::collections::BTreeMap;

use crate::base::config::Config;
use crate::base::fault::Fault;
use crate::base::hash;
use crate::base::host::Host;
use crate::base::layout::Layout;
use crate::base::text::file_url;
use crate::stage::model::Seen;
use crate::stage::plan::facts::Facts;
use crate::stage::plan::requirements::{Package, Source};
use crate::stage::plan::{markers, wheels};

/// The pip that builds wheels, and that fetches them for kits. uv installs, but has no way to keep the files.
pub(crate) const PIP: &str = "pip==26.3";

/// The distributions of a stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// Those that are installed as wheels, by where they come from; one run of uv for each.
    pub(crate) lists: BTreeMap<Source, String>,
    /// Those that are built.
    pub(crate) builds: Vec<Build>,
    /// Those that can't be had: name and version.
    lacking: Vec<String>,
}

/// A distribution that is built from its sources; the wheel is kept in the store.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// What is built.
    pub(crate) package: Package,
    /// Digest over everything that it is built from, the name of its folder in the store.
    pub(crate) key: String,
}

impl Sources {
    /// Decides for `CPython` of a version (`3.14.2`) on a system; `build` names what may be built.
    pub(crate) fn new(seen: &Seen, version: &str, host: Host, build: &[String]) -> Self {
        let mut sources = Self::default();
        let indexes = seen.indexes.iter().map(|line| format!("{line}\n"));
        sources.lists.insert(Source::Index, indexes.collect());
        let wanted = |package: &&Package| {
            package.marker.is_empty() || markers::holds(&package.marker, version, host) != Some(false)
        };
        for package in seen.packages.iter().filter(wanted) {
            // Of a distribution whose files nobody told, only the index knows; what may be built has none there.
            let has_wheel = match &package.wheels {
                Some(wheels) => wheels.iter().any(|file| wheels::fits(file, version, host)),
                None => !build.contains(&package.name),
            };
            if package.source.is_built() || !has_wheel && build.contains(&package.name) {
                let key = build_key(package, seen, version, host);
                sources.builds.push(Build { package: package.clone(), key });
            } else if has_wheel {
                // Files are named by their requirement, so any run of uv finds them.
                let from = if package.source == Source::File { &Source::Index } else { &package.source };
                *sources.lists.entry(from.clone()).or_default() += &package.requirement;
            } else {
                sources.lacking.push(format!("{} {}", package.name, package.version));
            }
        }
        sources
    }

    /// Why there can be no stage, where a distribution has no wheel.
    pub(crate) fn objection(config: &Config, host: Host, facts: &Facts) -> Option<Fault> {
        let version = &facts.version;
        let lacking = Self::new(&facts.seen, version, host, &config.packages.build).lacking;
        (!lacking.is_empty()).then(|| {
            Fault::new(format!("there is no wheel for Python {version} on {host} of {}", lacking.join(", ")))
                .because("uv.lock has only wheels for other systems or versions, or sources")
                .hint(
                    "lock another version of it, or name it in `packages.build` of dds.toml so that it is built here, \
                     or take another Python with `python.version`",
                )
        })
    }
}

fn build_key(package: &Package, seen: &Seen, version: &str, host: Host) -> String {
    let minor: Vec<&str> = version.split('.').take(2).collect();
    let mut lines = vec![package.requirement.clone(), minor.join("."), host.to_string(), PIP.to_owned()];
    lines.extend(seen.digest_of(package));
    hash::lines(&lines)[..40].to_owned()
}

/// Whether the lock has the hashes of what comes from there. Files of this machine count by their own.
pub(crate) fn has_hashes(source: &Source) -> bool {
    !matches!(source, Source::Flat(_))
}

/// pip's options for where a distribution comes from.
pub(crate) fn pip_index(source: &Source, layout: &Layout, host: Host) -> Vec<String> {
    match source {
        Source::Explicit(index) => vec!["--index-url".to_owned(), address(index).to_owned()],
        Source::Flat(folder) => {
            // As an address, in which a comma or a blank does not end it.
            let folder = layout.absolute(layout.backend()).join(folder);
            vec!["--no-index".to_owned(), "--find-links".to_owned(), file_url(folder.as_str(), "", host)]
        }
        _ => Vec::new(),
    }
}

/// uv's options for the same.
pub(crate) fn uv_index(source: &Source, layout: &Layout, host: Host) -> Vec<String> {
    match source {
        // Before all others: what comes from there comes from nowhere else.
        Source::Explicit(index) => vec!["--index".to_owned(), index.clone()],
        _ => pip_index(source, layout, host),
    }
}

/// The address of `NAME=ADDRESS`.
fn address(index: &str) -> &str {
    index.split_once('=').filter(|(name, _)| !name.contains(['/', ':'])).map_or(index, |(_, address)| address)
}
