//! Environment markers of requirements (the `PyPA`'s "dependency specifiers"), as far as `uv export` writes them: whether
//! a requirement is for a system and a version of Python.

use crate::base::host::{Arch, Host, Os};

/// Whether a marker holds for `CPython` of a version (`3.14.2`) on a system; nothing where it asks for something else.
pub(crate) fn holds(marker: &str, version: &str, host: Host) -> Option<bool> {
    let mut reader = Reader { tokens: tokens(marker), at: 0, version, host };
    let value = reader.any();
    if reader.at == reader.tokens.len() { value } else { None }
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Text(&'a str),
    Word(&'a str),
}

/// Quoted texts, names, operators and parentheses.
fn tokens(marker: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_operator = |c: char| "<>=!~".contains(c);
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = |of: &dyn Fn(char) -> bool| rest.find(|c| !of(c)).unwrap_or(rest.len()).max(1);
        let len = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if is_operator(first) => end(&is_operator),
            _ if is_name(first) => end(&is_name),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        tokens.push(match first {
            '\'' | '"' => Token::Text(token.trim_matches(first)),
            _ => Token::Word(token),
        });
        rest = after.trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    version: &'a str,
    host: Host,
}

impl<'a> Reader<'a> {
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.tokens.get(self.at) == Some(&Token::Word(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all();
        while self.takes("or") {
            value = match (value, self.all()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        value
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one();
        while self.takes("and") {
            value = match (value, self.one()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        value
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let value = self.any();
            return if self.takes(")") { value } else { None };
        }
        let (left, is_version) = self.value();
        let is_negated = self.takes("not");
        let Some(Token::Word(operator)) = self.tokens.get(self.at) else { return None };
        let operator = *operator;
        self.at += 1;
        let (right, is_other_version) = self.value();
        let (left, right) = (left?, right?);
        match operator {
            "in" => Some(right.contains(&*left) != is_negated),
            _ if is_version || is_other_version => compare_versions(&left, operator, &right),
            "==" => Some(left == right),
            "!=" => Some(left != right),
            _ => None,
        }
    }

    /// The value of a text or a variable, and whether it is a version.
    fn value(&mut self) -> (Option<String>, bool) {
        let token = self.tokens.get(self.at);
        self.at += 1;
        match token {
            Some(Token::Text(text)) => (Some((*text).to_owned()), false),
            Some(Token::Word(name)) => (self.variable(name), name.starts_with("python_")),
            None => (None, false),
        }
    }

    fn variable(&self, name: &'a str) -> Option<String> {
        let (os_name, sys_platform, platform_system) = match self.host.os {
            Os::Linux => ("posix", "linux", "Linux"),
            Os::MacOs => ("posix", "darwin", "Darwin"),
            Os::Windows => ("nt", "win32", "Windows"),
        };
        let machine = match (self.host.os, self.host.arch) {
            (Os::Windows, Arch::X64) => "AMD64",
            (Os::Windows, Arch::Arm64) => "ARM64",
            (Os::MacOs, Arch::Arm64) => "arm64",
            (_, Arch::X64) => "x86_64",
            (_, Arch::Arm64) => "aarch64",
        };
        let value = match name {
            "os_name" => os_name,
            "sys_platform" => sys_platform,
            "platform_system" => platform_system,
            "platform_machine" => machine,
            "implementation_name" => "cpython",
            "platform_python_implementation" => "CPython",
            "python_full_version" => self.version,
            "python_version" => return Some(self.version.split('.').take(2).collect::<Vec<_>>().join(".")),
            _ => return None,
        };
        Some(value.to_owned())
    }
}

fn compare_versions(left: &str, operator: &str, right: &str) -> Option<bool> {
    let (right, is_prefix) = right.strip_suffix(".*").map_or((right, false), |right| (right, true));
    let numbers = |text: &str| text.split('.').map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<_>>>();
    let (mut left, mut right) = (numbers(left)?, numbers(right)?);
    if is_prefix {
        left.truncate(right.len());
    }
    let len = left.len().max(right.len());
    left.resize(len, 0);
    right.resize(len, 0);
    match operator {
        "==" => Some(left == right),
        "!=" => Some(left != right),
        "<=" => Some(left <= right),
        ">=" => Some(left >= right),
        "<" => Some(left < right),
        ">" => Some(left > right),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_for_a_system_and_a_version() {
        let check = |marker: &str| holds(marker, "3.13.1", Host { os: Os::Linux, arch: Arch::X64 });
        for marker in [
            "sys_platform == 'linux'",
            "python_full_version >= '3.13' and python_version < \"3.14\"",
            "(sys_platform == 'win32' or os_name == 'posix') and platform_machine in 'x86_64 aarch64'",
            "python_version == '3.*' and platform_python_implementation != 'PyPy'",
            "platform_machine not in 'arm64' or extra == 'x'",
            "'3.9' < python_version",
        ] {
            assert_eq!(check(marker), Some(true), "{marker}");
        }
        for marker in ["sys_platform == 'win32'", "python_full_version < '3.13.1'", "extra == 'x' and os_name == 'nt'"]
        {
            assert_eq!(check(marker), Some(false), "{marker}");
        }
        for marker in ["extra == 'x'", "platform_release > '5'", "sys_platform ==", "(os_name == 'posix'", "a b c d"] {
            assert_eq!(check(marker), None, "{marker}");
        }
    }
}
