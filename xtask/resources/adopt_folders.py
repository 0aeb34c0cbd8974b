"""Settings that name places: which folders nobody has made, and which setting moves what is written."""

import os

import run_project


def unmade(project):
    """Settings that name a folder of the project in which nothing is, as [setting, folder]: somebody may fill it.

    `run_project.named_folders` has those that Django knows.
    """
    found = []
    for name, path in _named():
        # A name with an end is that of a file, which something else brings.
        relative = project.relative(path) if not os.path.splitext(path)[1] else None
        if relative and not os.path.isfile(path) and not (os.path.isdir(path) and os.listdir(path)):
            found.append([name, relative.rstrip("/")])
    return found


def name_settings(notes, project):
    """Adds the line of the overlay that moves what is written, as `setting`, where a setting names the place."""
    # Those of the project itself, or of the machine, are no places to move.
    named = [(name, place) for name, place in _named() if project.relative(place) != "" and place.count(os.sep) > 1]
    for note in notes:
        written = note["what"].removeprefix("writes ")
        inside, _, is_own = written.partition(", below its own folder")
        if written == note["what"]:
            continue
        path = os.path.join(project.roots[0], inside) if is_own else written
        above = [(name, place) for name, place in named if (path + os.sep).startswith(os.path.join(place, ""))]
        if above:
            name, place = max(above, key=lambda pair: len(pair[1]))
            end = f"/{os.path.basename(path)}" if place == path else ""
            note["setting"] = f'{name} = "{{data}}{end}"'


def _named():
    """The settings that name an absolute path, those in tables with dots, as (setting, path)."""
    from django.conf import settings

    def values(name, value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from values(f"{name}.{key}", inner)
        elif (path := run_project.path_of(value)) and os.path.isabs(path):
            yield name, path

    names = [name for name in dir(settings) if name.isupper()]
    return [pair for name in names for pair in values(name, getattr(settings, name))]
