//! What a project writes into its own folder, or may write: nobody can, once it is installed.

use crate::adopt::facts::Seen;
use crate::adopt::plan::known::{Known, Remark};

/// What the project does while it starts that an installed program should not. A folder stands for all that is in it.
pub(crate) fn at_the_start(known: &Known<'_>) -> Vec<Remark> {
    fn written(what: &str) -> Option<&str> {
        what.strip_prefix("writes ")?.split(", below its own folder").next()
    }
    let refused = &known.seen.refused;
    let paths: Vec<&str> = refused.iter().filter_map(|refused| written(&refused.what)).collect();
    let is_inside =
        |path: &str| paths.iter().any(|folder| path.strip_prefix(*folder).is_some_and(|rest| rest.starts_with('/')));
    let told = refused.iter().filter(|refused| !written(&refused.what).is_some_and(is_inside));
    told.map(|refused| {
        let next = if refused.what.starts_with("writes") {
            folders_by_variable(known)
        } else {
            "on a person's machine that may fail or be unwanted: make the settings do without, in `settings-file`"
                .to_owned()
        };
        Remark::new(format!("the project {} while it starts", refused.what), refused.place.clone(), next)
    })
    .collect()
}

/// Folders of the project that settings name and in which nothing is: where a program keeps files, it can't once it is
/// installed. What was seen to be written is told already.
pub(crate) fn later(seen: &Seen) -> Option<Remark> {
    let is_told = |folder: &str| seen.refused.iter().any(|refused| refused.what.contains(folder));
    let mut folders = seen.unmade.iter().filter(|(_, folder)| !is_told(folder)).peekable();
    let (setting, folder) = folders.peek()?;
    let name = folder.rsplit('/').next().unwrap_or(folder);
    let next = format!(
        "nobody can write into an installed program: where files are kept in one, give it another place in \
         [backend.overlay], such as `{setting} = \"{{data}}/{name}\"`"
    );
    let told: Vec<String> = folders.take(4).map(|(setting, folder)| format!("{setting} ({folder})")).collect();
    Some(Remark::new(
        format!("settings name folders of the project in which nothing is: {}", told.join(", ")),
        None,
        next,
    ))
}

/// How what a project writes comes below the person's data: by the variables that name folders, where there are some.
fn folders_by_variable(known: &Known<'_>) -> String {
    let is_folder = |name: &&str| ["_DIR", "_ROOT", "_PATH", "_FOLDER", "_HOME"].iter().any(|end| name.ends_with(end));
    let names: Vec<&str> =
        known.env.others.iter().map(|variable| variable.name.as_str()).filter(is_folder).take(4).collect();
    let own = "a path below {data} is the person's own";
    if names.is_empty() {
        return format!("an installed program may not write there; {own}, in [backend.env] or [backend.overlay]");
    }
    format!("an installed program may not write there; {own}: the settings take folders from {}", names.join(", "))
}
