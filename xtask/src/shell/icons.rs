//! The icons of the three shells: made from the brand's drawing by the Tauri command line, which comes from npm as a program
//! of its own. The results are committed, with a list of checksums that tells when they are stale.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::act::{Plan, Step};
use crate::base::layout::Layout;
use crate::shell::tauri::plan;

/// What all icons are made from.
pub(crate) const DRAWING: &str = "shells/brand/icon.svg";

/// Whose icons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    /// `build/` is where electron-builder looks.
    Electron,
    /// Named in `tauri.conf.json`.
    Tauri,
    /// Briefcase adds a size and an ending to `resources/icon`.
    Positron,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Electron => "electron",
            Self::Tauri => "tauri",
            Self::Positron => "positron",
        }
    }

    fn folder(self) -> &'static Utf8Path {
        Utf8Path::new(match self {
            Self::Electron => "shells/electron/build",
            Self::Tauri => "shells/tauri/src-tauri/icons",
            Self::Positron => "shells/positron/src/desktop_django_starter_positron/resources",
        })
    }

    /// What is made by itself, and the name that it gets.
    fn usual(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Electron | Self::Positron => &[("icon.icns", "icon.icns"), ("icon.ico", "icon.ico")],
            Self::Tauri => &[
                ("icon.icns", "icon.icns"),
                ("icon.ico", "icon.ico"),
                ("32x32.png", "32x32.png"),
                ("128x128.png", "128x128.png"),
                ("128x128@2x.png", "128x128@2x.png"),
                ("icon.png", "icon.png"),
            ],
        }
    }

    /// Pictures in sizes of its own, in pixels, and their names.
    fn sizes(self) -> &'static [(u32, &'static str)] {
        match self {
            Self::Electron => &[(1024, "icon.png")],
            Self::Tauri => &[],
            Self::Positron => &[
                (16, "icon-16.png"),
                (32, "icon-32.png"),
                (64, "icon-64.png"),
                (128, "icon-128.png"),
                (256, "icon-256.png"),
                (512, "icon-512.png"),
            ],
        }
    }

    /// What is committed, sorted.
    pub(crate) fn files(self) -> Vec<Utf8PathBuf> {
        let names = self.usual().iter().map(|(_, name)| *name).chain(self.sizes().iter().map(|(_, name)| *name));
        let mut files: Vec<_> = names.map(|name| self.folder().join(name)).collect();
        files.sort_unstable();
        files
    }

    /// The list of checksums, of the drawing and of what was made from it, with paths from the repository's root.
    pub(crate) fn record(self) -> Utf8PathBuf {
        format!("shells/brand/{}-icons.sha256", self.name()).into()
    }
}

/// Makes the icons.
pub(crate) fn make(layout: &Layout, facts: &plan::Facts, shell: Shell) -> Plan {
    let made = layout.scratch().join(format!("icons-{}", shell.name()));
    let from_shell = |path: &Utf8Path| format!("../../{path}");
    let icon = || plan::tauri("icon").args([from_shell(DRAWING.into()), "--output".to_owned(), from_shell(&made)]);
    let mut plan = plan::with_modules(facts).then(Step::Remove(made.clone())).run(icon());
    if !shell.sizes().is_empty() {
        let sizes: Vec<String> = shell.sizes().iter().map(|(size, _)| size.to_string()).collect();
        plan = plan.run(icon().args(["--png".to_owned(), sizes.join(",")]));
    }
    let copy = |from: String, name: &str| Step::Copy { from: made.join(from), to: shell.folder().join(name) };
    for (from, name) in shell.usual() {
        plan = plan.then(copy((*from).to_owned(), name));
    }
    for (size, name) in shell.sizes() {
        plan = plan.then(copy(format!("{size}x{size}.png"), name));
    }
    plan.then(Step::Remove(made))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::base::config::Config;
    use crate::base::env::Env;

    #[test]
    fn each_shell_gets_the_files_that_its_packager_wants() {
        let config = Config::parse(include_str!("../../../dds.toml")).unwrap();
        let layout = Layout::new("/repo".into(), &config, &Env::default());
        let facts = plan::Facts { installed: true, ..plan::Facts::default() };
        let shells = [Shell::Electron, Shell::Tauri, Shell::Positron];
        let plans = shells.map(|shell| format!("{}{}\n", make(&layout, &facts, shell), shell.record())).concat();
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
            copy    target/icons-positron/icon.icns -> shells/positron/src/desktop_django_starter_positron/resources/icon.icns
            copy    target/icons-positron/icon.ico -> shells/positron/src/desktop_django_starter_positron/resources/icon.ico
            copy    target/icons-positron/16x16.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-16.png
            copy    target/icons-positron/32x32.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-32.png
            copy    target/icons-positron/64x64.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-64.png
            copy    target/icons-positron/128x128.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-128.png
            copy    target/icons-positron/256x256.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-256.png
            copy    target/icons-positron/512x512.png -> shells/positron/src/desktop_django_starter_positron/resources/icon-512.png
            remove  target/icons-positron
            shells/brand/positron-icons.sha256
        "#]].assert_eq(&plans);
    }
}
