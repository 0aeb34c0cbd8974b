//! The baseline: a backend staged and started as one does without this tool.

use std::io::{Read, Seek, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use camino::Utf8Path;
use serde_json::json;

use crate::figures::Sample;
use crate::measure;
use crate::project::{Network, Project};

/// The program that stages the plain way.
const SCRIPT: &str = include_str!("../resources/naive_stage.py");
/// Between two looks whether the server answers.
const POLL_EACH: Duration = Duration::from_millis(250);
/// A server that does not answer after this time never will.
const PATIENCE: Duration = Duration::from_mins(2);

/// Deletes `tree` and builds it again.
pub(crate) fn stage(project: &Project, tree: &Utf8Path, network: Network) -> Result<Sample> {
    let record = project.record()?;
    let source = record.python_source();
    let interpreter = match (source.get("host"), source.get("archive")) {
        (Some(host), _) => host.clone(),
        (_, Some(archive)) => json!({ "archive": archive["path"] }),
        _ => bail!("the baseline can't be built from {source}"),
    };
    let order = json!({
        "tree": tree, "uv": project.uv(), "backend": project.backend(), "runtime": project.runtime(),
        "manage": project.facts.manage, "settings": project.facts.settings_module, "interpreter": interpreter,
    });
    let mut command = measure::program(project.staged_python()?);
    command.args(["-I", "-B", "-c", SCRIPT, &order.to_string()]).current_dir(project.root());
    network.apply(&mut command);
    measure::whole(command).map(|(sample, _)| sample).context("the baseline can't be staged")
}

/// Migrates, starts Django's own server, polls it, gets the first page; then ends it.
pub(crate) fn launch(project: &Project, tree: &Utf8Path, data: &Utf8Path) -> Result<Sample> {
    let manage = |args: &[&str]| {
        let python = if cfg!(windows) { "python/python.exe" } else { "python/bin/python3" };
        let mut command = measure::program(tree.join(python));
        command.arg(&project.facts.manage).args(args).current_dir(tree);
        command
            .env("DJANGO_SETTINGS_MODULE", &project.facts.settings_module)
            .env("DJANGO_SECRET_KEY", "only-for-measuring")
            .env("DESKTOP_DJANGO_APP_DATA_DIR", data)
            .env("DESKTOP_DJANGO_BUNDLE_DIR", tree);
        command
    };
    let address = format!("127.0.0.1:{}", free_port()?);
    let site = format!("http://{address}");
    let mut errors = tempfile::tempfile().context("cannot make a temporary file")?;
    let start = Instant::now();
    let (migrate, _) = measure::whole(manage(&["migrate", "--no-input", "--verbosity", "0"]))?;
    let mut serve = manage(&["runserver", "--noreload", &address]);
    serve.stdout(Stdio::null()).stderr(errors.try_clone()?);
    let mut server = serve.spawn().with_context(|| format!("cannot start `{}`", measure::describe(&serve)))?;
    let answer = poll(&mut server, &site).and_then(|()| get(&format!("{site}/")));
    let secs = start.elapsed().as_secs_f64();
    let peak_bytes = measure::peak_bytes(server.id()).max(migrate.peak_bytes);
    // It may have ended by itself.
    let _ = server.kill();
    let _ = server.wait();
    measure::check()?;
    answer.with_context(|| said(&mut errors))?;
    Ok(Sample { secs, peak_bytes })
}

fn said(errors: &mut std::fs::File) -> String {
    let mut text = String::new();
    let _ = errors.rewind().and_then(|()| errors.read_to_string(&mut text));
    format!("the baseline's server does not work; it said: {}", text.trim_end())
}

/// Asks for the health page until it is there.
fn poll(server: &mut Child, site: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        measure::check()?;
        match get(&format!("{site}/health/")) {
            Ok(()) => return Ok(()),
            Err(error) if start.elapsed() > PATIENCE || server.try_wait().is_ok_and(|status| status.is_some()) => {
                return Err(error);
            }
            Err(_) => std::thread::sleep(POLL_EACH),
        }
    }
}

/// A port that was free a moment ago, which is all one gets without binding it oneself.
fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("cannot open a port")?;
    Ok(listener.local_addr()?.port())
}

/// Gets a page and reads all of it; fails when the answer is anything but 200. `url` is `http://host:port/path`.
pub(crate) fn get(url: &str) -> Result<()> {
    let answer = ask(url).with_context(|| format!("cannot get {url}"))?;
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.split(' ').nth(1) == Some("200"), "{url} answers `{status}`");
    Ok(())
}

/// The smallest HTTP client that can tell whether a page is there.
fn ask(url: &str) -> std::io::Result<String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // In one piece, so that it goes out in one packet.
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
