"""The person's data without the program: tables as CSV and the media, in one zip that any computer can read.

This is for leaving, or for a spreadsheet; `restore` wants a backup. Log-ins are left out: sessions and passwords.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import os
import sqlite3
import zipfile
from typing import IO, TYPE_CHECKING, Any

from . import archive, copies, files
from .archive import Meter
from .faults import LaunchError, reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .archive import Sources, Tell
    from .paths import Places

LEFT_OUT = frozenset({"django_migrations", "django_session", "django_content_type", "auth_permission"})
LEFT_OUT_COLUMNS = frozenset({"password"})
# SQLite says which tables are only the inside of an index for searching.
TABLES = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' ORDER BY name"
TABLES_BEFORE_3_37 = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
README = """{app} {version}

tables/   one file for each table: comma-separated, UTF-8, the first line names the columns.
media/    the files that were uploaded.

Log-ins (sessions, passwords) are not in here. Binary values are written in base64.
"""


def write(places: Places, sources: Sources, target: Path, tell: Tell) -> dict[str, Any]:
    """Write the zip to `target`, which appears when it is whole; return what is in it."""
    partial = target.with_name(f"{target.name}.partial")
    with copies.alone(places) as scratch:
        copies.require_room(copies.needed_bytes(sources, with_media=True), scratch, target.parent)
        try:
            told = _write(partial, sources, scratch, tell)
            files.replace(partial, target)
        except (OSError, sqlite3.Error) as error:
            raise LaunchError(
                "The data could not be exported", "{reason}. Choose another place.", reason=reason(error)
            ) from error
        finally:
            partial.unlink(missing_ok=True)
    return {"file": str(target), "bytes": target.stat().st_size, **told}


def _write(partial: Path, sources: Sources, scratch: Path, tell: Tell) -> dict[str, Any]:
    media = list(archive.media_files(sources.media)) if sources.media else []
    meter = Meter(sources.bytes_of_databases() + sum(size for _name, _file, size in media), tell)
    tables = []
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("README.txt", README.format(app=sources.app, version=sources.version))
            for alias, copied in archive.snapshots(sources, scratch):
                with contextlib.closing(sqlite3.connect(copied)) as connection:
                    for table in _tables(connection):
                        member = f"tables/{table}.csv" if alias == "default" else f"tables/{alias}/{table}.csv"
                        rows = _write_table(packed, member, connection, table)
                        tables.append({"database": alias, "table": table, "rows": rows})
                meter.add(copied.stat().st_size)
            count = len(list(archive.add_media(packed, media, meter)))
        file.flush()
        os.fsync(file.fileno())
    return {"tables": tables, "media": count}


def _tables(connection: sqlite3.Connection) -> Iterator[str]:
    query = TABLES if sqlite3.sqlite_version_info >= (3, 37) else TABLES_BEFORE_3_37
    for (name,) in connection.execute(query).fetchall():
        if name not in LEFT_OUT and not name.startswith("sqlite_"):
            yield name


def _write_table(packed: zipfile.ZipFile, member: str, connection: sqlite3.Connection, table: str) -> int:
    quoted = '"' + table.replace('"', '""') + '"'
    # Whatever is in a text column: a byte that is no UTF-8 must not end the export.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    cursor = connection.execute(f"SELECT * FROM {quoted}")  # noqa: S608 - a table's own name, quoted
    names = [column[0] for column in cursor.description]
    shown = [index for index, name in enumerate(names) if name not in LEFT_OUT_COLUMNS]
    with packed.open(archive.zip_info(member, compressed=True), "w", force_zip64=True) as raw:
        return _write_rows(raw, cursor, [names[index] for index in shown], shown)


def _write_rows(raw: IO[bytes], cursor: sqlite3.Cursor, heads: list[str], shown: list[int]) -> int:
    count = 0
    # With a mark at its beginning a spreadsheet takes it for UTF-8.
    with io.TextIOWrapper(raw, encoding="utf-8-sig", newline="", write_through=True) as text:
        writer = csv.writer(text)
        writer.writerow(heads)
        for row in cursor:
            writer.writerow([_worded(row[index]) for index in shown])
            count += 1
    return count


def _worded(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
