//! A failed request, and whether another try can mend it.

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, RETRY_AFTER};

use crate::base::fault::{Fault, Kind};
use crate::github::plan::retry::{self, Head, Retry};

/// Why a request failed.
#[derive(Debug)]
pub(crate) struct RequestError {
    /// For the user, if it stays.
    pub(crate) fault: Fault,
    /// Whether to try again.
    pub(crate) retry: Retry,
    /// The server may have acted on the request all the same.
    pub(crate) may_have_acted: bool,
    /// The status of the answer, where there was one.
    pub(crate) status: Option<StatusCode>,
    /// What the server says of it.
    pub(crate) told: Option<String>,
    /// What to do, where that is known better than from the status.
    pub(crate) hint: Option<String>,
}

impl RequestError {
    /// Trying again changes nothing.
    pub(crate) fn permanent(fault: Fault) -> Self {
        Self { fault, retry: Retry::Never, may_have_acted: false, status: None, told: None, hint: None }
    }

    /// The next try may go better.
    pub(crate) fn transient(what: impl Into<String>) -> Self {
        let fault = Fault::of(Kind::Download, what);
        Self { fault, retry: Retry::Backoff, may_have_acted: true, status: None, told: None, hint: None }
    }

    /// The network failed. An error's own text can hold an address with a signature in it, so only its causes'
    /// kinds are told.
    pub(crate) fn network(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes: Vec<String> = Vec::new();
        let mut next = Some(error);
        while let Some(cause) = next {
            let text = without_address(&cause.to_string());
            if !causes.last().is_some_and(|last| last.ends_with(&text)) {
                causes.push(text);
            }
            next = cause.source();
        }
        let mut error = Self::transient(causes.pop().unwrap_or_default());
        error.may_have_acted = !causes.iter().any(|cause| cause.contains("(Connect)"));
        error
    }

    /// The same of a request to this host.
    pub(crate) fn network_of(host: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let failed = Self::network(error);
        let fault = Fault::of(Kind::Download, format!("{host}: {}", failed.fault.what()));
        Self { fault, ..failed }
    }

    /// Says what to do if this is because something is not there.
    pub(crate) fn when_missing(mut self, hint: &str) -> Self {
        if self.status == Some(StatusCode::NOT_FOUND) && !hint.is_empty() {
            self.hint = Some(hint.to_owned());
        }
        self
    }

    /// An answer that is not a success.
    pub(crate) fn status(status: StatusCode, headers: &HeaderMap, body: &[u8], what: &str) -> Self {
        let told = message(body);
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let head = Head {
            status: status.as_u16(),
            retry_after: text(RETRY_AFTER),
            remaining: text(HeaderName::from_static("x-ratelimit-remaining")),
            reset: text(HeaderName::from_static("x-ratelimit-reset")),
            secondary: told.as_deref().is_some_and(|told| told.to_ascii_lowercase().contains("secondary rate limit")),
        };
        let mut fault = Fault::of(Kind::Download, what).because(format!("the server answered {status}"));
        if let Some(told) = &told {
            fault = fault.because(told);
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let retry = retry::of(&head, now.map_or(0, |now| now.as_secs()));
        Self { fault, retry, may_have_acted: status.is_server_error(), status: Some(status), told, hint: None }
    }
}

/// What an error of the API says of itself.
fn message(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    let message = body.get("message")?.as_str()?.trim();
    Some(without_address(message)).filter(|message| !message.is_empty())
}

/// A text without the part of each address that could be a signature or a password.
fn without_address(text: &str) -> String {
    text.split(' ')
        .map(|word| match word.split_once("://") {
            Some((scheme, rest)) => {
                let authority = rest.split(['/', '?']).next().unwrap_or_default();
                format!("{scheme}://{}/…", authority.rsplit('@').next().unwrap_or_default())
            }
            None => word.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_signature_gets_into_a_message() {
        assert_eq!(
            without_address("error for https://user:pw@store.example.com/a/b?sig=secret: cut"),
            "error for https://store.example.com/… cut"
        );
        assert_eq!(message(br#"{"message": "Not Found"}"#).as_deref(), Some("Not Found"));
        assert_eq!(message(b"<html>"), None);
    }

    #[test]
    fn the_body_of_a_limit_counts() {
        let body = br#"{"message": "You have exceeded a secondary rate limit."}"#;
        let error = RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::new(), body, "x");
        assert!(matches!(error.retry, Retry::After(_)));
    }
}
