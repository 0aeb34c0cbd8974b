"""A person with an installed program: a start, a user, a login, an upload, and all of it there after a restart.

Usage: python walk.py RESOURCES FACTS, the folder of `boot_stage.py` and a JSON file:

    tree       the staged backend, wherever it was moved
    scratch    an empty folder for the person's data
    user       name and password of a user who is made
    login      the address of the page with the login
    upload     the address of a page with a form for a file
    url        where the files of uploads are served

It prints what the person met, one line each.
"""

import html.parser
import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, sys.argv[1])

import boot_stage

BORDER = "of-the-upload"
# The smallest picture there is: GIF, one pixel.
PICTURE = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


class Forms(html.parser.HTMLParser):
    """The first form with a field of this kind: its address, the name of the field, and values for the others."""

    def __init__(self, text, kind):
        super().__init__()
        self.kind, self.found, self._form, self._select = kind, None, None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name"), given.get("type", "text")
        if tag == "form":
            self._form = {"action": given.get("action", ""), "fields": {}, "field": None}
        elif self._form is None:
            return
        elif tag == "option" and self._select:
            chosen = self._form["fields"].get(self._select)
            if "selected" in given or chosen == "":
                self._form["fields"][self._select] = given.get("value", "")
        elif tag == "input" and kind == self.kind and name:
            self._form["field"] = self._form["field"] or name
        elif kind == "hidden" and not given.get("value"):
            # Numbers of a script, such as those of the focal point of Wagtail's pictures: a word there is an error.
            return
        elif tag == "input" and kind not in ("checkbox", "radio", "submit", "file", "search") and name:
            usual = {"number": "1", "email": "a@example.com"}.get("email" if "mail" in name else kind, "picture")
            self._form["fields"][name] = given.get("value") or usual
        elif tag == "textarea" and name:
            self._form["fields"][name] = "picture"
        elif tag == "select" and name:
            self._select = name
            # Where several may be chosen, none is unless the page says so.
            if "multiple" not in given:
                self._form["fields"].setdefault(name, "")

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = None
        elif tag == "form" and self._form is not None:
            self.found = self.found or (self._form if self._form["field"] else None)
            self._form = None


class Person:
    """What the window of a shell does for a person: it has the token and keeps cookies."""

    def __init__(self):
        self.url = ""
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def ask(self, address, content=None, kind=None):
        """The address in the end, the status and the bytes."""
        address = urllib.parse.urljoin(self.url, address)
        headers = {"X-Desktop-Django-Token": boot_stage.TOKEN, "Accept": "text/html,*/*;q=0.8"}
        if content is not None:
            headers |= {
                "Content-Type": kind,
                "Referer": address,
                "Origin": urllib.parse.urljoin(self.url, "/").rstrip("/"),
            }
        try:
            with self._opener.open(urllib.request.Request(address, content, headers), timeout=120) as answer:
                return answer.url, answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.url, error.code, error.read()

    def log_in(self, address, user):
        """Fills in the form with a password; the page in the end."""
        at, status, page = self.ask(address)
        form = Forms(page.decode(), "password").found
        if form is None:
            return f"no password is asked at {address} ({status})"
        names = [name for name in form["fields"] if re.search("user|login|name|mail", name)]
        fields = {**form["fields"], names[0]: user[0], form["field"]: user[1]}
        target = urllib.parse.urljoin(at, form["action"])
        at, status, page = self.ask(
            target, urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        )
        is_in = Forms(page.decode(), "password").found is None
        return f"login: {status}, {'in' if is_in else 'still outside'}"

    def upload(self, address):
        """Fills in the form with a file; the status, and the form's complaint where it comes back."""
        at, status, page = self.ask(address)
        form = Forms(page.decode(), "file").found
        if form is None:
            return f"no file is asked for at {address} ({status})"
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in form["fields"].items()]
        head = f'name="{form["field"]}"; filename="picture.gif"\r\nContent-Type: image/gif\r\n\r\n'
        parts.append(head.encode() + PICTURE)
        mark = f"--{BORDER}".encode()
        content = b"".join(mark + b"\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts)
        target = urllib.parse.urljoin(at, form["action"])
        _, status, page = self.ask(target, content + mark + b"--\r\n", f"multipart/form-data; boundary={BORDER}")
        errors = re.findall(r'class="[^"]*error[^"]*"[^>]*>\s*(?:<[^>]+>\s*)*([^<]+)', page.decode(errors="replace"))
        return f"upload: {status} {' '.join(errors[:3]).strip()}".strip()


def start(facts, person, act):
    """One start, in which `act` happens; a person's window closes then."""
    backend = boot_stage.Backend(facts, boot_stage.environment(facts))
    event = boot_stage.first_word(facts, backend)
    if event is None or event["event"] != "ready":
        print("not ready:", event, boot_stage.last_lines(os.path.join(facts["scratch"], "stderr"), 20))
    else:
        person.url = event["url"]
        print("first page:", person.ask(person.url)[1])
        act()
    print("end:", backend.stop())


def make_user(facts):
    """`createsuperuser` for the installation."""
    name, password = facts["user"]
    user = {"DJANGO_SUPERUSER_USERNAME": name, "DJANGO_SUPERUSER_PASSWORD": password}
    more = {"DJANGO_SUPERUSER_EMAIL": "a@example.com", "DJANGO_SECRET_KEY": "no-password-depends-on-it"}
    environment = boot_stage.environment(facts) | user | more
    command = [os.path.join(facts["tree"], facts["python"]), "-m", "django", "createsuperuser", "--noinput"]
    cwd = os.path.join(facts["tree"], facts["cwd"])
    run = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    print("user:", "made" if run.returncode == 0 else run.stderr)


def there(facts, person):
    """The files of uploads, and how they are served."""
    media = os.path.join(facts["scratch"], "data", "media")
    files = sorted(
        os.path.relpath(os.path.join(folder, name), media) for folder, _, names in os.walk(media) for name in names
    )
    # Before the pictures that a project makes of them.
    for file in sorted(files, key=lambda file: "cache" in file)[:3]:
        _, status, content = person.ask(facts["url"] + file.replace(os.sep, "/"))
        print("file:", file, status, "the same" if content == PICTURE else f"{len(content)} bytes")


def main(path):
    """Three starts: of a new installation, with a user, and once more."""
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    with open(os.path.join(facts["tree"], "runtime-manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    launcher = manifest["launcher"]
    facts |= {"python": manifest["python"]["executable"], "command": launcher["command"], "cwd": launcher["cwd"]}
    facts["settings"] = launcher["settingsModule"]
    person = Person()
    start(facts, person, lambda: None)
    make_user(facts)

    def use():
        print(person.log_in(facts["login"], facts["user"]))
        print(person.upload(facts["upload"]))
        there(facts, person)

    start(facts, person, use)
    start(facts, person, lambda: there(facts, person))


if __name__ == "__main__":
    main(sys.argv[2])
