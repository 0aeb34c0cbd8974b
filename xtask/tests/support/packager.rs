//! A checkout of its own, and a stand-in for npm and electron-builder.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::staging::Checkout;

/// A checkout whose stage is made from an installed Python.
pub(crate) fn checkout() -> Checkout {
    let checkout = Checkout::new();
    let facts = checkout.read("dds.toml");
    checkout.write("dds.toml", &facts.replacen("[python]\n", "[python]\nsource = \"host\"\n", 1));
    checkout
}

/// A lock with a module, one that is for another system, and one that only builds.
const LOCK: &str = r#"{"packages": {
    "": {"version": "1.0.0"},
    "node_modules/updater": {"version": "2.0.0", "license": "MIT"},
    "node_modules/updater/node_modules/silent": {"version": "3.0.0"},
    "node_modules/for-macs": {"version": "1.0.0", "optional": true},
    "node_modules/tool": {"version": "1.0.0", "dev": true},
    "node_modules/electron": {"version": "45.0.0", "dev": true, "license": "MIT"}
}}"#;

/// A `node` and an `npm` that write down what they are asked for, fail where Electron's program would be fetched, and
/// package what lies in `packed/`.
pub(crate) fn fake_node(checkout: &mut Checkout) -> PathBuf {
    let log = checkout.path("node.log");
    let script = r#"#!/bin/sh
root=$(dirname "$0")/..
echo "$*" >> "$root/node.log"
case "$*" in
  *electron/install.js) echo 'fetch failed' >&2; exit 1;;
  *electron-builder/cli.js*) echo 'packaging'; mkdir -p "$root/dist/electron"; cp -R "$root/packed/." "$root/dist/electron/" 2> "$root/cp.log"; exit 0;;
esac
"#;
    for tool in ["tools/node", "tools/npm"] {
        checkout.write(tool, script);
        fs::set_permissions(checkout.path(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }
    checkout.write("shells/electron/package-lock.json", LOCK);
    checkout.write("shells/electron/node_modules/.package-lock.json", "{}");
    let path = format!("{}:{}", checkout.path("tools").display(), std::env::var("PATH").unwrap());
    checkout.env.push(("PATH".to_owned(), path));
    log
}
