//! Judges what a start with throw-away data met.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::text::count;

/// What `boot_stage.py` reports.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Report {
    pub(crate) starts: Vec<Start>,
    /// Address, status, and what it is for.
    pub(crate) pages: Vec<(String, u16, String)>,
    external: Vec<String>,
    login: Option<String>,
    worker: Option<Vec<String>>,
    libraries: Vec<String>,
    seen: Vec<Seen>,
}

/// One start.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Start {
    ready: bool,
    title: String,
    detail: String,
    code: Option<i32>,
    pub(crate) secs: f64,
}

/// What a process did beyond what a desktop has.
#[derive(Debug, Deserialize)]
struct Seen {
    kind: Kind,
    what: String,
    place: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Write,
    Connection,
    Program,
    Library,
}

/// The result in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    Works,
    WorksWithWhatYouDecide,
    WontWork,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Works => "works",
            Self::WorksWithWhatYouDecide => "works with what you decide",
            Self::WontWork => "won't work",
        })
    }
}

/// Something that people should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// It keeps the app from working.
    pub(crate) is_fatal: bool,
    /// A sentence, with file and line where they are known.
    pub(crate) what: String,
    /// What can be done.
    pub(crate) remedy: Option<String>,
}

impl Finding {
    fn fatal(what: String) -> Self {
        Self { is_fatal: true, what, remedy: None }
    }

    fn decide(what: String, remedy: &str) -> Self {
        Self { is_fatal: false, what, remedy: Some(remedy.to_owned()) }
    }
}

/// The worst of the findings.
pub(crate) fn verdict(findings: &[Finding]) -> Verdict {
    match findings {
        [] => Verdict::Works,
        findings if findings.iter().any(|finding| finding.is_fatal) => Verdict::WontWork,
        _ => Verdict::WorksWithWhatYouDecide,
    }
}

/// What is to be said of a report.
pub(crate) fn findings(report: &Report) -> Vec<Finding> {
    let mut findings = starts(report);
    findings.extend(pages(report));
    findings.extend(login(report));
    findings.extend(workers(report));
    findings.extend(seen(report));
    findings
}

fn starts(report: &Report) -> Vec<Finding> {
    let name = |at: usize| if at == 0 { "the first start" } else { "the second start, with the data of the first," };
    let judge = |(at, start): (usize, &Start)| {
        if !start.ready {
            return Some(Finding::fatal(
                format!("{} fails: {}. {}", name(at), start.title, start.detail).trim().to_owned(),
            ));
        }
        let how = match start.code {
            Some(0) => return None,
            Some(code) => format!("ends with code {code}"),
            None => "does not end".to_owned(),
        };
        Some(Finding::fatal(format!("{} {how} when its window is closed", name(at))))
    };
    report.starts.iter().enumerate().filter_map(judge).collect()
}

fn pages(report: &Report) -> Vec<Finding> {
    let failed = |(address, status, why): &(String, u16, String)| {
        if (1..400).contains(status) {
            return None;
        }
        let how = failure(*status, true);
        match (why.as_str(), why.strip_prefix("file of ")) {
            ("login", _) | (_, Some(_)) => None,
            ("link", _) if (1..500).contains(status) => None,
            ("link", _) => Some(Finding::decide(
                format!("the first page leads to {address}, which {how}"),
                "mend that page: people see an error",
            )),
            (why, _) => Some(Finding::fatal(format!("the {why}, {address}, {how}"))),
        }
    };
    let external = (!report.external.is_empty()).then(|| {
        Finding::decide(
            format!("pages load files from {}", report.external.join(", ")),
            "without a network people see the pages without them: ship them as static files",
        )
    });
    report.pages.iter().filter_map(failed).chain(lost_files(report)).chain(external).collect()
}

/// How one address or several fail; a status of 0 is no answer at all.
fn failure(status: u16, is_one: bool) -> String {
    match (status, is_one) {
        (0, true) => "does not answer".to_owned(),
        (0, false) => "do not answer".to_owned(),
        (_, true) => format!("answers with status {status}"),
        (_, false) => format!("answer with status {status}"),
    }
}

/// The files that pages ask for and that are not there, a finding for each page.
fn lost_files(report: &Report) -> Vec<Finding> {
    let mut lost: Vec<(&str, Vec<&str>, u16)> = Vec::new();
    for (address, status, why) in report.pages.iter().filter(|(_, status, _)| *status == 0 || *status >= 400) {
        let Some(page) = why.strip_prefix("file of ") else { continue };
        match lost.iter_mut().find(|(own, _, how)| *own == page && how == status) {
            Some((_, files, _)) => files.push(address),
            None => lost.push((page, vec![address], *status)),
        }
    }
    let finding = |(page, files, status): (&str, Vec<&str>, u16)| {
        let (first, more) = files.split_at(files.len().min(3));
        let more = if more.is_empty() { String::new() } else { format!(" and {}", count(more.len(), "more file")) };
        let is_one = files.len() == 1;
        let them = if is_one { "it" } else { "them" };
        Finding::decide(
            format!("{page} loads {}{more}, which {}", first.join(", "), failure(status, is_one)),
            &format!("people see the page without {them}: collect {them}, or take {them} out of the page"),
        )
    };
    lost.into_iter().map(finding).collect()
}

fn login(report: &Report) -> Option<Finding> {
    let why = report.login.as_ref().filter(|why| !why.is_empty())?;
    Some(Finding::fatal(format!("nobody can log in: {why}")))
}

fn workers(report: &Report) -> Option<Finding> {
    let ended = report.worker.as_ref().filter(|ended| !ended.is_empty())?;
    let why = format!("{} at once", ended.first().map_or("", String::as_str));
    Some(Finding {
        remedy: Some("mend `backend.worker` in dds.toml; `false` means that there is none".to_owned()),
        ..Finding::fatal(why)
    })
}

/// One finding for each thing, with the first place that it was done at.
fn seen(report: &Report) -> Vec<Finding> {
    let mut places: BTreeMap<(Kind, &str), Vec<&str>> = BTreeMap::new();
    for Seen { kind, what, place } in &report.seen {
        places.entry((*kind, what)).or_default().extend(place.as_deref());
    }
    for library in &report.libraries {
        // Whoever asked for it by its name was seen, too.
        let same = |(kind, what): &(Kind, &str)| *kind == Kind::Library && library.contains(what);
        if !places.keys().any(same) {
            places.entry((Kind::Library, library)).or_default();
        }
    }
    places.into_iter().map(|((kind, what), places)| thing(kind, what, &places)).collect()
}

fn thing(kind: Kind, what: &str, places: &[&str]) -> Finding {
    let place = match places {
        [] => String::new(),
        [place] => format!(" ({place})"),
        [place, more @ ..] => format!(" ({place} and {})", count(more.len(), "other place")),
    };
    match kind {
        Kind::Write if what.starts_with("~/") => Finding::decide(
            format!("it writes {what}, where neither a backup nor an uninstaller looks{place}"),
            "a path below {data} in [backend.env] or [backend.overlay] of dds.toml is the app's own",
        ),
        Kind::Write => Finding::decide(
            format!("it writes {what}, which is refused on a person's computer{place}"),
            "a path below {data} in [backend.env] or [backend.overlay] of dds.toml is the app's own",
        ),
        Kind::Connection => Finding::decide(
            format!("it connects to {what}, which not every computer can{place}"),
            "switch it off in [backend.overlay] of dds.toml, or tell people that the app needs it",
        ),
        Kind::Program => Finding::decide(
            format!("it starts the program {what}, which is not shipped{place}"),
            "tell people to install it, or switch off what needs it",
        ),
        Kind::Library => Finding::decide(
            format!("it loads the library {what}, which is not shipped{place}"),
            "tell people to install it, or add a distribution that brings it",
        ),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;

    fn check(changes: &[(&str, Value)], expected: &Expect) {
        let start = json!({ "ready": true, "title": "", "detail": "", "code": 0, "secs": 1.0 });
        let mut report = json!({
            "starts": [start, start], "pages": [["/", 200, "page"]], "external": [], "login": null, "worker": null, "seen": [],
            "libraries": [],
        });
        for (name, value) in changes {
            report[*name] = value.clone();
        }
        let findings = findings(&serde_json::from_value(report).unwrap());
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        expected.assert_eq(&format!("{}\n{}", verdict(&findings), lines.join("\n")));
    }

    #[test]
    fn what_meets_nothing_works() {
        check(&[("worker", json!([])), ("login", json!(""))], &expect!["works\n"]);
    }

    #[test]
    fn what_a_person_decides_is_named_once_with_its_place() {
        let seen = |kind: &str, what: &str, place: Value| json!({ "kind": kind, "what": what, "place": place });
        let seen = json!([
            seen("write", "debug.log", json!("shop/settings.py:4")),
            seen("write", "debug.log", json!("shop/views.py:9")),
            seen("connection", "api.example.org:443", Value::Null),
            seen("program", "pandoc", json!("shop/views.py:1")),
            seen("write", "~/.cache/a", json!("shop/views.py:2")),
            seen("library", "libgdal.so", json!("django/contrib/gis/gdal/libgdal.py:7")),
        ]);
        let pages = json!([
            ["/", 200, "page"],
            ["/static/a.css", 404, "file of the first page"],
            ["/static/b.css", 404, "file of /b/"],
            ["/c.js", 404, "file of /b/"],
            ["/b/", 404, "link"],
            ["/c/", 500, "link"]
        ]);
        check(
            &[
                ("seen", seen),
                ("pages", pages),
                ("external", json!(["cdn.example.org"])),
                ("libraries", json!(["/usr/lib/libgdal.so.32", "/usr/lib/libpango.so"])),
            ],
            &expect![[r#"
                works with what you decide
                the first page leads to /c/, which answers with status 500; mend that page: people see an error
                the first page loads /static/a.css, which answers with status 404; people see the page without it: collect it, or take it out of the page
                /b/ loads /static/b.css, /c.js, which answer with status 404; people see the page without them: collect them, or take them out of the page
                pages load files from cdn.example.org; without a network people see the pages without them: ship them as static files
                it writes debug.log, which is refused on a person's computer (shop/settings.py:4 and 1 other place); a path below {data} in [backend.env] or [backend.overlay] of dds.toml is the app's own
                it writes ~/.cache/a, where neither a backup nor an uninstaller looks (shop/views.py:2); a path below {data} in [backend.env] or [backend.overlay] of dds.toml is the app's own
                it connects to api.example.org:443, which not every computer can; switch it off in [backend.overlay] of dds.toml, or tell people that the app needs it
                it starts the program pandoc, which is not shipped (shop/views.py:1); tell people to install it, or switch off what needs it
                it loads the library /usr/lib/libpango.so, which is not shipped; tell people to install it, or add a distribution that brings it
                it loads the library libgdal.so, which is not shipped (django/contrib/gis/gdal/libgdal.py:7); tell people to install it, or add a distribution that brings it"#]],
        );
    }

    #[test]
    fn what_keeps_the_app_from_working_is_told_first() {
        let failed = json!({ "ready": false, "title": "No", "detail": "Because.", "code": 1, "secs": 1.0 });
        let hangs = json!({ "ready": true, "title": "", "detail": "", "code": null, "secs": 1.0 });
        check(
            &[("starts", json!([failed]))],
            &expect![[r#"
                won't work
                the first start fails: No. Because."#]],
        );
        check(
            &[("starts", json!([hangs, failed]))],
            &expect![[r#"
                won't work
                the first start does not end when its window is closed
                the second start, with the data of the first, fails: No. Because."#]],
        );
        let changes = [("login", json!("no form")), ("worker", json!(["the worker a ended with code 1"]))];
        check(
            &changes,
            &expect![[r#"
                won't work
                nobody can log in: no form
                the worker a ended with code 1 at once; mend `backend.worker` in dds.toml; `false` means that there is none"#]],
        );
        check(
            &[("pages", json!([["/", 200, "page"], ["/", 500, "page after a restart"]]))],
            &expect![[r#"
                won't work
                the page after a restart, /, answers with status 500"#]],
        );
    }
}
