//! `[sign]`: what packages are signed with.

use serde::Deserialize;

use super::mistake::Mistake;

/// `[sign]`: what packages are signed with, beside the variables that electron-builder and Tauri know.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Sign {
    #[serde(default)]
    pub(crate) macos: MacOs,
    #[serde(default)]
    pub(crate) windows: Windows,
}

/// `[sign.macos]`: for `--sign-macos`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct MacOs {
    /// The program of apple-codesign, as a name on `PATH` or a path.
    #[serde(default = "rcodesign")]
    pub(crate) program: String,
    /// The address of the server that says when a certificate signed, or `none`; Apple's own without it.
    pub(crate) timestamp: Option<String>,
}

fn rcodesign() -> String {
    "rcodesign".to_owned()
}

impl Default for MacOs {
    fn default() -> Self {
        Self { program: rcodesign(), timestamp: None }
    }
}

/// `[sign.windows]`: for what the Electron shell's packages for Windows have in them, on any system.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Windows {
    /// The command that signs one program or library, as a list of words. `{file}` stands for it. A command that writes
    /// another file has `{signed}` for that one. `{env:NAME}` stands for a variable of the environment.
    #[serde(default)]
    pub(crate) command: Vec<String>,
}

impl Sign {
    /// The first value that can't be.
    pub(crate) fn mistake(&self) -> Option<Mistake> {
        let Windows { command } = &self.windows;
        let has_file = command.iter().skip(1).any(|word| word.contains("{file}"));
        if command.is_empty() || has_file {
            return None;
        }
        Some(Mistake::new("sign.windows.command", command.join(" "), "a program with `{file}` among its arguments"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_signs_a_file() {
        let mistake = |words: &[&str]| {
            let command = words.iter().map(|word| (*word).to_owned()).collect();
            Sign { windows: Windows { command }, ..Sign::default() }.mistake()
        };
        assert!(mistake(&[]).is_none() && mistake(&["sign", "-in", "{file}", "-out", "{signed}"]).is_none());
        assert!(mistake(&["sign"]).is_some() && mistake(&["{file}"]).is_some());
    }
}
