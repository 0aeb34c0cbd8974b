"""Compiles every .py file below a folder to a .pyc that depends on nothing but its source and this interpreter.

Usage: python -I -S -B compile_bytecode.py FOLDER PREFIX SHARD SHARDS STRICT

The code is compiled under PREFIX/<relative path>, so that no folder of the building machine is in it, and the
.pyc is of the unchecked-hash kind (PEP 552): the source's times don't count, and running the program from a
read-only place writes nothing. Marshalling twice makes the bytes independent of reference counts and interned
strings, hence of the order of files and of earlier work of this process.

Each of SHARDS processes takes every SHARDS-th file. A file that does not compile is named on standard error; with
STRICT=1 that is a failure, without it the file is left to itself (templates and files for other versions of Python).
"""

import _imp
import importlib._bootstrap_external as bootstrap
import marshal
import os
import sys


def python_files(folder):
    """Relative paths of all sources, in an order that is the same on every file system."""
    found = []
    pending = [""]
    while pending:
        below = pending.pop()
        for entry in os.scandir(os.path.join(folder, below)):
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.name.endswith(".py"):
                found.append(path)
    return sorted(found)


def compile_file(folder, prefix, path):
    """Writes the .pyc of one source; returns what is wrong with the source, if anything."""
    source_path = os.path.join(folder, *path.split("/"))
    with open(source_path, "rb") as file:
        source = file.read()
    try:
        code = compile(source, f"{prefix}/{path}", "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError) as error:
        return f"{path}: {error}"
    code = marshal.loads(marshal.dumps(code))
    data = bootstrap._code_to_hash_pyc(code, _imp.source_hash(bootstrap._RAW_MAGIC_NUMBER, source), checked=False)
    head, tail = os.path.split(source_path)
    cache = os.path.join(head, "__pycache__")
    os.makedirs(cache, exist_ok=True)
    with open(os.path.join(cache, f"{tail[:-3]}.{sys.implementation.cache_tag}.pyc"), "wb") as file:
        file.write(data)
    return None


def main(folder, prefix, shard, shards, strict):
    """Compiles one shard; returns the exit code."""
    failed = 0
    for path in python_files(folder)[int(shard) :: int(shards)]:
        problem = compile_file(folder, prefix, path)
        if problem is not None:
            print(problem, file=sys.stderr)
            failed += 1
    return 1 if failed and strict == "1" else 0


if __name__ == "__main__":
    import warnings

    # An invalid escape in somebody's string is not news for the person who stages.
    warnings.simplefilter("ignore")
    sys.exit(main(*sys.argv[1:]))
