"""Files become captures: saved HTML, texts, JSON lines and WARC files, through the same door.

What is read, `tasks.fetch.items` says. Writes what `tasks.fetch.partition` writes: WARC files of
``resource`` records, and `fetches` rows, the failures too. Times are the files' own (mtime), ids
follow from content, so the same files give the same bytes. The rows are written last: a partition
that has them is complete, one that has not is made anew.
"""

import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tasks.errors import ConfigError, PageError
from tasks.fetch.capture import SOFTWARE, Attempt, json_of, row_of
from tasks.fetch.items import Item, files, items, size_of
from tasks.fetch.reply import Response
from tasks.fetch.told import Failures
from tasks.progress import Progress, tell
from tasks.schema import FETCHES, columns
from tasks.sources import FileOptions
from tasks.store.atomic import PARQUET, unfinished
from tasks.store.layout import Layout
from tasks.warc import record as warc
from tasks.warc.reader import require_warc, tear
from tasks.warc.writer import WarcWriter

ROWS: Final = "fetches-files.parquet"

ROWS_AT_ONCE: Final = 5000
"""Rows of a row group: memory holds so many, whatever the size of what is read."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a capture of files did; counts of files (and lines of JSON-lines files)."""

    partition: str
    captured: int
    failed: int
    errors: dict[str, int]  # by slug


def partition_name(options: FileOptions) -> str:
    """Return the partition for `options`: the same for the same files, names, sizes and times."""
    digest = hashlib.sha256(f"{options.name}\n{options.text_field}\n".encode())
    for file in files(options.paths):
        stat = file.stat() if file.exists() else None
        seen = f"{stat.st_size} {stat.st_mtime_ns}" if stat else "missing"
        digest.update(f"{file.resolve()}\n{seen}\n".encode("utf-8", "surrogateescape"))
    return f"backfill-{digest.hexdigest()[:8]}"


def run(partition: str, data: Path, config: Path, run_id: str, options: FileOptions) -> Report:
    """Capture the files of `options` into `partition`; what cannot be read becomes an error row.

    Raises:
        ConfigError: no paths are given.
    """
    del config
    if not options.paths:
        raise ConfigError("no files or folders given")
    folder = Layout(data).captures(partition)
    if (folder / ROWS).exists():
        known = pq.read_table(folder / ROWS, columns=["error"])["error"].to_pylist()
        return _report(partition, Counter(known))
    if folder.exists():
        shutil.rmtree(folder)  # left by a killed run; nothing refers to it yet
    folder.mkdir(parents=True)
    about = {"software": SOFTWARE, "format": "WARC File Format 1.1", "description": "files"}
    writer = WarcWriter(folder, "files", about, dated=datetime.fromtimestamp(0, UTC))
    return _write_rows(_taken(options, run_id, (folder, writer)), folder / ROWS)


def _taken(
    options: FileOptions, run_id: str, into: tuple[Path, WarcWriter]
) -> Iterator[dict[str, Any]]:
    """Write every page of `options`, and yield its row; the WARC file is closed before the end."""
    folder, writer = into
    total = sum(size_of(file) for file in files(options.paths))
    failures = Failures()
    for item, read in items(options.paths, options.text_field):
        row = _take(item, options.name or folder.name, run_id, into)
        failures.tell(row)
        yield row
        tell(Progress("capture", folder.name, read // 1000, total // 1000, "kB"))
    writer.close()


def _take(item: Item, source_id: str, run_id: str, into: tuple[Path, WarcWriter]) -> dict[str, Any]:
    """Write one item; returns its row."""
    folder, writer = into
    error, message, linked = item.error, item.message, ""
    if item.link is not None and not error:
        try:
            linked = _take_warc(item.link, folder)
            if torn := tear(item.link):
                error, message = "truncated", f"{torn}; the pages before it are read"
        except PageError as failed:
            error, message = failed.slug, failed.message
    size = len(item.body) if item.link is None else item.link.stat().st_size
    response = Response(
        item.url, item.dated, 0, headers=(("content-type", item.content_type),),
        body_sha256=hashlib.sha256(item.body).hexdigest(), wire_bytes=size,
    )  # fmt: skip
    row = row_of(Attempt(response, source_id, "file", error, message), run_id)
    if linked:
        row["warc_file"], row["warc_offset"] = f"{folder.name}/{linked}", 0
    elif not error:
        name, offset = writer.append(_group(item, row))[0]
        row["warc_file"], row["warc_offset"] = f"{folder.name}/{name}", offset
        if writer.is_full:
            writer.close()
    return row


def _group(item: Item, row: dict[str, Any]) -> list[warc.Record]:
    """Return the resource record of an item and the metadata record behind it."""
    resource_id = warc.stable_id(f"{item.url} {row['body_sha256']}")
    common = (("WARC-Target-URI", item.url), ("WARC-Date", warc.warc_date(item.dated)))
    digest = warc.digest_of(BytesIO(item.body), len(item.body))
    resource = (("WARC-Type", "resource"), ("WARC-Record-ID", resource_id), *common,
                ("WARC-Block-Digest", digest), ("Content-Type", item.content_type))  # fmt: skip
    text = json_of({**row, "run_id": ""})
    metadata = (("WARC-Type", "metadata"),
                ("WARC-Record-ID", warc.stable_id(f"row of {resource_id}")), *common,
                ("WARC-Concurrent-To", resource_id), ("Content-Type", warc.FETCH_ROW))  # fmt: skip
    return [warc.Record(resource, BytesIO(item.body), len(item.body)),
            warc.Record(metadata, BytesIO(text), len(text))]  # fmt: skip


def _take_warc(file: Path, folder: Path) -> str:
    """Link (or copy) a WARC file into the captures; returns its name there.

    Raises:
        PageError: "unreadable" or "empty".
    """
    if file.stat().st_size == 0:
        raise PageError("empty", "the file holds no bytes")
    require_warc(file)
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", file.name.removesuffix(".gz").removesuffix(".warc"))
    mark = hashlib.sha256(str(file.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    name = f"{stem[-60:]}-{mark}.warc" + (".gz" if file.suffix == ".gz" else "")
    try:
        os.link(file.resolve(), folder / name)
    except OSError:  # another file system
        shutil.copyfile(file, folder / f".{name}.unfinished")
        (folder / f".{name}.unfinished").rename(folder / name)
    return name


def _write_rows(rows: Iterator[dict[str, Any]], path: Path) -> Report:
    """Write `rows` to `path`, some at a time, whole and durable; returns what they count."""
    counts: Counter[str] = Counter()
    with unfinished(path) as file, pq.ParquetWriter(file, FETCHES, **PARQUET) as writer:
        while some := list(islice(rows, ROWS_AT_ONCE)):
            counts.update(row["error"] for row in some)
            writer.write_table(columns(FETCHES, some))
    return _report(path.parent.name, counts)


def _report(partition: str, counts: Mapping[str, int]) -> Report:
    """Return the report of rows counted by slug, "" for those without an error."""
    errors = {slug: count for slug, count in sorted(counts.items()) if slug}
    return Report(partition, counts.get("", 0), sum(errors.values()), errors)
