//! One conversation with one server: requests to the API with the token, requests to anywhere else without.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body, Bytes};
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
use crate::base::fault::{Context, Fault, Result};
use crate::base::text::seconds;
use crate::base::ui::Ui;
use crate::github::connect::{self, Http};
use crate::github::error::{RequestError, decode, is_it_github, named, unexpected};
use crate::github::plan::retry::{self, Failed, Policy, Retry};
use crate::release::repository::Settings;

/// The result of one try, which may be followed by another.
pub(crate) type Try<T> = std::result::Result<T, RequestError>;

/// A body that comes piece by piece.
pub(crate) type Stream = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// How long a server may be silent, before and within an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the network may be gone.
const PATIENCE: Duration = Duration::from_mins(2);

/// Below this the two more requests cost more than they bring.
const SMALLEST_PART: u64 = 8_000_000;

/// Answers of the API are kept in memory; none is near this.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// Pages of a list that are read at most.
const MOST_PAGES: usize = 50;

/// Talks to one repository.
pub(crate) struct Client {
    pub(crate) http: Http,
    crab: Octocrab,
    pub(crate) settings: Settings,
    pub(crate) ui: Ui,
    policy: Policy,
    timeout: Duration,
    /// The hosts that have answered.
    reached: RefCell<BTreeSet<String>>,
    /// When a body last got on; whatever else fails, the network is there.
    got_on: Cell<Option<Instant>>,
    /// Try again for as long as it takes.
    never_gives_up: Cell<bool>,
    /// What the user runs after a failure, where that is not the same command again.
    next: RefCell<Option<String>>,
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
                    Fault::new("the GitHub token has a character that no token has").hint(settings.how_to_log_in())
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
            policy: Policy::new(
                millis(env::RETRY_PAUSE_MS, Duration::from_millis(500)),
                millis(env::PATIENCE_MS, PATIENCE),
            ),
            timeout: millis(env::SILENCE_MS, TIMEOUT),
            reached: RefCell::default(),
            got_on: Cell::default(),
            never_gives_up: Cell::new(false),
            next: RefCell::default(),
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

    /// Reads one value. `what` says what for: "cannot list the runs"; `when_missing` what to do when it is not there.
    pub(crate) async fn get<T: DeserializeOwned>(&self, what: &str, route: &str, when_missing: &str) -> Result<T> {
        decode(what, &self.whole(what, route, when_missing).await?.body)
    }

    async fn whole(&self, what: &str, route: &str, when_missing: &str) -> Result<Answer> {
        let once = || async {
            let answer = self.request(&Method::GET, route, None, what).await;
            answer.map_err(|error| error.when_missing(when_missing))
        };
        self.with_retries(what, once).await
    }

    /// Reads one page of a list. `when_missing` says what to do when there is no such list.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        when_missing: &str,
    ) -> Result<Page<T>> {
        let Answer { status, headers, body } = self.whole(what, route, when_missing).await?;
        let mut response = Response::new(OctoBody::from(body));
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Page::from_response(response).await.fault(|| unexpected(what)).map_err(|fault| fault.hint(is_it_github()))
    }

    /// Reads a list, page by page.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        when_missing: &str,
    ) -> Result<Vec<T>> {
        let mut items = Vec::new();
        let mut next = Some(format!("{route}?per_page=100"));
        for _ in 0..MOST_PAGES {
            let Some(route) = next.take() else { break };
            let page = self.page(what, &route, when_missing).await?;
            items.extend(page.items);
            if let Some(address) = page.next.map(|address| address.to_string()) {
                let route = self.route_of(&address).ok_or_else(|| Fault::new(unexpected(what)))?;
                next = Some(route.to_owned());
            }
        }
        Ok(items)
    }

    /// The route of an address within the API.
    pub(crate) fn route_of<'a>(&self, address: &'a str) -> Option<&'a str> {
        let rest = address.strip_prefix(&self.settings.server.api).unwrap_or(address);
        rest.starts_with('/').then_some(rest)
    }

    /// Tries again, as the policy says, until it succeeds or can't.
    pub(crate) async fn with_retries<T, F: Future<Output = Try<T>>>(
        &self,
        what: &str,
        mut once: impl FnMut() -> F,
    ) -> Result<T> {
        let mut failures = Failures::new();
        loop {
            match once().await {
                Ok(value) => return Ok(value),
                Err(error) => self.wait(what, error, &mut failures).await.map_err(|fault| named(fault, what))?,
            }
        }
    }

    /// Waits for the next try and tells the user; fails with the error when there is none.
    pub(crate) async fn wait(&self, what: &str, error: RequestError, failures: &mut Failures) -> Result<()> {
        failures.tries += 1;
        failures.refusals += u32::from(error.is_refusal);
        let well = self.got_on.get().map_or(failures.since, |got_on| got_on.max(failures.since));
        let failed = Failed {
            tries: failures.tries,
            refusals: failures.refusals,
            since: well.elapsed(),
            was_reached: error.host.as_ref().is_none_or(|host| self.reached.borrow().contains(host)),
        };
        let decide = if self.never_gives_up.get() { retry::endless_pause } else { retry::pause };
        let Some(pause) = decide(&self.policy, &failed, error.retry, fastrand::f64()) else {
            return Err(self.explain(error, failures.tries));
        };
        let why = match error.status {
            Some(status) if error.fault.what() == what => format!("the server answered {status}"),
            Some(status) => format!("{} ({status})", error.fault.what()),
            None => error.fault.what().to_owned(),
        };
        self.ui.say(format_args!("{what}: {why}; next try in {} (try {} failed)", seconds(pause), failures.tries));
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// From here on a failure is followed by another command, and where `never_gives_up` only what can't be mended is one.
    pub(crate) fn goes_on_with(&self, next: String, never_gives_up: bool) {
        self.never_gives_up.set(never_gives_up);
        *self.next.borrow_mut() = Some(next);
    }

    /// A body has got on.
    pub(crate) fn note_progress(&self) {
        self.got_on.set(Some(Instant::now()));
    }

    /// The error for the user, with what to do about it.
    pub(crate) fn explain(&self, error: RequestError, tries: u32) -> Fault {
        let RequestError { fault, retry, status, hint, told, .. } = error;
        let log_in = self.settings.how_to_log_in();
        let next = self.next.borrow();
        let again = next.as_deref().unwrap_or("run the same command again");
        let status = status.map(|status| status.as_u16());
        let hint = match (status, retry) {
            (_, Retry::After(wait)) => format!(
                "the server asks to wait {}, because its limit of requests is reached: {again} then; what is here already is kept",
                seconds(wait)
            ),
            (_, Retry::Backoff) => format!("check the network and https://www.githubstatus.com, then {again}"),
            // GitHub says in words what is not there.
            (Some(404), _) if told.is_none() => is_it_github(),
            (Some(401 | 403 | 404), _) if self.settings.token.is_none() => {
                format!("there is no token, and this may need one: {log_in}")
            }
            (Some(401), _) => format!("the token is wrong or has expired: {log_in}"),
            (Some(403), _) if hint.is_none() => format!("the token may not do that: {log_in}"),
            (Some(404), _) if hint.is_none() => format!(
                "check the name; the repository is {} (--repo OWNER/NAME names another one), and the token must be allowed to see it",
                self.settings.repository
            ),
            _ => match hint {
                Some(hint) => hint,
                None => return fault,
            },
        };
        let fault = match retry {
            Retry::Backoff if tries == 1 => fault.because("it was tried once"),
            Retry::Backoff => fault.because(format!("it was tried {tries} times")),
            _ => fault,
        };
        match &*next {
            Some(next) if retry == Retry::Never => fault.hint(format!("{hint}; then {next}")),
            _ => fault.hint(hint),
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
        self.answer(host_of(&self.settings.server.api), self.crab.send(request)).await
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
        self.answer(host_of(address), self.http.request(request)).await
    }

    /// The head of what a host answers.
    pub(crate) async fn answer<B, E>(
        &self,
        host: &str,
        request: impl Future<Output = std::result::Result<Response<B>, E>>,
    ) -> Try<Response<Stream>>
    where
        B: Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
        E: std::error::Error + 'static,
    {
        let silent = |error| RequestError { host: Some(host.to_owned()), ..error };
        let answer = self.with_timeout(request).await.map_err(silent)?;
        let answer = answer.map_err(|error| RequestError::network_of(host, &error))?;
        self.reached.borrow_mut().insert(host.to_owned());
        Ok(answer.map(|body| body.map_err(Into::into).boxed()))
    }

    /// What a future gives, unless the server is silent for too long.
    pub(crate) async fn with_timeout<T>(&self, future: impl Future<Output = T>) -> Try<T> {
        tokio::time::timeout(self.timeout, future)
            .await
            .map_err(|_| RequestError::unanswered(format!("the server was silent for {}", seconds(self.timeout))))
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

/// What has failed of one request, or of one body since it last got on.
pub(crate) struct Failures {
    since: Instant,
    tries: u32,
    refusals: u32,
}

impl Failures {
    /// Nothing, from now on.
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), tries: 0, refusals: 0 }
    }
}

/// The host of an address, without what may be secret in it.
pub(crate) fn host_of(address: &str) -> &str {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest).split(['/', '?']).next();
    authority.and_then(|authority| authority.rsplit('@').next()).unwrap_or_default()
}
