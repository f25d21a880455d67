"""A response as it comes in: counted, decoded, hashed, and kept as far as it is wanted."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from tasks.errors import PageError
from tasks.warc.http import codings_of, decoders, through

START_BYTES: Final = 32 * 1024
"""Of every body the beginning is kept, for its type and its opt-out signals."""

_BINARY: Final = (
    b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"%PDF", b"PK\x03\x04", b"RIFF", b"\x7fELF", b"\x1f\x8b",
    b"\x00\x00\x01\x00", b"OggS", b"ID3", b"MZ", b"wOF",
)  # fmt: skip
"""First bytes that no text has, whatever its Content-Type says."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came of one request. `error` is a slug, "" when a response came as HTTP wants it."""

    url: str
    began_at: datetime
    milliseconds: int
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()  # names in lower case
    body: bytes = b""  # decoded; empty unless it was asked for
    body_sha256: str = ""  # of the decoded body, hex
    wire_bytes: int = 0  # of the body, as received
    error: str = ""
    message: str = ""
    start: bytes = b""  # of the decoded body

    @property
    def is_binary(self) -> bool:
        """Tell whether the body begins as no text does."""
        return self.start.startswith(_BINARY)

    def get(self, name: str) -> str:
        """Return the values of the header field `name` joined by commas, or ""."""
        return ", ".join(value for key, value in self.headers if key == name)


class Reply:
    """A response in the making; status, headers and failure are set by the downloader."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.error = self.message = ""
        self._keep = True
        self._body = bytearray()
        self._digest = hashlib.sha256()
        self._wire = 0
        self._complete = False
        self._start = bytearray()

    def without_body(self) -> Self:
        """Return this reply, which will not keep its body."""
        self._keep = False
        return self

    async def read(self, pieces: AsyncIterator[bytes], limit: int) -> None:
        """Take the body: count what comes, decode it, hash it, keep it if asked to."""
        named = ", ".join(value for name, value in self.headers if name == "content-encoding")
        stack = decoders(codings_of(named))
        slug, decoded = "compression-bomb" if stack else "too-large", 0
        async for piece in pieces:
            self._wire += len(piece)
            for out in through(stack, piece):
                decoded += len(out)
                if decoded > limit:
                    raise PageError(slug, f"over {limit} bytes")
                self._start += out[: START_BYTES - len(self._start)]
                self._digest.update(out)
                if self._keep:
                    self._body += out
        if self._wire and not all(decoder.is_done for decoder in stack):
            raise PageError("bad-compression", "the compressed data ends too early")
        self._complete = True

    def response(self, url: str, began: datetime, milliseconds: int) -> Response:
        """Return what has come, as a finished response."""
        return Response(
            url, began, milliseconds, self.status, self.headers, bytes(self._body),
            self._digest.hexdigest() if self._complete else "", self._wire,
            self.error, self.message,
            bytes(self._start),
        )  # fmt: skip
