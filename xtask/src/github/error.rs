//! A failed request, and whether another try can mend it.

use hyper::StatusCode;
use hyper::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use serde::de::DeserializeOwned;

use crate::base::env;
use crate::base::fault::{Context, Fault, Kind, Result};
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
    /// An answer came, and it was no use; else none came, or not to its end.
    pub(crate) is_refusal: bool,
    /// Who was asked, where no answer came.
    pub(crate) host: Option<String>,
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
        Self {
            fault,
            retry: Retry::Never,
            may_have_acted: false,
            is_refusal: true,
            host: None,
            status: None,
            told: None,
            hint: None,
        }
    }

    /// The next try may go better.
    pub(crate) fn transient(what: impl Into<String>) -> Self {
        let fault = Fault::of(Kind::Download, what);
        Self { retry: Retry::Backoff, may_have_acted: true, ..Self::permanent(fault) }
    }

    /// No answer came, or it broke off.
    pub(crate) fn unanswered(what: impl Into<String>) -> Self {
        Self { is_refusal: false, ..Self::transient(what) }
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
        let mut error = Self::unanswered(causes.pop().unwrap_or_default());
        error.may_have_acted = !causes.iter().any(|cause| cause.contains("(Connect)"));
        if let Some(hint) = why_not_secure(error.fault.what()) {
            (error.retry, error.hint) = (Retry::Never, Some(hint));
        }
        error
    }

    /// The same of a request to this host.
    pub(crate) fn network_of(host: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let failed = Self::network(error);
        let fault = Fault::of(Kind::Download, format!("{host}: {}", failed.fault.what()));
        Self { fault, host: Some(host.to_owned()), ..failed }
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
        let own_clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        // Its clock, not ours, which may be wrong.
        let now = text(DATE).and_then(retry::http_date).or_else(|| own_clock.ok().map(|now| now.as_secs()));
        let retry = retry::of(&head, now.unwrap_or_default());
        let hint = sign_on(told.as_deref(), text(HeaderName::from_static("x-github-sso")));
        let may_have_acted = status.is_server_error();
        Self { retry, may_have_acted, status: Some(status), told, hint, ..Self::permanent(fault) }
    }
}

/// What to do where an organization wants its own sign-on.
fn sign_on(told: Option<&str>, header: Option<&str>) -> Option<String> {
    let page = header.and_then(|header| header.split_once("url=")).map(|(_, page)| page.trim());
    if page.is_none() && !told.is_some_and(|told| told.contains("SAML")) {
        return None;
    }
    let page = page.unwrap_or("Settings, Developer settings on GitHub");
    Some(format!("let the organization's single sign-on (SAML) take the token: authorize it at {page}"))
}

/// What to do where no secure connection can be made, however often it is tried.
fn why_not_secure(cause: &str) -> Option<String> {
    let of = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    if of(&["InvalidContentType"]) {
        return Some("the server does not speak TLS there: an address of it that begins with https:// should begin with http://, or has another port".to_owned());
    }
    if !of(&["certificate"]) {
        return None;
    }
    Some(if of(&["xpired", "NotValidYet", "not valid yet"]) {
        "look whether the clock of this machine is right; if it is, the server needs a new certificate".to_owned()
    } else if of(&["NotValidForName", "not valid for name"]) {
        format!(
            "the certificate is for another name: look whether {} and {} are right",
            env::GH_HOST,
            env::GITHUB_API_URL
        )
    } else {
        format!(
            "set {} to a file with the certificate authority of your network in PEM form: a proxy or a virus scanner that looks into connections has one of its own",
            env::SSL_CERT_FILE
        )
    })
}

/// What to do about an answer that GitHub does not give.
pub(crate) fn is_it_github() -> String {
    format!(
        "look whether {} and {} name a GitHub server; a proxy may have answered, too",
        env::GH_HOST,
        env::GITHUB_API_URL
    )
}

/// A fault that says what failed, and not only why.
pub(crate) fn named(fault: Fault, what: &str) -> Fault {
    if fault.what() == what || fault.kind() == Kind::Interrupted { fault } else { fault.within(what) }
}

/// Reads the JSON of an answer.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).fault(|| unexpected(what)).map_err(|fault| fault.hint(is_it_github()))
}

/// What is said of an answer that can't be read.
pub(crate) fn unexpected(what: &str) -> String {
    format!("{what}: the answer is not what GitHub's API answers")
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
    use hyper::header::HeaderValue;

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
    fn the_clock_of_the_server_counts() {
        let headers = [
            (DATE, "Thu, 26 Nov 2026 17:00:00 GMT"),
            (HeaderName::from_static("x-ratelimit-remaining"), "0"),
            (HeaderName::from_static("x-ratelimit-reset"), "1795712404"),
        ];
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let error = RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::from_iter(headers), b"{}", "x");
        assert_eq!(error.retry, Retry::After(std::time::Duration::from_secs(5)));
    }

    #[test]
    fn the_sign_on_of_an_organization_is_named() {
        let name = HeaderName::from_static("x-github-sso");
        let page = HeaderValue::from_static("required; url=https://github.com/orgs/acme/sso?authorization_request=x");
        let body = br#"{"message": "Resource protected by organization SAML enforcement."}"#;
        let with = RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::from_iter([(name, page)]), body, "x");
        assert!(
            with.hint.unwrap().ends_with("authorize it at https://github.com/orgs/acme/sso?authorization_request=x")
        );
        let without = RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::new(), body, "x");
        assert!(without.hint.unwrap().contains("single sign-on (SAML)"));
        assert!(RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::new(), b"{}", "x").hint.is_none());
    }

    #[test]
    fn the_body_of_a_limit_counts() {
        let body = br#"{"message": "You have exceeded a secondary rate limit."}"#;
        let error = RequestError::status(StatusCode::FORBIDDEN, &HeaderMap::new(), body, "x");
        assert!(matches!(error.retry, Retry::After(_)));
    }
}
