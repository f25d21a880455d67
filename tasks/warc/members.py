"""The gzip members of a WARC file, looked at one by one: where each starts and ends, and its head.

This is how a torn file is found out: a member counts only when its checksum is right. Memory stays
bounded whatever a member holds.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

HEAD_BYTES: Final = 256 * 1024
"""So much of each member's content is kept: its WARC header, and all of a metadata record."""

_READ: Final = 256 * 1024
_FIELD = re.compile(r"^([A-Za-z-]+):[ \t]*(.*?)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Member:
    """One whole gzip member; `start` and `end` are bytes of the file, `end` exclusive."""

    start: int
    end: int
    head: bytes

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the WARC record's header."""
        text = self.head.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
        return dict(_FIELD.findall(text))

    @property
    def block(self) -> bytes:
        """The record's block, as far as it lies in `head`."""
        return self.head.partition(b"\r\n\r\n")[2][: int(self.fields.get("Content-Length", 0))]


def members(path: Path, start: int = 0) -> Iterator[Member]:
    """Yield the whole members of `path` in order; ends at the first that is torn or broken.

    `start` is where the first one begins.
    """
    with path.open("rb") as file:
        file.seek(start)
        pending = b""
        while True:
            found = _member(file, pending, start)
            if found is None:
                return
            member, pending = found
            yield member
            start = member.end


def _member(file: BinaryIO, pending: bytes, start: int) -> tuple[Member, bytes] | None:
    """Return the next member and the bytes read behind it; None when there is none whole."""
    gzip = zlib.decompressobj(31)
    head = bytearray()
    taken = 0
    data = pending or file.read(_READ)
    while data:
        try:
            out = gzip.decompress(data, _READ)
        except zlib.error:
            return None
        head += out[: HEAD_BYTES - len(head)]
        rest = gzip.unused_data if gzip.eof else gzip.unconsumed_tail
        taken += len(data) - len(rest)
        if gzip.eof:
            return Member(start, start + taken, bytes(head)), rest
        data = rest or file.read(_READ)
    return None
