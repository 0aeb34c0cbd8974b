"""Where things are: the environment's variables, and every file of the runtime below the app-data folder.

Nobody else joins these names. An environment variable that is empty counts as unset.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NamedTuple

from . import files
from .faults import LaunchError, reason

APP_DATA_DIR = "DESKTOP_DJANGO_APP_DATA_DIR"
BUNDLE_DIR = "DESKTOP_DJANGO_BUNDLE_DIR"
HOST = "DESKTOP_DJANGO_HOST"
PORT = "DESKTOP_DJANGO_PORT"
LANGUAGE = "DESKTOP_DJANGO_LANGUAGE"
RUNTIME_MODE = "DESKTOP_DJANGO_RUNTIME_MODE"
AUTH_TOKEN = "DESKTOP_DJANGO_AUTH_TOKEN"  # noqa: S105 - the variable's name, not a token
SECRET_KEY = "DJANGO_SECRET_KEY"  # noqa: S105 - the variable's name, not a key
SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"


def variable(name: str) -> str | None:
    """An environment variable; an empty one counts as unset."""
    return os.environ.get(name) or None


class Places(NamedTuple):
    """The folders of one installation, and the runtime's files in them."""

    app_data: Path
    """What belongs to the person: the database, the key, copies, logs. Survives an update of the app."""

    bundle: Path
    """What belongs to the app: manage.py, src, staticfiles. May be read-only."""

    @classmethod
    def from_environment(cls, project_root: Path | None = None) -> Places:
        """Read the two folders, create the first and put both into the environment for the settings and the worker."""
        given = variable(APP_DATA_DIR)
        if given is None:
            raise LaunchError(
                "No folder for the app's data",
                f"The environment variable {APP_DATA_DIR} is not set. Set it to a folder that may be written to.",
            )
        places = cls(Path(given).absolute(), Path(variable(BUNDLE_DIR) or project_root or Path.cwd()).absolute())
        # What the app writes belongs to the person alone: databases and media, too.
        os.umask(0o077)
        try:
            places.app_data.mkdir(parents=True, exist_ok=True)
            places.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise LaunchError(
                "The folder for the app's data can't be used",
                "{folder} can't be created or written to ({reason}).",
                folder=places.app_data,
                reason=reason(error),
            ) from error
        os.environ[APP_DATA_DIR] = str(places.app_data)
        os.environ[BUNDLE_DIR] = str(places.bundle)
        return places

    def close_to_others(self) -> None:
        """Make the folder and the runtime's own files private, whatever their modes were. Media is not walked through:
        nobody gets into the folder."""
        own = (
            self.lock,
            self.secret_key,
            self.first_run,
            self.journal,
            self.checked,
            self.version,
            self.port,
            self.backups,
            self.logs,
        )
        inside = (path for folder in (self.backups, self.logs) if folder.is_dir() for path in folder.iterdir())
        for path in (self.app_data, *own, *inside):
            files.make_private(path)

    @property
    def lock(self) -> Path:
        """Held by the one running instance; contains its process id."""
        return self.app_data / "desktop.lock"

    @property
    def secret_key(self) -> Path:
        """Django's secret key of this installation."""
        return self.app_data / "secret-key"

    @property
    def port(self) -> Path:
        """The port that this installation is usually served on."""
        return self.app_data / "port"

    @property
    def first_run(self) -> Path:
        """Present from before a new database's first migration until its first-run commands are done."""
        return self.app_data / "first-run-pending"

    @property
    def journal(self) -> Path:
        """Present while a migration is under way; says which copy goes back when it does not end."""
        return self.app_data / "migration-in-progress.json"

    @property
    def checked(self) -> Path:
        """The digest of migration names for which Django itself said that nothing is to be applied."""
        return self.app_data / "migrations-checked"

    @property
    def backups(self) -> Path:
        """Copies of the database from before its migrations."""
        return self.app_data / "backups"

    @property
    def copying_lock(self) -> Path:
        """Held while a backup is made or looked at for restoring."""
        return self.app_data / "copying.lock"

    @property
    def restore(self) -> Path:
        """A backup that was checked and unpacked, and takes the place of the present data on the next start."""
        return self.app_data / "restore"

    @property
    def version(self) -> Path:
        """The last version that worked."""
        return self.app_data / "version.json"

    @property
    def media_before(self) -> Path:
        """Which media there were before a version is tried for the first time; gone when that has ended."""
        return self.app_data / "media-before-trial.json"

    @property
    def support(self) -> Path:
        """Where the last support file was made, until it is saved elsewhere."""
        return self.app_data / "support"

    @property
    def media(self) -> Path:
        """What the person has uploaded, and nothing else."""
        return self.app_data / "media"

    @property
    def logs(self) -> Path:
        """The folder of the log and its rotated predecessors."""
        return self.app_data / "logs"

    @property
    def log(self) -> Path:
        """The log of web process and worker."""
        return self.logs / "desktop.log"


def project_root() -> Path:
    """The folder of the script that was started (manage.py), or the working folder under `python -m`."""
    script = Path(sys.argv[0])
    return script.absolute().parent if script.name == "manage.py" else Path.cwd()
