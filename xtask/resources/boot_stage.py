"""Starts a staged backend twice with throw-away data, as a shell does, and reports what a person would meet.

Usage: python boot_stage.py FACTS, the path of a JSON file:

    tree, command, cwd, settings    what `runtime-manifest.json` says
    scratch                         an empty folder for data, home and temporary files
    login                           nothing, or the user's name and password
    report                          where the result goes

The report is a JSON file:

    starts     for each start `ready`, whether it was; `title` and `detail` of a failure; `code`, how it ended; `secs`
    pages      [address, status, what it is for] of everything that was asked for; 0 where nothing was answered
    external   hosts that the pages load from
    login      nothing; or how it went, a sentence; empty when it worked
    worker     nothing where there is none; else what the log says of workers that ended
    libraries  shared libraries from outside the stage that the backend has loaded and the interpreter alone has not
    seen       what the processes did beyond what a desktop has, see `watch_boot.py`
"""

import contextlib
import html.parser
import http.client
import http.cookies
import importlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
import urllib.parse

# A slow machine takes its time for migrations, and logs each of them; what hangs logs nothing.
SILENT_SECS = 90
READY_SECS = 1800
ANSWER_SECS = 60
STOP_SECS = 15
# The launcher starts its workers a moment after the first page, and a worker needs a moment to fail.
WORKER_SECS = 4
MOST_FILES = 60
# Pages that the first one leads to; what ends a session or takes something away is left alone.
MOST_LINKS = 12
LINKS_SECS = 20
UNWANTED = re.compile(r"log_?-?out|sign_?-?out|delete|remove|logoff|destroy|reset", re.IGNORECASE)
# With these loaded, a process has all libraries that belong to the interpreter.
OF_THE_INTERPRETER = ["ssl", "sqlite3", "ctypes", "lzma", "bz2", "hashlib", "uuid", "decimal", "readline", "curses"]
# The resolver of names loads them when it likes.
OF_THE_RESOLVER = ("libnss", "libresolv")
# Every desktop has them: those of C and C++, which wheels for Linux count on (PEP 600).
OF_THE_SYSTEM = re.compile(r"(ld-linux.*|lib(c|m|mvec|dl|rt|util|pthread|gcc_s|stdc\+\+))\.so")
TOKEN = "of-the-check"


class Links(html.parser.HTMLParser):
    """The files that a page loads, the form with a password on it, and where it leads."""

    def __init__(self, text):
        super().__init__()
        self.files, self.pages, self.form, self._form = [], [], None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        source = given.get("src") if tag in ("img", "script", "source", "audio", "video", "iframe") else None
        rel = (given.get("rel") or "").split()
        if tag == "link" and {"stylesheet", "icon", "manifest", "modulepreload"} & set(rel):
            source = given.get("href")
        if source and not source.startswith(("data:", "blob:", "javascript:", "#")):
            self.files.append(source)
        if tag == "a" and given.get("href") and "download" not in given:
            self.pages.append(given["href"])
        if tag == "form":
            self._form = {"action": given.get("action") or "", "fields": {}, "names": {}}
        elif tag == "input" and self._form is not None and given.get("name"):
            kind = given.get("type") or "text"
            self._form["names"][kind] = self._form["names"].get(kind, given["name"])
            self._form["fields"][given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form" and self._form is not None:
            if "password" in self._form["names"]:
                self.form = self.form or self._form
            self._form = None


class Window:
    """What the window of a shell is to the backend: it has the token and keeps cookies."""

    def __init__(self, url):
        self.url, self.cookies, self.asked = url, {}, []

    def get(self, address, why, fields=None):
        """Ask for an address of this site and follow it; return the final address, the status and the text."""
        first = address
        for _ in range(8):
            status, headers, body = self._ask(address, fields)
            location = headers.get("Location")
            if status not in (301, 302, 303, 307, 308) or not location:
                break
            target = urllib.parse.urljoin(address, location)
            if urllib.parse.urlsplit(target).netloc != urllib.parse.urlsplit(self.url).netloc:
                break
            address, fields = target, None
        # A file is named as the page names it; a page by where its visitor ends.
        named = first if why.startswith("file of ") else address
        self.asked.append([urllib.parse.urlsplit(named).path, status, why])
        return address, status, body

    def _ask(self, address, fields):
        parts = urllib.parse.urlsplit(address)
        path = urllib.parse.quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            f"?{parts.query}" if parts.query else ""
        )
        headers = {"X-Desktop-Django-Token": TOKEN, "Accept": "text/html,*/*;q=0.8", "User-Agent": "ddstask"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        content = None
        if fields is not None:
            content = urllib.parse.urlencode(fields)
            origin = f"{parts.scheme}://{parts.netloc}"
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": address, "Origin": origin}
        connection = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_SECS)
        with contextlib.closing(connection):
            try:
                connection.request("GET" if fields is None else "POST", path, content, headers)
                answer = connection.getresponse()
            except (OSError, http.client.HTTPException):
                return 0, {}, ""
            for line in answer.headers.get_all("Set-Cookie") or []:
                self.cookies.update({name: cookie.value for name, cookie in http.cookies.SimpleCookie(line).items()})
            return answer.status, answer.headers, answer.read(4_000_000).decode("utf-8", "replace")


class Backend:
    """The launcher, started as a shell starts it."""

    def __init__(self, facts, environment):
        self.began = time.monotonic()
        self.lines = queue.Queue()
        self.events = []
        self.has_ended = False
        tree = facts["tree"]
        with open(os.path.join(facts["scratch"], "stderr"), "ab") as errors:
            self.process = subprocess.Popen(
                [os.path.join(tree, facts["python"]), *facts["command"]],
                cwd=os.path.join(tree, facts["cwd"]),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self.lines.put(json.loads(line))
        self.has_ended = True
        self.lines.put(None)

    def wait_for(self, names, secs):
        """The next event of these names; None at the end of the process or of the time."""
        deadline = time.monotonic() + secs
        while True:
            try:
                event = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if event is None:
                return None
            self.events.append(event)
            if event.get("event") in names:
                return event

    def stop(self):
        """Close its standard input, as a shell that quits does; return its exit code, None when it had to be killed."""
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            return self.process.wait(timeout=STOP_SECS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def environment(facts):
    """What a shell gives the backend, with throw-away folders in the place of the person's."""
    scratch = facts["scratch"]
    folders = {name: os.path.join(scratch, name) for name in ("data", "home", "tmp", "watch")}
    for folder in folders.values():
        os.makedirs(folder, exist_ok=True)
    own = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), folders["home"])
    own |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folders["tmp"])
    watched = {
        "tree": os.path.realpath(facts["tree"]),
        "open": [os.path.realpath(folders[name]) for name in ("data", "tmp")],
        "home": os.path.realpath(folders["home"]),
        "report": os.path.join(scratch, "seen"),
    }
    return {
        **{name: value for name, value in os.environ.items() if name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL")},
        **own,
        "DESKTOP_DJANGO_APP_DATA_DIR": folders["data"],
        "DESKTOP_DJANGO_AUTH_TOKEN": TOKEN,
        "DESKTOP_DJANGO_BUNDLE_DIR": facts["tree"],
        "DESKTOP_DJANGO_RUNTIME_MODE": "packaged",
        "DJANGO_SETTINGS_MODULE": facts["settings"],
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": folders["watch"],
        "DDSTASK_WATCH": json.dumps(watched),
    }


def start(facts, report, look):
    """One start: waits for the first page, looks at it, stops."""
    backend = Backend(facts, environment(facts))
    told = {"ready": False, "title": "", "detail": "", "code": None, "secs": 0.0}
    try:
        event = first_word(facts, backend)
        told["secs"] = round(time.monotonic() - backend.began, 1)
        if event is None:
            is_late = backend.process.poll() is None
            late = f"It is not ready after {round(told['secs'] / 60)} minutes"
            told["title"] = late if is_late else "It ended before it was ready"
            said = backend.events[-1] if is_late and backend.events else None
            told["detail"] = last_lines(os.path.join(facts["scratch"], "stderr"))
            told["detail"] += f" The last that it said was {json.dumps(said)}." if said else ""
        elif event["event"] == "ready":
            told["ready"] = True
            look(backend, Window(event["url"]))
        else:
            told["title"], told["detail"] = event.get("title", ""), event.get("detail", "")
    finally:
        told["code"] = backend.stop()
        report["starts"].append(told)
    return told["ready"]


def first_word(facts, backend):
    """How a start went; None at the end of the process, or when it gets nowhere."""
    log, size = os.path.join(facts["scratch"], "data", "logs", "desktop.log"), 0
    while True:
        event = backend.wait_for(("ready", "failed", "already-running"), SILENT_SECS)
        before, size = size, os.path.getsize(log) if os.path.exists(log) else 0
        is_over = backend.has_ended or time.monotonic() - backend.began > READY_SECS
        if event is not None or is_over or size == before:
            return event


def last_lines(path, count=5):
    """The end of a file that may not be there."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return "\n".join(file.read().strip().splitlines()[-count:])
    return ""


def first_look(facts, report):
    """The first page with its files, a login, the workers."""

    def look(backend, window):
        began = time.monotonic()
        address, _, text = window.get(window.url, "page")
        seen = look_at(window, report, "the first page", address, text)
        follow(window, report, address, seen)
        if facts["login"]:
            report["login"] = log_in(window, report, address, seen.form, facts["login"])
        watch_workers(facts, report, backend, began)
        report["libraries"] = sorted(libraries(facts, backend.process.pid) - libraries(facts, "self"))
        report["pages"] = window.asked

    return look


def look_at(window, report, name, address, text):
    """Ask for the files of a page that was reached; `name` is what people call it."""
    links = Links(text)
    here = urllib.parse.urlsplit(window.url).netloc
    targets = [urllib.parse.urljoin(address, target) for target in dict.fromkeys(links.files)]
    hosts = {urllib.parse.urlsplit(target).netloc for target in targets}
    report["external"] = sorted({*report["external"], *hosts} - {here, ""})
    asked = {path for path, _, _ in window.asked}
    own = [target for target in targets if urllib.parse.urlsplit(target).netloc == here]
    for target in [target for target in own if urllib.parse.urlsplit(target).path not in asked][:MOST_FILES]:
        window.get(target, f"file of {name}")
    return links


def follow(window, report, address, links):
    """Ask for pages that the first one leads to, and for their files."""
    ends = time.monotonic() + LINKS_SECS
    here = urllib.parse.urlsplit(address)
    targets = (urllib.parse.urlsplit(urllib.parse.urljoin(address, target)) for target in links.pages)
    inside = [target for target in targets if target.netloc == here.netloc and not UNWANTED.search(target.geturl())]
    pages = dict.fromkeys(target._replace(fragment="").geturl() for target in inside if target.path != here.path)
    for target in list(pages)[:MOST_LINKS]:
        if time.monotonic() < ends:
            reached, status, text = window.get(target, "link")
            if status < 400:
                look_at(window, report, urllib.parse.urlsplit(reached).path, reached, text)


def log_in(window, report, address, form, login):
    """Fill in the form with a password: the first page's, or where logins usually are. Return what went wrong."""
    for path in (None, "/accounts/login/", "/login/", "/admin/login/"):
        if path is not None:
            address, status, text = window.get(urllib.parse.urljoin(window.url, path), "login")
            if status >= 400:
                continue
            form = look_at(window, report, "the login", address, text).form
        if form is not None:
            break
    if form is None:
        return "there is no form with a password on the first page, at /accounts/login/, /login/ or /admin/login/"
    names = form["names"]
    user = names.get("email") if "text" not in names else names["text"]
    fields = {**form["fields"], user: login[0], names["password"]: login[1]}
    target = urllib.parse.urljoin(address, form["action"])
    reached, status, text = window.get(target, "login", fields)
    links = look_at(window, report, "the page after the login", reached, text)
    if status >= 400:
        return f"{urllib.parse.urlsplit(target).path} answers with status {status}"
    return "the form comes back: name and password are not those of a user" if links.form else ""


def watch_workers(facts, report, backend, began):
    """Whether there are workers, and whether one has ended."""
    backend.wait_for((), max(0.0, began + 1 - time.monotonic()))
    if not any(event.get("name") == "worker" for event in backend.events):
        return
    backend.wait_for((), max(0.0, began + WORKER_SECS - time.monotonic()))
    log = last_lines(os.path.join(facts["scratch"], "data", "logs", "desktop.log"), 1000)
    report["worker"] = re.findall(r"the worker .+ ended with code \d+|the worker .+ could not be started.*", log)


def libraries(facts, process):
    """The shared libraries of a process from outside the stage, whoever loaded them; only Linux tells."""
    found = set()
    with contextlib.suppress(OSError), open(f"/proc/{process}/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[5].strip() if line.count("/") else ""
            name = os.path.basename(path)
            if ".so" in name and not name.startswith(OF_THE_RESOLVER) and not OF_THE_SYSTEM.match(name):
                found.add(path)
    tree = os.path.join(os.path.realpath(facts["tree"]), "")
    return {path for path in found if not path.startswith(tree)}


def second_look(report):
    """Only whether it comes up again."""

    def look(_backend, window):
        window.get(window.url, "page after a restart")
        report["pages"] += window.asked

    return look


def main(path):
    """Starts it twice."""
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    for name in OF_THE_INTERPRETER:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    report = {"starts": [], "pages": [], "external": [], "login": None, "worker": None, "libraries": [], "seen": []}
    if start(facts, report, first_look(facts, report)):
        start(facts, report, second_look(report))
    with contextlib.suppress(OSError), open(os.path.join(facts["scratch"], "seen"), encoding="utf-8") as seen:
        lines = dict.fromkeys(seen)
        report["seen"] = [json.loads(line) for line in lines]
    with open(facts["report"], "w", encoding="utf-8") as file:
        json.dump(report, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
