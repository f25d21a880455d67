"""After a killed run: complete what it left, so that nothing captured is lost or doubled.

A file still named ``*.open`` that nobody has locked belongs to a dead run. Its last whole group is
found, everything behind it is cut off, rows that had not been written are written from the metadata
records, its pages are remembered, and the file is closed.
"""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.fetch.remember import after
from tasks.fetch.seen import Memory
from tasks.schema import FETCHES, columns
from tasks.sources import FetchSettings
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.warc.members import members
from tasks.warc.reader import closed_files, rows
from tasks.warc.record import FETCH_ROW
from tasks.warc.writer import OPEN_SUFFIX, close_file, lock

Row = dict[str, Any]


def recover(folder: Path, memory: Memory, settings: FetchSettings) -> int:
    """Complete the files that killed runs left open in `folder`; returns the rows added."""
    added = 0
    for path in sorted(folder.glob(f"*{OPEN_SUFFIX}")):
        with path.open("r+b") as file:
            if not lock(file):
                continue  # its run lives
            whole, end = committed(path)
            if not whole:
                path.unlink()
                continue
            file.truncate(end)
            file.flush()
            os.fsync(file.fileno())
            written = _written(folder)
            missing = [row for row in whole if _name(row) not in written]
            if missing:
                name = path.name.removesuffix(".warc.gz" + OPEN_SUFFIX)
                write_parquet(
                    columns(FETCHES, missing), folder / f"fetches-recovered-{name}.parquet"
                )
            recall(whole, memory, settings)
            close_file(path)
            added += len(missing)
    return added


def committed(path: Path) -> tuple[list[Row], int]:
    """Return the rows of the whole groups of a WARC file of ours, and where the last one ends."""
    whole: list[Row] = []
    end, group_start = 0, -1
    name = path.name.removesuffix(OPEN_SUFFIX)
    for member in members(path):
        fields = member.fields
        if fields.get("WARC-Type") == "metadata" and fields.get("Content-Type") == FETCH_ROW:
            row = from_json(member.block)
            if group_start >= 0:
                row |= {"warc_file": f"{path.parent.name}/{name}", "warc_offset": group_start}
            whole.append(row)
            end, group_start = member.end, -1
        elif fields.get("WARC-Type") != "warcinfo" and group_start < 0:
            group_start = member.start
    return whole, end


def from_json(block: bytes) -> Row:
    """Return a row as it was before it became a metadata record."""
    return _typed(json.loads(block))


def _typed(row: Row) -> Row:
    for field in ("fetched_at", "published_at"):
        row[field] = datetime.fromisoformat(row[field]) if row[field] else None
    return row


def recall(attempts: Iterable[Row], memory: Memory, settings: FetchSettings) -> None:
    """Remember the pages of `attempts`, in their order."""
    for row in attempts:
        if row["purpose"] == "page" and row["canonical"]:
            memory.remember(urls=[after(row, memory.url(row["canonical"]), settings)])


def recall_all(layout: Layout, memory: Memory, settings: FetchSettings) -> None:
    """Make a new memory from all captures, oldest partition first."""
    for partition in layout.partitions("captures"):
        for file in closed_files(layout.captures(partition)):
            recall((_typed(row) for row in rows(file)), memory, settings)


def _written(folder: Path) -> set[tuple[str, datetime, str]]:
    return {_name(row) for file in sorted(folder.glob("fetches-*.parquet")) for row in _names(file)}


def _names(file: Path) -> Iterator[Row]:
    yield from pq.read_table(file, columns=["url", "fetched_at", "purpose"]).to_pylist()


def _name(row: Row) -> tuple[str, datetime, str]:
    """Return what tells one attempt from all others of a partition."""
    return row["url"], row["fetched_at"], row["purpose"]
