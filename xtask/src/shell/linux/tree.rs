//! What lies where in a package for Linux: the program that the packager left unpacked, its icons, and small files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use flate2::{Compression, GzBuilder};
use sha2::Digest;

use crate::base::config::linux::Format;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::host::{Host, Os};
use crate::base::walk;
use crate::shell::linux::plan::{self, About, Text, texts};

/// Where the theme that every desktop falls back to has sizes of its own.
const ICON_SIZES: [u32; 8] = [16, 24, 32, 48, 64, 128, 256, 512];

/// Chromium's second sandbox, for systems without user namespaces. It has to belong to root and to run as root.
const SANDBOX: &str = "chrome-sandbox";

/// Files, links and folders of a package by their paths, which begin behind the first `/`.
pub(crate) type Tree = BTreeMap<String, Entry>;

/// Something that is installed. It belongs to root.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Folder,
    /// Where it leads.
    Link(String),
    File(Content, u32),
}

impl Entry {
    /// Bytes of a file.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::File(content, _) => content.size(),
            Self::Folder | Self::Link(_) => 0,
        }
    }
}

/// What is in a file, and how many bytes.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bytes(Vec<u8>),
    Of(Utf8PathBuf, u64),
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Of(_, size) => *size,
        }
    }

    pub(crate) fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Self::Of(path, _) => Box::new(File::open(path)?),
        })
    }
}

/// Sums up what is read.
pub(crate) struct Summed<R, D> {
    reader: R,
    sum: D,
}

impl<R: Read, D: Digest> Summed<R, D> {
    pub(crate) fn new(reader: R) -> Self {
        Self { reader, sum: D::new() }
    }

    /// Of what was read until now, in hex.
    pub(crate) fn digest(self) -> String {
        hex::encode(self.sum.finalize())
    }
}

impl<R: Read, D: Digest> Read for Summed<R, D> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.sum.update(&buffer[..read]);
        Ok(read)
    }
}

/// What a package of each format has in it. `unpacked` is the folder that the packager left.
pub(crate) fn of_program(ctx: &Ctx, about: &About, format: Format, unpacked: &Utf8Path) -> Result<Tree> {
    let home = about.home();
    let folder = ctx.layout.absolute(unpacked);
    let mut tree = if folder.is_dir() { program(&folder, &home)? } else { Tree::new() };
    check(&tree, about, unpacked)?;
    let link = Entry::Link(format!("/{home}/{}", about.name));
    tree.insert(format!("usr/bin/{}", about.name), link);
    for (size, png) in icons(ctx)? {
        let path = format!("usr/share/icons/hicolor/{size}x{size}/apps/{}.png", about.name);
        tree.insert(path, Entry::File(Content::Bytes(png), 0o644));
    }
    tree.extend(texts(about, format).into_iter().map(entry));
    Ok(tree)
}

/// Adds what Debian wants to find in a package.
pub(crate) fn add_debian(tree: &mut Tree, about: &About) -> std::io::Result<()> {
    tree.extend(plan::deb_texts(about).into_iter().map(entry));
    let mut packed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    packed.write_all(plan::changelog(about).as_bytes())?;
    let path = format!("usr/share/doc/{}/changelog.gz", about.name);
    tree.insert(path, Entry::File(Content::Bytes(packed.finish()?), 0o644));
    Ok(())
}

fn entry((path, text): Text) -> (String, Entry) {
    (path, Entry::File(Content::Bytes(text.into_bytes()), 0o644))
}

/// What the packager left, below its new home.
fn program(unpacked: &Utf8Path, home: &str) -> Result<Tree> {
    let found = walk::tree(unpacked)?.into_iter().map(|file| {
        let path = unpacked.join(&file.path);
        let entry = if file.is_link {
            let target = std::fs::read_link(&path).fault(|| format!("cannot read {path}"))?;
            Entry::Link(target.to_string_lossy().into_owned())
        } else {
            let mode = mode(&file.path, file.stat.executable);
            Entry::File(Content::Of(path, file.stat.size), mode)
        };
        Ok((format!("{home}/{}", file.path), entry))
    });
    found.collect()
}

/// Libraries are not programs, whatever a packager says of them.
fn mode(path: &str, is_executable: bool) -> u32 {
    let is_library = Utf8Path::new(path).extension() == Some("so") || path.contains(".so.");
    match path {
        SANDBOX => 0o4755,
        _ if is_executable && !is_library => 0o755,
        _ => 0o644,
    }
}

/// The program is there, and is for the processor that the package is for.
fn check(tree: &Tree, about: &About, unpacked: &Utf8Path) -> Result<()> {
    let name = &about.name;
    let Some(Entry::File(content, _)) = tree.get(&format!("{}/{name}", about.home())) else {
        return Err(Fault::new(format!("there is no program `{name}` in {unpacked}"))
            .hint("look at what electron-builder says above; arguments after `--` may have changed its name"));
    };
    let mut start = Vec::new();
    let reading = content.open().and_then(|file| file.take(20).read_to_end(&mut start));
    reading.fault(|| format!("cannot read {unpacked}/{name}"))?;
    let wanted = Host { os: Os::Linux, arch: about.arch };
    if start.starts_with(b"\x7fELF") && !wanted.is_program(&start) {
        return Err(Fault::new(format!("{unpacked}/{name} is for another processor than the package"))
            .because(format!("the package is for {wanted}"))
            .hint("let ELECTRON_OVERRIDE_DIST_PATH name an Electron for that processor, or unset it"));
    }
    Ok(())
}

/// The folders above everything, where they are not there yet.
pub(crate) fn with_folders(mut tree: Tree) -> Tree {
    let above = |path: &String| Utf8Path::new(path).ancestors().skip(1).map(ToString::to_string).collect::<Vec<_>>();
    let folders: Vec<String> = tree.keys().flat_map(above).filter(|path| !path.is_empty()).collect();
    for folder in folders {
        tree.entry(folder).or_insert(Entry::Folder);
    }
    tree
}

/// The program's icons by their width. The icons for Windows and macOS are containers with all of them in, as PNG.
fn icons(ctx: &Ctx) -> Result<BTreeMap<u32, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for name in ["icon.ico", "icon.icns"] {
        let path = Utf8Path::new("shells/electron/build").join(name);
        let container = std::fs::read(ctx.layout.absolute(&path)).fault(|| format!("cannot read {path}"))?;
        found.extend(pngs(&container).filter(|(width, _)| ICON_SIZES.contains(width)));
    }
    Ok(found)
}

/// The PNGs that lie in a file one after another, with their widths.
fn pngs(container: &[u8]) -> impl Iterator<Item = (u32, Vec<u8>)> {
    const START: &[u8] = b"\x89PNG\r\n\x1a\n";
    const END: &[u8] = b"IEND\xae\x42\x60\x82";
    memchr::memmem::find_iter(container, START).filter_map(|at| {
        let rest = &container[at..];
        let end = memchr::memmem::find(rest, END)? + END.len();
        let width = rest.get(16..20)?.try_into().ok().map(u32::from_be_bytes)?;
        Some((width, rest[..end].to_vec()))
    })
}
