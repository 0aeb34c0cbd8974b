"""Keeps a project that is looked at from changing anything outside of its throw-away folder; notes who wanted to."""

import os
import sys
import traceback

import run_project

# What Django itself or the interpreter writes to.
HARMLESS = ("/dev/", "nul", "\\\\.\\")
CHANGES_A_FILE = frozenset(["os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"])


class Guard:
    """Refuses what could change something outside the throw-away folder, and notes who wanted to.

    What is written into the copy of the project itself is noted too: where the program is installed nobody may write.
    Folders that are made there are noted apart, in `made`: they can be shipped. `step` tells the part of the look.
    """

    def __init__(self, project, room, step):
        self.project = project
        self.step = step
        self.room = os.path.join(os.path.realpath(room), "")
        self.packages = os.path.join(os.path.realpath(sys.prefix), "")
        self.refused = []
        self.made = []
        self.collected = None
        sys.addaudithook(self._hear)

    def _hear(self, event, arguments):
        if event == "socket.connect":
            self._refuse(f"connects to {arguments[1]!r}", ConnectionRefusedError)
        elif event in run_project.STARTS_A_PROCESS:
            if _is_pythons_own():
                raise FileNotFoundError("adopt starts no programs")
            what = _library_looked_for() or f"starts a program ({_words(arguments)})"
            self._refuse(what, FileNotFoundError)
        elif event == "open":
            path, mode, flags = arguments
            is_write = flags & run_project.WRITES if isinstance(flags, int) else set(mode or "") & set("wax+")
            if is_write:
                self._judge(path)
        elif event == "os.mkdir":
            self._judge_folder(arguments[0])
        elif event == "sqlite3.connect" or event in CHANGES_A_FILE:
            self._judge(arguments[0])

    def _judge(self, path):
        self._keep_inside(path)
        name = self._own(path)
        if name and ":memory:" not in name:
            self._note(self.refused, f"writes {name}, below its own folder,")
        elif self.collected and (name := self.collected.relative(run_project.as_text(path) or "/")):
            self._note(self.refused, f"writes {name} into the static files")

    def _judge_folder(self, path):
        if os.path.isdir(run_project.as_text(path) or ""):
            return
        self._keep_inside(path)
        if name := self._own(path):
            self._note(self.made, name)

    def _keep_inside(self, path):
        if not self._is_outside(path):
            return
        path = run_project.as_text(path)
        if "__pycache__" not in path:
            self._refuse(f"writes {path}", PermissionError)
        elif not os.path.realpath(path).startswith(self.packages):
            # The import goes on without it.
            raise PermissionError("bytecode is kept of the packages alone")

    def _own(self, path):
        name = self.project.relative(run_project.as_text(path) or "/")
        return None if name is None or "__pycache__" in name else name

    def _is_outside(self, path):
        path = run_project.as_text(path)
        if path is None or ":memory:" in path or not path or path.lower().startswith(HARMLESS):
            return False
        return not os.path.realpath(path.removeprefix("file:")).startswith(self.room)

    def _note(self, notes, what):
        place = own_place(self.project, traceback.walk_stack(sys._getframe(2)))
        note = {"what": self.project.anonymous(what), "place": place}
        if not any(note.items() <= other.items() for other in notes):
            notes.append(note | {"step": self.step()})

    def _refuse(self, what, kind):
        self._note(self.refused, what)
        error = kind(f"adopt lets no settings do that: {what}")
        error.is_of_adopt = True
        raise error


def _words(arguments):
    words = arguments[1] if len(arguments) > 1 and arguments[1] else arguments[0]
    words = words if isinstance(words, (list, tuple)) else [words]
    words = [str(word) for word in words[:3]]
    if words[1:2] == ["-c"]:
        # What a shell runs may differ at its end, from file to file.
        words[2:] = words[2].split()[:3]
    return " ".join(words)


def _is_pythons_own():
    """Whether Python itself asks (`platform.architecture`, `uuid.getnode`) and goes on where the program is missing."""
    names = (frame.f_globals.get("__name__") for frame, _ in traceback.walk_stack(sys._getframe(2)))
    return any(name in ("platform", "uuid") for name in names)


def _library_looked_for():
    """What `ctypes.util.find_library` is asked for, which starts compilers and linkers, and by which package."""
    library = None
    for frame, _ in traceback.walk_stack(sys._getframe(2)):
        path, name = frame.f_code.co_filename, frame.f_globals.get("__name__", "")
        if path.endswith(os.path.join("ctypes", "util.py")):
            library = frame.f_locals.get("name", library)
        elif library and name:
            return f"looks for the library {library} (in {name.partition('.')[0]})"
    return None


def has_stopped(error):
    """Whether an exception goes back to a refusal, also where the project's own code raised another one since."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and before not in chain:
        chain.append(before)
    return any(hasattr(each, "is_of_adopt") for each in chain)


def own_place(project, frames):
    """The place in the project that the nearest of these frames has."""
    for frame, line in frames:
        name = project.relative(frame.f_code.co_filename) if "<" not in frame.f_code.co_filename else None
        if name:
            return f"{name}:{line}"
    return None
