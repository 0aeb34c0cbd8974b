//! Is the first page a page? A person gets to see it then; a smoke test (`DESKTOP_DJANGO_SMOKE_TEST=1`) is more strict, and
//! leaves with 0 after it, and with 1 after anything else, without asking anybody.

use std::io::Write;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tauri::{Manager, Url, WebviewWindow};

use crate::ending::Ending;
use crate::launcher::Failure;
use crate::pages::Site;
use crate::settings::Settings;
use crate::windows;

/// With the time that it takes to stop a stubborn backend, this stays below 20 s.
const LIMIT: Duration = Duration::from_secs(12);

/// When the program was started.
pub struct Started(pub Instant);

/// Not every engine tells the status of the page; where it does not, the page is asked for again.
const SEEN: &str = "(() => {
  let status = performance.getEntriesByType('navigation')[0]?.responseStatus ?? 0;
  try {
    if (status === 0) {
      const request = new XMLHttpRequest();
      request.open('GET', location.href, false);
      request.send();
      status = request.status;
    }
  } catch {}
  const text = (document.body?.innerText ?? '').trim().slice(0, 80);
  return { url: location.href, status, title: document.title, text };
})()";

#[derive(Deserialize)]
struct Page {
    url: Url,
    status: u16,
    title: String,
    text: String,
}

/// A smoke test that sees no page fails.
pub fn limit(ending: &Arc<Ending>, settings: &Settings) {
    let (ending, log) = (ending.clone(), settings.log.clone());
    thread::spawn(move || {
        thread::sleep(LIMIT);
        let detail = format!("There was no page within {} s.", LIMIT.as_secs());
        ending.fail(Failure::new("The smoke test took too long", detail).log(&log));
    });
}

/// Looks at the page that has loaded, and shows it.
pub fn judge(main: &WebviewWindow) {
    let window = main.clone();
    let seen = move |answer: String| {
        let ending = window.state::<Arc<Ending>>().inner().clone();
        let settings = window.state::<Settings>();
        let Ok(page) = serde_json::from_str::<Page>(&answer) else { return };
        if let Err(failure) = accept(&page, &window.state::<Site>(), settings.is_smoke_test) {
            return ending.fail(failure.log(&settings.log));
        }
        if let Err(error) = windows::show_main(&window) {
            return ending.fail(Failure::new("The app's window can't be shown", error.to_string()));
        }
        if settings.is_smoke_test {
            let millis = window.state::<Started>().0.elapsed().as_millis();
            let Page { url, status, title, .. } = page;
            let line = format!("smoke test: {url} status {status} “{title}” after {millis} ms");
            let _ = writeln!(std::io::stdout(), "{line}");
            ending.end(0);
        }
    };
    if let Err(error) = main.eval_with_callback(SEEN, seen) {
        main.state::<Arc<Ending>>().fail(Failure::new("The app's window does not answer", error.to_string()));
    }
}

/// People get to see an error page of Django's; nobody gets to see that of the engine.
fn accept(page: &Page, site: &Site, is_smoke_test: bool) -> Result<(), Failure> {
    let wrong =
        |problem: &str| Err(Failure::new("The smoke test saw the wrong page", format!("{} {problem}.", page.url)));
    if page.status == 0 || !site.has(&page.url) {
        let detail = format!("There was no answer from {}.", page.url);
        return Err(Failure::new("The app's first page did not load", detail));
    }
    match (is_smoke_test, page.status, page.text.as_str()) {
        (true, 200, "") => wrong("is blank"),
        (true, 200, _) | (false, ..) => Ok(()),
        (true, status, _) => wrong(&format!("answered with status {status}")),
    }
}
