"""Makes a copy of the project a large one, for `cargo xtask bench large`.

Staged it has about 27,000 files in 360 MB: 25,000 of packages and static files, 2,000 of the app. The same on each
machine and in each run.
"""

import base64
import hashlib
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

NAME, VERSION = "made_up_packages", "1.0"
# A static file of a package or of the app is staged twice: as a file of its own, and collected.
PACKAGE_MODULES, PACKAGE_STATIC_FILES = 8_600, 7_200
APP_MODULES, APP_STATIC_FILES = 1_500, 400
MODULE_FUNCTIONS, STATIC_BYTES = 15, 14_300
PER_FOLDER = 100

FUNCTION = '''
def step_{number}(items, limit={limit}, *, name="step {number}"):
    """Keep what is below a limit, and say how much that was."""
    kept = [item for item in items if item.value < limit]
    if not kept:
        raise ValueError(f"{{name}} keeps nothing below {{limit}}")
    return {{"name": name, "count": len(kept), "first": kept[0], "seed": {seed}}}
'''


def main() -> None:
    """Make what the JSON on the command line says."""
    order = json.loads(sys.argv[1])
    package = Path(order["sources"], order["settings"].split(".")[0])
    for path, contents in app_files():
        write(package / path, contents)
    wheels = Path(order["wheels"])
    wheels.mkdir()
    wheel = make_wheel(wheels)
    settings = Path(order["sources"], *order["settings"].split(".")).with_suffix(".py")
    with settings.open("a", encoding="utf-8") as file:
        file.write(f'\nINSTALLED_APPS = [*INSTALLED_APPS, "{NAME}"]\n')
    lock(order, wheel)


def lock(order: dict[str, str], wheel: Path) -> None:
    """Let uv lock the wheel, which ddstask's uv and the baseline's find by the same configuration."""
    backend = Path(order["backend"])
    (backend / "uv.toml").write_text(f"find-links = [{json.dumps(str(wheel.parent))}]\n", encoding="utf-8")
    add = [order["uv"], "add", "--quiet", "--no-sync", "--python", sys.executable, f"{NAME}=={VERSION}"]
    subprocess.run(add, cwd=backend, check=True)
    # uv writes no hash for a wheel that lies in a folder; it reads one.
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    text = (backend / "uv.lock").read_text(encoding="utf-8")
    text = text.replace(f'{wheel.name}" }}', f'{wheel.name}", hash = "sha256:{digest}" }}')
    (backend / "uv.lock").write_text(text, encoding="utf-8")


def app_files() -> Iterator[tuple[str, bytes]]:
    """Sources in a package of their own, and static files where Django looks for them."""
    yield from numbered(APP_MODULES, "made_up/part_{}/module_{}.py", module)
    yield from numbered(APP_STATIC_FILES, "static/made_up/{}/{}.css", style_sheet)
    for folder in ["", *(f"part_{part}/" for part in range(APP_MODULES // PER_FOLDER))]:
        yield f"made_up/{folder}__init__.py", b""


def package_files() -> Iterator[tuple[str, bytes]]:
    """The same for what is installed."""
    yield from numbered(PACKAGE_MODULES, NAME + "/part_{}/module_{}.py", module)
    yield from numbered(PACKAGE_STATIC_FILES, NAME + "/static/" + NAME + "/{}/{}.css", style_sheet)
    for folder in ["", *(f"part_{part}/" for part in range(PACKAGE_MODULES // PER_FOLDER))]:
        yield f"{NAME}/{folder}__init__.py", b""


def numbered(count: int, pattern: str, make: Callable[[random.Random], str]) -> Iterator[tuple[str, bytes]]:
    """Files in folders of a hundred."""
    for number in range(count):
        path = pattern.format(number // PER_FOLDER, number)
        yield path, make(random.Random(path)).encode()


def module(dice: random.Random) -> str:
    """Write a source that takes about as long to compile as others of its size."""
    functions = range(MODULE_FUNCTIONS)
    return '"""Steps."""\n' + "\n".join(
        FUNCTION.format(number=number, limit=dice.randrange(1000), seed=dice.random()) for number in functions
    )


def style_sheet(dice: random.Random) -> str:
    """Write a style sheet that no file system can make smaller than half."""
    return f":root {{ --made-up: {dice.randbytes(STATIC_BYTES // 2).hex()}; }}\n"


def write(path: Path, contents: bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)


def make_wheel(folder: Path) -> Path:
    """Write a wheel: files, metadata, and the list of both with their hashes."""
    info = f"{NAME}-{VERSION}.dist-info"
    metadata = [
        (f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n".encode()),
        (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    ]
    record = []
    path = folder / f"{NAME}-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, contents in (*package_files(), *metadata):
            # A time of its own would make another wheel of it in each run.
            wheel.writestr(zipfile.ZipInfo(name), contents)
            digest = base64.urlsafe_b64encode(hashlib.sha256(contents).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(contents)}\n")
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(record) + f"{info}/RECORD,,\n")
    return path


main()
