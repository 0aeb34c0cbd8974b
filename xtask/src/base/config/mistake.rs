//! What is told about a value of `dds.toml` that can't be, or a key that has another name now.

use crate::base::fault::Fault;

/// The name of the file, at the repository root.
pub(crate) const FILE_NAME: &str = "dds.toml";

/// A value that its type allows and nobody can use.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    key: String,
    value: String,
    wanted: String,
}

impl Mistake {
    /// `wanted` goes on after "is not".
    pub(crate) fn new(key: &str, value: impl Into<String>, wanted: &str) -> Self {
        Self { key: key.to_owned(), value: value.into(), wanted: wanted.to_owned() }
    }

    /// What is wrong, in one sentence.
    pub(crate) fn why(&self) -> String {
        let Self { key, value, wanted } = self;
        format!("{key} = \"{value}\" is not {wanted}")
    }

    pub(super) fn fault(&self) -> Fault {
        let hint = format!("mend `{}` in {FILE_NAME}", self.key);
        Fault::new(format!("{FILE_NAME} is not valid")).because(self.why()).hint(hint)
    }
}

/// What a key is called now that earlier versions knew under another name.
pub(super) fn renamed(message: &str) -> Option<String> {
    const RENAMED: [(&str, &str); 1] = [("source-root", "`source-roots`, a list: source-roots = [\"src\"]")];
    let is_named = |old: &str| message.starts_with(&format!("unknown field `{old}`"));
    let (old, new) = RENAMED.into_iter().find(|(old, _)| is_named(old))?;
    Some(format!("`{old}` is now {new}"))
}
