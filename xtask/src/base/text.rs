//! Numbers as people read them, and paths as addresses.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::host::{Host, Os};

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
    // Days since the first of March of the year 0, in eras of 400 years: leap days end a year, and every era is alike.
    let days = secs_since_1970 / 86_400 + 719_468;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = days / 146_097 * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The moment that a text such as `2026-11-22T10:00:05Z` names, in seconds since 1970; the other way round as [`date`].
pub(crate) fn moment(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if !text.ends_with('Z') || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted_year = year - u64::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    let days = (365 * shifted_year + leap_days + day_of_year).checked_sub(719_468)?;
    Some(days * 86_400 + number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?)
}

/// A moment in UTC, as RFC 3339 has it: `2026-11-22T10:00:00Z`.
pub(crate) fn rfc3339(secs_since_1970: u64) -> String {
    let (hours, minutes, secs) = (secs_since_1970 / 3600 % 24, secs_since_1970 / 60 % 60, secs_since_1970 % 60);
    format!("{}T{hours:02}:{minutes:02}:{secs:02}Z", date(secs_since_1970))
}

/// The address of a file on this machine.
pub(crate) fn file_url(folder: &str, name: &str, host: Host) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    const IN_PATH: &AsciiSet = &KEPT.remove(b'/').remove(b':');
    let folder = if host.os == Os::Windows { format!("/{}", folder.replace('\\', "/")) } else { folder.to_owned() };
    format!("file://{}/{}", utf8_percent_encode(&folder, IN_PATH), utf8_percent_encode(name, KEPT))
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
    }

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(moment("2026-11-22T10:00:05Z"), Some(1_795_341_605));
        assert_eq!(moment("2000-02-29T00:00:00.5Z").map(date).as_deref(), Some("2000-02-29"));
        for wrong in [
            "",
            "2026-11-22",
            "2026-13-22T10:00:05Z",
            "2026-11-22T10:00:05+01:00",
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
