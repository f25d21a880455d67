"""Files on the command line as pages: which there are, reading one, and its result as a record.

Used by ``clean`` and ``explain``, which keep nothing; what enters the dataset goes through
`tasks.fetch.files`. An `Entry` is cheap and can be sent to a worker, which reads the page itself.
"""

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tasks.errors import ConfigError, PageError
from tasks.schema import Capture, Failure, Page
from tasks.warc.reader import MAX_BODY_BYTES, positions, read_captures

HTML: Final = frozenset({".html", ".htm", ".xhtml"})
TEXT: Final = frozenset({".txt", ".text", ".md"})
STDIN: Final = "/dev/stdin"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where one page is: a file, a line of a JSON-lines file, or a record of a WARC file."""

    id: str
    path: str
    url: str = ""
    offset: int = -1  # of the line or record; -1: the whole file
    body: bytes = b""  # what came from standard input


def entries(paths: Sequence[str]) -> Iterator[Entry]:
    """Yield the pages of files and folders (walked in order of name); ``-`` is standard input.

    Raises:
        ConfigError: a path does not exist, or a folder holds no page.
    """
    for given in paths:
        path = Path(given)
        if given == STDIN:
            yield Entry("-", STDIN, body=sys.stdin.buffer.read(MAX_BODY_BYTES + 1))
        elif path.is_dir():
            found = [file for file in sorted(path.rglob("*")) if _is_page(file)]
            if not found:
                raise ConfigError(f"{path}: the folder holds no page (.html .txt .jsonl .warc)")
            for file in found:
                yield from _entries(file)
        elif path.exists():
            yield from _entries(path)
        else:
            raise ConfigError(f"{path}: there is no such file or folder")


def manifest(path: str) -> Iterator[Entry]:
    """Yield the pages that the lines of a manifest name: objects with ``id``, ``path``, ``url``.

    A ``path`` is relative to the manifest's folder, or else to the current one.

    Raises:
        ConfigError: it cannot be read, or a line is no such object; names file and line.
    """
    try:
        text = sys.stdin.read() if path == STDIN else Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    folder = Path() if path == STDIN else Path(path).parent
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            name, url = str(row["path"]), str(row.get("url") or "")
            given = str(row.get("id") or name)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = 'an object such as {"id": "1", "path": "1.html", "url": "http://..."}'
            raise ConfigError(f"{path}:{number}:1: a line must be {what}") from error
        beside = folder / name
        yield Entry(given, str(beside if beside.exists() else Path(name)), url)


def read(entry: Entry) -> Capture:
    """Return the page at `entry`.

    Raises:
        PageError: "unreadable", "empty", "too-large", or what a WARC record says.
    """
    if entry.offset >= 0 and ".jsonl" not in Path(entry.path).suffixes:
        path = Path(entry.path)
        found = next(iter(read_captures(path, path.parent, [entry.offset])))
        if isinstance(found, Failure):
            raise PageError(found.slug, found.message)
        return found
    body = _body(entry)
    if not body.strip():
        raise PageError("empty")
    return Capture(_page(entry, body), body)


def _entries(path: Path) -> Iterator[Entry]:
    """Yield the pages of one file."""
    suffix = _suffix(path)
    if suffix == ".warc":
        try:
            offsets = positions(path)
        except (PageError, OSError):
            offsets = [0]  # reading it will say what is wrong
        yield from (Entry(f"{path.name}@{offset}", str(path), "", offset) for offset in offsets)
    elif suffix == ".jsonl":
        yield from _lines(path)
    else:
        yield Entry(path.name, str(path))


def _lines(path: Path) -> Iterator[Entry]:
    offset = 0
    with _open(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield Entry(f"{path.name}#L{number}", str(path), "", offset)
            offset += len(line)


def _open(path: Path) -> Any:  # noqa: ANN401  a binary file, zipped or not
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _body(entry: Entry) -> bytes:
    try:
        if entry.path == STDIN:
            body = entry.body
        else:
            with _open(Path(entry.path)) as file:
                if entry.offset >= 0:
                    file.seek(entry.offset)
                    return _text_of(file.readline())
                body = file.read(MAX_BODY_BYTES + 1)
    except (EOFError, zlib.error, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise PageError("unreadable", f"{entry.path}: {reason}") from error
    if len(body) > MAX_BODY_BYTES:
        raise PageError("too-large", f"over {MAX_BODY_BYTES} bytes")
    return bytes(body)


def _text_of(line: bytes) -> bytes:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise PageError("unreadable", f"no JSON: {error}") from error
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise PageError("empty", "no text in the field 'text'")
    return text.encode("utf-8", "replace")


def _page(entry: Entry, body: bytes) -> Page:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    suffix = "" if entry.path == STDIN else _suffix(Path(entry.path))
    is_text = suffix in TEXT or entry.offset >= 0 or (suffix not in HTML and start[:1] != b"<")
    url = entry.url or ("" if entry.path == STDIN else Path(entry.path).resolve().as_uri())
    return Page(
        url=url,
        source_id="",
        fetched_at=datetime.now(UTC),
        media="text" if is_text else "html",
        raw_sha256=hashlib.sha256(body).hexdigest(),
    )


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _is_page(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return path.is_file() and not is_hidden and _suffix(path) in HTML | TEXT | {".jsonl", ".warc"}
