"""Starts the real program on a display of its own, as a person does, and looks at it from outside. Needs /proc."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import tomllib
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_django_starter_positron import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHELL = Path(__file__).resolve().parents[1]
REPOSITORY = SHELL.parents[1]
# A small project with pages for windows: these tests pass whatever lies in backend/.
MEADOW = REPOSITORY / "backend" / "desktop_runtime" / "tests" / "meadow"
PACKAGE = facts.PACKAGE.name
PYTHON = SHELL / ".venv" / "bin" / "python"
PATIENCE_SECS = 60.0
# Of another project nothing can be installed; its own lock is all there is.
TOGA = "a project that this shell can be installed for: a uv.lock that has Toga (docs/shells/positron.md)"
# What the program promises.
QUIT_SECS = 5.0
SMOKE_SECS = 20.0
# Found in the environment of everything that a test has started.
MARK = "POSITRON_TEST"


def brings_toga(dds: Path = REPOSITORY / facts.FILE_NAME) -> bool:
    """Whether the project has what the shell is installed and packaged from."""
    backend = tomllib.loads(dds.read_text(encoding="utf-8"))["backend"]
    lock = dds.parent / backend.get("root", "backend") / "uv.lock"
    packages = tomllib.loads(lock.read_text(encoding="utf-8")).get("package", []) if lock.is_file() else []
    return any(package["name"] == "toga-core" for package in packages)


def missing() -> str | None:
    """What is not there of the shell's environment."""
    if PYTHON.exists():
        return None
    return "the shell's environment (cargo xtask positron-install)" if brings_toga() else TOGA


@dataclass
class Machine:
    """A display, a folder for data, and programs that are gone at the end."""

    display: str
    data: Path
    folder: Path
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    launched: list[subprocess.Popen[str]] = field(default_factory=list)

    def launch(self, **environment: str) -> subprocess.Popen[str]:
        """Start the program."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("DESKTOP_DJANGO_", "DJANGO_"))
        }
        # Compiling Django for each start would take longer than all else; and the tests' stand-in for a toolkit.
        for name in (
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONPATH",
            "TOGA_BACKEND",
            "WAYLAND_DISPLAY",
            "VIRTUAL_ENV",
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_RUNTIME_DIR",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
        ):
            kept.pop(name, None)
        own = {
            "DISPLAY": self.display,
            # Where the web view keeps what it likes.
            "HOME": str(self.data.parent),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "DESKTOP_DJANGO_APP_DATA_DIR": str(self.data),
            MARK: self.mark,
        }
        process = subprocess.Popen(
            [PYTHON, "-m", PACKAGE],
            cwd=self.folder,
            env=kept | own | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.launched.append(process)
        return process

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """Start the program and wait until its server answers."""
        before = self.log.count("ready at ")
        process = self.launch(**environment)
        wait_until(lambda: self.log.count("ready at ") > before or process.poll() is not None, "the app is ready")
        assert process.poll() is None, process.communicate()
        return process

    @property
    def log(self) -> str:
        """All of the log."""
        path = self.data / "logs" / "desktop.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def rows(self, query: str) -> list[object]:
        """The first column of a query on the app's database, which may be in use."""
        with contextlib.closing(sqlite3.connect(f"file:{self.data / 'app.sqlite3'}?mode=ro", uri=True)) as connection:
            return [row[0] for row in connection.execute(query)]

    def click(self, x: int, y: int, window: str | None = None, button: int = 1) -> None:
        """Click at a place of the newest window, or of another one."""
        self._xdotool("mousemove", "--window", window or self.window(), str(x), str(y), "click", str(button))

    def window(self) -> str:
        """The id of the program's window."""
        found: list[str] = []
        wait_until(lambda: found.extend(self.windows()) or found, "the window is there")
        return found[-1]

    def windows(self) -> list[str]:
        """The ids of all windows that can be seen."""
        return self._xdotool("search", "--onlyvisible", "--class", ".").split()

    def titles(self) -> list[str]:
        """The titles of all windows that can be seen."""
        return [self._xdotool("getwindowname", window).strip() for window in self.windows()]

    def manage(self, *args: str) -> bool:
        """Have the window manager do something, see `wmctrl`; whether it did."""
        return self._run("wmctrl", *args).returncode == 0

    def minimize(self) -> None:
        """Have the window manager put the window away."""
        self._xdotool("windowminimize", "--sync", self.window())

    def place(self, title: str) -> tuple[int, ...]:
        """Left, top, width and height of a window, as its manager tells them."""
        listed = self._run("wmctrl", "-lG").stdout
        (line,) = [line for line in listed.splitlines() if line.endswith(title)]
        return tuple(int(number) for number in line.split()[2:6])

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, in the newest window."""
        for key in keys:
            self._xdotool("windowfocus", "--sync", self.windows()[-1], "key", "--clearmodifiers", key)

    def press_on(self, *keys: str) -> None:
        """Press keys where the last ones went: in an open menu."""
        for key in keys:
            self._xdotool("key", key)
            time.sleep(0.2)

    def choose(self, *keys: str) -> None:
        """Choose an item of the menu, reached by these keys from the first one."""
        self.press("F10")
        self.press_on(*keys, "Return")

    def answer(self, *keys: str) -> None:
        """Press keys in the question or message that comes."""
        wait_until(lambda: len(self.windows()) > 1, "a dialog is there")
        time.sleep(0.5)
        dialog = self.windows()[-1]
        self.press(*keys)
        wait_until(lambda: dialog not in self.windows(), "it has gone")

    def answer_file(self, title: str, file: Path) -> None:
        """Write a path into the dialog that asks for one."""
        wait_until(lambda: title in self.titles(), f"the dialog {title} is there")

        def answered() -> bool:
            """On a busy machine it hears its first keys late, or not at all."""
            time.sleep(0.5)
            # Where there is no field for a path, its first letter opens one.
            self.press("ctrl+a")
            self._xdotool("type", "--delay", "20", str(file))
            # Until then it looks for what the name may become.
            time.sleep(1)
            self.press_on("Return")
            time.sleep(0.5)
            return title not in self.titles()

        wait_until(answered, "it has gone")

    def _xdotool(self, *args: str) -> str:
        return self._run("xdotool", *args).stdout

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"DISPLAY": self.display}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def processes(self) -> list[int]:
        """All processes that a test has started, the web view's too."""
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            with contextlib.suppress(OSError):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def nothing_is_left(self) -> None:
        """All that was started is gone soon."""
        try:
            wait_until(lambda: not self.processes(), "every process ends", QUIT_SECS)
        except AssertionError:
            names = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in self.processes()]
            raise AssertionError(f"left: {names}") from None

    def clean_up(self) -> None:
        """For the end of a test."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.launched:
            process.communicate()


def install(folder: Path) -> Path:
    """Put the shell around the small project where Briefcase does, below `folder`; return what it calls `app`."""
    app = folder / "app"
    found = facts.read()
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(facts.PACKAGE, app / PACKAGE, ignore=ignore)
    shutil.copytree(MEADOW / "src", app / "src", ignore=ignore)
    shutil.copytree(found.runtime / "desktop_runtime", app / "desktop_runtime", ignore=ignore)
    shutil.copy(MEADOW / facts.FILE_NAME, app)
    shutil.copy(found.words, app)
    return app


def smoke(machine: Machine) -> tuple[int, str, str]:
    """Exit code and output of a smoke test, which takes no longer than it promises."""
    process = machine.launch(DESKTOP_DJANGO_SMOKE_TEST="1")
    try:
        out, err = process.communicate(timeout=SMOKE_SECS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return process.returncode, out, err


def end(process: subprocess.Popen[str], how: Callable[[], object]) -> int:
    """Ask the program to end and wait no longer than it promises; return its exit code."""
    how()
    return process.wait(timeout=QUIT_SECS)


def wait_until(condition: Callable[[], object], what: str, secs: float = PATIENCE_SECS) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + secs
    while not condition():
        assert time.monotonic() < deadline, f"not within {secs} s: {what}"
        time.sleep(0.05)


def append(machine: Machine, file: str, text: str) -> None:
    """Add lines to a file of the small project."""
    with (machine.folder / "src" / "meadow" / file).open("a", encoding="utf-8") as opened:
        opened.write(f"\n{text}\n")


def listen(machine: Machine, what: str) -> None:
    """Have the app write down what a page tells it."""
    imports = "import logging\nfrom django.http import HttpResponse\n"
    view = f"lambda request: (logging.getLogger('visitor').warning('told %s', {what}), HttpResponse())[1]"
    append(machine, "urls.py", f"{imports}urlpatterns = [path('told/', {view}), *urlpatterns]")


def record_opening(folder: Path) -> Callable[[], list[str]]:
    """What is opened outside, as long as this folder is first on PATH."""
    opened = folder / "opened.txt"
    program = folder / "xdg-open"
    program.write_text(f'#!/bin/sh\necho "$1" >> "{opened}"\n')
    program.chmod(0o755)
    return lambda: opened.read_text().split() if opened.exists() else []


@contextlib.contextmanager
def virtual_display() -> Iterator[str]:
    """An X server without a screen."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    # Without its last client it would begin anew, and turn away whoever comes meanwhile.
    command.append("-noreset")
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_SECS)
