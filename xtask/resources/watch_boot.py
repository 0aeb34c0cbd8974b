"""Watches the processes of a backend that is tried out: what they write, ask and start beyond what a desktop has.

Every Python process of the backend imports this as `sitecustomize`. What an installed program could not do is refused
here, too: writing anywhere but into its data, the home folder and the place for temporary files, and connecting to
another computer.
Code in C is not seen. One JSON object a line goes to the file that the variable names:

    kind     "write", "connection", "program" or "library"
    what     the path, the address, the program, the library
    place    file and line in the project or in a package; null where neither is behind it
"""

import json
import os
import sys

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LOOPBACK = ("::1", "localhost", "0.0.0.0", "::", "")
PATHS = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rename": 2,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.symlink": 2,
    "os.link": 2,
}
STARTS = frozenset(["os.exec", "os.posix_spawn", "os.spawn", "os.startfile", "os.system", "subprocess.Popen"])
FACTS = json.loads(os.environ["DDSTASK_WATCH"])
TREE = os.path.join(FACTS["tree"], "")
LIBRARY = os.path.join(TREE, "python", "")
PACKAGES = f"{os.sep}site-packages{os.sep}"
OPEN_PLACES = tuple(os.path.join(folder, "") for folder in FACTS["open"])
HOME = os.path.join(FACTS["home"], "")
REPORT = os.open(FACTS["report"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
told = set()


def place():
    """The project's line that is behind what happens, or else that of a package."""
    frame, of_package = sys._getframe(2), None
    while frame is not None:
        name = frame.f_code.co_filename
        # What the interpreter has frozen in has no file.
        name = "" if name.startswith("<") else os.path.abspath(name)
        if name.startswith(TREE):
            if not name.startswith(LIBRARY):
                return f"{name[len(TREE) :].replace(os.sep, '/')}:{frame.f_lineno}"
            if PACKAGES in name and of_package is None:
                of_package = f"{name.partition(PACKAGES)[2].replace(os.sep, '/')}:{frame.f_lineno}"
        frame = frame.f_back
    return of_package


def looks_up_a_library():
    """Whether it is only `ctypes.util.find_library`, which asks compilers and linkers."""
    frame = sys._getframe(2)
    while frame is not None:
        if frame.f_code.co_filename.endswith(os.path.join("ctypes", "util.py")):
            return True
        frame = frame.f_back
    return False


def tell(kind, what):
    """Write it down once."""
    where = place()
    if (kind, what, where) not in told:
        told.add((kind, what, where))
        os.write(REPORT, (json.dumps({"kind": kind, "what": what, "place": where}) + "\n").encode())


def judge_write(path, *, is_folder=False):
    """Refuse a path where an installed program may not write."""
    if isinstance(path, bytes):
        path = os.fsdecode(path)
    if not isinstance(path, str):
        if not hasattr(path, "__fspath__"):
            return
        path = os.fspath(path)
        path = os.fsdecode(path) if isinstance(path, bytes) else path
    if path in ("", ":memory:") or (path.startswith("file:") and "mode=memory" in path):
        return
    path = os.path.realpath(path.removeprefix("file:").partition("?")[0])
    if path.startswith(OPEN_PLACES) or path + os.sep in OPEN_PLACES or path.startswith(("/dev/", "/proc/")):
        return
    if is_folder and os.path.isdir(path):
        return
    if path.startswith(HOME):
        tell("write", "~/" + path[len(HOME) :].replace(os.sep, "/"))
        return
    tell("write", path[len(TREE) :].replace(os.sep, "/") if path.startswith(TREE) else path)
    raise PermissionError(13, "an installed program may not write there", path)


def judge_address(address):
    """Refuse another computer."""
    host = address[0] if isinstance(address, tuple) else address
    host = host.decode(errors="replace") if isinstance(host, bytes) else host
    if not isinstance(host, str) or host in LOOPBACK or host.startswith("127."):
        return
    if not isinstance(address, tuple) and host.startswith((*OPEN_PLACES, "\0")):
        return
    port = f":{address[1]}" if isinstance(address, tuple) and len(address) > 1 else ""
    tell("connection", f"{host}{port}")
    raise ConnectionRefusedError(111, f"the check refuses connections to other computers: {host}{port}")


def program(event, arguments):
    """The program that is started, as far as the event tells it."""
    given = arguments[1] if event == "os.spawn" else arguments[0]
    is_line = event == "os.system"
    if event == "subprocess.Popen":
        words = arguments[1] if isinstance(arguments[1], (list, tuple)) else [arguments[1]]
        # With a shell the program is the first word of what that is told.
        is_line = len(words) > 2 and words[1] == "-c" and os.path.basename(os.fsdecode(words[0])) == "sh"
        given = words[2] if is_line else given or words[0]
    given = os.fsdecode(given) if isinstance(given, (str, bytes)) or hasattr(given, "__fspath__") else str(given)
    return given.split(maxsplit=1)[0] if is_line and given.strip() else given


def hear(event, arguments):
    """The audit hook."""
    if event == "open":
        path, _, flags = arguments
        if isinstance(flags, int) and flags & WRITES:
            judge_write(path)
    elif event in PATHS:
        for path in arguments[: PATHS[event]]:
            judge_write(path, is_folder=event == "os.mkdir")
    elif event == "sqlite3.connect":
        judge_write(arguments[0])
    elif event == "socket.connect":
        judge_address(arguments[1])
    elif event == "socket.getaddrinfo" and arguments[0] is not None:
        judge_address(arguments[:2])
    elif event in STARTS:
        name = program(event, arguments)
        is_shipped = os.path.dirname(name) and os.path.realpath(name).startswith(TREE)
        # That module tells of what it starts itself.
        is_again = event == "os.posix_spawn" and sys._getframe(1).f_code.co_filename.endswith("subprocess.py")
        if not is_shipped and not is_again and not looks_up_a_library():
            tell("program", name)
    elif event == "ctypes.dlopen" and arguments[0]:
        name = os.fsdecode(arguments[0])
        if not os.path.realpath(name).startswith(TREE) and place() is not None:
            tell("library", name)


sys.addaudithook(hear)
