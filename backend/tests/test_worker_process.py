"""A routine from the button to its end, with the web process and the worker in processes of their own."""

import json
from pathlib import Path

from support.packaged import BACKEND, RunPython

WORKER = str(BACKEND / "tests" / "support" / "quick_worker.py")

# A web process of its own: press the button `n` times, and print what the status address says.
WEB = """
import json, sys, django; django.setup()
from django.test import Client
client = Client(SERVER_NAME="127.0.0.1")
for _ in range(int(sys.argv[1])):
    assert client.post("/tasks/run/").status_code == 201
print(json.dumps(client.get("/tasks/status/").json()["tasks"]))
"""


def test_a_real_worker_runs_what_the_page_queued(run_python: RunPython, tmp_path: Path) -> None:
    (tmp_path / "bundle" / "staticfiles").mkdir()
    run_python("-m", "django", "migrate", "-v0")
    queued = json.loads(run_python("-c", WEB, "2").stdout)
    assert [task["status"] for task in queued] == ["PENDING", "PENDING"]

    run_python(WORKER, "--batch", "--no-startup-delay")

    second, first = json.loads(run_python("-c", WEB, "0").stdout)
    assert (first["id"], first["status"], first["duration"]) == (queued[1]["id"], "DONE", 0.05)
    assert (second["id"], second["status"], second["duration"]) == (queued[0]["id"], "FAILED", 0.05)
    for task in (first, second):
        assert task["result"]
        assert task["completed_at"] > task["created_at"]
