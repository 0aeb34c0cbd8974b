//! What goes wrong, and when: by a list, or by a seed.

use std::time::Duration;

use super::http::{Answer, Request};
use super::packages::Content;

/// One thing that goes wrong with one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The body breaks off after this many bytes.
    Cut(u64),
    /// The connection closes before the head.
    Hangup,
    /// An error of the server.
    Status(u16),
    /// A secondary limit: 403 or 429 with `Retry-After`.
    Limit(u16, u64),
    /// No request is left of this hour; the next one begins in so many seconds.
    Exhausted(u64),
    /// The address of the body is not good any more.
    Expired,
    /// A length that is not that of the body.
    Length(i64),
    /// The whole body, although a part was asked for.
    IgnoreRange,
    /// One byte is wrong.
    Corrupt(u64),
    /// Nothing comes for a while.
    Slow(Duration),
    /// Nothing comes any more after this many bytes.
    Stall(u64),
}

/// Decides about each answer.
#[derive(Default)]
pub(crate) struct Faults(Option<Decide>);

/// Server and request in, fault out.
type Decide = Box<dyn FnMut(&'static str, &Request) -> Option<Fault> + Send>;

impl Faults {
    pub(crate) fn new(decide: impl FnMut(&'static str, &Request) -> Option<Fault> + Send + 'static) -> Self {
        Self(Some(Box::new(decide)))
    }

    /// By chance, with the given probability in percent, at most `most` times.
    pub(crate) fn seeded(seed: u64, percent: u8, mut most: u32, body: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        Self::new(move |server, _| {
            if most == 0 || random.u8(..100) >= percent {
                return None;
            }
            most -= 1;
            let api =
                [Fault::Hangup, Fault::Status(502), Fault::Status(500), Fault::Limit(403, 0), Fault::Limit(429, 0)];
            let store = [
                Fault::Cut(random.u64(..=body)),
                Fault::Cut(random.u64(..=body)),
                Fault::Hangup,
                Fault::Status(503),
                Fault::Expired,
                Fault::Length(random.i64(-2000..2000)),
                Fault::IgnoreRange,
                Fault::Corrupt(random.u64(..body)),
                Fault::Slow(Duration::from_millis(random.u64(..20))),
            ];
            let faults: &[Fault] = if server == "api" { &api } else { &store };
            Some(faults[random.usize(..faults.len())].clone())
        })
    }

    pub(crate) fn decide(&mut self, server: &'static str, request: &Request) -> Option<Fault> {
        self.0.as_mut().and_then(|decide| decide(server, request))
    }
}

impl Fault {
    /// Makes an answer wrong.
    pub(crate) fn spoil(&self, answer: Answer) -> Answer {
        let error = |status, text: &str| Answer::json(status, &serde_json::json!({ "message": text }));
        match *self {
            Self::Cut(after) => Answer { cut_after: Some(after), ..answer },
            // A cut head: the length is promised and nothing comes.
            Self::Hangup => Answer { cut_after: Some(0), content: Content::bytes("x"), from: 0, to: None, ..answer },
            Self::Status(status) => error(status, "Server Error"),
            Self::Limit(status, secs) => {
                error(status, "You have exceeded a secondary rate limit.").header("Retry-After", secs)
            }
            Self::Exhausted(secs) => {
                let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                error(403, "API rate limit exceeded for user ID 1.")
                    .header("X-RateLimit-Remaining", 0)
                    .header("X-RateLimit-Reset", now + secs)
            }
            Self::Expired => Answer { status: 403, ..Answer::default() },
            Self::Length(by) => {
                let real = answer.whole();
                Answer { length: Some(real.saturating_add_signed(by)), ..answer }
            }
            // The routes look at this one before they answer.
            Self::IgnoreRange => answer,
            Self::Corrupt(at) => Answer { corrupt_at: Some(at), ..answer },
            Self::Slow(silence) => Answer { silence, ..answer },
            Self::Stall(after) => Answer { stall_after: Some(after), ..answer },
        }
    }
}
