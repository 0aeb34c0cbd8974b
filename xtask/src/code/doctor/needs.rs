//! What the product needs of a machine, as one table.

use serde::Serialize;

use crate::base::host::{Host, Os};

/// What something is needed for. Without the first two, nothing here works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Purpose {
    /// Building and running this tool.
    Building,
    /// `packaged-stage`.
    Staging,
    /// `--python-source host`, and wherever no standalone Python can be downloaded.
    HostPython,
    /// Tests that open pages.
    BrowserTests,
    /// The Electron shell, and the command lines of the others.
    Shells,
    /// The Tauri shell.
    Tauri,
    /// The Positron shell.
    Positron,
}

impl Purpose {
    /// Whether a machine without it can neither stage nor test.
    pub(crate) fn is_required(self) -> bool {
        matches!(self, Self::Building | Self::Staging)
    }

    /// For people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Building => "this tool",
            Self::Staging => "staging",
            Self::HostPython => "staging without a download",
            Self::BrowserTests => "browser tests",
            Self::Shells => "the shells",
            Self::Tauri => "the Tauri shell",
            Self::Positron => "the Positron shell",
        }
    }
}

/// How to see whether something is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Look {
    /// A program on PATH that tells its version, and the least version that will do.
    Program(&'static str, [u32; 2]),
    /// A program with arguments that succeeds when the thing is there.
    Succeeds(&'static [&'static str]),
    /// Libraries that pkg-config knows.
    Libraries(&'static [&'static str]),
    /// uv, or a Python that can bring it.
    Uv,
    /// An installed `CPython` that the backend runs on.
    Python,
    /// A browser for tests.
    Chromium,
}

/// How a package manager calls it; empty where it has none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packages {
    /// Debian and its kin.
    pub(crate) apt: &'static str,
    pub(crate) brew: &'static str,
    pub(crate) winget: &'static str,
}

/// A thing that a machine has or lacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) name: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) look: Look,
    pub(crate) packages: Packages,
    /// Where it comes from otherwise; a command stands in backticks.
    pub(crate) site: &'static str,
    /// The systems that need it; all when empty.
    pub(crate) only: &'static [Os],
}

const fn packages(apt: &'static str, brew: &'static str, winget: &'static str) -> Packages {
    Packages { apt, brew, winget }
}

const fn need(name: &'static str, purpose: Purpose, look: Look, packages: Packages, site: &'static str) -> Need {
    Need { name, purpose, look, packages, site, only: &[] }
}

const fn need_on(only: &'static [Os], need: Need) -> Need {
    Need { only, ..need }
}

/// Everything, in the order of the report.
pub(crate) const NEEDS: &[Need] = &[
    need(
        "cargo",
        Purpose::Building,
        Look::Program("cargo", [1, 95]),
        packages("", "rustup", "Rustlang.Rustup"),
        "https://rustup.rs",
    ),
    need(
        "git",
        Purpose::Building,
        Look::Program("git", [2, 0]),
        packages("git", "git", "Git.Git"),
        "https://git-scm.com",
    ),
    need("uv", Purpose::Staging, Look::Uv, packages("", "uv", "astral-sh.uv"), "https://docs.astral.sh/uv"),
    need(
        "Python",
        Purpose::HostPython,
        Look::Python,
        packages("", "python", "Python.Python.3.14"),
        "https://www.python.org",
    ),
    need(
        "Chromium",
        Purpose::BrowserTests,
        Look::Chromium,
        packages("chromium", "--cask chromium", "Google.Chrome"),
        "https://www.chromium.org",
    ),
    need(
        "Node.js",
        Purpose::Shells,
        Look::Program("node", [20, 0]),
        packages("nodejs", "node", "OpenJS.NodeJS.LTS"),
        "https://nodejs.org",
    ),
    need(
        "npm",
        Purpose::Shells,
        Look::Program("npm", [9, 0]),
        packages("npm", "node", "OpenJS.NodeJS.LTS"),
        "https://nodejs.org",
    ),
    need_on(
        &[Os::Linux],
        need(
            "WebKitGTK and GTK",
            Purpose::Tauri,
            Look::Libraries(&["webkit2gtk-4.1", "gtk+-3.0", "ayatana-appindicator3-0.1", "librsvg-2.0", "openssl"]),
            packages(
                "libwebkit2gtk-4.1-dev libgtk-3-dev libayatana-appindicator3-dev librsvg2-dev libxdo-dev libssl-dev",
                "",
                "",
            ),
            "https://tauri.app/start/prerequisites/",
        ),
    ),
    need_on(
        &[Os::Linux],
        need(
            "cairo and GObject",
            Purpose::Positron,
            Look::Libraries(&["cairo", "gobject-introspection-1.0"]),
            packages("libcairo2-dev libgirepository1.0-dev gir1.2-gtk-3.0 gir1.2-webkit2-4.1", "", ""),
            "https://toga.readthedocs.io",
        ),
    ),
    need_on(
        &[Os::MacOs],
        need(
            "Xcode command line tools",
            Purpose::Tauri,
            Look::Succeeds(&["xcode-select", "-p"]),
            packages("", "", ""),
            "`xcode-select --install`",
        ),
    ),
    need_on(
        &[Os::Windows],
        need(
            "C++ build tools",
            Purpose::Tauri,
            Look::Succeeds(&["cl"]),
            packages("", "", "Microsoft.VisualStudio.BuildTools"),
            "https://visualstudio.microsoft.com/visual-cpp-build-tools/",
        ),
    ),
];

/// What this machine is asked for.
pub(crate) fn needs(host: Host) -> impl Iterator<Item = &'static Need> {
    NEEDS.iter().filter(move |need| need.only.is_empty() || need.only.contains(&host.os))
}
