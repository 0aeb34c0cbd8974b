"""The one signal that the runtime sends: the app is about to be served, once per launch.

Connect to it for work that belongs to a start of the desktop program and not to each management command, for
example putting rows right that the last run left unfinished. It is sent after migrations and first-run commands,
before the first request and before the worker starts. An error in a receiver is logged and does not stop the launch.
"""

from django.dispatch import Signal

runtime_starting = Signal()
