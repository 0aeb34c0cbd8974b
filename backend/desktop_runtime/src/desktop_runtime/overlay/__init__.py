"""The settings module of a project that was adopted: `DJANGO_SETTINGS_MODULE=desktop_runtime.overlay`.

A project's own settings are written for a server. This module imports them and makes of them settings for one person's
computer, without a line changed in the project, in this order:

    environment        what `env` of `desktop-overlay.json` says is set before anything is imported
    the project        the module that `settings-module` names
    rules              `databases`, `web`, `services`, `folders`: what holds for every desktop program
    overlay            what `overlay` says; its word goes before the rules'
    desktop_settings   the file that `settings-file` names: Python, run last in the namespace of the settings

`python -m desktop_runtime --explain` prints what each rule changed. The modules of this package can be imported without
being anybody's settings.
"""

from __future__ import annotations

import os

if os.environ.get("DJANGO_SETTINGS_MODULE") == __name__:
    from .compose import composed

    draft = composed()
    globals().update(draft.settings)
