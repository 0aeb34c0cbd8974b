//! `dds.toml`: the facts of the project, typed.
//!
//! Unknown keys are refused, with the line and the keys that are valid there. The comments in the file
//! are its manual; the docs here say what each value must look like.

pub(crate) mod github;
pub(crate) mod prune;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use crate::base::fault::{Context, Fault, Result};

/// The name of the file, at the repository root.
pub(crate) const FILE_NAME: &str = "dds.toml";

/// The facts of the project: what a fork changes.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "dds.toml"))]
pub(crate) struct Config {
    pub(crate) project: Project,
    pub(crate) python: Python,
    pub(crate) backend: Backend,
    #[serde(default)]
    pub(crate) packages: Packages,
    pub(crate) github: github::Github,
    #[serde(default)]
    pub(crate) stage: Stage,
}

/// `[project]`: names.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Project {
    /// The start of artifact names: lower case, digits and `-`.
    pub(crate) name: String,
    /// The name that people read.
    pub(crate) title: String,
    /// Reverse-domain identifier.
    pub(crate) identifier: String,
}

/// `[python]`: the bundled interpreter.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Python {
    /// `3.14` or `3.14.2`.
    pub(crate) version: String,
    /// The oldest version that the backend runs on, `major.minor`.
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

fn auto() -> String {
    "auto".to_owned()
}

/// `[backend]`: the Django project.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Backend {
    /// Its folder, relative to the repository.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "path")))]
    pub(crate) root: Utf8PathBuf,
    /// The entry script, relative to `root`.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "path")))]
    pub(crate) manage: Utf8PathBuf,
    /// The folder on the import path, relative to `root`.
    #[cfg_attr(test, schemars(with = "String", extend("format" = "path")))]
    pub(crate) source_root: Utf8PathBuf,
    /// The settings of the packaged program.
    pub(crate) settings_module: String,
    /// The settings of the development commands.
    pub(crate) development_settings_module: String,
    /// Arguments of the bundled Python that start the backend.
    pub(crate) launcher_command: Vec<String>,
    /// Glob patterns below `root` that are not shipped, besides what never is.
    #[serde(default)]
    pub(crate) exclude: Vec<String>,
    /// Glob patterns below `root` that are shipped, though they lie beside `source-root` or are left out by default.
    #[serde(default)]
    pub(crate) include: Vec<String>,
}

/// `[packages]`: the locked dependencies.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Packages {
    /// Languages whose translations are shipped where the settings leave `LANGUAGES` at Django's own list; that of
    /// `LANGUAGE_CODE` always is. Without it: all of them with `LocaleMiddleware`, else none more.
    pub(crate) languages: Option<Vec<String>>,
    /// Dependency groups that are shipped, too; the lock's default groups are not.
    #[serde(default)]
    pub(crate) groups: Vec<String>,
    /// Extras of the project that are shipped, too.
    #[serde(default)]
    pub(crate) extras: Vec<String>,
    /// Distributions without a wheel that may be built from their sources, by name. The wheel is kept in the store.
    #[serde(default)]
    pub(crate) build: Vec<String>,
    /// Glob patterns below site-packages that are not shipped either.
    #[serde(default)]
    pub(crate) prune: Vec<String>,
    /// What is left out by default and is to stay, by its name in the table below.
    #[serde(default)]
    pub(crate) keep: Vec<String>,
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
        let config: Self = toml::from_str(text).map_err(|error| {
            Fault::new(format!("{FILE_NAME} is not valid"))
                .because(error.to_string().trim_end())
                .hint(format!("mend that line of {FILE_NAME}; the comments in the file say what each key means"))
        })?;
        config.check()?;
        Ok(config)
    }

    /// What the types alone don't say.
    fn check(&self) -> Result<()> {
        let bad = |key: &str, value: &str, wanted: &str| {
            Err(Fault::new(format!("{FILE_NAME} is not valid"))
                .because(format!("{key} = \"{value}\" is not {wanted}"))
                .hint(format!("mend `{key}` in {FILE_NAME}")))
        };
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
        let Project { name, .. } = &self.project;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return bad("project.name", name, "made of lower-case letters, digits and `-`");
        }
        for (key, path) in [
            ("backend.root", &self.backend.root),
            ("backend.manage", &self.backend.manage),
            ("backend.source-root", &self.backend.source_root),
        ] {
            let inside = path.components().all(|part| matches!(part, camino::Utf8Component::Normal(_)));
            if !inside || path.as_str().is_empty() || path.as_str().contains('\\') {
                return bad(key, path.as_str(), "a relative path with `/` that stays inside the repository");
            }
        }
        for (key, rules, keep) in
            [("python.keep", prune::PYTHON, &self.python.keep), ("packages.keep", prune::PACKAGES, &self.packages.keep)]
        {
            if let Some((name, wanted)) = prune::mistake(rules, keep) {
                return bad(key, name, &wanted);
            }
        }
        if let Some((key, value, wanted)) = self.github.mistake() {
            return bad(key, value, wanted);
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

    use super::*;

    fn check(edit: impl Fn(&str) -> String, expected: &Expect) {
        let text = edit(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../dds.toml")));
        expected.assert_eq(&Config::parse(&text).map_or_else(|fault| fault.to_string(), |_| "fine".to_owned()));
    }

    #[test]
    fn the_file_of_this_repository_is_valid() {
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
                           unknown field `colour`, expected one of `name`, `title`, `identifier`
                  next: mend that line of dds.toml; the comments in the file say what each key means"#]],
        );
    }

    #[test]
    fn a_wrong_type_is_refused_with_its_line() {
        check(
            |_| "[project]\nname = 3\n".to_owned(),
            &expect![[r"
                dds.toml is not valid
                  because: TOML parse error at line 2, column 8
                             |
                           2 | name = 3
                             |        ^
                           invalid type: integer `3`, expected a string
                  next: mend that line of dds.toml; the comments in the file say what each key means"]],
        );
    }

    #[test]
    fn a_path_that_leaves_the_repository_is_refused() {
        check(
            |text| text.replace("root = \"backend\"", "root = \"../elsewhere\""),
            &expect![[r#"
                dds.toml is not valid
                  because: backend.root = "../elsewhere" is not a relative path with `/` that stays inside the repository
                  next: mend `backend.root` in dds.toml"#]],
        );
    }

    #[test]
    fn a_version_that_is_none_is_refused() {
        check(
            |text| text.replace("version = \"3.14\"", "version = \"latest\""),
            &expect![[r#"
                dds.toml is not valid
                  because: python.version = "latest" is not a version such as 3.14 or 3.14.2
                  next: mend `python.version` in dds.toml"#]],
        );
    }
}
