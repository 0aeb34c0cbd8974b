//! `--sign-macos`: signs an app with apple-codesign's program, which runs on any system.

use std::fmt;
use std::fs::File;
use std::io::{Read, Write};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use crate::base::act::Act;
use crate::base::cmd::Cmd;
use crate::base::ctx::Ctx;
use crate::base::fault::{Context, Fault, Result};
use crate::base::{env, process, tools, walk};
use crate::shell::macos::{macho, seal};

const AD_HOC: &str = "ad-hoc";
/// What programs that others start are allowed.
const FOR_HELPERS: &str = "shells/electron/build/entitlements.mac.inherit.plist";
const FOR_THE_APP: &str = "shells/electron/build/entitlements.mac.plist";
const REMEDY: &str = "`rcodesign sign --help` explains its arguments. It reads .p12 files as Keychain Access writes them, \
                      and calls other ciphers a wrong password: make one with `openssl pkcs12 -export -legacy`";
/// Where the staged backend lies in the app.
const BACKEND: &str = "Contents/Resources/backend";

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// Nobody: the app starts on a Mac, and the Mac warns of it.
    AdHoc,
    /// The owner of this file with a certificate and its key.
    P12(Utf8PathBuf),
}

impl Identity {
    /// The value of `--sign-macos`.
    pub(crate) fn named(text: &str) -> Self {
        if text == AD_HOC { Self::AdHoc } else { Self::P12(text.into()) }
    }

    /// Why nothing can be signed with it here.
    pub(crate) fn objection(&self, ctx: &Ctx) -> Option<Fault> {
        let program = &ctx.config.sign.macos.program;
        if !program.contains(['/', '\\']) && tools::find(program).is_none() {
            return tools::resolve(ctx, program).err();
        }
        let Self::P12(path) = self else { return None };
        if !ctx.layout.absolute(path).is_file() {
            return Some(
                Fault::new(format!("--sign-macos: there is no file {path}"))
                    .hint("name a .p12 file with the certificate and its key, or say `ad-hoc`"),
            );
        }
        password(ctx).err()
    }
}

/// Signs an app in its place: from the inside to the outside, each part with what it is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Sign {
    pub(crate) app: Utf8PathBuf,
    pub(crate) identity: Identity,
    /// apple-codesign's program.
    pub(crate) program: String,
    /// A server that says when it was signed; for certificates only.
    pub(crate) timestamp: Option<String>,
}

/// What of an app is started by itself or by others, relative to it.
#[derive(Debug, Default)]
struct Inside {
    /// Apps of their own.
    helpers: Vec<String>,
    /// Programs of the backend.
    programs: Vec<String>,
}

impl Act for Sign {
    fn apply(&self, ctx: &Ctx) -> Result<()> {
        let app = ctx.layout.absolute(&self.app);
        let secret = match self.identity {
            Identity::AdHoc => None,
            Identity::P12(_) => Some(password(ctx)?),
        };
        let path = secret.as_ref().map(Password::path).transpose()?;
        let cmd = self.cmd(&inside(&app)?, path.unwrap_or(Utf8Path::new("")));
        ctx.ui.say(format_args!("signing {}", self.app));
        process::quiet(ctx, &cmd)?;
        ctx.ui.say(seal::whole(&self.app, seal::check(&app)?)?);
        Ok(())
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "run     {}  (and what each helper and program in it is allowed)",
            self.cmd(&Inside::default(), "{password}".into())
        )?;
        write!(f, "check   {}  (each file against its signature)", self.app)
    }
}

impl Sign {
    /// A certificate hardens: nothing is loaded that another team has signed. What is signed for nobody has no team, so
    /// nothing at all could be loaded.
    fn cmd(&self, inside: &Inside, password: &Utf8Path) -> Cmd {
        let mut cmd = Cmd::new(&self.program).args(["sign", "--digest", "sha256"]);
        let mut allow = |scope: Option<&str>, entitlements: &str| {
            let scope = scope.map(|path| format!("{path}:")).unwrap_or_default();
            cmd = cmd.clone().args(["--entitlements-xml-file".to_owned(), format!("{scope}{entitlements}")]);
            if self.identity != Identity::AdHoc {
                cmd = cmd.clone().args(["--code-signature-flags".to_owned(), format!("{scope}runtime")]);
            }
        };
        allow(None, FOR_THE_APP);
        inside.helpers.iter().chain(&inside.programs).for_each(|path| allow(Some(path), FOR_HELPERS));
        if let Identity::P12(path) = &self.identity {
            cmd = cmd.args(["--p12-file", path.as_str(), "--p12-password-file", password.as_str()]);
            if let Some(url) = &self.timestamp {
                cmd = cmd.args(["--timestamp-url", url]);
            }
        }
        cmd.arg(self.app.as_str()).remedy(REMEDY)
    }
}

fn inside(app: &Utf8Path) -> Result<Inside> {
    let mut inside = Inside::default();
    let frameworks = app.join("Contents/Frameworks");
    if frameworks.is_dir() {
        for entry in frameworks.read_dir_utf8().fault(|| format!("cannot read {frameworks}"))? {
            let entry = entry.fault(|| format!("cannot read {frameworks}"))?;
            if entry.path().extension() == Some("app") {
                inside.helpers.push(format!("Contents/Frameworks/{}", entry.file_name()));
            }
        }
    }
    inside.helpers.sort_unstable();
    let backend = app.join(BACKEND);
    if backend.is_dir() {
        for file in walk::files(&backend, |_| true)? {
            let path = backend.join(&file.path);
            if is_program(&path).fault(|| format!("cannot read {path}"))? {
                inside.programs.push(format!("{BACKEND}/{}", file.path));
            }
        }
    }
    Ok(inside)
}

/// Most files of a backend are not: of those only the first bytes are read.
fn is_program(path: &Utf8Path) -> std::io::Result<bool> {
    let (mut file, mut bytes) = (File::open(path)?, Vec::new());
    (&file).take(8).read_to_end(&mut bytes)?;
    if !macho::is_macho(&bytes) {
        return Ok(false);
    }
    file.read_to_end(&mut bytes)?;
    Ok(macho::is_program(&bytes))
}

/// The password of a certificate, in a file that only its owner can read.
enum Password {
    Given(Utf8PathBuf),
    Written(NamedTempFile),
}

impl Password {
    fn path(&self) -> Result<&Utf8Path> {
        match self {
            Self::Given(path) => Ok(path),
            Self::Written(file) => Utf8Path::from_path(file.path())
                .ok_or_else(|| Fault::new("the folder for temporary files has a name that is not Unicode")),
        }
    }
}

/// It is never on a command line, which everyone on the machine can read.
fn password(ctx: &Ctx) -> Result<Password> {
    if let Some(path) = ctx.env.get(env::CSC_PASSWORD_FILE) {
        let path = ctx.layout.absolute(path);
        return if path.is_file() {
            Ok(Password::Given(path))
        } else {
            Err(Fault::new(format!("{}: there is no file {path}", env::CSC_PASSWORD_FILE))
                .hint("name a file that has nothing but the password of the certificate"))
        };
    }
    let Some(text) = ctx.env.get(env::CSC_PASSWORD) else {
        return Err(Fault::new("--sign-macos: the certificate has a password, and none is given").hint(format!(
            "set {} to it, or {} to a file that has it",
            env::CSC_PASSWORD,
            env::CSC_PASSWORD_FILE
        )));
    };
    let what = || "cannot write a temporary file".to_owned();
    let mut file = NamedTempFile::new().fault(what)?;
    file.write_all(text.as_bytes()).and_then(|()| file.flush()).fault(what)?;
    Ok(Password::Written(file))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn each_part_gets_what_it_is_allowed() {
        let sign = |identity, timestamp: Option<&str>| Sign {
            app: "dist/electron/mac-arm64/Deer Park.app".into(),
            identity,
            program: "rcodesign".to_owned(),
            timestamp: timestamp.map(str::to_owned),
        };
        let inside = Inside {
            helpers: vec!["Contents/Frameworks/Deer Park Helper.app".to_owned()],
            programs: vec![format!("{BACKEND}/python/bin/python3")],
        };
        let p12 = sign(Identity::named("me.p12"), Some("none"));
        let lines = [
            sign(Identity::named("ad-hoc"), None).to_string(),
            p12.to_string(),
            p12.cmd(&inside, "/tmp/x".into()).to_string(),
        ];
        expect![[r#"
            run     rcodesign sign --digest sha256 --entitlements-xml-file shells/electron/build/entitlements.mac.plist 'dist/electron/mac-arm64/Deer Park.app'  (and what each helper and program in it is allowed)
            check   dist/electron/mac-arm64/Deer Park.app  (each file against its signature)
            run     rcodesign sign --digest sha256 --entitlements-xml-file shells/electron/build/entitlements.mac.plist --code-signature-flags runtime --p12-file me.p12 --p12-password-file '{password}' --timestamp-url none 'dist/electron/mac-arm64/Deer Park.app'  (and what each helper and program in it is allowed)
            check   dist/electron/mac-arm64/Deer Park.app  (each file against its signature)
            rcodesign sign --digest sha256 --entitlements-xml-file shells/electron/build/entitlements.mac.plist --code-signature-flags runtime --entitlements-xml-file 'Contents/Frameworks/Deer Park Helper.app:shells/electron/build/entitlements.mac.inherit.plist' --code-signature-flags 'Contents/Frameworks/Deer Park Helper.app:runtime' --entitlements-xml-file Contents/Resources/backend/python/bin/python3:shells/electron/build/entitlements.mac.inherit.plist --code-signature-flags Contents/Resources/backend/python/bin/python3:runtime --p12-file me.p12 --p12-password-file /tmp/x --timestamp-url none 'dist/electron/mac-arm64/Deer Park.app'"#]].assert_eq(&lines.join("\n"));
    }
}
