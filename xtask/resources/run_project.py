"""What the programs share that run the project's code while staging: what it read, what it names, how it failed.

A report is a JSON file:

    read      files that were opened, loaded or looked for, and folders (with "/") that were listed, relative to the
              project's root; null when another process was started, because nobody knows what that one read
    written   files and folders in it that were opened for writing or made
    names     [setting, folder] for each folder that the settings name: relative to the root, or absolute outside of it
    failure   nothing, or the first and the last exception of the chain, each with its text and its place
"""

import atexit
import collections
import contextlib
import json
import os
import re
import sys
import traceback

STARTS_A_PROCESS = frozenset(
    ["os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"]
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LISTS_A_FOLDER = frozenset(["os.listdir", "os.scandir"])
# Projects read their variables by way of functions of their own, too; these are the messages of well-known ones.
UNSET = re.compile(
    r"Set the (\w+) environment variable|^(\w+) not found\. Declare it as envvar|variable (\w+) is not set"
)


class Project:
    """The place of a project: its root, and the folders that nobody is to read about in a message."""

    def __init__(self, root, *others):
        # Imports know a folder by the name they were given, settings often by the one without links.
        self.roots = sorted({os.path.join(name, "") for name in (root, os.path.realpath(root))}, key=len, reverse=True)
        others = {os.path.join(name, "") for other in others for name in (other, os.path.realpath(other))}
        self.others = sorted(others, key=len, reverse=True)
        self._roots = [(os.path.normcase(name), len(name)) for name in self.roots]

    def relative(self, path):
        """A path relative to the root, or None where it lies elsewhere."""
        path = os.path.abspath(path)
        like = os.path.normcase(path)
        for name, length in self._roots:
            if like.startswith(name):
                return path[length:].replace(os.sep, "/")
            if like + os.sep == name:
                return ""
        return None

    def anonymous(self, text):
        """A text without the folders of this one run."""
        for name in [*self.roots, *self.others]:
            text = text.replace(name, "")
        return text


def as_text(path):
    """A path in any of the forms that Python takes, as text; None for a descriptor and the like."""
    if isinstance(path, str):
        return path
    if isinstance(path, bytes) or hasattr(path, "__fspath__"):
        return os.fsdecode(path)
    return None


class Watch:
    """Which files and folders of a project are read, by whichever way."""

    def __init__(self, project):
        self.project = project
        self.seen = set()
        self.opened = collections.Counter()
        self.written = set()
        self.alone = True
        sys.addaudithook(self._hear)
        # Looking whether something is there is no event, and a folder that was not there counts.
        os.stat, os.lstat = Noting(self, os.stat), Noting(self, os.lstat)

    def _hear(self, event, arguments):
        if event == "open":
            path, _, flags = arguments
            if flags & WRITES:
                self.note(path, "", self.written)
            elif (name := self.note(path, "")) is not None:
                self.opened[name] += 1
        elif event in ("os.mkdir", "sqlite3.connect"):
            self.note(arguments[0], "", self.written)
        elif event in LISTS_A_FOLDER:
            self.note(os.getcwd() if arguments[0] is None else arguments[0], "/")
        elif event in STARTS_A_PROCESS:
            self.alone = False

    def note(self, path, end, into=None):
        path = as_text(path)
        # Bytecode stands for its source, which counts.
        if path is None or "\0" in path or "__pycache__" in path or ":memory:" in path:
            return None
        if (name := self.project.relative(path)) is not None:
            (self.seen if into is None else into).add(name + end)
        return name

    def read(self):
        """What was read, modules that came out of an archive of bytecode included; None where nobody knows."""
        if not self.alone:
            return None
        for module in list(sys.modules.values()):
            if isinstance(path := getattr(module, "__file__", None), str):
                self.note(path, "")
        return sorted(self.seen)


class Noting:
    """A function of `os` that notes the path it is asked for.

    Like the function it stands for, and unlike one written in Python, it does not become a method where a class keeps
    it: pathlib of CPython 3.10 does that.
    """

    def __init__(self, watch, function):
        self._watch, self._function = watch, function

    def __call__(self, path, *args, **kwargs):
        self._watch.note(path, "")
        return self._function(path, *args, **kwargs)


@contextlib.contextmanager
def quick_end():
    """Has the process end at once when the body is through, and what was registered for the end meanwhile has run.

    Python would take apart all objects of a loaded project first, one by one: a quarter of the time of such a program.
    """
    is_through = []

    def end():
        if is_through:
            for stream in (sys.stdout, sys.stderr):
                # The project may have closed it, or taken it away.
                with contextlib.suppress(AttributeError, OSError, ValueError):
                    stream.flush()
            os._exit(0)

    # What is registered first runs last.
    atexit.register(end)
    yield
    is_through.append(True)


def named_folders(project):
    """The folders that the settings name, as [setting, folder]."""
    from django.conf import settings

    def folders(name):
        value = getattr(settings, name, None) or []
        return [value] if isinstance(value, (str, os.PathLike)) else value

    found = [(name, folder) for name in ("MEDIA_ROOT", "EMAIL_FILE_PATH") for folder in folders(name)]
    caches = getattr(settings, "CACHES", {}).values()
    found += [("CACHES", cache.get("LOCATION")) for cache in caches if "filebased" in cache.get("BACKEND", "")]
    engines = getattr(settings, "TEMPLATES", [])
    found += [("TEMPLATES", folder) for engine in engines for folder in engine.get("DIRS", [])]
    # A folder of static files may come with a prefix for its addresses.
    lists = ("STATICFILES_DIRS", "LOCALE_PATHS", "FIXTURE_DIRS")
    pairs = [(name, folder) for name in lists for folder in folders(name)]
    found += [(name, folder[1] if isinstance(folder, (list, tuple)) else folder) for name, folder in pairs]
    found += _said_by_project()
    named = [(name, path) for name, folder in found if (path := path_of(folder))]
    return [[name, _place(project, folder)] for name, folder in named if not _is_of_a_package(project, folder)]


def path_of(value):
    """A setting as a path, or None. A lazy text says that it is one, and no function of `os` takes it."""
    if isinstance(value, str):
        return str(value)
    return os.fspath(value) if isinstance(value, os.PathLike) else None


def _said_by_project():
    """Where a project keeps on a server what the overlay puts elsewhere: what lies there is a developer's."""
    overlay = sys.modules.get("desktop_runtime.overlay")
    said = getattr(getattr(overlay, "draft", None), "project", {})
    return [(name, said[name]) for name in ("MEDIA_ROOT", "EMAIL_FILE_PATH", "STATIC_ROOT") if said.get(name)]


def _place(project, folder):
    name = project.relative(folder)
    return os.path.abspath(folder) if name is None else name


def _is_of_a_package(project, folder):
    like = os.path.normcase(os.path.join(os.path.abspath(folder), ""))
    is_inside = project.relative(folder) is not None
    return not is_inside and any(like.startswith(os.path.normcase(other)) for other in project.others)


def failure(project, error):
    """What is told about an exception: the first of its chain, where the trouble began, and the last."""
    chain = [error]
    while cause := chain[-1].__cause__ or (None if chain[-1].__suppress_context__ else chain[-1].__context__):
        if cause in chain:
            break
        chain.append(cause)
    text = "".join(traceback.format_exception(error))
    return {
        "first": _told(project, chain[-1]),
        "last": _told(project, error),
        "traceback": project.anonymous(text),
    }


def ending(project, text):
    """The same about a program that ended itself and said why."""
    told = {"text": project.anonymous(text.strip()), "place": None, "module": None, "variable": None, "within": None}
    return {"first": told, "last": told, "traceback": ""}


def _told(project, error):
    frames = list(traceback.walk_tb(error.__traceback__))
    places = [(frame.f_code.co_filename, line) for frame, line in frames]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((error.filename, error.lineno))
    own = [(name, line) for path, line in places if (name := _own(project, path))]
    text = project.anonymous("".join(traceback.format_exception_only(error)[-1:]).strip())
    is_environment = frames and isinstance(error, KeyError) and frames[-1][0].f_globals.get("__name__") == "os"
    unset = UNSET.search(str(error))
    return {
        "text": text,
        "place": "{}:{}".format(*own[-1]) if own else None,
        "module": error.name if isinstance(error, ModuleNotFoundError) else None,
        "variable": error.args[0] if is_environment else next(filter(None, unset.groups()), None) if unset else None,
        "within": _within(project, places[-1][0]) if places else None,
    }


def _within(project, path):
    """Whose source that is: the module of a package, nothing for the project's own, None where it is neither."""
    package = re.search(r"[/\\]site-packages[/\\](\w+)", path)
    return package[1] if package else "" if _own(project, path) else None


def _own(project, path):
    """A source of the project, not one of what is staged beside it."""
    name = None if path.startswith("<") else project.relative(path)
    return None if name is None or name.startswith("python/") else name


def write(report, **facts):
    """Writes the report."""
    with open(report, "w", encoding="utf-8") as file:
        json.dump(facts, file)
