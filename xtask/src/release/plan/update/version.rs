//! Versions as the updaters compare them: `MAJOR.MINOR.PATCH`, with a pre-release behind a `-` where there is one.

/// The version of a tag: the tag without its `v`.
///
/// # Errors
/// A sentence: no updater can compare it.
pub(crate) fn of_tag(tag: &str) -> Result<&str, String> {
    let version = tag.strip_prefix('v').unwrap_or(tag);
    if is_version(version) {
        Ok(version)
    } else {
        Err(format!("`{tag}` is no tag of a release: it should be like v1.2.3 or v1.2.3-beta.1"))
    }
}

/// Whether it is a version of Semantic Versioning, as far as updaters care.
pub(crate) fn is_version(text: &str) -> bool {
    let text = text.split_once('+').map_or(text, |(text, _)| text);
    let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
    let is_number = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && pre.is_none_or(|pre| pre.split('.').all(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_can_be_compared() {
        for good in ["1.2.3", "0.0.1", "1.2.3-beta.1", "1.2.3-rc-1+build.5"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-a..b", "latest"] {
            assert!(!is_version(bad), "{bad}");
        }
        assert_eq!(of_tag("v1.2.3"), Ok("1.2.3"));
        assert!(of_tag("main").is_err());
    }
}
