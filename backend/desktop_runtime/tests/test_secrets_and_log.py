"""The installation's key, and the log: what is in it, how large it gets, and what must never be in it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from desktop_runtime.logs import Log
from desktop_runtime.secret import secret_key
from launch import Installation, wait_until

if TYPE_CHECKING:
    from launch import Launched

LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) \[\d+\] [\w.]+: ")


def key_of(launched: Launched) -> str:
    """The secret key that the settings got."""
    return str(json.loads(launched.get("/address/")[1])["key"])


def test_a_key_is_made_once_and_kept(installation: Installation) -> None:
    keys = []
    for _ in range(2):
        launched = installation.start()
        keys.append(key_of(launched))
        launched.stop()
    assert keys[0] == keys[1] == (installation.data / "secret-key").read_text().strip()
    assert stat.S_IMODE((installation.data / "secret-key").stat().st_mode) == 0o600


def test_a_given_key_wins_and_none_is_kept(installation: Installation) -> None:
    launched = installation.start(DJANGO_SECRET_KEY="given-" * 10)
    assert key_of(launched) == "given-" * 10
    launched.stop()
    assert not (installation.data / "secret-key").exists()


@pytest.mark.parametrize(
    "content", [b"", b"short", b"\xff" * 80, b"x" * 30 + b"\0" * 40, b"two lines " * 4 + b"\n" + b"x" * 40]
)
def test_a_file_without_a_usable_key_gets_a_new_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secret-key"
    path.write_bytes(content)
    key = secret_key(path)
    assert len(key) >= 50
    assert key.isascii()
    assert secret_key(path) == key
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX thing")
def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "secret-key"
    key = secret_key(path)
    path.chmod(0o644)
    assert secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.usefixtures("with_worker")
def test_each_line_has_time_level_and_process(installation: Installation) -> None:
    launched = installation.start(PYTHONWARNINGS="default")
    launched.get("/noise/")
    launched.get("/leak/")
    launched.wait_for("phase:worker")
    wait_until(lambda: "Starting worker" in installation.log, "the worker logs")
    launched.stop()
    lines = installation.log.splitlines()
    assert [line for line in lines if not LINE.match(line)] == []
    (worker_line,) = [line for line in lines if "Starting worker" in line]
    assert f"[{launched.pid}]" not in worker_line
    assert "ERROR" in next(line for line in lines if "Internal Server Error: /leak/" in line)
    assert any("ValueError" in line for line in lines)


def test_neither_token_nor_key_gets_into_the_log(installation: Installation) -> None:
    token = "a-token-that-nobody-may-see"
    launched = installation.start(DESKTOP_DJANGO_AUTH_TOKEN=token)
    assert launched.get("/")[0] == 403
    assert launched.get(f"/desktop-auth/bootstrap/?token={token}&next=/")[0] == 302
    assert launched.get(f"/leak/?token={token}", X_Desktop_Django_Token=token)[0] == 500
    assert launched.get(f"/nowhere/?token={token}", X_Desktop_Django_Token=token)[0] == 404
    key = key_of_file(installation)
    launched.stop()
    assert "printing *** and ***" in installation.log
    assert token not in installation.log
    assert key not in installation.log


def test_a_secret_is_hidden_in_an_address_too_and_a_short_one_does_not_make_the_log_unreadable(tmp_path: Path) -> None:
    with contextlib.closing(Log(tmp_path / "log")) as log:
        log.hide("a secret/with odd & characters", "e", "", None)
        assert log.redacted("GET /?token=a%20secret%2Fwith%20odd%20%26%20characters") == "GET /?token=***"
        assert log.redacted("here: a secret/with odd & characters") == "here: ***"


def test_a_failure_does_not_tell_the_key(installation: Installation) -> None:
    (installation.project / "notebook.py").write_text("import os\nraise ValueError(os.environ['DJANGO_SECRET_KEY'])\n")
    failed = installation.fail()
    assert "***" in failed["detail"]
    assert key_of_file(installation) not in json.dumps(failed) + installation.log


def test_the_log_is_rotated_and_bounded(installation: Installation) -> None:
    launched = installation.start()
    for _ in range(8):
        launched.get("/noise/?lines=10000")
    launched.stop()
    files = list((installation.data / "logs").iterdir())
    assert sorted(path.name for path in files) == ["desktop.log", *(f"desktop.log.{number}" for number in range(1, 5))]
    assert max(path.stat().st_size for path in files) <= 1_000_000


@pytest.mark.parametrize(
    "logging",
    [
        "{'version': 1}",  # Switches off every logger that exists.
        "{'version': 1, 'disable_existing_loggers': False, 'root': {'level': 'WARNING', 'handlers': []},"
        " 'loggers': {'django.request': {'handlers': [], 'propagate': False}}}",
    ],
)
def test_settings_that_configure_logging_do_not_silence_the_log(installation: Installation, logging: str) -> None:
    settings = installation.project / "notebook.py"
    settings.write_text(settings.read_text() + f"LOGGING = {logging}\n")
    launched = installation.start()
    assert launched.get("/leak/")[0] == 500
    launched.stop()
    assert installation.log.count("Internal Server Error: /leak/") == 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_module", "no_such_module"),
        ("def", "invalid syntax"),
        ("raise SystemExit('settings say no')", "settings say no"),
        ("from django.core.exceptions import ImproperlyConfigured\nraise ImproperlyConfigured('no pony')", "no pony"),
    ],
)
def test_settings_that_fail_are_told(installation: Installation, source: str, said: str) -> None:
    (installation.project / "notebook.py").write_text(source)
    failed = installation.fail()
    assert failed["title"] == "The app's settings can't be loaded"
    assert said in failed["detail"]
    assert "\n" not in failed["detail"]
    assert "Traceback" in Path(failed["log"]).read_text()


@pytest.mark.parametrize(
    ("name", "source", "title"),
    [
        ("notes/models.py", "import no_such_module", "The app could not be loaded"),
        ("notes/urls.py", "import no_such_module", "The app could not be loaded"),
        ("notes/apps.py", "raise RuntimeError('no_such_module')", "The app could not be loaded"),
    ],
)
def test_an_app_that_fails_is_told(installation: Installation, name: str, source: str, title: str) -> None:
    (installation.project / name).write_text(source)
    failed = installation.fail()
    assert failed["title"] == title
    assert "no_such_module" in failed["detail"]


def test_unknown_settings_of_the_runtime_are_told(installation: Installation) -> None:
    failed = installation.fail(TEST_DESKTOP_RUNTIME='{"FIRST_RUN_COMANDS": []}')
    assert "'FIRST_RUN_COMANDS'" in failed["detail"]
    assert "FIRST_RUN_COMMANDS" in failed["detail"]


def test_without_settings_module_there_is_a_clear_word(installation: Installation) -> None:
    assert "DJANGO_SETTINGS_MODULE" in installation.fail(DJANGO_SETTINGS_MODULE="")["detail"]


def key_of_file(installation: Installation) -> str:
    """The key that the installation made for itself."""
    return (installation.data / "secret-key").read_text().strip()
