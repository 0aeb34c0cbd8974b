//! The baseline: a backend staged and started as one does without this tool.

use std::process::Stdio;

use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde_json::json;

use crate::base::fault::{Context, Fault, Result};
use crate::base::{env, interrupt};
use crate::code::bench_runs::project::{Network, Project};
use crate::code::bench_runs::{http, measure};
use crate::code::figures::Sample;
use crate::stage::model::RuntimeSource;

/// The program that stages the plain way.
const SCRIPT: &str = include_str!("../../../resources/naive_stage.py");
/// Between two looks whether the server answers.
const POLL_EACH: Duration = Duration::from_millis(250);
/// A server that does not answer after this time never will.
const PATIENCE: Duration = Duration::from_mins(2);

/// Deletes `tree` and builds it again.
pub(crate) fn stage(project: &Project<'_>, tree: &Utf8Path, network: Network) -> Result<Sample> {
    let interpreter = match project.record()?.seen.source {
        RuntimeSource::Host(host) => {
            json!({ "executable": host.executable, "prefix": host.prefix, "stdlib": host.stdlib })
        }
        RuntimeSource::Archive { path, .. } => json!({ "archive": path }),
        RuntimeSource::Uv { .. } => return Err(Fault::new("the baseline cannot be built from uv's download")),
    };
    let wish = json!({
        "tree": tree, "uv": project.uv(), "backend": project.backend(), "manage": project.ctx.config.backend.manage,
        "settings": project.ctx.config.backend.settings_module, "interpreter": interpreter,
    });
    let mut command = measure::program(project.ctx, project.staged_python()?);
    command.args(["-I", "-B", "-c", SCRIPT, &wish.to_string()]).current_dir(project.root());
    if network == Network::Off {
        command.env(env::UV_OFFLINE, "1");
    }
    measure::whole(command).map(|(sample, _)| sample).map_err(|fault| fault.within("the baseline cannot be staged"))
}

/// Migrates, starts Django's own server, polls it, gets the first page; then ends it.
pub(crate) fn launch(project: &Project<'_>, tree: &Utf8Path, data: &Utf8Path) -> Result<Sample> {
    let config = &project.ctx.config.backend;
    let manage = |args: &[&str]| {
        let python = if cfg!(windows) { "python/python.exe" } else { "python/bin/python3" };
        let mut command = measure::program(project.ctx, tree.join(python));
        command.arg(config.manage.as_str()).args(args).current_dir(tree);
        command
            .env("DJANGO_SETTINGS_MODULE", &config.settings_module)
            .env("DJANGO_SECRET_KEY", "only-for-measuring")
            .env("DESKTOP_DJANGO_APP_DATA_DIR", data)
            .env("DESKTOP_DJANGO_BUNDLE_DIR", tree);
        command
    };
    let port = free_port()?;
    let site = format!("http://127.0.0.1:{port}");
    let start = Instant::now();
    let (migrate, _) = measure::whole(manage(&["migrate", "--no-input", "--verbosity", "0"]))?;
    let mut serve = manage(&["runserver", "--noreload", &format!("127.0.0.1:{port}")]);
    let mut errors = measure::temporary()?;
    let copy = errors.try_clone().fault(|| "cannot open a temporary file".to_owned())?;
    let mut server = serve
        .stdout(Stdio::null())
        .stderr(copy)
        .spawn()
        .fault(|| format!("cannot start `{}`", measure::describe(&serve)))?;
    let _guard = interrupt::guard(server.id(), false);
    let answer = poll(&mut server, &site).and_then(|()| http::get(&format!("{site}/")));
    let secs = start.elapsed().as_secs_f64();
    let peak_bytes = measure::peak_bytes(server.id()).max(migrate.peak_bytes);
    // It may have ended by itself.
    let _ = server.kill();
    let _ = server.wait();
    interrupt::check()?;
    match answer {
        Ok(()) => Ok(Sample { secs, peak_bytes }),
        Err(fault) => Err(fault.because(measure::contents(&mut errors)?.trim_end())),
    }
}

/// Asks for the health page until it is there.
fn poll(server: &mut std::process::Child, site: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        interrupt::check()?;
        match http::get(&format!("{site}/health/")) {
            Ok(()) => return Ok(()),
            Err(fault) if start.elapsed() > PATIENCE || server.try_wait().is_ok_and(|status| status.is_some()) => {
                return Err(fault.within("the baseline's server does not answer"));
            }
            Err(_) => std::thread::sleep(POLL_EACH),
        }
    }
}

/// A port that was free a moment ago, which is all one gets without binding it oneself.
fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").fault(|| "cannot open a port".to_owned())?;
    Ok(listener.local_addr().fault(|| "cannot open a port".to_owned())?.port())
}
