//! The machine of the person who builds neither helps nor harms a stage: its variables, its files, its folders' names.

// Interpreters, links and modes as they are there.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/staging.rs"]
mod staging;

use std::io::Write;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use staging::{Checkout, digest, listing, uv};

/// A name with everything that a file system allows and a program may trip over.
const NAME: &str = "a b\n,c'd\"e#f%41g:h;i$HOME`j&k(l)é\\ü";

/// What chooses, and what only is of no concern to a stage.
const VARIABLES: &[(&str, &str)] = &[
    ("PYTHONPATH", "<poison>"),
    ("PYTHONHOME", "<poison>"),
    ("PYTHONUSERBASE", "<poison>/user"),
    ("PYTHONSTARTUP", "<poison>/django.py"),
    ("PYTHONPYCACHEPREFIX", "<poison>/cache"),
    ("PYTHONPLATLIBDIR", "nowhere"),
    ("PYTHONOPTIMIZE", "2"),
    ("PYTHONWARNINGS", "error"),
    ("PYTHONDEVMODE", "1"),
    ("PYTHONHASHSEED", "5"),
    ("PYTHONINSPECT", "1"),
    ("PYTHONSAFEPATH", "1"),
    ("PYTHONDONTWRITEBYTECODE", ""),
    ("PYTHONIOENCODING", "latin-1"),
    ("PYTHONUTF8", "0"),
    ("PYTHONBREAKPOINT", "django.nothing"),
    ("UV_RESOLUTION", "lowest"),
    ("UV_PRERELEASE", "allow"),
    ("UV_EXCLUDE_NEWER", "2001-01-01"),
    ("UV_CONSTRAINT", "/nonexistent"),
    ("UV_BUILD_CONSTRAINT", "/nonexistent"),
    ("UV_OVERRIDE", "/nonexistent"),
    ("UV_EXCLUDE", "/nonexistent"),
    ("UV_PYTHON_PREFERENCE", "only-managed"),
    ("UV_MANAGED_PYTHON", "1"),
    ("UV_SYSTEM_PYTHON", "1"),
    ("UV_PYTHON_SEARCH_PATH", "/nonexistent"),
    ("UV_PROJECT", "/nonexistent"),
    ("UV_PROJECT_ENVIRONMENT", "/nonexistent"),
    ("UV_WORKING_DIR", "/nonexistent"),
    ("UV_NO_BINARY", "1"),
    ("UV_LINK_MODE", "symlink"),
    ("UV_COMPILE_BYTECODE", "1"),
    ("UV_TORCH_BACKEND", "cpu"),
    ("UV_LOCKED", "1"),
    ("UV_NO_INSTALLER_METADATA", "1"),
    ("VIRTUAL_ENV", "<poison>"),
    ("CONDA_PREFIX", "<poison>"),
    ("CONDA_DEFAULT_ENV", "base"),
    ("PIP_TARGET", "<poison>"),
    ("PIP_USER", "1"),
    ("DJANGO_SETTINGS_MODULE", "nowhere"),
    ("DJANGO_SECRET_KEY", "of the person"),
    ("DESKTOP_DJANGO_APP_DATA_DIR", "/nonexistent"),
    ("DESKTOP_DJANGO_BUNDLE_DIR", "/nonexistent"),
    ("LD_LIBRARY_PATH", "<poison>/lib"),
    ("DYLD_LIBRARY_PATH", "<poison>/lib"),
    ("GIT_DIR", "/nonexistent"),
    ("GIT_CONFIG_COUNT", "1"),
    ("GIT_CONFIG_KEY_0", "core.autocrlf"),
    ("GIT_CONFIG_VALUE_0", "true"),
    ("LANG", "de_DE.ISO-8859-1"),
    ("LC_ALL", "de_DE.ISO-8859-1"),
    ("TZ", "Pacific/Kiritimati"),
    ("SOURCE_DATE_EPOCH", "1"),
    ("TMPDIR", "tmp"),
    ("BASH_ENV", "<poison>/shell"),
    ("ENV", "<poison>/shell"),
];

/// Files in the home folder and above the checkout that programs read by themselves.
const FILES: &[(&str, &str)] = &[
    (
        "home/.config/uv/uv.toml",
        "resolution = \"lowest\"\nexclude-newer = \"2001-01-01\"\nno-binary = true\n[pip]\npython-version = \"3.8\"\ntarget = \"/nonexistent\"\n",
    ),
    ("home/.config/pip/pip.conf", "[install]\nuser = true\ntarget = /nonexistent\n"),
    ("home/.gitconfig", "[core]\nautocrlf = true\nhooksPath = /nonexistent\n"),
    ("home/.config/git/attributes", "* text eol=crlf\n"),
    ("home/.pydistutils.cfg", "[install]\nprefix=/nonexistent\n"),
    ("home/.python-version", "2.7\n"),
    ("home/.profile", "exit 1\n"),
    ("outside/uv.toml", "resolution = \"lowest\"\nexclude-newer = \"2001-01-01\"\n"),
    ("outside/pyproject.toml", "[tool.uv]\nrequired-version = \"==0.0.1\"\n[tool.uv.workspace]\nmembers = [\"*\"]\n"),
    ("outside/.python-version", "2.7\n"),
    ("outside/pyvenv.cfg", "home = /nonexistent\n"),
    ("outside/.env", "DJANGO_SETTINGS_MODULE=nowhere\n"),
    ("outside/manage.py", "raise SystemExit('above the checkout')\n"),
    ("poison/django.py", "raise SystemExit('poison')\n"),
    ("poison/shop.py", "raise SystemExit('poison')\n"),
    ("poison/sitecustomize.py", "raise SystemExit('poison')\n"),
    ("poison/usercustomize.py", "raise SystemExit('poison')\n"),
    ("poison/lib/libz.so.1", "this is no library"),
    ("poison/lib/libsqlite3.so.0", "this is no library"),
    ("poison/shell", "exit 1\n"),
];

/// Writes everything that a person may have set up for themselves.
fn poison(checkout: &mut Checkout, outside: &Path) {
    let elsewhere = outside.join("machine");
    for (path, text) in FILES {
        let path = path.strip_prefix("outside/").map_or_else(|| elsewhere.join(path), |path| outside.join(path));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    for minor in 10..=16 {
        std::fs::write(elsewhere.join(format!("poison/lib/libpython3.{minor}.so.1.0")), "no library").unwrap();
        let name = format!("lib/python3.{minor}/site-packages");
        for base in ["home/.local", "poison/user"] {
            let folder = elsewhere.join(base).join(&name);
            std::fs::create_dir_all(folder.join("django")).unwrap();
            std::fs::write(folder.join("django/__init__.py"), "raise SystemExit('poison')\n").unwrap();
            std::fs::write(folder.join("first.pth"), "import sys; sys.exit('poison')\n").unwrap();
            std::fs::write(folder.join("usercustomize.py"), "raise SystemExit('poison')\n").unwrap();
        }
    }
    std::fs::create_dir(checkout.path("tmp")).unwrap();
    let poison = elsewhere.join("poison").display().to_string();
    let variables = VARIABLES.iter().map(|(name, value)| ((*name).to_owned(), value.replace("<poison>", &poison)));
    checkout.env.extend(variables);
    checkout.env.push(("HOME".to_owned(), elsewhere.join("home").display().to_string()));
}

/// What a new home folder would hide, and the tests need.
fn reachable() -> Vec<(String, String)> {
    let cache = Command::new(uv().expect("`cargo xtask test` names uv in UV")).args(["cache", "dir"]).output().unwrap();
    let cache = String::from_utf8(cache.stdout).unwrap().trim().to_owned();
    let pyenv = std::env::var("PYENV_ROOT").ok().or_else(|| Some(format!("{}/.pyenv", std::env::var("HOME").ok()?)));
    vec![
        ("UV".to_owned(), program()),
        ("UV_CACHE_DIR".to_owned(), cache),
        ("PYENV_ROOT".to_owned(), pyenv.unwrap_or_default()),
    ]
}

/// uv itself, not a script of pyenv's that looks for a `.python-version` before it does anything.
fn program() -> String {
    let uv = uv().expect("`cargo xtask test` names uv in UV");
    if std::fs::read(&uv).unwrap().starts_with(b"#!") {
        let output = Command::new("pyenv").args(["which", "uv"]).output().unwrap();
        return String::from_utf8(output.stdout).unwrap().trim().to_owned();
    }
    uv.display().to_string()
}

#[test]
fn a_poisoned_machine_gives_the_same_digest() {
    let control = Checkout::with_own_store();
    control.become_shop();
    let expected = control.stage(&[]);

    let mut checkout = Checkout::named(NAME);
    checkout.become_shop();
    checkout.env = reachable();
    let outside = checkout.outside().to_owned();
    poison(&mut checkout, &outside);
    let inner = checkout.command(&["packaged-stage", "--json", "--python-source", "host"]);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 077; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    command.current_dir(checkout.root());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["digest"], expected["digest"], "{said}");
    let folder = std::fs::metadata(checkout.staged().join("python/lib")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&folder.permissions()) & 0o777, 0o755, "an umask got in");

    // And it runs from there.
    let code = "import sys, django; print([path for path in sys.path if not path.startswith(sys.prefix)])";
    let mut python = Command::new(checkout.staged().join("python/bin/python3"));
    python.args(["-c", code]).current_dir("/").env("HOME", outside.join("machine/home"));
    let output = python.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "['']", "{}", String::from_utf8_lossy(&output.stderr));
}

/// A folder that people keep on another disk, with a link in its place.
#[test]
fn the_store_may_lie_behind_a_link() {
    let mut checkout = Checkout::new();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), checkout.path("store")).unwrap();
    checkout.env = vec![("DDSTASK_CACHE_DIR".to_owned(), checkout.path("store").display().to_string())];
    checkout.stage(&[]);
    assert!(checkout.path(".stage/backend/runtime-manifest.json").is_file());
    assert!(elsewhere.path().join("runtime").is_dir());
}

/// They are for uv; a program of the project gets none.
#[test]
fn credentials_of_an_index_reach_uv_and_nobody_else() {
    let mut checkout = Checkout::shop();
    checkout.append(
        "backend/src/shop/settings.py",
        "import os\nassert not [name for name in os.environ if name.startswith('UV_')]\n",
    );
    let (program, log) = (checkout.path("logging/uv"), checkout.path("logging/log"));
    let real = uv().expect("`cargo xtask test` names uv in UV");
    let script = format!(
        "#!/bin/sh\necho \"$1 $UV_INDEX_CORP_USERNAME:$UV_INDEX_CORP_PASSWORD\" >> '{}'\nexec '{}' \"$@\"\n",
        log.display(),
        real.display()
    );
    checkout.write("logging/uv", &script);
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (name, value) in [("USERNAME", "me"), ("PASSWORD", "a secret")] {
        checkout.env.push((format!("UV_INDEX_CORP_{name}"), value.to_owned()));
    }
    checkout.env.push(("UV".to_owned(), program.display().to_string()));
    let said = checkout.run(&["packaged-stage", "-v", "--force", "--python-source", "host"]);
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{text}");
    assert!(!text.contains("a secret"), "{text}");
    let log = std::fs::read_to_string(log).unwrap();
    for command in ["lock", "export", "pip"] {
        assert!(log.lines().any(|line| line == format!("{command} me:a secret")), "{command}\n{log}");
    }
}

const WHEEL: &str = "startpack-1.0-py3-none-any.whl";

/// A wheel that makes use of everything that Python does at its start.
fn wheel(folder: &Path) {
    let file = std::fs::File::create(folder.join(WHEEL)).unwrap();
    let mut zip = zip::ZipWriter::new(file);
    for (name, text) in [
        ("startpack.pth", "startpack_inner\nimport startpack_begin\n"),
        ("startpack_begin.py", "import sys\nsys.begun = True\n"),
        ("startpack_inner/inner_module.py", "KIND = 'found through a .pth file'\n"),
        ("sitecustomize.py", "import sys\nsys.customized = True\n"),
        ("startpack-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: startpack\nVersion: 1.0\n"),
        (
            "startpack-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        ),
        (
            "startpack-1.0.dist-info/RECORD",
            "startpack.pth,,\nstartpack_begin.py,,\nstartpack_inner/inner_module.py,,\nsitecustomize.py,,\n\
             startpack-1.0.dist-info/METADATA,,\nstartpack-1.0.dist-info/WHEEL,,\nstartpack-1.0.dist-info/RECORD,,\n",
        ),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn pth_files_behave_as_in_a_virtual_environment_and_write_nothing() {
    let mut checkout = Checkout::shop();
    let folder = tempfile::tempdir().unwrap();
    wheel(folder.path());
    let sha256 = digest(&folder.path().join(WHEEL));
    let lock = "backend/desktop_runtime/requirements.lock";
    checkout.append(lock, &format!("startpack==1.0 \\\n    --hash=sha256:{sha256}\n"));
    checkout.env.push(("UV_FIND_LINKS".to_owned(), folder.path().display().to_string()));
    let seen = "import inner_module, sys\nassert sys.begun and sys.customized\n";
    let settings = checkout.read("backend/src/shop/settings.py");
    checkout.write("backend/src/shop/settings.py", &format!("{seen}{settings}"));
    checkout.stage(&[]);

    let before = listing(&checkout.staged());
    let by_hand = |code: &str| {
        let mut python = Command::new(checkout.staged().join("python/bin/python3"));
        python.args(["-c", code]).current_dir("/").env_remove("PYTHONDONTWRITEBYTECODE");
        let output = python.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let told =
        by_hand(&format!("{seen}import os\nprint(inner_module.KIND, type(inner_module.__spec__.loader).__name__)"));
    assert_eq!(told, "found through a .pth file Loader\n");
    let site = "import os, sys\nfolder = [p for p in sys.path if p.endswith('site-packages')][0]\n";
    let first = by_hand(&format!("{site}print(sorted(n for n in os.listdir(folder) if n.endswith('.pth'))[0])"));
    assert_eq!(first, "00-bytecode.pth\n", "the other ones import modules");
    assert_eq!(listing(&checkout.staged()), before, "something was written into the tree");
}
