//! When a request is tried again and how long to wait: exponential backoff with full jitter; what the server asks
//! for goes first. The clock and the jitter come in as numbers.

use std::time::Duration;

/// How often, and how long between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// The longest first pause; it doubles with each try.
    pub(crate) first: Duration,
    /// No pause of our own is longer.
    pub(crate) longest: Duration,
    /// No pause that a server asks for may be longer; then the command ends and says when to come back.
    pub(crate) longest_asked: Duration,
    /// Tries in a row without any progress.
    pub(crate) tries: u32,
    /// Tries altogether, whatever progress there is.
    pub(crate) total: u32,
}

impl Policy {
    /// The one policy, with its first pause.
    pub(crate) const fn new(first: Duration) -> Self {
        Self { first, longest: Duration::from_secs(20), longest_asked: Duration::from_mins(2), tries: 6, total: 60 }
    }
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

/// Reads an answer. `now` is in seconds since 1970.
pub(crate) fn of(head: &Head<'_>, now: u64) -> Retry {
    let limited = match head.status {
        429 => true,
        403 if head.retry_after.is_some() || head.remaining == Some("0") || head.secondary => true,
        408 | 500..=599 => false,
        _ => return Retry::Never,
    };
    let seconds = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
    if let Some(asked) = seconds(head.retry_after) {
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

/// The pause before the next try, after `failed` tries in a row (1 and more); nothing when it is enough.
/// `jitter` is between 0 and 1.
pub(crate) fn pause(policy: &Policy, failed: u32, all: u32, retry: Retry, jitter: f64) -> Option<Duration> {
    if failed >= policy.tries || all >= policy.total {
        return None;
    }
    let doubled = policy.first.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
    let own = doubled.min(policy.longest).mul_f64(jitter.clamp(0.0, 1.0));
    match retry {
        Retry::Never => None,
        Retry::Backoff => Some(own),
        Retry::After(asked) => (asked <= policy.longest_asked).then_some(asked.saturating_add(own.min(policy.first))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: Policy = Policy::new(Duration::from_millis(500));

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
        assert_eq!(of(&Head { remaining: Some("0"), reset: Some("110"), ..head(403) }, 100), seconds(11));
        assert_eq!(of(&Head { remaining: Some("0"), reset: Some("90"), ..head(403) }, 100), seconds(1));
        assert_eq!(of(&Head { secondary: true, ..head(403) }, 0), seconds(60));
        assert_eq!(of(&Head { remaining: Some("12"), reset: Some("110"), ..head(403) }, 100), Retry::Never);
    }

    #[test]
    fn a_server_that_wants_too_much_ends_it() {
        assert_eq!(pause(&POLICY, 1, 1, Retry::After(Duration::from_mins(50)), 0.5), None);
        assert_eq!(pause(&POLICY, 1, 1, Retry::After(Duration::from_mins(1)), 0.0), Some(Duration::from_mins(1)));
    }

    proptest! {
        #[test]
        fn pauses_are_bounded_and_grow(failed in 1_u32..5, jitter in 0.0_f64..=1.0) {
            let pause_of = |failed, jitter| pause(&POLICY, failed, failed, Retry::Backoff, jitter).unwrap();
            prop_assert!(pause_of(failed, jitter) <= POLICY.longest);
            prop_assert!(pause_of(failed + 1, 1.0) >= pause_of(failed, 1.0));
            prop_assert!(pause_of(failed, jitter) <= pause_of(failed, 1.0));
        }

        #[test]
        fn it_is_tried_at_least_five_times_and_ends(tries_with_progress in 0_u32..200, asked in 0_u64..=120) {
            for retry in [Retry::Backoff, Retry::After(Duration::from_secs(asked))] {
                prop_assert!((1..=5).all(|failed| pause(&POLICY, failed, failed, retry, 1.0).is_some()));
                prop_assert_eq!(pause(&POLICY, 1, POLICY.total + tries_with_progress, retry, 1.0), None);
                prop_assert_eq!(pause(&POLICY, POLICY.tries, POLICY.tries, retry, 1.0), None);
            }
        }

        #[test]
        fn never_sooner_than_the_server_asks(asked in 0_u64..=120, failed in 1_u32..6, jitter in 0.0_f64..=1.0) {
            let asked = Duration::from_secs(asked);
            prop_assert!(pause(&POLICY, failed, failed, Retry::After(asked), jitter).unwrap() >= asked);
        }

        #[test]
        fn a_final_answer_is_final(failed in 1_u32..100) {
            prop_assert_eq!(pause(&POLICY, failed, failed, Retry::Never, 1.0), None);
        }

        #[test]
        fn no_header_makes_the_reader_fail(status in any::<u16>(), text in ".*", now in any::<u64>()) {
            let _ = of(&Head { status, retry_after: Some(&text), remaining: Some("0"), reset: Some(&text), secondary: true }, now);
        }
    }
}
