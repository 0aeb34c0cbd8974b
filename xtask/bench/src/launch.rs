//! From the start of the staged backend to its first page.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use indicatif::ProgressBar;
use serde_json::Value as Json;

use crate::figures::{Part, Row, Sample, Series};
use crate::project::{Network, Project, copy_tree, read_json};
use crate::readonly::ReadOnly;
use crate::{baseline, measure};

/// Ours and the baseline's tree, and their runs.
struct Pair {
    ours: Utf8PathBuf,
    theirs: Utf8PathBuf,
    first: [Series; 2],
    second: [Series; 2],
}

impl Pair {
    fn new(ours: Utf8PathBuf, theirs: Utf8PathBuf) -> Self {
        Self { ours, theirs, first: Default::default(), second: Default::default() }
    }

    /// A first run on empty app data and a second one on what the first left, for both.
    fn measure(&mut self, project: &Project, data: &Utf8Path) -> Result<()> {
        let [ours, theirs] = ["ours", "theirs"].map(|name| data.join(name));
        fs_err::create_dir_all(&ours)?;
        fs_err::create_dir_all(&theirs)?;
        self.first[0].push(launch(&self.ours, &ours)?);
        self.second[0].push(launch(&self.ours, &ours)?);
        self.first[1].push(baseline::launch(project, &self.theirs, &theirs)?);
        self.second[1].push(baseline::launch(project, &self.theirs, &theirs)?);
        Ok(())
    }

    fn rows(self, names: [&'static str; 2]) -> [Row; 2] {
        let row = |name, [ours, theirs]: [Series; 2]| Row::times(name, &ours, Some(&theirs));
        [row(names[0], self.first), row(names[1], self.second)]
    }
}

/// Measures ours and the baseline in turn, in a writable and in a read-only place.
pub(crate) fn measure(project: &Project, runs: usize, bar: &ProgressBar) -> Result<Part> {
    let mut part = Part {
        name: "launch",
        baseline: "migrate, runserver, a poll each 250 ms, then the page".to_owned(),
        ..Part::default()
    };
    project.stage(&[], Network::Allowed)?;
    let plain = project.beside("naive-launch");
    baseline::stage(project, &plain, Network::Allowed)?;
    // The writable tree gets bytecode in the warm-up; the read-only one has none and never will.
    let writable = project.beside("naive-writable");
    copy_tree(&plain, &writable, |_| true)?;
    let (ours_view, plain_view) = (project.beside("read-only/ours"), project.beside("read-only/naive"));
    let views = (ReadOnly::mount(&project.staged(), &ours_view)?, ReadOnly::mount(&plain, &plain_view)?);
    let mut pair = Pair::new(project.staged(), writable);
    let mut read_only = matches!(views, (Some(_), Some(_))).then(|| Pair::new(ours_view, plain_view));
    for round in 0..=runs {
        pair.measure(project, &project.beside(&format!("data-{round}")))?;
        if let Some(read_only) = &mut read_only {
            read_only.measure(project, &project.beside(&format!("data-read-only-{round}")))?;
        }
        bar.inc(1);
    }
    part.rows.extend(pair.rows(["first run", "second run"]));
    match read_only {
        Some(read_only) => part.rows.extend(read_only.rows(["first run, read-only", "second run, read-only"])),
        None => part.notes.push("read-only places were left out: making one needs Linux and root".to_owned()),
    }
    drop(views);
    Ok(part)
}

/// Starts the staged backend as a shell does, gets the first page, stops it.
fn launch(tree: &Utf8Path, data: &Utf8Path) -> Result<Sample> {
    let manifest: Json = read_json(&tree.join("runtime-manifest.json"))?;
    let arguments = manifest["launcher"]["command"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let executable = manifest["python"]["executable"].as_str().unwrap_or_default();
    let mut command = measure::program(tree.join(executable));
    command.args(arguments).current_dir(tree).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("DESKTOP_DJANGO_APP_DATA_DIR", data).env("DESKTOP_DJANGO_BUNDLE_DIR", tree);
    command.env("DESKTOP_DJANGO_RUNTIME_MODE", "packaged").env("PYTHONUNBUFFERED", "1");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONNOUSERSITE", "1");
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot start `{}`", measure::describe(&command)))?;
    let mut events = BufReader::new(child.stdout.take().context("the backend has no stdout")?);
    let page = wait_until_ready(&mut events).and_then(|url| baseline::get(&url));
    let secs = start.elapsed().as_secs_f64();
    let peak_bytes = measure::peak_bytes(child.id());
    stop(&mut child, events)?;
    page.map(|()| Sample { secs, peak_bytes })
}

/// Reads events until the backend tells its address.
fn wait_until_ready(events: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    loop {
        line.clear();
        let read = events.read_line(&mut line).context("cannot read what the backend says")?;
        let event: Json = serde_json::from_str(&line).unwrap_or_default();
        match event["event"].as_str() {
            Some("ready") => return Ok(event["url"].as_str().unwrap_or_default().to_owned()),
            Some("failed" | "already-running") => bail!("the staged backend does not start: {}", line.trim_end()),
            _ if read == 0 => bail!("the staged backend ended before it was ready"),
            _ => {}
        }
    }
}

/// Asks the backend to stop and waits; its events are read to the end, so that it is never held up.
fn stop(child: &mut Child, mut events: impl BufRead) -> Result<()> {
    if let Some(mut stdin) = child.stdin.take() {
        // A backend that is gone already needs no stop.
        let _ = stdin.write_all(b"stop\n");
    }
    let _ = std::io::copy(&mut events, &mut std::io::sink());
    child.wait().context("cannot wait for the staged backend")?;
    measure::check()
}
