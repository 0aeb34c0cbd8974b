//! From the start of the staged backend to its first page.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::base::fault::{Context, Fault, Result};
use crate::base::layout::relative;

use crate::base::{files, interrupt};
use crate::code::bench_runs::project::{Network, Project};
use crate::code::bench_runs::readonly::ReadOnly;

use crate::code::bench_runs::{http, measure, naive};
use crate::code::figures::{Figure, Part, Row, Sample, Series};

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
    fn measure(&mut self, project: &Project<'_>, data: &Utf8Path) -> Result<()> {
        let [ours, theirs] = ["ours", "theirs"].map(|name| data.join(name));
        files::make_folder(&ours)?;
        files::make_folder(&theirs)?;
        self.first[0].push(launch(project, &self.ours, &ours)?);
        self.second[0].push(launch(project, &self.ours, &ours)?);
        self.first[1].push(naive::launch(project, &self.theirs, &theirs)?);
        self.second[1].push(naive::launch(project, &self.theirs, &theirs)?);
        Ok(())
    }

    fn rows(self, names: [&'static str; 2]) -> [Row; 2] {
        let row = |name, [ours, theirs]: [Series; 2]| Row {
            name,
            ours: Figure::Time(ours),
            baseline: Some(Figure::Time(theirs)),
        };
        [row(names[0], self.first), row(names[1], self.second)]
    }
}

/// Measures ours and the baseline in turn, in a writable and in a read-only place.
pub(crate) fn measure(project: &Project<'_>, runs: usize, advance: &dyn Fn()) -> Result<Part> {
    let mut part = Part {
        name: "launch",
        baseline: "migrate, runserver, a poll each 250 ms, then the page".to_owned(),
        ..Part::default()
    };
    project.stage(&[], Network::Allowed)?;
    let plain = project.beside("naive-launch");
    naive::stage(project, &plain, Network::Allowed)?;
    // The writable tree gets bytecode in the warm-up; the read-only one has none and never will.
    let writable = project.beside("naive-writable");
    copy_tree(&plain, &writable)?;
    let (ours_view, plain_view) = (project.beside("read-only/ours"), project.beside("read-only/naive"));
    let views = (ReadOnly::mount(&project.staged(), &ours_view)?, ReadOnly::mount(&plain, &plain_view)?);
    let mut pair = Pair::new(project.staged(), writable);
    let mut read_only = matches!(views, (Some(_), Some(_))).then(|| Pair::new(ours_view, plain_view));
    for round in 0..=runs {
        pair.measure(project, &project.beside(&format!("data-{round}")))?;
        if let Some(read_only) = &mut read_only {
            read_only.measure(project, &project.beside(&format!("data-read-only-{round}")))?;
        }
        advance();
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
fn launch(project: &Project<'_>, tree: &Utf8Path, data: &Utf8Path) -> Result<Sample> {
    let path = tree.join("runtime-manifest.json");
    let text = std::fs::read(&path).fault(|| format!("cannot read {path}"))?;
    let manifest: Json = serde_json::from_slice(&text).fault(|| format!("cannot understand {path}"))?;
    let arguments = manifest["launcher"]["command"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let executable = manifest["python"]["executable"].as_str().unwrap_or_default();
    let mut command = measure::program(project.ctx, tree.join(executable));
    command.args(arguments).current_dir(tree).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.env("DESKTOP_DJANGO_APP_DATA_DIR", data).env("DESKTOP_DJANGO_BUNDLE_DIR", tree);
    command.env("DESKTOP_DJANGO_RUNTIME_MODE", "packaged").env("PYTHONUNBUFFERED", "1");
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONNOUSERSITE", "1");
    let start = Instant::now();
    let mut child = command.spawn().fault(|| format!("cannot start `{}`", measure::describe(&command)))?;
    let _guard = interrupt::guard(child.id(), false);
    let mut events = BufReader::new(child.stdout.take().ok_or_else(|| Fault::new("the backend has no stdout"))?);
    let page = wait_until_ready(&mut events).and_then(|url| http::get(&url));
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
        let read = events.read_line(&mut line).fault(|| "cannot read what the backend says".to_owned())?;
        let event: Json = serde_json::from_str(&line).unwrap_or_default();
        match event["event"].as_str() {
            Some("ready") => return Ok(event["url"].as_str().unwrap_or_default().to_owned()),
            Some("failed" | "already-running") => {
                return Err(Fault::new("the staged backend does not start").because(line.trim_end()));
            }
            _ if read == 0 => return Err(Fault::new("the staged backend ended before it was ready")),
            _ => {}
        }
    }
}

/// Asks the backend to stop and waits; its events are read to the end, so that it is never held up.
fn stop(child: &mut std::process::Child, mut events: impl BufRead) -> Result<()> {
    if let Some(mut stdin) = child.stdin.take() {
        // A backend that is gone already needs no stop.
        let _ = stdin.write_all(b"stop\n");
    }
    let _ = std::io::copy(&mut events, &mut std::io::sink());
    child.wait().fault(|| "cannot wait for the staged backend".to_owned())?;
    interrupt::check()
}

fn copy_tree(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    for file in walkdir::WalkDir::new(from).follow_links(true) {
        let file = file.fault(|| format!("cannot read {from}"))?;
        let below = relative(file.path(), from)?;
        if file.file_type().is_dir() {
            files::make_folder(&to.join(below))?;
        } else {
            files::copy(&from.join(&below), &to.join(&below))?;
        }
    }
    Ok(())
}
