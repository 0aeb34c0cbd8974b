//! Numbers as people read them, moments as texts, and paths as addresses.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::host::{Host, Os};

/// A path in a plan has `/` on every system; Windows understands it, too. Patterns and JSON stay as they are.
pub(crate) fn slashed(text: &str) -> String {
    if cfg!(windows) && !text.contains(['"', '|', '*', '?']) { text.replace('\\', "/") } else { text.to_owned() }
}

/// The text of a file: UTF-8, or UTF-16 where a byte order mark says so, as Windows PowerShell writes what a program says.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks().0.iter().copied().map(unit).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// A time for people: `0.03 s`, `12.4 s`, `3 min 20 s`.
pub(crate) fn seconds(time: Duration) -> String {
    let secs = time.as_secs_f64();
    if secs < 10.0 {
        format!("{secs:.2} s")
    } else if secs < 60.0 {
        format!("{secs:.1} s")
    } else {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// A size for people, in the units of file managers: `94.2 MB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    #[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit < UNITS.len() - 1 {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A number and its noun: `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The date of a moment, in UTC: `2026-11-22`.
pub(crate) fn date(secs_since_1970: u64) -> String {
    utc(secs_since_1970).date_naive().to_string()
}

/// A moment in UTC, as RFC 3339 has it: `2026-11-22T10:00:00Z`.
pub(crate) fn rfc3339(secs_since_1970: u64) -> String {
    utc(secs_since_1970).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A moment in UTC, as mails and changelogs of Debian have it: `Sun, 22 Nov 2026 10:00:00 +0000`.
pub(crate) fn rfc2822(secs_since_1970: u64) -> String {
    utc(secs_since_1970).to_rfc2822()
}

/// The last moment there is stands for those after it.
fn utc(secs_since_1970: u64) -> DateTime<Utc> {
    let secs = i64::try_from(secs_since_1970).ok();
    secs.and_then(|secs| DateTime::from_timestamp(secs, 0)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The moment that a text of RFC 3339 such as `2026-11-22T10:00:05Z` names, in seconds since 1970. Nothing for another
/// text, nor for a moment before that. Strict about the `T`, because not every reader takes a space there.
pub(crate) fn moment(text: &str) -> Option<u64> {
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|_| text.as_bytes().get(10) == Some(&b'T'))?;
    moment.timestamp().try_into().ok()
}

/// The address of a file on this machine.
pub(crate) fn file_url(folder: &str, name: &str, host: Host) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    const IN_PATH: &AsciiSet = &KEPT.remove(b'/').remove(b':');
    let folder = if host.os == Os::Windows { format!("/{}", folder.replace('\\', "/")) } else { folder.to_owned() };
    format!("file://{}/{}", utf8_percent_encode(&folder, IN_PATH), utf8_percent_encode(name, KEPT))
}

/// Whether a file lies in a folder, or is it. Everything lies in the root, whose path is empty.
pub(crate) fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of what lies in a folder.
pub(crate) fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_for_people() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(94_200_000), "94.2 MB");
        assert_eq!(size(999_999), "1.0 MB");
        assert_eq!(seconds(Duration::from_millis(34)), "0.03 s");
        assert_eq!(seconds(Duration::from_secs(200)), "3 min 20 s");
        assert_eq!(count(1, "file"), "1 file");
    }

    #[test]
    fn dates_know_leap_years() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951_782_400), "2000-02-29");
        assert_eq!(date(951_868_799), "2000-02-29");
        assert_eq!(date(1_795_305_600), "2026-11-22");
        assert_eq!(date(4_107_542_399), "2100-02-28");
        assert_eq!(date(4_107_542_400), "2100-03-01");
        assert_eq!(rfc3339(1_795_345_629), "2026-11-22T11:07:09Z");
        assert!(date(u64::MAX).ends_with("-12-31"));
    }

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(moment("2026-11-22T10:00:05Z"), Some(1_795_341_605));
        assert_eq!(moment("2000-02-29T00:00:00.5Z").map(date).as_deref(), Some("2000-02-29"));
        assert_eq!(moment("2026-11-22T11:00:05+01:00"), moment("2026-11-22T10:00:05Z"));
        for wrong in [
            "",
            "2026-11-22",
            "2026-99-22T10:00:05Z",
            "2026-13-22T10:00:05Z",
            "2026-02-29T10:00:05Z",
            "2026-11-22T25:00:05Z",
            "2026-11-22 10:00:05Z",
            "2026-11-22T10:00:05",
            "1969-01-01T00:00:00Z",
            "üüüüüüüüüüZ",
        ] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
        for days in (0..60_000).step_by(7) {
            let text = format!("{}T00:00:00Z", date(days * 86_400));
            assert_eq!(moment(&text), Some(days * 86_400), "{text}");
        }
    }
}
