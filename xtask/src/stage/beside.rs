//! What lies beside `dds.toml` and is shipped with the project: settings for the desktop, and the data that a new
//! installation begins with.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::stat::HashedFile;
use crate::base::walk::{self, Found};
use crate::stage::locked::{hashed, one};
use crate::stage::record::Record;

/// The files with their digests.
///
/// # Errors
/// One is not there, or the database is none.
pub(crate) fn observe(ctx: &Ctx, record: Option<&Record>) -> Result<Vec<HashedFile>> {
    let backend = &ctx.config.backend;
    let named = [("backend.settings-file", &backend.settings_file), ("backend.seed.database", &backend.seed.database)];
    let named = named.into_iter().filter_map(|(key, path)| Some((key, path.as_ref()?)));
    let file = |(key, path): (&str, &Utf8PathBuf)| {
        one(ctx.layout.root(), path.as_str()).map_err(|fault| fault.hint(format!("mend `{key}` in dds.toml")))
    };
    let mut found: Vec<Found> = named.map(file).collect::<Result<_>>()?;
    if let Some(media) = &backend.seed.media {
        let files = walk::files(&ctx.layout.absolute(media), |_| true)
            .map_err(|fault| fault.hint("mend `backend.seed.media` in dds.toml"))?;
        found.extend(files.into_iter().map(|file| Found { path: format!("{media}/{}", file.path), ..file }));
    }
    if let Some(database) = &backend.seed.database {
        check_database(&ctx.layout.absolute(database))?;
    }
    hashed(ctx.layout.root(), found, record, |seen| &seen.beside)
}

/// A database that is in use has its last changes in a file beside it.
fn check_database(path: &Utf8Path) -> Result<()> {
    use std::io::Read;

    let mut head = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| file.read(&mut head));
    read.fault(|| format!("cannot read {path}"))?;
    if &head != b"SQLite format 3\0" {
        return Err(Fault::new(format!("{path} is not a database of SQLite")).hint(
            "`backend.seed.database` in dds.toml names one; for others, load fixtures with `backend.first-run`",
        ));
    }
    let log = Utf8PathBuf::from(format!("{path}-wal"));
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Fault::new(format!("{path} is in use: its last changes are in {log}"))
            .hint(format!("end the program that uses it, or run `sqlite3 {path} 'PRAGMA wal_checkpoint(TRUNCATE)'`")));
    }
    Ok(())
}
