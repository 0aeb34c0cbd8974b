//! `dds.toml`: the facts of the project, typed.
//!
//! Unknown keys are refused, with the line and the keys that are valid there. The comments in the file
//! are its manual; the docs here say what each value must look like.

pub(crate) mod about;
pub(crate) mod backend;
pub(crate) mod github;
pub(crate) mod linux;
mod mistake;
pub(crate) mod packages;
pub(crate) mod project;
pub(crate) mod prune;
pub(crate) mod sign;

use camino::Utf8Path;
use serde::Deserialize;

use self::about::About;
use self::backend::Backend;
pub(crate) use self::mistake::FILE_NAME;
use self::mistake::{Mistake, renamed};
use self::packages::Packages;
use self::project::Project;
use crate::base::fault::{Context, Fault, Result};

/// The facts of the project: what a fork changes.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "dds.toml"))]
pub(crate) struct Config {
    pub(crate) project: Project,
    #[serde(default)]
    pub(crate) about: About,
    #[serde(default)]
    pub(crate) python: Python,
    pub(crate) backend: Backend,
    #[serde(default)]
    pub(crate) packages: Packages,
    #[serde(default)]
    pub(crate) linux: linux::Linux,
    #[serde(default)]
    pub(crate) github: github::Github,
    #[serde(default)]
    pub(crate) stage: Stage,
    #[serde(default)]
    pub(crate) sign: sign::Sign,
}

/// `[python]`: the bundled interpreter.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Python {
    /// `3.14` or `3.14.2`.
    #[serde(default = "newest")]
    pub(crate) version: String,
    /// The oldest version that the backend runs on, `major.minor`. What a machine already has must be at least this.
    #[serde(default = "oldest")]
    pub(crate) minimum: String,
    /// `auto`, `uv`, `host` or `archive:PATH`.
    #[serde(default = "auto")]
    pub(crate) source: String,
    /// Glob patterns below the interpreter's prefix that are not shipped either.
    #[serde(default)]
    pub(crate) prune: Vec<String>,
    /// What is left out by default and is to stay, by its name in the table below.
    #[serde(default)]
    pub(crate) keep: Vec<String>,
}

fn newest() -> String {
    "3.14".to_owned()
}

fn oldest() -> String {
    "3.10".to_owned()
}

fn auto() -> String {
    "auto".to_owned()
}

impl Default for Python {
    fn default() -> Self {
        Self { version: newest(), minimum: oldest(), source: auto(), prune: Vec::new(), keep: Vec::new() }
    }
}

/// `[stage]`: the staging store.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Stage {
    /// Versions of each layer that the store keeps; at least 1.
    #[serde(default = "four")]
    pub(crate) keep: usize,
}

fn four() -> usize {
    4
}

impl Default for Stage {
    fn default() -> Self {
        Self { keep: four() }
    }
}

impl Config {
    /// Reads and checks `dds.toml` in the repository root.
    pub(crate) fn load(root: &Utf8Path) -> Result<Self> {
        let path = root.join(FILE_NAME);
        let text = std::fs::read_to_string(&path).fault(|| format!("cannot read {path}"))?;
        Self::parse(&text)
    }

    /// Parses the text of `dds.toml`; messages show the line and a caret.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut config: Self = toml::from_str(text).map_err(|error| {
            let hint = renamed(error.message()).unwrap_or_else(|| {
                format!("mend that line of {FILE_NAME}; docs/reference/configuration.md says what each key means")
            });
            Fault::new(format!("{FILE_NAME} is not valid")).because(error.to_string().trim_end()).hint(hint)
        })?;
        config.check()?;
        config.github.derive(&config.project.name, &config.project.targets(), &config.linux.packages);
        Ok(config)
    }

    /// What the types alone don't say.
    fn check(&self) -> Result<()> {
        let bad = |key: &str, value: &str, wanted: &str| Err(Mistake::new(key, value, wanted).fault());
        let version = |text: &str, parts: std::ops::RangeInclusive<usize>| {
            parts.contains(&text.split('.').count()) && text.split('.').all(|part| part.parse::<u16>().is_ok())
        };
        let Python { version: wanted, minimum, .. } = &self.python;
        if !version(wanted, 2..=3) {
            return bad("python.version", wanted, "a version such as 3.14 or 3.14.2");
        }
        if !version(minimum, 2..=2) {
            return bad("python.minimum", minimum, "a version such as 3.12");
        }
        for (key, rules, keep) in
            [("python.keep", prune::PYTHON, &self.python.keep), ("packages.keep", prune::PACKAGES, &self.packages.keep)]
        {
            if let Some((name, wanted)) = prune::mistake(rules, keep) {
                return bad(key, name, &wanted);
            }
        }
        let mistake = self.project.mistake().or_else(|| self.about.mistake()).or_else(|| self.backend.mistake());
        let mistake = mistake.or_else(|| self.packages.mistake()).or_else(|| self.github.mistake());
        let mistake = mistake.or_else(|| self.linux.mistake(&self.project.name, &self.about));
        let mistake = mistake.or_else(|| self.sign.mistake());
        if let Some(mistake) = mistake {
            return Err(mistake.fault());
        }
        if self.stage.keep == 0 {
            return bad("stage.keep", "0", "at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::backend::CommandLine;
    use super::*;

    fn check(edit: impl Fn(&str) -> String, expected: &Expect) {
        let text = edit(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml")));
        expected.assert_eq(&Config::parse(&text).map_or_else(|fault| fault.to_string(), |_| "fine".to_owned()));
    }

    #[test]
    fn the_file_of_this_repository_is_valid() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../dds.toml"));
        Config::parse(text).unwrap();
        check(str::to_owned, &expect!["fine"]);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_valid_ones() {
        check(
            |_| "[project]\nname = \"x\"\ncolour = \"red\"\n".to_owned(),
            &expect![[r#"
                dds.toml is not valid
                  because: TOML parse error at line 3, column 1
                             |
                           3 | colour = "red"
                             | ^^^^^^
                           unknown field `colour`, expected one of `name`, `title`, `identifier`, `version`, `icon`, `targets`
                  next: mend that line of dds.toml; docs/reference/configuration.md says what each key means"#]],
        );
    }

    #[test]
    fn a_wrong_type_is_refused_with_its_line() {
        check(
            |_| "[project]\nname = 3\n".to_owned(),
            &expect![[r#"
                dds.toml is not valid
                  because: TOML parse error at line 2, column 8
                             |
                           2 | name = 3
                             |        ^
                           invalid type: integer `3`, expected a string
                  next: mend that line of dds.toml; docs/reference/configuration.md says what each key means"#]],
        );
    }

    #[test]
    fn a_path_that_leaves_the_project_is_refused() {
        check(
            |text| text.replace("[\"src\"]", "[\"../elsewhere\"]"),
            &expect![[r#"
                dds.toml is not valid
                  because: backend.source-roots = "../elsewhere" is not a relative path with `/` that stays inside `backend.root`
                  next: mend `backend.source-roots` in dds.toml"#]],
        );
    }

    #[test]
    fn an_old_name_is_refused_with_the_new_one() {
        check(
            |text| text.replace("source-roots = [\"src\"]", "source-root = \"src\""),
            &expect![[r#"
                dds.toml is not valid
                  because: TOML parse error at line 18, column 1
                              |
                           18 | source-root = "src"
                              | ^^^^^^^^^^^
                           unknown field `source-root`, expected one of `root`, `cwd`, `source-roots`, `manage`, `settings-module`, `development-settings-module`, `launcher-command`, `exclude`, `include`, `folders`, `build`, `start-path`, `first-run`, `every-start`, `worker`, `account`, `settings-file`, `env`, `overlay`, `static`, `seed`
                  next: `source-root` is now `source-roots`, a list: source-roots = ["src"]"#]],
        );
    }

    #[test]
    fn a_project_needs_four_lines() {
        let text = "[project]\nname = \"shop\"\ntitle = \"Shop\"\nidentifier = \"org.example.shop\"\n\
                    [backend]\nroot = \"../shop\"\nsettings-module = \"shop.settings\"\n";
        let Config { python, backend, github, .. } = Config::parse(text).unwrap();
        assert_eq!((python.version.as_str(), python.minimum.as_str()), ("3.14", "3.10"));
        assert_eq!(
            (backend.running_settings(), backend.development_settings()),
            (backend::OVERLAY_MODULE, "shop.settings")
        );
        assert_eq!(backend.launcher(), ["-m", "desktop_runtime"]);
        assert_eq!(backend.sources().collect::<Vec<_>>(), [""]);
        assert_eq!(github.tauri.manifest, "shop-tauri-{platform}-sha256.txt");
        assert_eq!(github.electron.publish_input.as_deref(), Some("publish_release"));
        assert_eq!(github.release.assets.len(), 10);
        assert!(github.release.assets.contains(&"shop-windows-{version}-x64.exe".to_owned()));
    }

    #[test]
    fn commands_are_texts_or_lists_of_words() {
        let table = "worker = [\"db_worker\", \"--interval\", \"1\"]\nfirst-run = [\"loaddata a b\", [\"seed\", \"two words\"]]\n\
                     account = \"owner\"\n[backend.env]\nA = \"{data}\"\n[backend.overlay.CACHES.default]\nTIMEOUT = 3\n[packages]";
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/project/dds.toml"))
            .replace("[packages]", table);
        let Config { backend, .. } = Config::parse(&text).unwrap();
        let words: Vec<_> = backend.first_run.iter().flatten().map(CommandLine::words).collect();
        assert_eq!(words, [["loaddata", "a", "b"].as_slice(), &["seed", "two words"]]);
        assert_eq!(backend.overlay["CACHES"]["default"]["TIMEOUT"].as_integer(), Some(3));
        assert_eq!(backend.running_settings(), backend::OVERLAY_MODULE, "what is said of settings needs the overlay");
        check(
            |text| text.replace("[packages]", "worker = true\n[packages]"),
            &expect![[r#"
                dds.toml is not valid
                  because: backend.worker = "true" is not a management command, a list of such, or false
                  next: mend `backend.worker` in dds.toml"#]],
        );
        check(
            |text| text.replace("languages = [", "add = [\"django-tasks\"]\nlanguages = ["),
            &expect![[r#"
                dds.toml is not valid
                  because: packages.add = "django-tasks" is not possible without `packages.requirements`: a uv.lock is changed with uv
                  next: mend `packages.add` in dds.toml"#]],
        );
    }

    #[test]
    fn an_identifier_that_no_system_takes_is_refused_with_the_next_step() {
        let four =
            "[project]\nname = \"shop\"\ntitle = \"Shop\"\nidentifier = \"shop\"\n[backend]\nsettings-module = \"a\"\n";
        check(
            |_| four.to_owned(),
            &expect![[r#"
                dds.toml is not valid
                  because: project.identifier = "shop" is not a reverse-domain name such as org.example.shop
                  next: mend `project.identifier` in dds.toml"#]],
        );
    }

    #[test]
    fn a_version_that_is_none_is_refused() {
        check(
            |text| text.replace("minimum = \"3.12\"", "version = \"latest\""),
            &expect![[r#"
                dds.toml is not valid
                  because: python.version = "latest" is not a version such as 3.14 or 3.14.2
                  next: mend `python.version` in dds.toml"#]],
        );
    }
}
