"""Stages the backend the plain way, as the baseline of `cargo xtask bench`.

Delete what is there, copy an interpreter, build a wheel of the backend, install it with whatever versions its
requirements allow, collect the static files. Every run does all of it; no bytecode is compiled.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What a python-build-standalone `install_only` archive does not have either.
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", "test", "tests", "site-packages", "config-*", "*.a", "EXTERNALLY-MANAGED"
)
SYSTEM_PREFIXES = {Path("/usr"), Path("/usr/local")}


def main() -> None:
    """Stage as the JSON on the command line says."""
    order = json.loads(sys.argv[1])
    tree = Path(order["tree"])
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    python = copy_interpreter(order["interpreter"], tree / "python")
    wheels = tree / "wheels"
    builder = order["interpreter"].get("executable", str(python))
    run(order["uv"], "build", "--quiet", "--wheel", "--python", builder, "--out-dir", str(wheels), order["backend"])
    (wheel,) = wheels.glob("*.whl")
    # Where uv finds what the project itself tells it.
    install = [order["uv"], "pip", "install", "--quiet", "--python", str(python), str(wheel), order["runtime"]]
    run(*install, cwd=Path(order["backend"]))
    shutil.rmtree(wheels)
    shutil.copy(Path(order["backend"]) / order["manage"], tree)
    collect_static(order, tree, python)


def copy_interpreter(interpreter: dict[str, str], into: Path) -> Path:
    """Unpack an archive, copy a whole installation, or only Python's part of one that is shared with the system."""
    if "archive" in interpreter:
        shutil.unpack_archive(interpreter["archive"], into.parent, filter="tar")
        return into / ("python.exe" if os.name == "nt" else "bin/python3")
    prefix, stdlib, executable = (Path(interpreter[name]) for name in ("prefix", "stdlib", "executable"))
    if prefix not in SYSTEM_PREFIXES:
        shutil.copytree(prefix, into, symlinks=True, ignore=LEFT_OUT)
        return into / executable.relative_to(prefix)
    shutil.copytree(stdlib, into / "lib" / stdlib.name, symlinks=True, ignore=LEFT_OUT)
    (into / "bin").mkdir()
    return Path(shutil.copy(executable, into / "bin"))


def collect_static(order: dict[str, str], tree: Path, python: Path) -> None:
    """Run the project's own command with a throw-away data folder."""
    data = tree / "app-data"
    data.mkdir()
    run(
        str(python),
        "-B",
        order["manage"],
        "collectstatic",
        "--no-input",
        "--verbosity",
        "0",
        cwd=tree,
        DJANGO_SETTINGS_MODULE=order["settings"],
        DJANGO_SECRET_KEY="only-for-collecting-static-files",
        DESKTOP_DJANGO_APP_DATA_DIR=str(data),
        DESKTOP_DJANGO_BUNDLE_DIR=str(tree),
    )
    shutil.rmtree(data)


def run(*command: str, cwd: Path | None = None, **env: str) -> None:
    """Run a program; its failure ends the work."""
    subprocess.run(command, cwd=cwd, env=os.environ | env, check=True)


main()
