"""An HTTP response as stored in a WARC record, taken apart again: head, body, codings undone.

Tolerant, because archives are: Common Crawl stores bodies already decoded under headers that say
otherwise, so a coding that the bytes do not show is not undone. Bounded, because archives hold
bombs: no step yields more than the caller's limit.
"""

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import brotli

from tasks.errors import PageError

try:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]
except ImportError:
    from backports import zstd

CODINGS: Final = ("gzip", "x-gzip", "deflate", "br", "zstd")
"""Content codings that `decoder` undoes."""

_MAX_CODINGS: Final = 3
_CHUNK: Final = 64 * 1024
_CHUNK_HEAD = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[^\r\n]*\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"';,]+)""", re.IGNORECASE)


class Decoder(Protocol):
    """Undoes one content coding piece by piece."""

    @property
    def is_done(self) -> bool:
        """Tell whether the coding's own end has been seen."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds, in pieces of bounded size."""


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP response: status, header fields in order (names in lower case), body as stored."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def get(self, name: str) -> str:
        """Return all values of the field `name`, joined by a comma; "" if there is none."""
        return ", ".join(value for key, value in self.headers if key == name)


def parse(block: bytes) -> Message:
    r"""Return the response in `block`.

    >>> parse(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nX-A: 2\r\n\r\nhi")
    Message(status=200, headers=(('x-a', '1'), ('x-a', '2')), body=b'hi')

    Raises:
        PageError: "unreadable": it is no HTTP response.
    """
    end = _HEAD_END.search(block)
    head, body = (block[: end.start()], block[end.end() :]) if end else (block, b"")
    lines = head.decode("latin-1").splitlines()
    words = lines[0].split(None, 2) if lines else []
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():  # noqa: PLR2004
        raise PageError("unreadable", "the record holds no HTTP response")
    fields = [line.split(":", 1) for line in lines[1:] if ":" in line]
    headers = tuple((name.strip().lower(), value.strip()) for name, value in fields)
    return Message(int(words[1]), headers, body)


def charset_of(content_type: str) -> str:
    """Return the charset named in a Content-Type, or "".

    >>> charset_of('text/html; charset="UTF-8"')
    'UTF-8'
    """
    found = _CHARSET.search(content_type)
    return found.group(1) if found else ""


def body_of(message: Message, limit: int) -> bytes:
    """Return the body with transfer and content codings undone, at most `limit` bytes.

    Raises:
        PageError: "compression-bomb", "too-large", "bad-compression".
    """
    body = message.body
    if "chunked" in message.get("transfer-encoding").lower():
        body = unchunk(body)
    codings = codings_of(message.get("content-encoding"))
    if not codings or not _shows(codings[-1], body):
        if len(body) > limit:
            raise PageError("too-large", f"over {limit} bytes")
        return body
    return b"".join(decode([body], codings, limit))


def unchunk(body: bytes) -> bytes:
    r"""Return `body` without chunked framing; as it is when it is not chunked; cut when torn.

    >>> unchunk(b"3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\n"), unchunk(b"<html>")
    (b'abcde', b'<html>')
    """
    pieces: list[bytes] = []
    position = 0
    while head := _CHUNK_HEAD.match(body, position):
        size = int(head.group(1), 16)
        if size == 0:
            return b"".join(pieces)
        pieces.append(body[head.end() : head.end() + size])
        position = head.end() + size
        if body[position : position + 2] == b"\r\n":
            position += 2
        elif position < len(body):
            return body if len(pieces) == 1 else b"".join(pieces)
    return b"".join(pieces) if pieces else body


_NO_CODING: Final = frozenset({"identity", "none", "utf-8", "utf8", "aws-chunked"})
"""Servers say so of bodies that are not coded: a charset by mistake, an upload's framing."""


def codings_of(content_encoding: str) -> list[str]:
    """Return the codings in the order they were applied; names that mean none are left out."""
    names = [name.strip().lower() for name in content_encoding.split(",")]
    return [name for name in names if name and name not in _NO_CODING]


def decode(pieces: Iterable[bytes], codings: list[str], limit: int) -> Iterator[bytes]:
    """Yield `pieces` with `codings` undone, last applied first; bounded memory.

    Raises:
        PageError: "compression-bomb" beyond `limit` bytes; "bad-compression" for broken or unknown
            data, or more than three codings.
    """
    stack = decoders(codings)
    total = 0
    for piece in pieces:
        for out in through(stack, piece):
            total += len(out)
            if total > limit:
                raise PageError("compression-bomb", f"over {limit} bytes when decompressed")
            yield out


def decoders(codings: list[str]) -> list[Decoder]:
    """Return what undoes `codings`, in the order of undoing.

    Raises:
        PageError: "bad-compression": one is not known, or there are more than three.
    """
    if len(codings) > _MAX_CODINGS:
        raise PageError("bad-compression", f"{len(codings)} content codings")
    return [decoder(name) for name in reversed(codings)]


def decoder(coding: str) -> Decoder:
    """Return what undoes `coding`.

    Raises:
        PageError: "bad-compression": not one of `CODINGS`.
    """
    match coding:
        case "gzip" | "x-gzip":
            return _Zlib(lambda _: 31)
        case "deflate":  # zlib's format by the standard, a bare stream by old servers
            return _Zlib(lambda first: 15 if first[:1] and first[0] & 0x0F == 8 else -15)  # noqa: PLR2004
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    raise PageError("bad-compression", f"content coding {coding[:40]!r} is not known")


class _Zlib:
    """gzip (members one after another) and deflate."""

    def __init__(self, window: Callable[[bytes], int]) -> None:
        self._window = window
        self._zlib: zlib._Decompress | None = None
        self.is_done = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._zlib is None:
                self._zlib = zlib.decompressobj(self._window(data))
            try:
                out = self._zlib.decompress(data, _CHUNK)
            except zlib.error as error:
                raise PageError("bad-compression", str(error)) from error
            if out:
                yield out
            data = self._zlib.unconsumed_tail
            self.is_done = self._zlib.eof
            if self._zlib.eof:
                data = self._zlib.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return  # padding behind the last member
                self._zlib = None


class _Brotli:
    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()

    @property
    def is_done(self) -> bool:
        return bool(self._brotli.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while not self._brotli.is_finished():
                out = self._brotli.process(data, output_buffer_limit=_CHUNK)
                data = b""
                if not out:
                    return
                yield out
        except brotli.error as error:
            raise PageError("bad-compression", str(error)) from error


class _Zstd:
    def __init__(self) -> None:
        self._zstd = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})

    @property
    def is_done(self) -> bool:
        return bool(self._zstd.eof)

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            while not self._zstd.eof:
                out = self._zstd.decompress(data, max_length=_CHUNK)
                data = b""
                if out:
                    yield out
                if self._zstd.needs_input:
                    return
        except zstd.ZstdError as error:
            raise PageError("bad-compression", str(error)) from error


def through(stack: list[Decoder], piece: bytes) -> Iterator[bytes]:
    """Yield `piece` after all of `stack`, the first first, in pieces of bounded size."""
    if not stack:
        yield piece
        return
    for out in stack[0].feed(piece):
        yield from through(stack[1:], out)


def _shows(coding: str, body: bytes) -> bool:
    """Tell whether `body` can be in `coding` (only some codings have a mark)."""
    if coding in {"gzip", "x-gzip"}:
        return body.startswith(b"\x1f\x8b")
    if coding == "zstd":
        return body.startswith(b"\x28\xb5\x2f\xfd")
    return body.lstrip()[:1] != b"<"
