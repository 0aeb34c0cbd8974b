//! What a package for Linux says of the program, and the small files that it brings besides the program itself: texts that
//! are made of facts.

use crate::base::config::Config;
use crate::base::config::linux::Format;
use crate::base::host::Arch;
use crate::base::text;

/// The shared libraries that Electron's program asks the system for, with the packages of Debian and Ubuntu that have them.
/// Where a distribution gave a package another name when times got 64 bits, either counts.
const LIBRARIES: [(&str, &str); 25] = [
    ("libasound.so.2", "libasound2 | libasound2t64"),
    ("libatk-1.0.so.0", "libatk1.0-0 | libatk1.0-0t64"),
    ("libatk-bridge-2.0.so.0", "libatk-bridge2.0-0 | libatk-bridge2.0-0t64"),
    ("libatspi.so.0", "libatspi2.0-0 | libatspi2.0-0t64"),
    ("libcairo.so.2", "libcairo2"),
    ("libcups.so.2", "libcups2 | libcups2t64"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libdrm.so.2", "libdrm2"),
    ("libexpat.so.1", "libexpat1"),
    ("libgbm.so.1", "libgbm1"),
    ("libgcc_s.so.1", "libgcc-s1"),
    ("libglib-2.0.so.0", "libglib2.0-0 | libglib2.0-0t64"),
    ("libgtk-3.so.0", "libgtk-3-0 | libgtk-3-0t64"),
    ("libnspr4.so", "libnspr4"),
    ("libnss3.so", "libnss3"),
    ("libpango-1.0.so.0", "libpango-1.0-0"),
    ("libudev.so.1", "libudev1"),
    ("libX11.so.6", "libx11-6"),
    ("libXcomposite.so.1", "libxcomposite1"),
    ("libXdamage.so.1", "libxdamage1"),
    ("libXext.so.6", "libxext6"),
    ("libXfixes.so.3", "libxfixes3"),
    ("libXrandr.so.2", "libxrandr2"),
    ("libxcb.so.1", "libxcb1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
];

/// The oldest C library that Electron and the bundled Python run with.
const GLIBC: &str = "2.28";

/// What a package says of the program.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) title: String,
    /// As the package manager compares it: `1.2.0~rc.1` comes before `1.2.0`.
    pub(crate) version: String,
    pub(crate) arch: Arch,
    pub(crate) maintainer: String,
    pub(crate) summary: String,
    /// Paragraphs.
    pub(crate) description: String,
    pub(crate) homepage: Option<String>,
    pub(crate) license: String,
    /// Seconds since 1970.
    pub(crate) date: u64,
}

impl About {
    pub(crate) fn new(config: &Config, version: &str, arch: Arch, date: u64) -> Self {
        let (project, about) = (&config.project, config.about.clone());
        let description = about.details.unwrap_or_else(|| {
            format!(
                "{} runs in a window of its own and works without a network: it brings all that it needs, with an \
                 interpreter for Python. What you enter stays in your home folder.",
                project.title
            )
        });
        Self {
            name: project.name.clone(),
            title: project.title.clone(),
            version: version.replacen('-', "~", 1).replace('-', "."),
            arch,
            maintainer: about.publisher.unwrap_or_default(),
            summary: about.description.unwrap_or_default(),
            description,
            homepage: about.homepage,
            license: about.license.unwrap_or_default(),
            date,
        }
    }

    /// Where the program lies, from the root of the system without its first `/`.
    pub(crate) fn home(&self) -> String {
        format!("opt/{}", self.name)
    }

    /// The paragraphs of the description in lines of at most 76 characters, with an empty line between them.
    pub(crate) fn wrapped(&self) -> Vec<String> {
        let paragraphs = self.description.split("\n\n").map(|paragraph| wrap(paragraph, 76));
        paragraphs.collect::<Vec<_>>().join(&[String::new()][..])
    }
}

fn wrap(paragraph: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A small file that a package brings: where it goes, and what is in it.
pub(crate) type Text = (String, String);

/// The files that each package brings besides the program, its icons and what its format wants.
pub(crate) fn texts(about: &About, format: Format) -> Vec<Text> {
    let home = about.home();
    let kind = if format == Format::Deb { "deb" } else { "rpm" };
    vec![
        (format!("usr/share/applications/{}.desktop", about.name), desktop_entry(about)),
        (
            format!("{home}/resources/apparmor-profile"),
            of_program(include_str!("../../../resources/linux/apparmor-profile"), about),
        ),
        // So that Help › Check for Updates looks for the next package of this kind.
        (format!("{home}/resources/package-type"), kind.to_owned()),
    ]
}

/// The entry in the menu. Windows of the program have its name as their class.
fn desktop_entry(about: &About) -> String {
    let About { name, title, summary, .. } = about;
    let text = |text: &str| text.replace('\\', "\\\\").replace(char::is_control, " ");
    format!(
        "[Desktop Entry]\nType=Application\nName={}\nComment={}\nExec={name} %U\nIcon={name}\nTerminal=false\n\
         Categories=Office;\nStartupWMClass={name}\n",
        text(title),
        text(summary)
    )
}

/// What runs when the files of a package are in place, and when they are gone.
pub(crate) fn scripts(about: &About) -> [String; 2] {
    [include_str!("../../../resources/linux/installed.sh"), include_str!("../../../resources/linux/removed.sh")]
        .map(|text| of_program(text, about))
}

/// A text of `resources/linux/` with the name of the program in it.
fn of_program(text: &str, about: &About) -> String {
    text.replace("\r\n", "\n").replace("@NAME@", &about.name)
}

/// The only entry of a deb's changelog; what has changed is told where the program comes from.
pub(crate) fn changelog(about: &About) -> String {
    let About { name, version, maintainer, .. } = about;
    let date = text::rfc2822(about.date);
    format!("{name} ({version}) stable; urgency=medium\n\n  * Version {version}.\n\n -- {maintainer}  {date}\n")
}

/// The small files that only a deb has: licence, and what `lintian` may overlook.
pub(crate) fn deb_texts(about: &About) -> [Text; 2] {
    let About { name, title, maintainer, license, .. } = about;
    let home = about.home();
    let source = about.homepage.as_ref().map(|address| format!("Source: {address}\n")).unwrap_or_default();
    let year = text::date(about.date)[..4].to_owned();
    let copyright = format!(
        "Program: {title}\n{source}Copyright: {year} {maintainer}, and the authors of what it is made of\nLicense: {license}\n\n\
         What it is made of has licences of its own. Their texts are in these files:\n\n\
         /{home}/LICENSE.electron.txt and /{home}/LICENSES.chromium.html: Electron\n\
         /{home}/resources/THIRD-PARTY-NOTICES.txt: modules of the window\n\
         /{home}/resources/backend/THIRD-PARTY-NOTICES.txt: Python and its packages\n"
    );
    [
        (format!("usr/share/doc/{name}/copyright"), copyright),
        (
            format!("usr/share/lintian/overrides/{name}"),
            of_program(include_str!("../../../resources/linux/lintian-overrides"), about),
        ),
    ]
}

/// The fields of a deb. `kilobytes` is what it takes on the disk.
pub(crate) fn control(about: &About, kilobytes: u64) -> String {
    let About { name, version, maintainer, summary, .. } = about;
    let arch = if about.arch == Arch::X64 { "amd64" } else { "arm64" };
    let depends: Vec<&str> = LIBRARIES.iter().map(|(_, package)| *package).collect();
    let homepage = about.homepage.as_ref().map(|address| format!("Homepage: {address}\n")).unwrap_or_default();
    let description = about.wrapped().into_iter();
    let description = description.map(|line| if line.is_empty() { " .\n".to_owned() } else { format!(" {line}\n") });
    format!(
        "Package: {name}\nVersion: {version}\nArchitecture: {arch}\nMaintainer: {maintainer}\n\
         Installed-Size: {kilobytes}\nDepends: libc6 (>= {GLIBC}), {}\nRecommends: xdg-utils\nSection: misc\nPriority: optional\n\
         {homepage}Description: {summary}\n{}",
        depends.join(", "),
        description.collect::<String>()
    )
}

/// Something that an rpm needs, in rpm's own terms.
pub(crate) struct Need {
    pub(crate) name: String,
    pub(crate) flags: u32,
    pub(crate) version: &'static str,
}

/// Libraries, by names that all distributions give them, a shell for the scripts, and an rpm that reads the package.
pub(crate) fn rpm_needs() -> Vec<Need> {
    const OF_SCRIPTS: u32 = (1 << 8) | (1 << 10) | (1 << 12);
    const OF_RPM: u32 = (1 << 24) | 2 | 8;
    const FORMAT: [(&str, &str); 3] = [
        ("rpmlib(CompressedFileNames)", "3.0.4-1"),
        ("rpmlib(FileDigests)", "4.6.0-1"),
        ("rpmlib(PayloadFilesHavePrefix)", "4.0-1"),
    ];
    let need = |name: String, flags, version| Need { name, flags, version };
    let libraries = LIBRARIES.iter().map(|(library, _)| need(format!("{library}()(64bit)"), 0, ""));
    let format = FORMAT.into_iter().map(|(name, version)| need(name.to_owned(), OF_RPM, version));
    let shell = need("/bin/sh".to_owned(), OF_SCRIPTS, "");
    let c_library = need(format!("libc.so.6(GLIBC_{GLIBC})(64bit)"), 0, "");
    [shell, c_library].into_iter().chain(libraries).chain(format).collect()
}
