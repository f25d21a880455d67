"""One WARC 1.1 record as bytes: header fields, block, its own gzip member. No files here.

What each fetched response becomes is a *group* of three records, written in this order:
``response`` (or ``revisit``, or none if nothing came), ``request``, and ``metadata``: the attempt's
row of the table `fetches` as JSON. The metadata record is last, so a group whose metadata record
is whole is whole; after a crash everything behind the last one is cut off.
"""

import base64
import hashlib
import re
import uuid
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

FETCH_ROW: Final = "application/vnd.cleancopy.fetch+json"
"""Content type of the metadata record that closes a group."""

SERVER_NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
IDENTICAL_PAYLOAD: Final = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"

_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CHUNK: Final = 64 * 1024
_GZIP: Final = 31  # zlib's wbits for a gzip member with a 32 KiB window


class Block(Protocol):
    """What a record's block is read from: an open file, or bytes in memory."""

    def seek(self, offset: int, /) -> object:
        """Go to `offset`."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record to be written: its fields in order (Content-Length is added), and its block."""

    fields: tuple[tuple[str, str], ...]
    block: Block  # read from its start to `length`
    length: int  # bytes


def new_id() -> str:
    """Return a new record id, as WARC-Record-ID wants it."""
    return f"<{uuid.uuid4().urn}>"


def stable_id(seed: str) -> str:
    """Return the record id that belongs to `seed`: the same for the same seed."""
    return f"<{uuid.uuid5(uuid.NAMESPACE_URL, seed).urn}>"


def warc_date(moment: datetime) -> str:
    """Return `moment` as WARC-Date.

    >>> warc_date(datetime(2026, 1, 2, 3, 4, 5, 600000, UTC))
    '2026-01-02T03:04:05.600000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def digest_of(block: Block, length: int, start: int = 0) -> str:
    """Return the labelled digest of `length` bytes of `block` from `start`: sha1 in base32."""
    digest = hashlib.sha1(usedforsecurity=False)
    for chunk in _read(block, length, start):
        digest.update(chunk)
    return "sha1:" + base64.b32encode(digest.digest()).decode()


def compress(record: Record) -> Iterator[bytes]:
    """Yield `record` as one gzip member, in pieces; the same record gives the same bytes."""
    head = "WARC/1.1\r\n" + "".join(f"{name}: {_clean(value)}\r\n" for name, value in record.fields)
    gzip = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    yield gzip.compress(f"{head}Content-Length: {record.length}\r\n\r\n".encode())
    for chunk in _read(record.block, record.length):
        yield gzip.compress(chunk)
    yield gzip.compress(b"\r\n\r\n") + gzip.flush()


def info_fields(record_id: str, filename: str, moment: datetime) -> tuple[tuple[str, str], ...]:
    """Return the fields of the warcinfo record that opens the file `filename`."""
    return (
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", warc_date(moment)),
        ("WARC-Filename", filename),
        ("Content-Type", "application/warc-fields"),
    )


def info_block(about: Mapping[str, str]) -> bytes:
    r"""Return the block of a warcinfo record.

    >>> info_block({"software": "cleancopy", "format": "WARC file version 1.1"})
    b'software: cleancopy\r\nformat: WARC file version 1.1\r\n'
    """
    return "".join(f"{name}: {_clean(value)}\r\n" for name, value in about.items()).encode()


def _clean(value: str) -> str:
    """Return `value` without control characters: a header field must not break the record."""
    return _CONTROL.sub(" ", value)


def _read(block: Block, length: int, start: int = 0) -> Iterator[bytes]:
    block.seek(start)
    left = length
    while left > 0:
        chunk = block.read(min(_CHUNK, left))
        if not chunk:
            msg = f"block ended {left} bytes early"
            raise ValueError(msg)
        left -= len(chunk)
        yield chunk
