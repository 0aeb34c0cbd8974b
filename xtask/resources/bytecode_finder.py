"""Finds the bytecode of the staged backend in one file a layer; staged in the standard library.

A `.pth` file in `site-packages` imports it, before those of other packages: they import modules, too, and nothing else
that Python reads at its start can be taken by a package or by the project (there is one `sitecustomize`).

An app imports hundreds of modules before its first page. Asking the file system where each lies, and opening, reading
and closing a `.pyc` for each, is a tenth of that time on a fast disk, and more where a virus scanner looks at every
file that is opened.

An archive is called `__bytecode__.bin` and covers its folder and the folders below. All numbers are little-endian:

    4 bytes   MARK
    4 bytes   length of the index
    index     marshalled (version 2): {folder relative to the archive's, with "/":
                  {last part of the module's name: (whether it is a package, start, end of its .pyc in the data)}}
    data      whole .pyc files, one after another

Only bytecode comes from there, and Python's own loader judges it as it judges any `.pyc`: by its magic number first.
Where a module is found is still decided by `sys.path` and `__path__`, in their order, and the sources lie where they
always do, for tracebacks, for data files and for tools that list folders. What has no entry is found the usual way.
"""

import marshal
import mmap
import os
import site
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)

NAME = "__bytecode__.bin"
MARK = b"pycs"
HEAD = 8
# Those that Python's own finder for folders has.
USUAL = (
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (SourceFileLoader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


class Archive:
    """One file of bytecode, mapped into memory: what is not imported is never read."""

    def __init__(self, folder):
        self.path = os.path.join(folder, NAME)
        with open(self.path, "rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        if mapped[:4] != MARK:
            raise ValueError(f"{NAME} is of another form")
        start = HEAD + int.from_bytes(mapped[4:HEAD], "little")
        self.below = os.path.join(os.path.normcase(folder), "")
        self.folders = marshal.loads(mapped[HEAD:start])
        self.data = mapped[start:]

    def place(self, folder):
        """A folder relative to the archive's, or None where it does not lie below it."""
        if not (os.path.normcase(folder) + os.sep).startswith(self.below):
            return None
        return folder[len(self.below) :].replace(os.sep, "/")


class Loader(SourceFileLoader):
    """Loads a module that has its source in a file and its bytecode in an archive."""

    def __init__(self, name, path, pyc):
        super().__init__(name, path)
        self._pyc = pyc

    def path_stats(self, path):  # noqa: ARG002
        """Nothing: the bytecode is of the kind that no time decides about."""
        return {"mtime": 0, "size": 0}

    def get_data(self, path):
        """The bytecode from the archive, and everything else from the file."""
        return self._pyc if path.endswith(".pyc") else super().get_data(path)

    def set_data(self, path, data, **_kwargs):
        """Writes nothing: a program may lie in a place that nobody changes."""


class Finder(FileFinder):
    """Finds modules in one folder: those of the archive, then all others as usual."""

    def __init__(self, folder, archive, modules):
        super().__init__(folder, *USUAL)
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
        loader = Loader(fullname, source, self._archive.data[start:end])
        spec = ModuleSpec(fullname, loader, origin=source, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations.append(path)
        # Otherwise the name of a .pyc would be made up for each module.
        spec.cached = self._archive.path
        return spec


def archives(folders):
    """The archives of those folders that have one."""
    found = []
    # The program may have been started through a link, and the app looks for its own place behind it.
    folders = folders | {os.path.realpath(folder) for folder in folders}
    # The innermost first: it knows its folders best.
    for folder in sorted(folders, key=len, reverse=True):
        try:
            found.append(Archive(folder))
        except (OSError, ValueError, EOFError, TypeError):
            # Without an archive, everything is there all the same.
            continue
    return found


def path_hook(found):
    """An entry for `sys.path_hooks`, for a list of archives that may grow."""

    def finder(folder):
        # As it was spelled, then without links, doubled separators and the like.
        for spelling in (folder, None):
            spelling = spelling or os.path.realpath(folder)
            for archive in found:
                place = archive.place(spelling)
                modules = archive.folders.get(place)
                if modules is not None:
                    return Finder(folder, archive, modules)
                if place is not None:
                    break
        raise ImportError(f"there is no archive for {folder}", path=folder)

    return finder


def without_the_persons_own():
    """Takes what a person has installed for themselves off the path; elsewhere than on Windows it never gets there."""
    if site.ENABLE_USER_SITE:
        site.ENABLE_USER_SITE = False
        sys.path[:] = [folder for folder in sys.path if folder != site.USER_SITE]


without_the_persons_own()
# Of the interpreter, of the tree that it lies in, and of the folders on the import path.
FOUND = archives({sys.base_prefix, os.path.dirname(sys.base_prefix), *filter(None, sys.path)})
sys.path_hooks.insert(0, path_hook(FOUND))
# What was found on the way to here was found by other means.
sys.path_importer_cache.clear()
