//! Requirements with hashes, as `uv export` and `uv pip compile` write them: a requirement a line, its hashes on
//! lines below it.

use std::collections::BTreeSet;

/// What `desktop_runtime` needs besides Django, locked: in its folder.
pub(crate) const RUNTIME_LOCK: &str = "requirements.lock";

/// The requirements of `more` for distributions that `given` does not name.
pub(crate) fn missing(given: &str, more: &str) -> String {
    let named: BTreeSet<String> = given.lines().filter_map(name).collect();
    let mut is_kept = false;
    let mut kept = String::new();
    for line in more.lines() {
        // A line with hashes goes with the requirement above it.
        if !line.starts_with(char::is_whitespace) {
            is_kept = name(line).is_some_and(|name| !named.contains(&name));
        }
        if is_kept {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

/// The name of the distribution that a requirement is for, normalised as indexes do (PEP 503); nothing for other lines.
fn name(line: &str) -> Option<String> {
    let end = line.find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c)).unwrap_or(line.len());
    let name = line[..end].trim_end_matches(['.', '_', '-']);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_name.then(|| {
        name.to_lowercase().split(['.', '_', '-']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn what_the_project_locks_is_left_out() {
        let runtime = "# made by uv\nwaitress==3.0.2 \\\n    --hash=sha256:aa\nwhite_noise==6 ; python_version > '3' \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n";
        expect![[r"
            waitress==3.0.2 \
                --hash=sha256:aa
        "]]
        .assert_eq(&missing("django==6\n    --hash=sha256:dd\nWhite.Noise[brotli] @ https://x/y.whl\n", runtime));
        assert_eq!(missing("white-noise==1\nWAITRESS==2\n", runtime), "");
        assert_eq!(missing("-e ./white_noise\n--index-url x\n", runtime).lines().count(), 5);
    }
}
