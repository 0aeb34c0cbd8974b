//! The plan of a first stage on each system, as the dry run prints it.

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::expect_file;

use crate::base::config::Config;
use crate::base::env::Env;
use crate::base::hash::Digest;
use crate::base::host::{Arch, Host, Os};
use crate::base::layout::Layout;
use crate::base::stat::{HashedFile, Stat};
use crate::stage::model::{Request, RuntimeSource, Seen, SourceChoice};
use crate::stage::plan::facts::Facts;
use crate::stage::plan::plan;

fn file(path: &str) -> HashedFile {
    let stat = Stat { size: 1, modified_ns: 0, changed_ns: 0, inode: 0, executable: false };
    HashedFile { path: path.to_owned(), stat, sha256: Digest::of(b"") }
}

/// A project of three files that was never staged, with an interpreter that uv brings.
fn facts(key: &str) -> Facts {
    let url = format!("https://example.org/{key}-install_only_stripped.tar.gz");
    Facts {
        record: None,
        own: None,
        is_stale: true,
        record_digest: String::new(),
        seen: Seen {
            taken_ns: 0,
            request: Vec::new(),
            source: RuntimeSource::Uv { key: key.to_owned(), url },
            instead_of: None,
            uv_version: "uv 0.13.9".to_owned(),
            inputs: vec![file("src/shop/settings.py"), file("manage.py")],
            runtime: vec![file("src/desktop_runtime/__init__.py")],
            lock: file("backend/uv.lock"),
            indexes: Vec::new(),
            overlay: None,
            beside: Vec::new(),
            built: Vec::new(),
            projects: vec![file("pyproject.toml")],
            asked_packages: Vec::new(),
            packages: Vec::new(),
            folders: Vec::new(),
        },
        stored: BTreeSet::new(),
        left_out: Vec::new(),
        wheels: BTreeSet::new(),
        version: "3.14.2".to_owned(),
        drift: vec!["nothing was staged before".to_owned()],
        processors: 2,
    }
}

#[test]
fn the_first_stage_of_each_system() {
    let request = |target| Request {
        target,
        source: SourceChoice::Auto,
        version: "3.14".to_owned(),
        offline: false,
        force: false,
        fall_back: false,
    };
    let config =
        Config::parse(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml"))).unwrap();
    let layout = Layout::new("/repo".into(), &config, &Env::default());
    let mut plans = String::new();
    for (os, arch, key) in [
        (Os::Linux, Arch::X64, "cpython-3.14.2-linux-x86_64-gnu"),
        (Os::MacOs, Arch::Arm64, "cpython-3.14.2-macos-aarch64-none"),
        (Os::Windows, Arch::X64, "cpython-3.14.2-windows-x86_64-none"),
    ] {
        let host = Host { os, arch };
        let plan = plan(&config, &layout, host, facts(key), &request(host));
        // Keys change with every program that staging starts.
        let text = plan.layers.iter().fold(plan.to_string(), |text, layer| text.replace(&layer.key[..12], "<key>"));
        let _ = writeln!(plans, "# {host}\n{text}\n");
    }
    expect_file!["../../../tests/snapshots/stage-plans.txt"].assert_eq(&plans);
}
