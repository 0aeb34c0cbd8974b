//! What Rust's standard library is made of, with its licences: every program in Rust is linked with it.
//!
//! Each toolchain of Rust 1.84 and newer brings a page of that, `share/doc/rust/COPYRIGHT-library.html`: first a list of
//! the library's own folders, then each crate that it uses, with an address at crates.io, a licence and its texts.

use camino::{Utf8Path, Utf8PathBuf};

use crate::base::ask::ask;
use crate::base::ctx::Ctx;
use crate::base::digests;
use crate::base::fault::{Context, Fault, Result};
use crate::stage::notices::Part;

const PAGE: &str = "COPYRIGHT-library.html";
const LICENCE: &str = "Apache-2.0 OR MIT";

/// The library of the `rustc` that compiles here, and the crates that it uses. A toolchain without the page gives the
/// library without a text.
pub(crate) fn parts(ctx: &Ctx) -> Result<Vec<Part>> {
    let sysroot = ask(ctx.layout.root(), "rustc".into(), &["--print", "sysroot"])?;
    of_docs(&of_rustc(ctx, "release")?, &Utf8PathBuf::from(sysroot).join("share/doc/rust"))
}

/// What `rustc` says of itself by this name: `host`, `release`.
pub(crate) fn of_rustc(ctx: &Ctx, name: &str) -> Result<String> {
    let told = ask(ctx.layout.root(), "rustc".into(), &["-vV"])?;
    let found = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.map(str::to_owned).ok_or_else(|| Fault::new(format!("rustc does not say its {name}")).because(told.clone()))
}

fn of_docs(version: &str, docs: &Utf8Path) -> Result<Vec<Part>> {
    let (page, folder) = (docs.join(PAGE), docs.join("licenses"));
    let mut library = Part {
        name: format!("Rust's standard library {version}"),
        licence: Some(LICENCE.to_owned()),
        texts: Vec::new(),
    };
    if !page.is_file() || !folder.is_dir() {
        return Ok(vec![library]);
    }
    let page = std::fs::read_to_string(&page).fault(|| format!("cannot read {page}"))?;
    let (own, used) = page.split_once("<h3>").unwrap_or((&page, ""));
    let mut files = digests::names_in(&folder)?;
    files.retain(|file| own.contains(file.trim_end_matches(".txt")));
    files.sort_unstable();
    library = Part::read(library.name, library.licence, &folder, files.iter().map(String::as_str))?;
    library.texts.push((PAGE.to_owned(), plain(own)));
    Ok(used.split("<h3>").filter_map(used_crate).chain([library]).collect())
}

/// A crate from its part of the page.
fn used_crate(section: &str) -> Option<Part> {
    let (_, name) = between(section, "https://crates.io/crates/", "\"")?;
    let licence = between(section, "<b>License:</b>", "</p>").map(|(_, licence)| text_of(licence).trim().to_owned());
    let mut texts = Vec::new();
    let mut rest = section;
    while let Some((after, place)) = between(rest, "<summary><code>", "</code>") {
        let (after, words) = between(after, "<pre>", "</pre>")?;
        texts.push((text_of(place), text_of(words)));
        rest = after;
    }
    Some(Part { name: name.replace('/', " "), licence, texts })
}

/// What stands between two marks, and what comes after the second.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<(&'a str, &'a str)> {
    let (_, after) = text.split_once(begin)?;
    let (found, rest) = after.split_once(end)?;
    Some((rest, found))
}

/// A page without its tags, each line that has words.
fn plain(page: &str) -> String {
    let body = page.split_once("<body>").map_or(page, |(_, body)| body);
    let words: String = body.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    text_of(&lines.collect::<Vec<_>>().join("\n"))
}

/// A text with its characters in place of the references that the page writes for them.
fn text_of(html: &str) -> String {
    const REFERENCES: [(&str, &str); 9] = [
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#60;", "<"),
        ("&lt;", "<"),
        ("&#62;", ">"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    REFERENCES
        .iter()
        .fold(html.replace("&#38;", "&amp;"), |text, (reference, character)| text.replace(reference, character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::tools;

    #[test]
    fn a_crate_has_its_licence_and_all_its_texts() {
        let section = "📦 wasi-0.1+snapshot</h3>\n<p><b>URL:</b> \
            <a href=\"https://crates.io/crates/wasi/0.1+snapshot\">https://crates.io/crates/wasi/0.1+snapshot</a></p>\n\
            <p><b>License:</b> Apache-2.0 WITH LLVM-exception</p>\n<details>\n<summary><code>LICENSE-MIT</code></summary>\n\
            <pre>Copyright &#60;me&#62; &amp;lt;</pre></details><details><summary><code>NOTICE</code></summary><pre>\n\
            &#34;As is&#34;\n</pre></details>";
        let part = used_crate(section).unwrap();
        assert_eq!(part.name, "wasi 0.1+snapshot");
        assert_eq!(part.licence.as_deref(), Some("Apache-2.0 WITH LLVM-exception"));
        let texts = [("LICENSE-MIT", "Copyright <me> &lt;"), ("NOTICE", "\n\"As is\"\n")];
        assert_eq!(part.texts, texts.map(|(place, text)| (place.to_owned(), text.to_owned())));
        assert_eq!(used_crate("no address"), None);
    }

    #[test]
    fn the_toolchain_that_compiles_this_tells_all_of_it() {
        // Where no rustc can be asked, its page still lies beside the cargo that compiled this.
        let sysroot = match tools::find("rustc") {
            Some(_) => ask(".".into(), "rustc".into(), &["--print", "sysroot"]).unwrap(),
            None => Utf8Path::new(env!("CARGO")).ancestors().nth(2).unwrap().to_string(),
        };
        let parts = of_docs("1.2.3", &Utf8Path::new(&sysroot).join("share/doc/rust")).unwrap();
        let library = parts.last().unwrap();
        assert_eq!(library.name, "Rust's standard library 1.2.3");
        assert!(parts.iter().all(|part| part.licence.is_some()), "{parts:?}");
        // Toolchains of Linux distributions may come without the page.
        if let Some((_, own)) = library.texts.last() {
            assert!(own.contains("The Rust Project Developers") && !own.contains("<p>"), "{own}");
            assert!(library.texts.iter().any(|(file, _)| file == "MIT.txt"), "{:?}", library.texts);
            assert!(parts.iter().any(|part| part.name.starts_with("hashbrown ") && !part.texts.is_empty()));
        }
    }

    #[test]
    fn a_page_is_read_without_its_tags() {
        let page =
            "<title>T</title><body>\n<h1>Notices</h1>\n\n <p><b>License:</b> MIT</p>\n<p>&#60;you&#62;</p></body>";
        assert_eq!(plain(page), "Notices\nLicense: MIT\n<you>");
    }
}
