"""For a shell that has everything in its own process, where this worker has no place."""

from meadow.settings import *  # noqa: F403
from meadow.settings import DESKTOP_RUNTIME

DESKTOP_RUNTIME = {**DESKTOP_RUNTIME, "WORKER_COMMAND": None}
