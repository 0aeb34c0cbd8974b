//! The interpreter's licence, and what is known of the native libraries that it may be linked with: it reports their names
//! and versions, and neither their licences nor what they are called elsewhere.

/// The licence of `CPython` itself.
pub(crate) const PYTHON_LICENCE: &str = "PSF-2.0";

/// A native library: its licence (SPDX), the text of that, and what the lists of vulnerabilities call it.
pub(crate) struct Library {
    name: &'static str,
    pub(crate) licence: &'static str,
    pub(crate) text: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) product: &'static str,
}

/// A row of the table, with its text in `resources/licences`.
macro_rules! library {
    ($name:literal, $licence:literal, $vendor:literal, $product:literal) => {
        Library {
            name: $name,
            licence: $licence,
            text: include_str!(concat!("../../resources/licences/", $name, ".txt")),
            vendor: $vendor,
            product: $product,
        }
    };
}

const LIBRARIES: &[Library] = &[
    library!("expat", "MIT", "libexpat_project", "libexpat"),
    library!("libmpdec", "BSD-2-Clause", "", ""),
    library!("ncurses", "X11-distribute-modifications-variant", "gnu", "ncurses"),
    library!("openssl", "Apache-2.0", "openssl", "openssl"),
    library!("sqlite", "blessing", "sqlite", "sqlite"),
    library!("zlib", "Zlib", "zlib", "zlib"),
    library!("zstd", "BSD-3-Clause", "facebook", "zstandard"),
];

/// What is known of a library, by the name that the interpreter reports it with.
pub(crate) fn find(name: &str) -> Option<&'static Library> {
    LIBRARIES.iter().find(|library| library.name == name)
}
