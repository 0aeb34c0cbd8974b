//! The smallest HTTP client that can tell whether a page is there.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::base::fault::{Context, Fault, Result};

/// Gets a page and reads all of it; fails when the answer is anything but 200. `url` is `http://host:port/path`.
pub(crate) fn get(url: &str) -> Result<()> {
    let failed = || format!("cannot get {url}");
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(address).fault(failed)?;
    let timeout = Some(Duration::from_secs(30));
    stream.set_read_timeout(timeout).fault(failed)?;
    // In one piece, so that it goes out in one packet.
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).fault(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).fault(failed)?;
    let status = String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned();
    if status.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(Fault::new(failed()).because(status)) }
}
