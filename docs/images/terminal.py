"""Draws `terminal.svg`, the moving picture of the README, from `terminal.txt`: what a real run said, shortened.

With `--check` it writes nothing, and fails when the picture is not that of the text.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

HERE = Path(__file__).parent
TEXT, PICTURE = HERE / "terminal.txt", HERE / "terminal.svg"

PROMPT = "$ "
# Pixels.
LINE, LEFT, TOP, WIDTH = 19, 20, 56, 800
# Seconds: before a command and behind it, between two lines that a program says, and at the end.
COMMAND, ANSWER, END = 1.2, 0.25, 6.0

STYLE = """
    text { font: 13px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; white-space: pre; fill: #d5dbe3 }
    .command { fill: #ffffff; font-weight: 600 }
    .prompt { fill: #7ee0a3 }
    @media (prefers-reduced-motion: reduce) { text { animation: none !important } }
"""


def moments(lines: list[str]) -> list[float]:
    """When each line comes, in seconds, and the end of all."""
    now, found = 0.0, []
    for line in lines:
        now += COMMAND if line.startswith(PROMPT) else ANSWER
        found.append(now)
        now += COMMAND if line.startswith(PROMPT) else 0
    return [*found, now + END]


def drawn(text: str) -> str:
    """The picture: each line is there from its moment on, then all begins anew."""
    lines = text.splitlines()
    *starts, total = moments(lines)
    height = TOP + LINE * len(lines)
    style, body = STYLE, []
    for number, (line, start) in enumerate(zip(lines, starts, strict=True)):
        if not line:
            continue
        share = 100 * start / total
        hidden, shown = f"0%, {share:.2f}% {{ opacity: 0 }}", f"{share + 0.01:.2f}%, 100% {{ opacity: 1 }}"
        style += f"    @keyframes l{number} {{ {hidden} {shown} }}\n"
        motion = f"animation: l{number} {total:.2f}s step-end infinite"
        said = escape(line)
        if line.startswith(PROMPT):
            said = f'<tspan class="prompt">$</tspan><tspan class="command">{escape(line[1:])}</tspan>'
        body.append(f'  <text x="{LEFT}" y="{TOP + LINE * number}" style="{motion}">{said}</text>')
    size = f'width="{WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {size} role="img">',
            "  <title>Three commands in a terminal</title>",
            f"  <style>{style}  </style>",
            f'  <rect {size} rx="10" fill="#1b2129"/>',
            '  <circle cx="22" cy="20" r="6" fill="#f2655c"/>',
            '  <circle cx="42" cy="20" r="6" fill="#f0b940"/>',
            '  <circle cx="62" cy="20" r="6" fill="#5cc25c"/>',
            *body,
            "</svg>\n",
        ]
    )


def main() -> str | None:
    """Write the picture, or say what is wrong with it."""
    picture = drawn(TEXT.read_text(encoding="utf-8"))
    if "--check" not in sys.argv[1:]:
        PICTURE.write_text(picture, encoding="utf-8", newline="\n")
    elif not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != picture:
        return "terminal.svg is not that of terminal.txt; `python3 docs/images/terminal.py` draws it anew"
    return None


if __name__ == "__main__":
    sys.exit(main())
