//! When a request is tried again and how long to wait: exponential backoff with full jitter; what the server asks
//! for goes first. The clock and the jitter come in as numbers.

use std::time::Duration;

/// How long to wait between tries, and for how long to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// The longest first pause; it doubles with each try.
    pub(crate) first: Duration,
    /// No pause of our own is longer.
    pub(crate) longest: Duration,
    /// No pause that a server asks for may be longer; then the command ends and says when to come back.
    pub(crate) longest_asked: Duration,
    /// Answers in a row that refuse.
    pub(crate) refusals: u32,
    /// How long a network that was there may be gone.
    pub(crate) patience: Duration,
}

impl Policy {
    /// The one policy, with its first pause and its patience.
    pub(crate) const fn new(first: Duration, patience: Duration) -> Self {
        Self { first, longest: Duration::from_secs(20), longest_asked: Duration::from_mins(2), refusals: 3, patience }
    }

    /// How long a network may be gone: of a server that never answered it is sooner clear.
    fn patience(&self, was_reached: bool) -> Duration {
        if was_reached { self.patience } else { self.patience / 12 }
    }
}

/// What has failed since something last went well.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failed {
    /// Tries.
    pub(crate) tries: u32,
    /// Those that got an answer, and no use of it.
    pub(crate) refusals: u32,
    /// How long ago that is.
    pub(crate) since: Duration,
    /// The server has answered before.
    pub(crate) was_reached: bool,
}

/// Whether to try again after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Trying again changes nothing.
    Never,
    /// After a pause of our own.
    Backoff,
    /// After the time that the server asks for.
    After(Duration),
}

/// What counts of an answer's head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head<'a> {
    pub(crate) status: u16,
    /// `Retry-After`.
    pub(crate) retry_after: Option<&'a str>,
    /// `X-RateLimit-Remaining`.
    pub(crate) remaining: Option<&'a str>,
    /// `X-RateLimit-Reset`, seconds since 1970.
    pub(crate) reset: Option<&'a str>,
    /// The body names a secondary rate limit.
    pub(crate) secondary: bool,
}

/// A moment as HTTP writes it, `Thu, 26 Nov 2026 17:00:00 GMT`, in seconds since 1970.
pub(crate) fn http_date(text: &str) -> Option<u64> {
    chrono::DateTime::parse_from_rfc2822(text.trim()).ok()?.timestamp().try_into().ok()
}

/// Reads an answer. `now` is in seconds since 1970, by the server's clock where it tells it.
pub(crate) fn of(head: &Head<'_>, now: u64) -> Retry {
    let limited = match head.status {
        429 => true,
        403 if head.retry_after.is_some() || head.remaining == Some("0") || head.secondary => true,
        408 | 500..=599 => false,
        _ => return Retry::Never,
    };
    let seconds = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
    let until = || head.retry_after.and_then(http_date).map(|moment| moment.saturating_sub(now));
    if let Some(asked) = seconds(head.retry_after).or_else(until) {
        return Retry::After(Duration::from_secs(asked));
    }
    match (head.remaining, seconds(head.reset)) {
        // One second more, because the server's clock ticks in seconds.
        (Some("0"), Some(reset)) if limited => Retry::After(Duration::from_secs(reset.saturating_sub(now) + 1)),
        // "Wait at least one minute" is GitHub's rule for a secondary limit that says nothing.
        _ if limited && head.secondary => Retry::After(Duration::from_mins(1)),
        _ => Retry::Backoff,
    }
}

/// The pause before the next try; nothing when it is enough. `jitter` is between 0 and 1.
pub(crate) fn pause(policy: &Policy, failed: &Failed, retry: Retry, jitter: f64) -> Option<Duration> {
    if failed.refusals >= policy.refusals || failed.since >= policy.patience(failed.was_reached) {
        return None;
    }
    endless_pause(policy, failed, retry, jitter)
        .filter(|_| !matches!(retry, Retry::After(asked) if asked > policy.longest_asked))
}

/// The same for what is tried until it goes well.
pub(crate) fn endless_pause(policy: &Policy, failed: &Failed, retry: Retry, jitter: f64) -> Option<Duration> {
    let doubled = policy.first.saturating_mul(2_u32.saturating_pow(failed.tries.saturating_sub(1)));
    let own = doubled.min(policy.longest).mul_f64(jitter.clamp(0.0, 1.0));
    match retry {
        Retry::Never => None,
        Retry::Backoff => Some(own),
        Retry::After(asked) => Some(asked.saturating_add(own.min(policy.first))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: Policy = Policy::new(Duration::from_millis(500), Duration::from_mins(2));

    fn failed(tries: u32) -> Failed {
        Failed { tries, was_reached: true, ..Failed::default() }
    }

    #[test]
    fn limits_are_told_from_refusals() {
        let head = |status| Head { status, ..Head::default() };
        let seconds = |secs| Retry::After(Duration::from_secs(secs));
        assert_eq!(of(&head(404), 0), Retry::Never);
        assert_eq!(of(&head(403), 0), Retry::Never);
        assert_eq!(of(&head(502), 0), Retry::Backoff);
        assert_eq!(of(&head(429), 0), Retry::Backoff);
        assert_eq!(of(&Head { retry_after: Some("7"), ..head(403) }, 0), seconds(7));
        assert_eq!(of(&Head { retry_after: Some("7"), ..head(503) }, 0), seconds(7));
        let date = Head { retry_after: Some("Thu, 01 Jan 1970 00:01:50 GMT"), ..head(503) };
        assert_eq!(of(&date, 100), seconds(10));
        assert_eq!(of(&Head { remaining: Some("0"), reset: Some("110"), ..head(403) }, 100), seconds(11));
        assert_eq!(of(&Head { remaining: Some("0"), reset: Some("90"), ..head(403) }, 100), seconds(1));
        assert_eq!(of(&Head { secondary: true, ..head(403) }, 0), seconds(60));
        assert_eq!(of(&Head { remaining: Some("12"), reset: Some("110"), ..head(403) }, 100), Retry::Never);
    }

    #[test]
    fn a_server_that_wants_too_much_ends_it() {
        let long = Retry::After(Duration::from_mins(50));
        assert_eq!(pause(&POLICY, &failed(1), long, 0.5), None);
        assert!(endless_pause(&POLICY, &failed(1), long, 0.0) == Some(Duration::from_mins(50)));
        let minute = Retry::After(Duration::from_mins(1));
        assert_eq!(pause(&POLICY, &failed(1), minute, 0.0), Some(Duration::from_mins(1)));
    }

    #[test]
    fn time_and_refusals_end_it_and_not_the_number_of_tries() {
        let goes_on = |failed: Failed| pause(&POLICY, &failed, Retry::Backoff, 1.0).is_some();
        let dark = |secs| Failed { since: Duration::from_secs(secs), ..failed(500) };
        assert!(goes_on(dark(119)) && !goes_on(dark(120)));
        let unknown = |secs| Failed { was_reached: false, ..dark(secs) };
        assert!(goes_on(unknown(9)) && !goes_on(unknown(10)));
        let refused = |refusals| Failed { refusals, ..failed(refusals) };
        assert!(goes_on(refused(2)) && !goes_on(refused(3)));
        assert!(endless_pause(&POLICY, &Failed { refusals: 100, ..unknown(10_000) }, Retry::Backoff, 1.0).is_some());
    }

    proptest! {
        #[test]
        fn pauses_are_bounded_and_grow(tries in 1_u32..500, jitter in 0.0_f64..=1.0) {
            let pause_of = |tries, jitter| pause(&POLICY, &failed(tries), Retry::Backoff, jitter).unwrap();
            prop_assert!(pause_of(tries, jitter) <= POLICY.longest);
            prop_assert!(pause_of(tries + 1, 1.0) >= pause_of(tries, 1.0));
            prop_assert!(pause_of(tries, jitter) <= pause_of(tries, 1.0));
        }

        #[test]
        fn never_sooner_than_the_server_asks(asked in 0_u64..=120, tries in 1_u32..6, jitter in 0.0_f64..=1.0) {
            let asked = Duration::from_secs(asked);
            prop_assert!(pause(&POLICY, &failed(tries), Retry::After(asked), jitter).unwrap() >= asked);
        }

        #[test]
        fn a_final_answer_is_final(tries in 1_u32..100) {
            prop_assert_eq!(endless_pause(&POLICY, &failed(tries), Retry::Never, 1.0), None);
        }

        #[test]
        fn no_header_makes_the_reader_fail(status in any::<u16>(), text in ".*", now in any::<u64>()) {
            let _ = of(&Head { status, retry_after: Some(&text), remaining: Some("0"), reset: Some(&text), secondary: true }, now);
        }
    }
}
