"""The order in which an adopted project's settings are made. The project's module is changed along with them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import databases, folders, services, spec, web
from .draft import Change, Draft

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

RULES: tuple[Callable[[Draft], None], ...] = (*folders.RULES, *databases.RULES, *services.RULES, *web.RULES)

COMMAND_KEYS = {"first-run": "FIRST_RUN_COMMANDS", "every-start": "EVERY_START_COMMANDS"}
PLAIN_KEYS = {"start-path": "START_PATH", "version": "VERSION"}


def composed() -> Draft:
    """The settings of this process. Raises what the project's own module raises, or ImproperlyConfigured."""
    written = spec.read()
    written.prepare_process()
    module = importlib.import_module(written.values["settings-module"])
    draft = Draft({name: getattr(module, name) for name in dir(module) if name.isupper()}, written)
    overlay = written.filled(written.values.get("overlay", {}))
    # Twice: the rules have to see what it says (an engine, a list of apps), and its word goes before theirs.
    draft.merge(overlay)
    for rule in RULES:
        draft.apply(rule)
    draft.merge(overlay)
    draft.apply(runtime_keys)
    _run_settings_file(draft)
    databases.refuse_others(draft)
    _tell(module, draft)
    return draft


def runtime_keys(draft: Draft) -> None:
    """The runtime does what dds.toml says: commands, worker, first page, account."""
    values = draft.spec.values
    given: dict[str, Any] = {key: values[name] for name, key in PLAIN_KEYS.items() if name in values}
    given |= {key: [words(one) for one in values[name]] for name, key in COMMAND_KEYS.items() if name in values}
    if "worker" in values:
        given["WORKER_COMMAND"] = words(values["worker"]) if values["worker"] else None
    for part, place in values.get("seed", {}).items():
        given[f"SEED_{part.upper()}"] = place
    if "account" in values:
        given["ACCOUNT"] = values["account"]
    if given:
        draft.set("DESKTOP_RUNTIME", {**draft.table("DESKTOP_RUNTIME"), **given})


def words(command: Any) -> list[str]:
    """A management command as a list of words, which dds.toml may also have as one string."""
    return command.split() if isinstance(command, str) else list(command)


def _run_settings_file(draft: Draft) -> None:
    name = draft.spec.values.get("settings-file")
    if name is None:
        return
    file: Path = draft.spec.bundle / name
    before = dict(draft.settings)
    namespace = {**draft.settings, "__file__": str(file), "__name__": file.stem}
    exec(compile(file.read_bytes(), str(file), "exec"), namespace)  # noqa: S102 - the project's own file
    draft.settings = {name: value for name, value in namespace.items() if name.isupper()}
    for name, value in draft.settings.items():
        # Lazy ones, such as an address by name, can't be compared yet.
        if name not in before or before[name] is not value:
            draft.changes.append(Change("settings_file", name, before.get(name), value, f"{file.name} says so"))


def _tell(module: ModuleType, draft: Draft) -> None:
    """Have those who import the project's module, and not `django.conf.settings`, see the same."""
    for name, value in draft.settings.items():
        setattr(module, name, value)
