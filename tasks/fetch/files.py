"""Files become captures: saved HTML, texts, JSON lines and WARC files, through the same door.

Reads ``.html .htm .xhtml``, ``.txt``, ``.jsonl`` (one text a line, in a field) and ``.warc``, each
also with ``.gz``. Writes what `tasks.fetch.partition` writes: WARC files of ``resource``
records, and `fetches` rows, the failures too. Times are the files' own (mtime), ids follow from
content, so the same files give the same bytes. The rows are written last: a partition that has
them is complete, one that has not is made anew.
"""

import gzip
import hashlib
import json
import os
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from tasks.errors import ConfigError, PageError
from tasks.fetch.capture import SOFTWARE, Attempt, json_of, row_of
from tasks.fetch.reply import Response
from tasks.schema import FETCHES, columns
from tasks.sources import FileOptions
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.warc import record as warc
from tasks.warc.reader import MAX_BODY_BYTES, positions, tear
from tasks.warc.writer import WarcWriter

KINDS: Final = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain", ".jsonl": "application/jsonl", ".warc": "application/warc",
}  # fmt: skip
"""Suffix -> content type of what is read; each may have ``.gz`` behind it."""

ROWS: Final = "fetches-files.parquet"


@dataclass(frozen=True, slots=True)
class Report:
    """What a capture of files did; counts of files (and lines of JSON-lines files)."""

    partition: str
    captured: int
    failed: int
    errors: dict[str, int]  # by slug


@dataclass(frozen=True, slots=True)
class Item:
    """One page read from a file, or why it could not be."""

    url: str
    dated: datetime
    content_type: str = ""
    body: bytes = b""
    link: Path | None = None  # a WARC file, to be taken in whole
    error: str = ""
    message: str = ""


def partition_name(options: FileOptions) -> str:
    """Return the partition for `options`: the same for the same files, names, sizes and times."""
    digest = hashlib.sha256(f"{options.name}\n{options.text_field}\n".encode())
    for file in _files(options.paths):
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
        return _report(partition, pq.read_table(folder / ROWS).to_pylist())
    if folder.exists():
        shutil.rmtree(folder)  # left by a killed run; nothing refers to it yet
    folder.mkdir(parents=True)
    about = {"software": SOFTWARE, "format": "WARC File Format 1.1", "description": "files"}
    writer = WarcWriter(folder, "files", about, dated=datetime.fromtimestamp(0, UTC))
    rows = [_take(item, options.name or partition, run_id, (folder, writer))
            for item in _items(options)]  # fmt: skip
    writer.close()
    write_parquet(columns(FETCHES, rows), folder / ROWS)
    return _report(partition, rows)


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
    positions(file)
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", file.name.removesuffix(".gz").removesuffix(".warc"))
    mark = hashlib.sha256(str(file.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    name = f"{stem[-60:]}-{mark}.warc" + (".gz" if file.suffix == ".gz" else "")
    try:
        os.link(file.resolve(), folder / name)
    except OSError:  # another file system
        shutil.copyfile(file, folder / f".{name}.unfinished")
        (folder / f".{name}.unfinished").rename(folder / name)
    return name


def _items(options: FileOptions) -> Iterator[Item]:
    for path in options.paths:
        files = list(_files([path]))
        if path.is_dir() and not files:
            yield Item(_url(path), _dated(path), error="empty", message="the folder holds no files")
        for file in files:
            yield from _read(file, options.text_field)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of `paths`, folders walked in order of name; hidden files are left out."""
    for path in paths:
        if path.is_dir():
            inside = (p.relative_to(path) for p in path.rglob("*") if p.is_file())
            yield from (
                path / p for p in sorted(inside) if not any(x.startswith(".") for x in p.parts)
            )
        else:
            yield path


def _read(file: Path, text_field: str) -> Iterator[Item]:
    """Yield the pages of one file, or its failure."""
    kind = KINDS.get(Path(file.name.removesuffix(".gz")).suffix.lower(), "")
    url, dated = _url(file), _dated(file)
    if not file.exists():
        yield Item(url, dated, error="unreadable", message="there is no such file")
    elif not kind:
        known = " ".join(KINDS)
        yield Item(url, dated, error="not-html", message=f"{file.name}: not one of {known} (.gz)")
    elif kind == "application/warc":
        yield Item(url, dated, kind, link=file)
    else:
        try:
            body = _bytes(file)
        except PageError as error:
            yield Item(url, dated, kind, error=error.slug, message=error.message)
            return
        if kind == "application/jsonl":
            yield from _lines(body, url, dated, text_field)
        else:
            yield Item(url, dated, kind, body)


def _bytes(file: Path) -> bytes:
    """Return the content of `file`, unzipped.

    Raises:
        PageError: "unreadable", "empty", "too-large", "bad-compression".
    """
    is_lines = ".jsonl" in file.suffixes
    try:
        with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as stream:
            body = stream.read(-1 if is_lines else MAX_BODY_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise PageError("bad-compression", str(error)) from error
    except OSError as error:
        raise PageError("unreadable", error.strerror or str(error)) from error
    if not body.strip():
        raise PageError("empty", "the file holds no text")
    if len(body) > MAX_BODY_BYTES and not is_lines:
        raise PageError("too-large", f"over {MAX_BODY_BYTES} bytes")
    return body


def _lines(body: bytes, url: str, dated: datetime, text_field: str) -> Iterator[Item]:
    """Yield one text for each line of a JSON-lines file."""
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line.strip():
            continue
        name = f"{url}#L{number}"
        try:
            record = json.loads(line)
            text = record.get(text_field) if isinstance(record, dict) else None
        except (ValueError, RecursionError) as error:
            yield Item(name, dated, error="unreadable", message=f"line {number}: {error}")
            continue
        if not isinstance(text, str) or not text.strip():
            message = f"line {number} has no text in the field {text_field!r}"
            yield Item(name, dated, error="empty", message=message)
            continue
        own = record.get("url")
        is_web = isinstance(own, str) and own.startswith(("http://", "https://"))
        content = text.encode("utf-8", "replace")
        yield Item(str(own) if is_web else name, dated, "text/plain; charset=utf-8", content)


def _url(path: Path) -> str:
    return path.resolve().as_uri()


def _dated(path: Path) -> datetime:
    seconds = path.stat().st_mtime if path.exists() else 0
    return datetime.fromtimestamp(seconds, UTC)


def _report(partition: str, rows: Sequence[dict[str, Any]]) -> Report:
    errors = Counter(row["error"] for row in rows if row["error"])
    failed = errors.total()
    return Report(partition, len(rows) - failed, failed, dict(sorted(errors.items())))
