"""Responses taken apart again: codings undone, bombs stopped, archives' oddities borne with."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import PageError
from tasks.warc.http import Message, body_of, charset_of, codings_of, decode, parse, unchunk

TEXT = "Straße, 東京, 1 € – and so on. ".encode() * 5000


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress, lambda d: gzip.compress(d[:9]) + gzip.compress(d[9:])],
    "deflate": [zlib.compress, raw_deflate],
    "br": [brotli.compress],
    "zstd": [zstd.compress],
}
CASES = [(coding, packer) for coding, packers in PACKERS.items() for packer in packers]


@pytest.mark.parametrize(("coding", "pack"), CASES)
@pytest.mark.parametrize("size", [1, 7, 4096, 10**9])
def test_every_coding_is_undone_in_pieces_of_any_size(
    coding: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    packed = pack(TEXT)
    pieces = [packed[i : i + size] for i in range(0, min(len(packed), 200_000), size)]
    assert b"".join(decode(pieces, [coding], 10**6)) == TEXT


def test_names_that_mean_no_coding_are_passed_over() -> None:
    assert codings_of("identity, none, UTF-8, aws-chunked,") == []
    assert codings_of("gzip, Identity, BR") == ["gzip", "br"]


@pytest.mark.parametrize(("coding", "pack"), CASES)
def test_a_bomb_is_stopped_and_broken_data_has_a_slug(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    bomb = pack(b"\0" * 10_000_000)
    longest = 0
    with pytest.raises(PageError) as stopped:  # noqa: PT012
        for piece in decode([bomb], [coding], 100_000):
            longest = max(longest, len(piece))
    assert stopped.value.slug == "compression-bomb"
    assert longest <= 128 * 1024  # never the whole
    broken = pack(TEXT)[:50] + b"\xff" * 200
    with pytest.raises(PageError) as refused:
        list(decode([broken], [coding], 10**6))
    assert refused.value.slug == "bad-compression"


def test_codings_are_undone_last_first_and_few() -> None:
    twice = gzip.compress(brotli.compress(b"hello"))
    assert b"".join(decode([twice], codings_of("br, identity, GZIP"), 100)) == b"hello"
    with pytest.raises(PageError):
        list(decode([b""], ["gzip"] * 4, 100))


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=5))
def test_chunks_are_joined(chunks: list[bytes]) -> None:
    framed = (
        b"".join(b"%X;ext=1\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\nTrailer: x\r\n\r\n"
    )
    assert unchunk(framed) == b"".join(chunks)


def test_a_torn_chunked_body_gives_what_is_there() -> None:
    assert unchunk(b"5\r\nhello\r\n5\r\nwo") == b"hellowo"
    assert unchunk(b"5\r\nhello\r\n") == b"hello"
    assert unchunk(b"<p>never was chunked</p>") == b"<p>never was chunked</p>"
    assert unchunk(b"") == b""


def test_heads_as_they_come() -> None:
    message = parse(b"HTTP/1.0 200\nContent-Type:text/html; charset='x'\nnonsense\n\nbody\n\n")
    assert message == Message(200, (("content-type", "text/html; charset='x'"),), b"body\n\n")
    assert charset_of(message.get("content-type")) == "x"
    assert charset_of("text/html") == ""
    for block in (b"", b"hello", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"):
        with pytest.raises(PageError):
            parse(block)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Encoding: gzip", gzip.compress(b"<p>x</p>")),
        ("Content-Encoding: gzip", b"<p>x</p>"),  # decoded by the archive, header left as it was
        ("Content-Encoding: br", b"<p>x</p>"),
        ("Transfer-Encoding: chunked", b"8\r\n<p>x</p>\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", b"<p>x</p>"),
        ("X-Crawler-Content-Encoding: gzip", b"<p>x</p>"),
        ("Transfer-Encoding: chunked\r\nContent-Encoding: gzip",
         b"%X\r\n%s\r\n0\r\n\r\n" % (len(gzip.compress(b"<p>x</p>")), gzip.compress(b"<p>x</p>"))),
    ],
    ids=["gzip", "gzip undone", "br undone", "chunked", "chunks undone", "both undone", "both"],
)  # fmt: skip
def test_bodies_of_our_own_and_of_common_crawl(head: str, body: bytes) -> None:
    message = parse(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)
    assert body_of(message, 1000) == b"<p>x</p>"


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(PageError, match="too-large"):
        body_of(parse(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 101), 100)
