"""Files as pages, one at a time: saved HTML, texts, lines of JSON; a WARC file is one item.

Reads ``.html .htm .xhtml``, ``.txt``, ``.jsonl`` (one text a line, in a field) and ``.warc``, each
also with ``.gz``. JSON-lines files of any size are read line by line: memory holds one page. What
cannot be read is an item too, with a slug.
"""

import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, cast

from tasks.warc.reader import MAX_BODY_BYTES

KINDS: Final = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain", ".jsonl": "application/jsonl", ".warc": "application/warc",
}  # fmt: skip
"""Suffix -> content type of what is read; each may have ``.gz`` behind it."""

_TORN: Final = (EOFError, gzip.BadGzipFile, zlib.error)
"""What a gzip file raises that is damaged or cut."""

_STEP: Final = 1_000_000
"""Bytes read at once of a line that is too long to be kept."""


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


def items(paths: Sequence[Path], text_field: str) -> Iterator[tuple[Item, int]]:
    """Yield every page of `paths`, with how many bytes of their files are read by then."""
    read = 0
    for path in paths:
        found = list(files([path]))
        if path.is_dir() and not found:
            yield _failed(path, "empty", "the folder holds no files"), read
        for file in found:
            for item, at in _read(file, text_field):
                yield item, read + at
            read += size_of(file)


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of `paths`, folders walked in order of name; hidden files are left out."""
    for path in paths:
        if path.is_dir():
            inside = (p.relative_to(path) for p in path.rglob("*") if p.is_file())
            yield from (
                path / p for p in sorted(inside) if not any(x.startswith(".") for x in p.parts)
            )
        else:
            yield path


def size_of(file: Path) -> int:
    """Return the size of `file` in bytes; 0 when there is none."""
    return file.stat().st_size if file.exists() else 0


def _read(file: Path, text_field: str) -> Iterator[tuple[Item, int]]:
    """Yield the pages of one file, or its failure, each with how far into the file it lies."""
    kind = KINDS.get(Path(file.name.removesuffix(".gz")).suffix.lower(), "")
    size = size_of(file)
    if not file.exists():
        yield _failed(file, "unreadable", "there is no such file"), size
    elif not kind:
        known = " ".join(KINDS)
        yield _failed(file, "not-html", f"{file.name}: not one of {known} (.gz)"), size
    elif kind == "application/warc":
        yield Item(_url(file), _dated(file), kind, link=file), size
    elif kind == "application/jsonl":
        yield from _lines(file, text_field)
    else:
        yield _whole(file, kind), size


def _whole(file: Path, kind: str) -> Item:
    """Return the page that is one file."""
    try:
        with _open(file) as stream:
            body = stream.read(MAX_BODY_BYTES + 1)
    except _TORN as error:
        return _failed(file, "bad-compression", str(error))
    except OSError as error:
        return _failed(file, "unreadable", error.strerror or str(error))
    if not body.strip():
        return _failed(file, "empty", "the file holds no text")
    if len(body) > MAX_BODY_BYTES:
        return _failed(file, "too-large", f"over {MAX_BODY_BYTES} bytes")
    return Item(_url(file), _dated(file), kind, body)


def _lines(file: Path, text_field: str) -> Iterator[tuple[Item, int]]:
    """Yield one text for each line of a JSON-lines file; of a torn one, those before the tear."""
    url, dated, is_empty = _url(file), _dated(file), True
    try:
        with _open(file) as stream:
            for number, line in _numbered(stream):
                is_empty = False
                yield _line(f"{url}#L{number}", dated, line, text_field), _place(stream)
    except _TORN as error:
        yield _failed(file, "bad-compression", f"{error}; the lines before it are read"), 0
        return
    except OSError as error:
        yield _failed(file, "unreadable", error.strerror or str(error)), 0
        return
    if is_empty:
        yield _failed(file, "empty", "the file holds no text"), size_of(file)


def _numbered(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank with their numbers; of an endless one its beginning."""
    number = 0
    while line := stream.readline(MAX_BODY_BYTES + 1):
        number += 1
        if len(line) > MAX_BODY_BYTES:
            rest = line
            while rest and not rest.endswith(b"\n"):
                rest = stream.readline(_STEP)
        if line.strip():
            yield number, line


def _line(name: str, dated: datetime, line: bytes, text_field: str) -> Item:
    """Return the text of one line, or what is wrong with it."""
    if len(line) > MAX_BODY_BYTES:
        return Item(name, dated, error="too-large", message=f"over {MAX_BODY_BYTES} bytes")
    where = name.rpartition("#L")[2]
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Item(name, dated, error="unreadable", message=f"line {where}: {error}")
    text = record.get(text_field) if isinstance(record, dict) else None
    if not isinstance(text, str) or not text.strip():
        message = f"line {where} has no text in the field {text_field!r}"
        return Item(name, dated, error="empty", message=message)
    own = record.get("url")
    is_web = isinstance(own, str) and own.startswith(("http://", "https://"))
    content = text.encode("utf-8", "replace")
    return Item(own if is_web else name, dated, "text/plain; charset=utf-8", content)


def _open(file: Path) -> IO[bytes]:
    opened: Any = gzip.open if file.suffix == ".gz" else Path.open
    return cast("IO[bytes]", opened(file, "rb"))


def _place(stream: IO[bytes]) -> int:
    """Return how many bytes of the file behind `stream` are read, zipped as it may be."""
    raw = stream.fileobj if isinstance(stream, gzip.GzipFile) else stream
    place: int = raw.tell() if isinstance(raw, io.IOBase) else 0
    return place


def _failed(path: Path, error: str, message: str) -> Item:
    return Item(_url(path), _dated(path), error=error, message=message)


def _url(path: Path) -> str:
    return path.resolve().as_uri()


def _dated(path: Path) -> datetime:
    seconds = path.stat().st_mtime if path.exists() else 0
    return datetime.fromtimestamp(seconds, UTC)
