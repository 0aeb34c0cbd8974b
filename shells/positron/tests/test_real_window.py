"""The real program under Xvfb: its window, its ends, and its smoke test with everything that can be broken."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest

from programs import QUIT_SECS, SHELL, SMOKE_SECS, Machine, append, end, listen, record_opening, smoke, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.window

# A place in the window, which has no frame without a window manager.
HEDGE = (1085, 52)


def test_the_smoke_test_passes_on_the_first_run(machine: Machine) -> None:
    code, out, err = smoke(machine)
    assert (code, err) == (0, ""), err
    assert " status 200 “All Plants" in out
    assert len(machine.rows("SELECT title FROM meadow_plant")) == 3
    assert (machine.data / "cache" / "staticfiles").is_dir()
    assert "token=" not in machine.log + out + err


def test_the_smoke_test_passes_on_the_project_in_this_checkout(machine: Machine) -> None:
    machine.folder = SHELL / "src"
    code, out, err = smoke(machine)
    assert code == 0, err
    assert " status 200 “" in out


BREAKAGES = {
    "an import error": ("meadow/views.py", "raise ImportError('broken on purpose')", "broken on purpose"),
    "a failing migration": (
        "meadow/migrations/0002_broken.py",
        "from django.db import migrations\n"
        "def fail(apps, schema_editor): raise RuntimeError('broken on purpose')\n"
        "class Migration(migrations.Migration):\n"
        "    dependencies = [('meadow', '0001_initial')]\n"
        "    operations = [migrations.RunPython(fail)]\n",
        "broken on purpose",
    ),
    "no server": ("desktop_runtime/server.py", "Server.serve = lambda self: None", "within 16 s"),
    "a page that is an error": (
        "meadow/urls.py",
        "urlpatterns = [path('', lambda request: 1 / 0), *urlpatterns]",
        "status 500",
    ),
    "a blank page": (
        "meadow/urls.py",
        "from django.http import HttpResponse\nurlpatterns = [path('', lambda request: HttpResponse()), *urlpatterns]",
        "a blank page",
    ),
}


@pytest.mark.parametrize("what", BREAKAGES)
def test_the_smoke_test_fails_in_time_with(what: str, machine: Machine) -> None:
    path, source, told = BREAKAGES[what]
    root = machine.folder if path.startswith("desktop_runtime/") else machine.folder / "src"
    with (root / path).open("a", encoding="utf-8") as file:
        file.write(f"\n{source}\n")
    code, out, err = smoke(machine)
    assert code == 1, out
    assert err.startswith("smoke test failed: ")
    assert told in err
    assert "passed" not in out


def test_a_smoke_test_that_is_ended_has_not_passed(machine: Machine) -> None:
    process = machine.start(DESKTOP_DJANGO_SMOKE_TEST="1", PYTHONPATH="")
    code = end(process, process.terminate)
    assert code == 1 or "smoke test: " in process.communicate()[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(machine: Machine, number: signal.Signals) -> None:
    process = machine.start()
    machine.window()
    assert end(process, lambda: process.send_signal(number)) == 0
    assert machine.log.rstrip().endswith("stopped")
    assert not list(machine.data.glob("app.sqlite3-*")), "the write-ahead log is folded in"


def test_a_signal_in_the_first_moment_ends_it_cleanly(machine: Machine) -> None:
    process = machine.launch()
    wait_until(lambda: machine.log, "the start is under way")
    assert end(process, process.terminate) == 0
    assert machine.log.rstrip().endswith("stopped")


@pytest.mark.usefixtures("manager")
def test_closing_the_window_ends_it_cleanly(machine: Machine) -> None:
    process = machine.start()
    wait_until(lambda: machine.manage("-F", "-c", "All Plants"), "the window manager knows the window")
    assert process.wait(timeout=QUIT_SECS) == 0
    assert machine.log.rstrip().endswith("stopped")


def test_nothing_keeps_the_process_alive(machine: Machine) -> None:
    threads = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    with (machine.folder / "src" / "meadow" / "views.py").open("a", encoding="utf-8") as file:
        file.write(threads)
    process = machine.start()
    machine.window()
    assert end(process, process.terminate) == 0


def test_a_second_program_says_so_and_ends(machine: Machine) -> None:
    first = machine.start()
    second = machine.launch()
    _, err = second.communicate(timeout=30)
    assert second.returncode == 3
    assert f"already running as process {first.pid}" in err
    assert first.poll() is None
    assert end(first, first.terminate) == 0


def test_a_kill_leaves_no_process_and_is_in_nobodys_way(machine: Machine) -> None:
    process = machine.start()
    machine.window()
    process.kill()
    process.wait()
    machine.nothing_is_left()
    process = machine.start()
    assert end(process, process.terminate) == 0


@pytest.mark.parametrize("smoke_test", ["", "1"])
def test_without_a_display_it_says_so(machine: Machine, smoke_test: str) -> None:
    process = machine.launch(DISPLAY="", DESKTOP_DJANGO_SMOKE_TEST=smoke_test)
    _, err = process.communicate(timeout=SMOKE_SECS)
    assert process.returncode == 1
    assert "The window can't be opened." in err
    assert "DISPLAY" in err


def test_a_dialog_about_a_failure_does_not_hold_up_a_signal(machine: Machine) -> None:
    machine.data.mkdir()
    (machine.data / "app.sqlite3").write_bytes(b"this is no database, but it is long enough" * 100)
    process = machine.launch()
    wait_until(lambda: "damaged" in machine.log and len(machine.windows()) > 1, "the dialog is there")
    assert end(process, process.terminate) == 1
    _, err = process.communicate(timeout=QUIT_SECS)
    assert "The app's data is damaged" in err
    assert str(machine.data / "logs" / "desktop.log") in err


# Does in the page, click by click, what leads out of it, and tells the app how that was.
VISITOR = """
const tell = (what) => fetch(`/told/?${what}`);
const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const steps = [
  () => { location.href = "https://example.org/plant"; },
  () => { window.open("mailto:plant@example.org"); },
  async () => {
    for (const href of ["file:///etc/hostname", "data:text/html,hello", "about:blank"]) {
      location.href = href;
      await pause(500);
    }
    history.back();
    await pause(700);
    await tell(`stayed=${location.pathname}`);
  },
  async () => tell(`asked=${confirm("Really?")}`),
  () => {
    const link = document.createElement("a");
    link.download = "my plants.csv";
    link.href = URL.createObjectURL(new Blob(["hay"]));
    document.body.append(link);
    link.click();
  },
];
document.title = "A page of its own";
document.addEventListener("mousedown", (event) => { if (event.isTrusted) steps.shift()?.(); });
"""
MIDDLE = (600, 700)
PROXIES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")


def test_a_page_stays_and_what_leads_elsewhere_opens_outside(machine: Machine, tmp_path: Path) -> None:
    append(machine, "static/meadow/page.js", VISITOR)
    listen(machine, "dict(request.GET.items())")
    outside = record_opening(tmp_path)
    seen: list[bytes] = []
    with recording_proxy(seen) as proxy:
        environment = dict.fromkeys(PROXIES, proxy)
        process = machine.start(PATH=f"{tmp_path}:{os.environ['PATH']}", BROWSER="", **environment)
        wait_until(lambda: "A page of its own" in machine.titles(), "the title follows the page")
        machine.click(*MIDDLE)
        wait_until(lambda: len(outside()) == 1, "the link opens outside")
        machine.click(*MIDDLE)
        wait_until(lambda: len(outside()) == 2, "a letter is begun outside")
        machine.click(*MIDDLE)
        wait_until(lambda: "told {'stayed': '/'}" in machine.log, "the page is still there")
        machine.click(*MIDDLE)
        time.sleep(1)
        assert "asked" not in machine.log, "it waits for the answer"
        machine.press("Return")
        wait_until(lambda: "told {'asked': 'true'}" in machine.log, "the answer arrives")
        machine.click(*MIDDLE)
        wait_until(lambda: "Save my plants.csv" in machine.titles(), "it is asked where the file goes")
        time.sleep(0.5)
        machine.press("Return")
        wait_until(lambda: list(tmp_path.rglob("my plants.csv")), "the file is saved")
        (saved,) = tmp_path.rglob("my plants.csv")
        wait_until(lambda: saved.read_text() == "hay", "it is whole")
        assert end(process, process.terminate) == 0
    assert outside() == ["https://example.org/plant", "mailto:plant@example.org"]
    assert not seen, "a proxy has seen it"


# The small project has no sessions; those of Django have a cookie that lives for two weeks.
KEEPER = """
fetch(`/told/?${localStorage.getItem("plant")}&${document.cookie.includes("visitor=7")}`);
localStorage.setItem("plant", "Clover");
document.cookie = "visitor=7; max-age=1209600; path=/; samesite=lax";
"""


def test_what_a_page_keeps_and_the_cookie_of_a_session_are_there_after_a_restart(machine: Machine) -> None:
    append(machine, "static/meadow/page.js", KEEPER)
    listen(machine, "request.META['QUERY_STRING']")
    for told in ("null&false", "Clover&true"):
        process = machine.start()
        wait_until(lambda told=told: f"told {told}" in machine.log, told)
        # What WebKit keeps is written after a moment.
        time.sleep(1)
        assert end(process, process.terminate) == 0


# What is selected, as often as that changes.
FOUND = """
document.addEventListener("selectionchange", () => fetch(`/told/?found=${encodeURIComponent(getSelection())}`));
"""


def test_find_in_page_selects_what_is_found(machine: Machine) -> None:
    append(machine, "static/meadow/page.js", FOUND)
    listen(machine, "request.GET.get('found')")
    process = machine.start()
    wait_until(lambda: any("All Plants" in title for title in machine.titles()), "the page is there")
    machine.press("ctrl+f")
    machine.press_on("c", "l", "o")
    wait_until(lambda: re.search(r"told clo$", machine.log, re.MULTILINE | re.IGNORECASE), "it is found")
    assert end(process, process.terminate) == 0


# What WebKit makes of a PDF: a frame.
FRAME = """
const frame = Object.assign(document.createElement("iframe"), { src: "webkit-pdfjs-viewer:" });
document.body.append(frame);
const { width, height } = frame.getBoundingClientRect();
fetch(`/told/?fills=${width === innerWidth && height === innerHeight}`);
"""


def test_a_pdf_fills_the_window(machine: Machine) -> None:
    append(machine, "static/meadow/page.js", FRAME)
    listen(machine, "request.GET.get('fills')")
    process = machine.start()
    wait_until(lambda: "told true" in machine.log, "the frame fills it")
    assert end(process, process.terminate) == 0


def test_the_menu_is_in_the_language_of_the_system(machine: Machine) -> None:
    process = machine.start(LANG="de_DE.UTF-8", LC_ALL="", LANGUAGE="de")
    wait_until(lambda: any("All Plants" in title for title in machine.titles()), "the page is there")
    machine.choose("Right", "Down")
    wait_until(lambda: "Sichern" in machine.titles(), "the dialog is there")
    assert end(process, process.terminate) == 0


def test_a_backup_is_made_and_restored_from_the_menu(machine: Machine, tmp_path: Path) -> None:
    process = machine.start()
    wait_until(lambda: any("All Plants" in title for title in machine.titles()), "the page is there")
    saved = tmp_path / "mine.zip"
    machine.choose("Right", "Down")
    machine.answer_file("Back Up", saved)
    wait_until(saved.exists, "the backup is saved")
    machine.answer("Return")
    with contextlib.closing(sqlite3.connect(machine.data / "app.sqlite3")) as connection, connection:
        connection.execute("DELETE FROM meadow_plant")
    machine.choose("Right", "Down", "Down")
    machine.answer_file("Restore", saved)
    # From Cancel, which has the focus.
    machine.answer("Tab", "Return")
    wait_until(lambda: machine.log.count("ready at ") == 2, "the program comes back")
    assert process.poll() is None, "as the same process"
    assert len(machine.rows("SELECT title FROM meadow_plant")) == 3
    assert list((machine.data / "backups").glob("*-before-restore.zip"))
    wait_until(lambda: any("All Plants" in title for title in machine.titles()), "the window is back")
    assert end(process, process.terminate) == 0


def test_a_support_file_is_shown_and_saved_from_the_menu(machine: Machine, tmp_path: Path) -> None:
    process = machine.start()
    wait_until(lambda: any("All Plants" in title for title in machine.titles()), "the page is there")
    machine.choose("Left", "Up", "Up")
    machine.answer("Tab", "Return")
    machine.answer_file("Save Support File", tmp_path / "support.zip")
    wait_until((tmp_path / "support.zip").exists, "it is saved")
    machine.answer("Return")
    assert end(process, process.terminate) == 0


@contextlib.contextmanager
def recording_proxy(seen: list[bytes]) -> Iterator[str]:
    """The address of a server that notes what it is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        seen.append(connection.recv(4096))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_the_menu_goes_back_but_not_out_and_opens_the_data(machine: Machine, tmp_path: Path) -> None:
    outside = record_opening(tmp_path)
    process = machine.start(PATH=f"{tmp_path}:{os.environ['PATH']}")

    def shows(title: str) -> bool:
        return any(title in other for other in machine.titles())

    wait_until(lambda: shows("All Plants"), "the title follows the page")
    time.sleep(1)
    machine.click(*HEDGE)
    wait_until(lambda: shows("The Hedge"), "the link was followed")
    machine.press("alt+Left")
    wait_until(lambda: shows("All Plants"), "Back leads to the page before")
    machine.press("alt+Left", "alt+Left", "ctrl+equal", "ctrl+0", "ctrl+r")
    time.sleep(1)
    assert shows("All Plants")
    machine.choose("Left", "Up", "Up", "Up")
    wait_until(outside, "the menu opens something")
    assert outside() == [str(machine.data / "logs" / "desktop.log")]
    assert end(process, process.terminate) == 0
