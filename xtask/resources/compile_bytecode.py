"""Compiles every .py file below a folder to bytecode that depends on nothing but its source and this interpreter.

Usage, each time with `python -s -S -B compile_bytecode.py`:

    whole FOLDER PREFIX STRICT [ARCHIVE...]                     compile everything, write FOLDER/__bytecode__.bin
    shard FOLDER PREFIX STRICT SHARD SHARDS PART [ARCHIVE...]   compile every SHARDS-th file, into the file PART
    pack FOLDER PART...                                         write FOLDER/__bytecode__.bin from all parts

The archive's format is told in `bytecode_finder.py`, which reads it. Some modules get a .pyc of their own instead: see
`stands_alone`. A .pyc is of the unchecked-hash kind (PEP 552), and no time of a source is in the archive: running the
program from a read-only place writes nothing.

ARCHIVE is another one, of the same interpreter and for the same PREFIX: of an earlier version, or for another system.
It has the .pyc of each source that is the same there; what comes out is the same with it and without.

The code is compiled under PREFIX/<relative path>, so that no folder of the building machine is in it; the standard
library's folder, which each system calls something else, is `lib`. Python puts in the place where the source lies when
it loads the code. Marshalling twice makes the bytes independent of reference counts and interned strings, hence of the
order of files and of earlier work of this process.

A file that does not compile is named on standard error; with STRICT=1 that ends with exit code 3, without it the file
is left to itself (templates and files for other versions of Python).

While the standard library itself is compiled, what this program imports is compiled for it alone: `re`, with all that
it needs, takes longer than a small app.
"""

import marshal
import os
import sys
from importlib.util import MAGIC_NUMBER, source_hash

NAME = "__bytecode__.bin"

MARK = b"pycs"
BROKEN = 3

# Of extension modules, on any system: what is compiled may be for another one than this.
EXTENSIONS = (".so", ".pyd")

# In the standard library, imported before the finder is there: the finder itself, what it imports, and whatever
# encoding the machine has.
EARLY = tuple(
    f"lib/{name}"
    for name in ["_bytecode_finder.py", "encodings/", "importlib/__init__.py", "warnings.py", "_py_warnings.py"]
)


def python_files(folder):
    """Relative paths of all sources, in an order that is the same everywhere, and of all extension modules."""
    sources = []
    extensions = set()
    pending = [""]
    while pending:
        below = pending.pop()
        for entry in os.scandir(os.path.join(folder, below)):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.name.endswith(".py"):
                sources.append(path)
            elif entry.name.endswith(EXTENSIONS):
                # `fast.cpython-314-x86_64-linux-gnu.so`, `fast.cp314-win_amd64.pyd`
                extensions.add(f"{below}/{entry.name.split('.')[0]}".removeprefix("/"))
    return sorted(sources), extensions


def general(prefix, path):
    """The path of a source that is the same on every system: the standard library lies in `Lib` or `lib/python3.14`."""
    folder, _, rest = path.partition("/")
    if prefix != "python" or folder.lower() != "lib":
        return path
    version, _, below = rest.partition("/")
    return f"lib/{below if version.startswith('python3.') else rest}"


def stands_alone(prefix, path, extensions):
    """Whether a source gets a .pyc of its own: it is imported too early, or an extension module goes before it."""
    is_early = prefix == "python" and general(prefix, path).startswith(EARLY)
    return is_early or path.removesuffix(".py") in extensions


def head(source):
    """How the .pyc of a source begins (PEP 552)."""
    unchecked = (1).to_bytes(4, "little")
    return MAGIC_NUMBER + unchecked + source_hash(source)


def pyc(source, code):
    """The .pyc of a source."""
    return head(source) + marshal.dumps(marshal.loads(marshal.dumps(code)))


def write_pyc(source_path, data):
    """Writes a .pyc where imports look for it."""
    head, tail = os.path.split(source_path)
    cache = os.path.join(head, "__pycache__")
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, f"{tail[:-3]}.{sys.implementation.cache_tag}.pyc"), "wb") as file:
        file.write(data)


def compiled(folder, prefix, strict, archives, shard=0, shards=1):
    """The .pyc of every source that belongs into the archive, by path; `archives` have what was compiled before."""
    codes = {}
    known = {}
    for archive in archives:
        known.update((general(prefix, path), data) for path, data in read_archive(archive).items())
    sources, extensions = python_files(folder)
    failed = 0
    for path in sources[shard::shards]:
        source_path = os.path.join(folder, *path.split("/"))
        with open(source_path, "rb") as file:
            source = file.read()
        name = general(prefix, path)
        data = known.get(name, b"")
        if not data.startswith(head(source)):
            try:
                code = compile(source, f"{prefix}/{name}", "exec", dont_inherit=True, optimize=0)
            except (SyntaxError, ValueError) as error:
                print(f"{path}: {error}", file=sys.stderr)
                failed += 1
                continue
            data = pyc(source, code)
        if stands_alone(prefix, path, extensions):
            write_pyc(source_path, data)
        else:
            codes[path] = data
    if failed and strict:
        sys.exit(BROKEN)
    return codes


def write_archive(folder, codes):
    """Writes the archive."""
    folders = {}
    data = []
    end = 0
    # A package goes before a module of the same name.
    for path in sorted(codes, key=lambda path: (path.endswith("/__init__.py"), path)):
        start, end = end, end + len(codes[path])
        data.append(codes[path])
        module = path.removesuffix(".py")
        is_package = module.endswith("/__init__")
        place, _, name = module.removesuffix("/__init__").rpartition("/")
        # Interned, a string is marshalled the same whatever else this process knows.
        folders.setdefault(sys.intern(place), {})[sys.intern(name)] = (is_package, start, end)
    index = marshal.dumps(folders, 2)
    with open(os.path.join(folder, NAME), "wb") as file:
        file.write(MARK + len(index).to_bytes(4, "little") + index)
        file.writelines(data)


def read_archive(path):
    """The .pyc of every source in an archive, by path."""
    with open(path, "rb") as file:
        archive = memoryview(file.read())
    start = len(MARK) + 4 + int.from_bytes(archive[len(MARK) : len(MARK) + 4], "little")
    data = archive[start:]
    codes = {}
    for folder, modules in marshal.loads(archive[len(MARK) + 4 : start]).items():
        for name, (is_package, begin, end) in modules.items():
            path = f"{folder}/{name}".removeprefix("/") + ("/__init__.py" if is_package else ".py")
            codes[path] = bytes(data[begin:end])
    return codes


def whole(folder, prefix, strict, *archives):
    """All at once."""
    write_archive(folder, compiled(folder, prefix, strict == "1", archives))


def shard(folder, prefix, strict, number, count, part, *archives):
    """One of several processes."""
    codes = compiled(folder, prefix, strict == "1", archives, int(number), int(count))
    with open(part, "wb") as file:
        marshal.dump(codes, file)


def pack(folder, *parts):
    """What the several processes made."""
    codes = {}
    for part in parts:
        with open(part, "rb") as file:
            codes.update(marshal.load(file))
    write_archive(folder, codes)


if __name__ == "__main__":
    import warnings

    # An invalid escape in somebody's string is not news for the person who stages.
    warnings.simplefilter("ignore")
    {"whole": whole, "shard": shard, "pack": pack}[sys.argv[1]](*sys.argv[2:])
