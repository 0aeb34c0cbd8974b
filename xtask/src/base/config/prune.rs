//! What staging leaves out by default: each rule is named for what it removes. Nothing that a program may import or
//! read stands here, so no rule is about a kind of file or a folder's name: a rule says which package it is about.

/// Something that a desktop app never uses.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The name that `keep` takes it back by.
    pub(crate) name: &'static str,
    /// What it removes, for people.
    pub(crate) what: &'static str,
    /// Glob patterns: `*` stays within one folder, `**` does not.
    pub(crate) globs: &'static [&'static str],
}

/// Below the interpreter's prefix; names that begin with `Lib` or `DLLs` are those of Windows.
pub(crate) const PYTHON: &[Rule] = &[
    Rule {
        name: "tk",
        what: "Tk, Tcl and turtle graphics",
        globs: &[
            "lib/python*/{tkinter,turtledemo}/**",
            "lib/python*/turtle.py",
            "lib/python*/lib-dynload/_tkinter*",
            "lib/lib{tcl,tk}*",
            "lib/{tcl,tk,itcl,thread}[0-9]*/**",
            "lib/{tcl,tk}/**",
            "Lib/{tkinter,turtledemo}/**",
            "Lib/turtle.py",
            "DLLs/{_tkinter,tcl,tk}*",
            "tcl/**",
        ],
    },
    Rule { name: "idle", what: "IDLE", globs: &["lib/python*/idlelib/**", "Lib/idlelib/**"] },
    Rule {
        name: "tests",
        what: "the interpreter's own test suite",
        globs: &[
            "lib/python*/test/**",
            "lib/python*/{ctypes,distutils,lib2to3,sqlite3,unittest}/{test,tests}/**",
            "lib/python*/lib-dynload/{_test,_ctypes_test,_xxtestfuzz,xxlimited,xxsubtype}*",
            "Lib/test/**",
            "Lib/{ctypes,distutils,lib2to3,sqlite3,unittest}/{test,tests}/**",
            "DLLs/{_test,_ctypes_test}*",
        ],
    },
    Rule {
        name: "headers",
        what: "headers and libraries for building extension modules",
        globs: &[
            "include/**",
            "Include/**",
            "libs/**",
            "lib/*.a",
            "lib/pkgconfig/**",
            "lib/python*/config-*/**",
            "lib/libpython3.so",
        ],
    },
    Rule {
        name: "pip",
        what: "pip and what brings it; packages come from the lock alone",
        globs: &["lib/python*/{ensurepip,site-packages}/**", "Lib/{ensurepip,site-packages}/**", "Scripts/**"],
    },
    Rule {
        name: "documents",
        what: "manual pages, terminal descriptions and tools for developers",
        globs: &["share/**", "Doc/**", "Tools/**"],
    },
];

/// Below site-packages.
pub(crate) const PACKAGES: &[Rule] = &[
    Rule {
        name: "startproject",
        what: "what `startproject` and `startapp` copy",
        globs: &["django/conf/{app,project}_template/**"],
    },
    Rule {
        name: "po",
        what: "sources of Django's translations; programs read the compiled ones",
        globs: &["django/**/LC_MESSAGES/*.po"],
    },
];

/// The first name that no rule has, with the names that there are.
pub(crate) fn mistake<'a>(rules: &[Rule], keep: &'a [String]) -> Option<(&'a str, String)> {
    let unknown = keep.iter().find(|name| rules.iter().all(|rule| rule.name != name.as_str()))?;
    let names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
    Some((unknown, format!("one of {}", names.join(", "))))
}
