//! The icons of the shells: made from the brand's drawing by the Tauri command line, which comes from npm as a program
//! of its own. The results are committed, with a list of checksums that tells when they are stale.

use std::iter;

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Plan, Step};
use crate::base::checksums::{self, Entry};
use crate::base::config::Config;
use crate::base::ctx::Ctx;
use crate::base::fault::Result;
use crate::base::layout::Layout;
use crate::base::{digests, files, interrupt, tools};
use crate::shell::model::{Given, Shell};
use crate::shell::tauri::plan as tauri;

/// What all icons are made from, where the project has no drawing of its own.
const DRAWING: &str = "shells/brand/icon.svg";

fn drawing(config: &Config) -> &Utf8Path {
    config.project.icon.as_deref().unwrap_or(DRAWING.into())
}

/// Makes the icons of a shell, and writes down of which drawing they are.
pub(crate) fn make(ctx: &Ctx, shell: &Shell, _: &Given) -> Result<Plan> {
    let (files, list) = (files(&ctx.config, shell), record(shell));
    let plan = plan(&ctx.config, &ctx.layout, shell, tools::has_modules(ctx, tauri::FOLDER));
    Ok(plan.task(format!("write   {list}  (checksums of the icons and the drawing)"), move |ctx| {
        write_record(ctx, &files, &list)
    }))
}

fn write_record(ctx: &Ctx, icons: &[Utf8PathBuf], list: &Utf8Path) -> Result<()> {
    let paths = || icons.iter().map(Utf8PathBuf::as_path).chain([drawing(&ctx.config)]);
    let sized = digests::sources(paths().map(|path| ctx.layout.absolute(path)))?;
    let hashed = digests::hashed(sized, |_| interrupt::check())?;
    let entries =
        hashed.into_iter().zip(paths()).map(|(file, path)| Entry { name: path.to_string(), sha256: file.sha256 });
    let text = checksums::format(&entries.collect::<Vec<_>>());
    files::write_atomically(&ctx.layout.absolute(list), text.as_bytes())?;
    for path in icons {
        ctx.ui.data(path);
    }
    Ok(())
}

/// Says it where a shell's icons are of another drawing than the project's: people would get the starter's.
pub(crate) fn tell_stale(ctx: &Ctx, shell: &Shell) {
    // Without a record nobody can tell.
    let Ok(record) = ctx.read(record(shell)) else { return };
    let drawing = drawing(&ctx.config);
    let hashed = digests::sources(iter::once(ctx.layout.absolute(drawing)))
        .and_then(|sized| digests::hashed(sized, |_| interrupt::check()));
    let now = hashed.ok().and_then(|files| Some(files.first()?.sha256.clone()));
    if is_stale(&record, drawing, now.as_deref()) {
        let Shell { title, name, .. } = shell;
        ctx.ui.notice(format!(
            "the icons of {title} were not made of {drawing}: `cargo xtask {name}-icons` makes them anew"
        ));
    }
}

/// Whether a record is of another drawing. One that is not here, such as that of a project elsewhere, can't be compared.
fn is_stale(record: &str, drawing: &Utf8Path, now: Option<&str>) -> bool {
    let mut lines = record.lines().filter_map(|line| line.split_once("  "));
    match lines.find(|(_, path)| *path == drawing) {
        Some((recorded, _)) => now.is_some_and(|now| now != recorded),
        None => true,
    }
}

/// What is committed, sorted.
fn files(config: &Config, shell: &Shell) -> Vec<Utf8PathBuf> {
    let (folder, icons) = ((shell.icons.folder)(config), &shell.icons);
    let names = icons.standard.iter().copied().chain(icons.sizes.iter().map(|(_, name)| *name));
    let mut files: Vec<_> = names.map(|name| folder.join(name)).collect();
    files.sort_unstable();
    files
}

/// The list of checksums, of the drawing and of what was made from it, with paths from the repository's root.
fn record(shell: &Shell) -> Utf8PathBuf {
    format!("shells/brand/{}-icons.sha256", shell.name).into()
}

fn plan(config: &Config, layout: &Layout, shell: &Shell, has_tauri: bool) -> Plan {
    let made = layout.scratch().join(format!("icons-{}", shell.name));
    let from_shell = |path: &Utf8Path| Utf8Path::new("../..").join(path).into_string();
    let icon = || tauri::tauri("icon").args([from_shell(drawing(config)), "--output".to_owned(), from_shell(&made)]);
    let (folder, icons) = ((shell.icons.folder)(config), &shell.icons);
    let mut plan = tauri::with_modules(has_tauri).then(Step::Remove(made.clone())).run(icon());
    if !icons.sizes.is_empty() {
        let sizes: Vec<String> = icons.sizes.iter().map(|(size, _)| size.to_string()).collect();
        plan = plan.run(icon().args(["--png".to_owned(), sizes.join(",")]));
    }
    let standard = icons.standard.iter().map(|name| ((*name).to_owned(), name));
    let sized = icons.sizes.iter().map(|(size, name)| (format!("{size}x{size}.png"), name));
    for (from, name) in standard.chain(sized) {
        plan = plan.then(Step::Copy { from: made.join(from), to: folder.join(name) });
    }
    plan.then(Step::Remove(made))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::config::Config;
    use crate::base::env::Env;
    use crate::shell::SHELLS;

    #[test]
    fn icons_of_another_drawing_are_stale() {
        let record = "aa  ../shop/logo.svg\nbb  shells/electron/build/icon.png\n";
        let is_stale = |drawing: &str, now| is_stale(record, drawing.into(), now);
        assert!(!is_stale("../shop/logo.svg", Some("aa")));
        assert!(is_stale("../shop/logo.svg", Some("cc")), "it was drawn anew");
        assert!(is_stale("shells/brand/icon.svg", Some("aa")), "another one is named now");
        assert!(!is_stale("../shop/logo.svg", None), "a workflow does not see it");
    }

    #[test]
    fn each_shell_gets_the_files_that_its_packager_wants() {
        let config = Config::parse(include_str!("../../tests/fixtures/project/dds.toml")).unwrap();
        let layout = Layout::new("/repo".into(), &config, &Env::default());
        let text = |shell: &Shell| {
            let plan = plan(&config, &layout, shell, true);
            format!("{plan}{}\n", record(shell))
        };
        let plans: String = SHELLS.iter().map(|shell| text(shell)).collect();
        expect![[r#"
            remove  target/icons-electron
            run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-electron  (in shells/tauri)
            run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-electron --png 1024  (in shells/tauri)
            copy    target/icons-electron/icon.icns -> shells/electron/build/icon.icns
            copy    target/icons-electron/icon.ico -> shells/electron/build/icon.ico
            copy    target/icons-electron/1024x1024.png -> shells/electron/build/icon.png
            remove  target/icons-electron
            shells/brand/electron-icons.sha256
            remove  target/icons-tauri
            run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-tauri  (in shells/tauri)
            copy    target/icons-tauri/icon.icns -> shells/tauri/src-tauri/icons/icon.icns
            copy    target/icons-tauri/icon.ico -> shells/tauri/src-tauri/icons/icon.ico
            copy    target/icons-tauri/32x32.png -> shells/tauri/src-tauri/icons/32x32.png
            copy    target/icons-tauri/128x128.png -> shells/tauri/src-tauri/icons/128x128.png
            copy    target/icons-tauri/128x128@2x.png -> shells/tauri/src-tauri/icons/128x128@2x.png
            copy    target/icons-tauri/icon.png -> shells/tauri/src-tauri/icons/icon.png
            remove  target/icons-tauri
            shells/brand/tauri-icons.sha256
            remove  target/icons-positron
            run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-positron  (in shells/tauri)
            run     npm exec --no -- tauri icon ../../shells/brand/icon.svg --output ../../target/icons-positron --png 16,32,64,128,256,512  (in shells/tauri)
            copy    target/icons-positron/icon.icns -> shells/positron/src/deer_park_positron/resources/icon.icns
            copy    target/icons-positron/icon.ico -> shells/positron/src/deer_park_positron/resources/icon.ico
            copy    target/icons-positron/16x16.png -> shells/positron/src/deer_park_positron/resources/icon-16.png
            copy    target/icons-positron/32x32.png -> shells/positron/src/deer_park_positron/resources/icon-32.png
            copy    target/icons-positron/64x64.png -> shells/positron/src/deer_park_positron/resources/icon-64.png
            copy    target/icons-positron/128x128.png -> shells/positron/src/deer_park_positron/resources/icon-128.png
            copy    target/icons-positron/256x256.png -> shells/positron/src/deer_park_positron/resources/icon-256.png
            copy    target/icons-positron/512x512.png -> shells/positron/src/deer_park_positron/resources/icon-512.png
            remove  target/icons-positron
            shells/brand/positron-icons.sha256
        "#]].assert_eq(&plans);
    }
}
