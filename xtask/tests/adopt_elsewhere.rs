//! `adopt`: what it leaves as it was, and what does not depend on where and when it runs.

// git lists what is in a checkout, and interpreters are as a Unix has them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

#[path = "support/adopt.rs"]
mod made;
#[path = "support/staging.rs"]
mod staging;
mod support;

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use made::Shop;

#[test]
fn the_project_is_not_touched() {
    let shop = Shop::new();
    Shop::git(&shop.root(), &["init", "-q"]);
    Shop::commit(&shop.root());
    let before = shop.stamps();
    shop.adopt(&[]);
    assert_eq!(Shop::git(&shop.root(), &["status", "--porcelain", "--ignored"]), "");
    assert!(shop.stamps() == before, "a file of the project has another time or size");
}

/// The packages are imported more than once. Their environment is the tool's own, the other folders are not.
#[test]
fn bytecode_is_kept_of_the_packages_alone() {
    let mut shop = Shop::new();
    let store = shop.checkout.outside().join("store");
    shop.env("DDSTASK_CACHE_DIR", store.to_str().unwrap());
    let compiled = |folder: &Path| {
        let found = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
        found.filter(|entry| entry.file_name() == "__pycache__").map(walkdir::DirEntry::into_path).collect::<Vec<_>>()
    };
    let own = [shop.root(), shop.checkout.path("backend/desktop_runtime")];
    let before = own.each_ref().map(|folder| compiled(folder));
    assert_eq!(shop.adopt(&[])["verdict"], "works");
    assert!(compiled(&store).iter().any(|folder| folder.ends_with("django/conf/__pycache__")));
    assert_eq!(own.each_ref().map(|folder| compiled(folder)), before);
}

/// A project that says a bit of everything that is written down.
fn written_down() -> Shop {
    let shop = Shop::new();
    shop.append(
        "shop/settings.py",
        "import os\nREGION = os.environ['REGION']\n(BASE_DIR / 'var').mkdir(exist_ok=True)\n\
         DATABASES['default'] = {'ENGINE': 'django.db.backends.postgresql'}\n",
    );
    shop.write("requirements.txt", "Django>=5.2,<6\ngunicorn\npytz\n");
    shop
}

/// Programs that give another one a host name and a day of its own, as far as this machine has them.
fn another_machine() -> Vec<OsString> {
    let wrappers: [&[&str]; 2] = [
        &["faketime", "-f", "-1d"],
        &["unshare", "--uts", "--map-root-user", "sh", "-c", "hostname somewhere-else && exec \"$0\" \"$@\""],
    ];
    let works = |wrapper: &&&[&str]| {
        let run = Command::new(wrapper[0]).args(&wrapper[1..]).arg("true").output();
        run.is_ok_and(|run| run.status.success())
    };
    wrappers.iter().filter(works).flat_map(|wrapper| wrapper.iter().map(OsString::from)).collect()
}

/// The same command on another machine: its name, its day, its home, its order of programs.
fn moved(command: &Command, home: &Path) -> Command {
    let program = std::iter::once(command.get_program()).chain(command.get_args()).map(OsString::from);
    let mut words = another_machine().into_iter().chain(program);
    let mut moved = Command::new(words.next().unwrap());
    moved.args(words).current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => moved.env(name, value),
            None => moved.env_remove(name),
        };
    }
    let mut programs: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
    programs.reverse();
    moved.env("PATH", std::env::join_paths(programs).unwrap()).env("HOME", home).env("USER", "somebody-else");
    moved.env("REGION", "eu").env("DATABASE_URL", "postgres://x/y").env("TZ", "Asia/Tokyo").env("LANG", "de_DE.UTF-8");
    moved
}

#[test]
fn another_day_another_machine_the_same_bytes() {
    let written = |shop: &Shop| ["dds.toml", "desktop-requirements.txt"].map(|file| shop.checkout.read(file));
    let here = written_down();
    here.adopt(&[]);
    let there = written_down();
    let home = tempfile::tempdir().unwrap();
    let uv = Command::new(staging::uv().unwrap()).args(["cache", "dir"]).output().unwrap();
    let cache = String::from_utf8(uv.stdout).unwrap();
    let mut command = moved(&there.command(&["adopt", "../shop"]), home.path());
    // What was seen here must not be remembered there; what was downloaded may.
    let own = staging::Checkout::with_own_store();
    let output = command.env("DDSTASK_CACHE_DIR", own.store()).env("UV_CACHE_DIR", cache.trim()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(written(&there), written(&here));
    assert!(written(&here)[0].contains("REGION = \"unset\""), "{}", written(&here)[0]);
}
