"""Have the main thread run its signal handler, from another thread: the way to get it out of a sleep or a statement."""

from __future__ import annotations

import signal
import sys
import threading

if sys.platform == "win32":

    def main_thread() -> None:
        """As if the signal had arrived from outside.

        SIGINT, because it is the one signal that ends a sleep there, and only if it is raised: `interrupt_main` calls
        the handler after the sleep."""
        signal.raise_signal(signal.SIGINT)

else:

    def main_thread() -> None:
        """As if the signal had arrived from outside, but surely in the main thread, whose system call it ends."""
        identity = threading.main_thread().ident
        if identity is not None:
            signal.pthread_kill(identity, signal.SIGTERM)
