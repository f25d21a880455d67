"""WARC files read into captures: our own, and any other tool's (Common Crawl's CC-NEWS too).

A *position* is the byte offset of a record that may hold a page. In our own files the metadata
record behind a response says which attempt it was (see `tasks.warc.record`); other files have no
such record, and every successful response counts as a page.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from tasks.errors import PageError
from tasks.schema import Capture, Failure, Page
from tasks.warc.http import body_of, charset_of, parse
from tasks.warc.members import members
from tasks.warc.record import FETCH_ROW

MAX_BODY_BYTES: Final = 20_000_000
"""A decoded body may have so many bytes, unless the caller says otherwise."""

PAGE_PURPOSES: Final = frozenset({"page", "file"})
_SNIFFED: Final = 1024


def closed_files(folder: Path) -> list[Path]:
    """Return the WARC files of a captures folder that are complete, in order of name."""
    return sorted(p for p in folder.glob("*.warc*") if p.name.endswith((".warc", ".warc.gz")))


def positions(path: Path) -> list[int]:
    """Return the offsets of the records of the WARC file `path` that hold pages, in file order.

    A file that is torn gives the pages before the tear; `tear` tells.

    Raises:
        PageError: "unreadable": not a WARC file.
    """
    found: list[int] = []
    pending = -1
    for record in _records(path):
        kind = record.record_type
        if kind in (WarcRecordType.response, WarcRecordType.resource):
            if pending >= 0:
                found.append(pending)
            pending = record.stream_pos if _may_be_page(record) else -1
        elif kind == WarcRecordType.metadata and pending >= 0 and _is_row(record):
            if _is_page(_row(record)):
                found.append(pending)
            pending = -1
    return [*found, pending] if pending >= 0 else found


def read_captures(
    path: Path, captures: Path, offsets: Sequence[int], limit: int = MAX_BODY_BYTES
) -> Iterator[Capture | Failure]:
    """Yield the capture at each of `offsets` in `path`, or why it cannot be had; in that order.

    Args:
        path: a WARC file below `captures`.
        captures: the folder that ``warc_file`` is relative to.
        offsets: from `positions`.
        limit: bytes that a body may have after decoding.
    """
    name = path.relative_to(captures).as_posix() if path.is_relative_to(captures) else path.name
    with path.open("rb") as file:
        for offset in offsets:
            file.seek(offset)
            yield _capture_at(ArchiveIterator(file, parse_http=False), (name, offset), limit)


def require_warc(path: Path) -> None:
    """Return if the file `path` begins with a WARC record, or is empty.

    Raises:
        PageError: "unreadable": not a WARC file.
    """
    next(_records(path), None)


def tear(path: Path) -> str:
    """Return what is wrong with the end of the WARC file `path`; "" when it is whole."""
    if path.suffix == ".gz":
        if _is_whole(path):
            return ""
        end, size = _end(path), path.stat().st_size
        return "" if end == size else f"the record at byte {end} of {size} is cut off or damaged"
    try:
        with path.open("rb") as file:
            for record in ArchiveIterator(file, parse_http=False):
                size = record.content_length
                if record.reader.consume() < size:
                    return f"the record at byte {record.stream_pos} is cut off"
    except OSError as error:
        return str(error)
    return ""


def _is_whole(path: Path) -> bool:
    """Tell whether a gzipped WARC file is whole; False when it takes a closer look to know.

    fastwarc unpacks twice as fast as zlib, and finds all damage but a last member without its end.
    """
    start = 0
    with path.open("rb") as file:
        try:
            for record in ArchiveIterator(file, parse_http=False):
                start = record.stream_pos
        except OSError:
            return False
    return _end(path, start) == path.stat().st_size


def _end(path: Path, start: int = 0) -> int:
    """Return where the last whole gzip member of `path` ends, of those that follow byte `start`."""
    return max((member.end for member in members(path, start)), default=0)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the `fetches` rows that the metadata records of `path` hold, in file order."""
    for record in _records(path):
        if record.record_type == WarcRecordType.metadata and _is_row(record):
            yield _row(record)


def _records(path: Path) -> Iterator[WarcRecord]:
    with path.open("rb") as file:
        seen = False
        try:
            for record in ArchiveIterator(file, parse_http=False):
                seen = True
                yield record
        except OSError as error:
            if not seen:
                raise PageError("unreadable", f"{path.name}: {error}") from error
        if not seen and path.stat().st_size:
            raise PageError("unreadable", f"{path.name} is no WARC file")


def _capture_at(
    records: Iterator[WarcRecord], where: tuple[str, int], limit: int
) -> Capture | Failure:
    record = next(iter(records), None)
    if record is None:
        page = _page(where, "", {}, None)
        return Failure(page, "extract", "unreadable", f"no record at {where[0]}:{where[1]}")
    url = _field(record, "WARC-Target-URI").strip("<>")
    block = record.reader.read(limit + 1_000_000)
    date, content_type = record.record_date, _field(record, "Content-Type")
    is_cut = bool(_field(record, "WARC-Truncated"))
    row = _row_behind(records, _field(record, "WARC-Record-ID"))
    page = replace(_page(where, url, row, date), is_cut=is_cut)
    if content_type.startswith("application/http"):
        return capture_of(page, block, limit)
    return _capture(page, block, content_type, 0)


def capture_of(page: Page, response: bytes, limit: int = MAX_BODY_BYTES) -> Capture | Failure:
    """Return the capture of `page` in an HTTP response as received, or why there is none."""
    try:
        message = parse(response)
        if message.status >= 300:  # noqa: PLR2004
            return Failure(page, "extract", "http-error", f"status {message.status}")
        return _capture(page, body_of(message, limit), message.get("content-type"), message.status)
    except PageError as error:
        return Failure(page, "extract", error.slug, error.message)


def _capture(page: Page, body: bytes, content_type: str, status: int) -> Capture:
    full = Page(
        url=page.url,
        source_id=page.source_id,
        fetched_at=page.fetched_at,
        media=media_of(content_type, body),
        raw_sha256=hashlib.sha256(body).hexdigest(),
        warc_file=page.warc_file,
        warc_offset=page.warc_offset,
        status=status,
        content_type=content_type,
        signals=page.signals,
        is_cut=page.is_cut,
    )
    return Capture(full, body, charset_of(content_type))


def _page(where: tuple[str, int], url: str, row: dict[str, Any], date: datetime | None) -> Page:
    moment = datetime.fromisoformat(row["fetched_at"]) if row else date
    return Page(
        url=row["url"] if row else url,
        source_id=row["source_id"] if row else Path(where[0]).parent.name,
        fetched_at=moment or datetime.fromtimestamp(0, UTC),
        media="other",
        raw_sha256="",
        warc_file=where[0],
        warc_offset=where[1],
        signals=tuple(row["signals"]) if row else (),
    )


def media_of(content_type: str, body: bytes) -> Literal["html", "text", "other"]:
    """Return what a body is, by its declared type; by its first bytes when none is declared.

    A body that begins as an HTML document is one, whatever is said of it.

    >>> media_of("text/html; charset=utf-8", b""), media_of("image/png", b""), media_of("", b"<p>")
    ('html', 'other', 'html')
    >>> media_of("text/html,text/html", b"<!DOCTYPE html><p>"), media_of("text/xml", b"<?xml")
    ('html', 'other')
    """
    start = body[:_SNIFFED].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        return "html"
    if kind == "text/plain":
        return "text"
    if kind in {"", "application/octet-stream", "unknown/unknown"}:
        return "html" if start.startswith(b"<") and not start.startswith(b"<?xml") else "other"
    return "other"


def _may_be_page(record: WarcRecord) -> bool:
    url = _field(record, "WARC-Target-URI").strip("<>")
    if record.record_type == WarcRecordType.resource:
        return True
    return url.startswith(("http:", "https:")) and urlsplit(url).path != "/robots.txt"


def _is_page(row: dict[str, Any]) -> bool:
    """Tell whether an attempt brought a page: no feed, no redirect, no failure."""
    usable = row["purpose"] == "file" or 200 <= row["status"] < 300  # noqa: PLR2004
    return usable and row["purpose"] in PAGE_PURPOSES and not row["error"]


def _is_row(record: WarcRecord) -> bool:
    return _field(record, "Content-Type") == FETCH_ROW


def _field(record: WarcRecord, name: str) -> str:
    """Return a field of the record's header, or ""."""
    return record.headers.get(name) or ""


def _row(record: WarcRecord) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(record.reader.read())
    return row


def _row_behind(records: Iterator[WarcRecord], record_id: str) -> dict[str, Any]:
    """Return the row of the metadata record that closes the group of `record_id`; {} if none."""
    for record in records:
        if record.record_type == WarcRecordType.metadata and _is_row(record):
            return _row(record) if record_id == _field(record, "WARC-Concurrent-To") else {}
        if record.record_type != WarcRecordType.request:
            return {}
    return {}
