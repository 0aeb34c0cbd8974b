//! One conversation with one server: requests to the API with the token, requests to anywhere else without.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use octocrab::service::middleware::auth_header::AuthHeaderLayer;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, FromResponse, OctoBody, Octocrab, OctocrabBuilder, Page};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::base::ctx::Ctx;
use crate::base::env;
use crate::base::fault::{Context, Fault, Kind, Result};
use crate::base::text::seconds;
use crate::base::ui::Ui;
use crate::github::connect::{self, Http};
use crate::github::error::RequestError;
use crate::github::plan::retry::{self, Policy, Retry};
use crate::release::repository::{Settings, how_to_log_in};

/// The result of one try, which may be followed by another.
pub(crate) type Try<T> = std::result::Result<T, RequestError>;

/// A body that comes piece by piece.
pub(crate) type Stream = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// How long a server may be silent, before and within an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Below this the two more requests cost more than they bring.
const SMALLEST_PART: u64 = 8_000_000;

/// Answers of the API are kept in memory; none is near this.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Pages of a list that are read at most.
const MOST_PAGES: usize = 50;

/// Talks to one repository.
pub(crate) struct Client {
    http: Http,
    crab: Octocrab,
    pub(crate) settings: Settings,
    pub(crate) ui: Ui,
    policy: Policy,
    timeout: Duration,
    /// The smallest part of a body that is worth a connection of its own.
    pub(crate) smallest_part: u64,
}

/// A whole answer of the API.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Client {
    /// To be called within [`crate::github::block_on`].
    pub(crate) fn new(ctx: &Ctx, settings: Settings) -> Result<Self> {
        let http = connect::client(&ctx.env)?;
        let base: Uri =
            settings.server.api.parse().fault(|| format!("`{}` is not an address of an API", settings.server.api))?;
        let authorization = match &settings.token {
            None => None,
            Some(token) => {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal())).map_err(|_| {
                    Fault::new("the GitHub token has a character that no token has")
                        .hint(how_to_log_in(&settings.server))
                })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let agent = HeaderValue::from_static(concat!("ddstask/", env!("CARGO_PKG_VERSION")));
        let built = OctocrabBuilder::new_empty()
            .with_service(http.clone())
            .with_layer(&ExtraHeadersLayer::new(Arc::new(vec![(USER_AGENT, agent)])))
            .with_layer(&AuthHeaderLayer::new(authorization, base.clone(), base.clone()))
            .with_layer(&BaseUriLayer::new(base))
            .with_auth(AuthState::None)
            .build();
        let crab = match built {
            Ok(crab) => crab,
            Err(never) => match never {},
        };
        let number = |name| ctx.env.get(name).and_then(|text| text.parse::<u64>().ok());
        let millis = |name, default| number(name).map_or(default, Duration::from_millis);
        Ok(Self {
            http,
            crab,
            settings,
            ui: ctx.ui.clone(),
            policy: Policy::new(millis(env::RETRY_PAUSE_MS, Duration::from_millis(500))),
            timeout: millis(env::SILENCE_MS, TIMEOUT),
            smallest_part: number(env::PART_BYTES).unwrap_or(SMALLEST_PART),
        })
    }

    /// The pause between two looks at something that takes minutes.
    pub(crate) fn poll_interval(&self) -> Duration {
        self.policy.first.saturating_mul(10)
    }

    /// A route below the repository.
    pub(crate) fn route(&self, below: &str) -> String {
        format!("/repos/{}/{below}", self.settings.repository)
    }

    /// Reads one value. `what` says what for: "cannot list the runs".
    pub(crate) async fn get<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<T> {
        let answer = self.with_retries(what, || self.request(&Method::GET, route, None, what)).await?;
        decode(what, &answer.body)
    }

    /// Reads one page of a list. `when_missing` says what to do when there is no such list.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        when_missing: &str,
    ) -> Result<Page<T>> {
        let once = || async {
            let answer = self.request(&Method::GET, route, None, what).await;
            answer.map_err(|error| error.when_missing(when_missing))
        };
        let Answer { status, headers, body } = self.with_retries(what, once).await?;
        let mut response = Response::new(OctoBody::from(body));
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Page::from_response(response).await.fault(|| unexpected(what))
    }

    /// Reads a list, page by page.
    pub(crate) async fn list<T: DeserializeOwned>(&self, what: &str, route: &str) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut next = Some(format!("{route}?per_page=100"));
        for _ in 0..MOST_PAGES {
            let Some(route) = next.take() else { break };
            let page = self.page(what, &route, "").await?;
            items.extend(page.items);
            if let Some(address) = page.next.map(|address| address.to_string()) {
                let route = self.route_of(&address).ok_or_else(|| Fault::new(unexpected(what)))?;
                next = Some(route.to_owned());
            }
        }
        Ok(items)
    }

    /// The route of an address within the API.
    fn route_of<'a>(&self, address: &'a str) -> Option<&'a str> {
        let rest = address.strip_prefix(&self.settings.server.api).unwrap_or(address);
        rest.starts_with('/').then_some(rest)
    }

    /// Tries again, as the policy says, until it succeeds or can't.
    pub(crate) async fn with_retries<T, F: Future<Output = Try<T>>>(
        &self,
        what: &str,
        mut once: impl FnMut() -> F,
    ) -> Result<T> {
        let mut failed = 0;
        loop {
            match once().await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    failed += 1;
                    self.wait(what, error, failed, failed).await.map_err(|fault| named(fault, what))?;
                }
            }
        }
    }

    /// Waits for the next try and tells the user; fails with the error when there is none.
    pub(crate) async fn wait(&self, what: &str, error: RequestError, failed: u32, all: u32) -> Result<()> {
        let Some(pause) = retry::pause(&self.policy, failed, all, error.retry, fastrand::f64()) else {
            return Err(self.explain(error, failed));
        };
        let why = match error.status {
            Some(status) if error.fault.what() == what => format!("the server answered {status}"),
            Some(status) => format!("{} ({status})", error.fault.what()),
            None => error.fault.what().to_owned(),
        };
        let tries = self.policy.tries;
        self.ui.say(format_args!("{what}: {why}; next try in {} ({failed} of {tries} failed)", seconds(pause)));
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// The error for the user, with what to do about it.
    pub(crate) fn explain(&self, error: RequestError, failed: u32) -> Fault {
        let RequestError { fault, retry, status, hint, .. } = error;
        let log_in = how_to_log_in(&self.settings.server);
        match (status.map(|status| status.as_u16()), retry) {
            (_, Retry::After(wait)) => fault.hint(format!(
                "the server asks to wait {}: run the same command again then; what is here already is kept",
                seconds(wait)
            )),
            (_, Retry::Backoff) => fault
                .because(format!("it was tried {failed} times"))
                .hint("check the network and https://www.githubstatus.com, then run the same command again"),
            (Some(401 | 403 | 404), _) if self.settings.token.is_none() => {
                fault.hint(format!("there is no token, and this may need one: {log_in}"))
            }
            (Some(401), _) => fault.hint(format!("the token is wrong or has expired: {log_in}")),
            (Some(403), _) => fault.hint(format!("the token may not do that: {log_in}")),
            (Some(404), _) if hint.is_some() => fault.hint(hint.unwrap_or_default()),
            (Some(404), _) => fault.hint(format!(
                "check the name; the repository is {} (--repo OWNER/NAME names another one), and the token must be allowed to see it",
                self.settings.repository
            )),
            _ => fault,
        }
    }

    /// One request to the API, its whole answer in memory. Redirects within the API are followed (a repository
    /// that was renamed); others are not.
    pub(crate) async fn request(&self, method: &Method, route: &str, body: Option<&Value>, what: &str) -> Try<Answer> {
        let mut route = route.to_owned();
        for _ in 0..4 {
            let answer = self.collect(self.head(method, &route, body, &[]).await?).await?;
            if answer.status.is_success() {
                return Ok(answer);
            }
            let location = answer.headers.get(LOCATION).and_then(|location| location.to_str().ok());
            match location.and_then(|location| self.route_of(location)) {
                Some(next) if answer.status.is_redirection() => next.clone_into(&mut route),
                _ => return Err(RequestError::status(answer.status, &answer.headers, &answer.body, what)),
            }
        }
        Err(RequestError::permanent(Fault::new(what).because("the server redirects in a circle")))
    }

    /// One request to the API, answered by a stream.
    pub(crate) async fn head(
        &self,
        method: &Method,
        route: &str,
        body: Option<&Value>,
        headers: &[(HeaderName, String)],
    ) -> Try<Response<Stream>> {
        let mut builder = Request::builder().method(method).uri(route);
        let accepts = headers.iter().any(|(name, _)| name == ACCEPT);
        if !accepts {
            builder = builder.header(ACCEPT, "application/vnd.github+json");
        }
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let request = self
            .crab
            .build_request(builder, body)
            .map_err(|_| RequestError::permanent(Fault::new(format!("`{route}` is not a route of the API"))))?;
        let answer = self.with_timeout(self.crab.send(request)).await?;
        let answer = answer.map_err(|error| RequestError::network_of(host_of(&self.settings.server.api), &error))?;
        Ok(answer.map(|body| body.map_err(Into::into).boxed()))
    }

    /// One request to another place than the API, without the token.
    pub(crate) async fn open(&self, address: &str, headers: &[(HeaderName, String)]) -> Try<Response<Stream>> {
        let mut builder = Request::get(address).header(USER_AGENT, concat!("ddstask/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let request = builder
            .body(OctoBody::empty())
            .map_err(|_| RequestError::transient("the server redirects to something that is not an address"))?;
        debug_assert!(!request.headers().contains_key(AUTHORIZATION), "the token stays with the API");
        let answer = self.with_timeout(self.http.request(request)).await?;
        let answer = answer.map_err(|error| RequestError::network_of(host_of(address), &error))?;
        Ok(answer.map(|body| body.map_err(Into::into).boxed()))
    }

    /// What a future gives, unless the server is silent for too long.
    pub(crate) async fn with_timeout<T>(&self, future: impl Future<Output = T>) -> Try<T> {
        tokio::time::timeout(self.timeout, future)
            .await
            .map_err(|_| RequestError::transient(format!("the server was silent for {}", seconds(self.timeout))))
    }

    /// Reads a stream to its end. It may be slow, but not silent.
    pub(crate) async fn collect(&self, answer: Response<Stream>) -> Try<Answer> {
        let (parts, mut stream) = answer.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = self.with_timeout(stream.frame()).await? {
            let Ok(data) = frame.map_err(|error| RequestError::network(error.as_ref()))?.into_data() else { continue };
            if body.len() + data.len() > LARGEST_ANSWER {
                return Err(RequestError::permanent(Fault::new("the server answers with more than an API ever does")));
            }
            body.extend_from_slice(&data);
        }
        Ok(Answer { status: parts.status, headers: parts.headers, body: body.into() })
    }
}

/// The host of an address, without what may be secret in it.
fn host_of(address: &str) -> &str {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest).split(['/', '?']).next();
    authority.and_then(|authority| authority.rsplit('@').next()).unwrap_or_default()
}

/// A fault that says what failed, and not only why.
pub(crate) fn named(fault: Fault, what: &str) -> Fault {
    if fault.what() == what || fault.kind() == Kind::Interrupted { fault } else { fault.within(what) }
}

/// Reads the JSON of an answer.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).fault(|| unexpected(what))
}

fn unexpected(what: &str) -> String {
    format!("{what}: the answer is not what GitHub's API answers")
}
