//! Connections: TLS with the system's certificate authorities (or those of `SSL_CERT_FILE`), through a proxy
//! where the environment names one.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioIo};
use octocrab::OctoBody;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::base::env::{self, Env};
use crate::base::fault::{Context, Fault, Result};

/// The client of every request. It knows no token.
pub(crate) type Http = Client<HttpsConnector<Connector>, OctoBody>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Name look-up and TCP of one address, and the tunnel through a proxy.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A client for as many bodies at once as are wanted; connections are kept for a while.
pub(crate) fn client(env: &Env) -> Result<Http> {
    let mut direct = HttpConnector::new();
    // TLS comes on top, so `https` must be fine here.
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = Connector { direct, proxies: Arc::new(proxies(env)?) };
    let connector = HttpsConnectorBuilder::new()
        .with_native_roots()
        .fault(|| "there is no certificate authority to trust".to_owned())
        .map_err(|fault| {
            fault.hint(format!("set {} to a file of certificate authorities in PEM form", env::SSL_CERT_FILE))
        })?
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Ok(Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(15)).build(connector))
}

/// The proxies of the environment. Other kinds than plain HTTP ones are refused before anything is sent to them.
fn proxies(env: &Env) -> Result<Matcher> {
    // Most programs know the small names too, and prefer them.
    let get = |name: &str| env.get(&name.to_ascii_lowercase()).or_else(|| env.get(name)).unwrap_or_default();
    let matcher = Matcher::builder()
        .https(get(env::HTTPS_PROXY))
        .http(get(env::HTTP_PROXY))
        .all(get(env::ALL_PROXY))
        .no(get(env::NO_PROXY))
        .build();
    for name in [env::HTTPS_PROXY, env::HTTP_PROXY, env::ALL_PROXY] {
        let scheme = get(name).split_once("://").map_or("http", |(scheme, _)| scheme);
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(Fault::new(format!("{name} names a proxy of the kind `{scheme}`, which is not supported"))
                .hint("use an address such as http://proxy.example.com:3128"));
        }
    }
    Ok(matcher)
}

/// Connects directly or through a proxy; TLS is put on top of either.
#[derive(Clone)]
pub(crate) struct Connector {
    direct: HttpConnector,
    proxies: Arc<Matcher>,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = std::result::Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut TaskContext<'_>) -> Poll<std::result::Result<(), BoxError>> {
        self.direct.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let mut direct = self.direct.clone();
        match self.proxies.intercept(&uri) {
            None => Box::pin(async move { direct.call(uri).await.map_err(Into::into) }),
            Some(proxy) => Box::pin(async move {
                tokio::time::timeout(CONNECT_TIMEOUT, through(&proxy, direct, uri))
                    .await
                    .unwrap_or_else(|_| Err("the proxy does not answer".into()))
            }),
        }
    }
}

async fn through(
    proxy: &Intercept,
    direct: HttpConnector,
    uri: Uri,
) -> std::result::Result<TokioIo<TcpStream>, BoxError> {
    let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
    if let Some(auth) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(auth.clone());
    }
    tunnel.call(uri).await.map_err(|error| format!("the proxy made no connection: {error}").into())
}
