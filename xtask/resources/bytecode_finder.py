"""Finds the bytecode of the staged backend in one file a layer; staged as the interpreter's `sitecustomize.py`.

An app imports hundreds of modules before its first page. Asking the file system where each lies, and opening, reading
and closing a `.pyc` for each, is a tenth of that time on a fast disk, and more where a virus scanner looks at every
file that is opened.

An archive is called `__bytecode__.bin` and covers its folder and the folders below. All numbers are little-endian:

    4 bytes   the interpreter's magic number, as in a .pyc; an archive with another one is left alone
    4 bytes   length of the index
    index     marshalled (version 2): {folder relative to the archive's, with "/":
                  {last part of the module's name: (whether it is a package, start, end of its code in the data)}}
    data      the code objects, marshalled, one after another

Only bytecode comes from there. Where a module is found is still decided by `sys.path` and `__path__`, in their order,
and the sources lie where they always do, for tracebacks, for data files and for tools that list folders.
What has no entry is found the usual way.
"""

import _frozen_importlib_external as bootstrap
import marshal
import mmap
import os
import sys

NAME = "__bytecode__.bin"
HEAD = 8


class Archive:
    """One file of bytecode, mapped into memory: what is not imported is never read."""

    def __init__(self, folder):
        self.path = os.path.join(folder, NAME)
        with open(self.path, "rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if mapped[:4] != bootstrap.MAGIC_NUMBER:
            raise ValueError(f"{NAME} is of another Python")
        start = HEAD + int.from_bytes(mapped[4:HEAD], "little")
        self.below = os.path.join(folder, "")
        self.folders = marshal.loads(mapped[HEAD:start])
        self.data = mapped[start:]

    def modules(self, folder):
        """The modules and packages right in a folder, or None where it has none."""
        if not (folder + os.sep).startswith(self.below):
            return None
        return self.folders.get(folder[len(self.below) :].replace(os.sep, "/"))


class Loader(bootstrap.SourceFileLoader):
    """Loads a module that has its source in a file and its bytecode in an archive."""

    def __init__(self, name, path, code):
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname):
        """The code, with the source's true path in it."""
        return bootstrap._compile_bytecode(self._code, name=fullname, source_path=self.path)


class Finder(bootstrap.FileFinder):
    """Finds modules in one folder: those of the archive, then all others as usual."""

    def __init__(self, folder, archive, modules):
        super().__init__(folder, *bootstrap._get_supported_file_loaders())
        self._archive = archive
        self._modules = modules

    def find_spec(self, fullname, target=None):
        """The specification of a module, or None."""
        name = fullname.rpartition(".")[2]
        entry = self._modules.get(name)
        if entry is None:
            return super().find_spec(fullname, target)
        is_package, start, end = entry
        path = f"{self.path}{os.sep}{name}"
        source = f"{path}{os.sep}__init__.py" if is_package else f"{path}.py"
        spec = bootstrap.spec_from_file_location(
            fullname,
            source,
            loader=Loader(fullname, source, self._archive.data[start:end]),
            submodule_search_locations=[path] if is_package else None,
        )
        # Otherwise the name of a .pyc would be made up for each module.
        spec.cached = self._archive.path
        return spec


def archives():
    """The archives of the interpreter, of the tree that it lies in, and of the folders on the import path."""
    tree = os.path.dirname(sys.base_prefix)
    # The program may have been started through a link, and the app looks for its own place behind it.
    folders = {sys.base_prefix, tree, os.path.realpath(tree), *filter(None, sys.path)}
    found = []
    # The innermost first: it knows its folders best.
    for folder in sorted(folders, key=len, reverse=True):
        try:
            found.append(Archive(folder))
        except (OSError, ValueError, EOFError, TypeError):
            # Without an archive, everything is there all the same.
            continue
    return found


def path_hook(found):
    """An entry for `sys.path_hooks`."""

    def finder(folder):
        for archive in found:
            modules = archive.modules(folder)
            if modules is not None:
                return Finder(folder, archive, modules)
        raise ImportError(f"there is no archive for {folder}", path=folder)

    return finder


sys.path_hooks.insert(0, path_hook(archives()))
# What was found on the way to here was found by other means.
sys.path_importer_cache.clear()
