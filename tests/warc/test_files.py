"""WARC files: written so that others read them, torn ones found out, foreign ones read."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from fastwarc.warc import ArchiveIterator
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from tasks.errors import PageError
from tasks.schema import Capture, Failure
from tasks.warc.members import members
from tasks.warc.reader import closed_files, media_of, positions, read_captures, tear
from tasks.warc.record import Record, compress
from tasks.warc.writer import OPEN_SUFFIX, WarcWriter, lock
from tests.fetch.web import QUICK, page, run_fetch, serving

ZIPPED = gzip.compress(b"<p>zipped</p>", mtime=0)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of ours: plain, gzipped and chunked responses, a 404, a redirect."""
    data = tmp_path_factory.mktemp("ours")
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving() as web:
        web.answers = {
            "/plain": page(b"<p>plain</p>"),
            "/zipped": page(ZIPPED, "Content-Encoding: gzip"),
            "/chunked": chunked + b"6;x\r\n<p>chu\r\n8\r\nnked</p>\r\n0\r\nX-T: 1\r\n\r\n",
            "/moved": page(b"", "Location: /plain", status="302 Found"),
        }
        urls = [
            f"http://news.example{p}" for p in ("/plain", "/zipped", "/chunked", "/gone", "/moved")
        ]
        run_fetch(data, [web.source(urls=urls)], QUICK)
    (file,) = closed_files(data / "captures" / "p")
    return file


def test_bytes_are_kept_as_they_were_on_the_wire(ours: Path) -> None:
    with ours.open("rb") as stream:
        blocks = {
            r.headers["WARC-Target-URI"]: r.reader.read()
            for r in ArchiveIterator(stream, parse_http=False)
            if r.headers["WARC-Type"] == "response"
        }
    chunked = blocks["http://news.example/chunked"]
    assert chunked.endswith(b"\r\n\r\n6;x\r\n<p>chu\r\n8\r\nnked</p>\r\n0\r\nX-T: 1\r\n\r\n")
    assert blocks["http://news.example/zipped"].endswith(ZIPPED)
    assert blocks["http://news.example/plain"] == page(b"<p>plain</p>")


def test_captures_are_the_pages_decoded(ours: Path) -> None:
    captures = ours.parents[1]
    found = list(read_captures(ours, captures, positions(ours)))
    assert [(c.page.url, c.body) for c in found if isinstance(c, Capture)] == [
        ("http://news.example/plain", b"<p>plain</p>"),
        ("http://news.example/zipped", b"<p>zipped</p>"),
        ("http://news.example/chunked", b"<p>chunked</p>"),
    ]
    first = found[0].page
    assert (first.source_id, first.status, first.media) == ("news", 200, "html")
    assert first.warc_file == f"p/{ours.name}"


def test_fastwarc_and_warcio_read_it_and_digests_are_right(ours: Path) -> None:
    kinds = ["warcinfo"]
    with ours.open("rb") as stream:
        for record in ArchiveIterator(stream, parse_http=False):
            kinds.append(record.headers["WARC-Type"])
            if "WARC-Block-Digest" in record.headers:
                record.freeze()
                assert record.verify_block_digest()
    with ours.open("rb") as stream:
        assert [r.rec_type for r in WarcioIterator(stream)] == kinds[1:]
    assert kinds[1] == "warcinfo"
    assert kinds[2:5] == ["response", "request", "metadata"]
    checked = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(ours)], check=False)
    assert checked.returncode == 0


def test_each_record_is_a_gzip_member_of_its_own(ours: Path) -> None:
    found = list(members(ours))
    assert found[-1].end == ours.stat().st_size
    with ours.open("rb") as stream:
        starts = [r.stream_pos for r in ArchiveIterator(stream, parse_http=False)]
    assert [m.start for m in found] == starts


def test_a_tear_is_found_wherever_it_is(ours: Path, tmp_path: Path) -> None:
    whole = ours.read_bytes()
    ends = [m.end for m in members(ours)]
    without_end = [end - short for end in ends for short in (1, 4, 8, 9)]
    for length in [*range(0, len(whole), 97), *without_end]:
        torn = tmp_path / "torn.warc.gz"
        torn.write_bytes(whole[:length])
        assert [m.end for m in members(torn)] == [end for end in ends if end <= length]
        assert bool(tear(torn)) == (length not in {0, *ends})
    spoilt = bytearray(whole)
    spoilt[ends[2] + 40] ^= 0xFF
    torn.write_bytes(spoilt)
    assert [m.end for m in members(torn)] == ends[:3]
    assert f"at byte {ends[2]} of {len(whole)}" in tear(torn)
    assert tear(ours) == ""


def _record(text: bytes) -> Record:
    fields = (("WARC-Type", "resource"), ("WARC-Target-URI", "file:///a\r\nX: y\0"))
    return Record(fields, BytesIO(text), len(text))


def test_files_are_rolled_and_closed_by_rename(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, "x", {"software": "test"}, roll_bytes=500, dated=NOW)
    for number in range(4):
        writer.append([_record(bytes(str(number), "ascii") * 3000 + bytes(range(256)) * 2)])
        assert list(tmp_path.glob(f"*{OPEN_SUFFIX}"))
        if writer.is_full:
            writer.close()
    writer.close()
    assert [f.name for f in closed_files(tmp_path)] == [f"x-{n:05}.warc.gz" for n in range(4)]
    assert not list(tmp_path.glob(f"*{OPEN_SUFFIX}"))


def test_a_file_has_one_writer(tmp_path: Path) -> None:
    writers = [WarcWriter(tmp_path, "x", {}, dated=NOW) for _ in range(2)]
    for writer in writers:
        writer.append([_record(b"a")])
    with (tmp_path / "x-00000.warc.gz.open").open("rb") as file:
        assert not lock(file)
    for writer in writers:
        writer.close()
    assert [len(list(members(f))) for f in closed_files(tmp_path)] == [2, 2]


def test_a_field_cannot_break_out_of_its_line() -> None:
    text = gzip.decompress(b"".join(compress(_record(b"hi"))))
    assert b"WARC-Target-URI: file:///a  X: y \r\nContent-Length: 2\r\n\r\nhi\r\n\r\n" in text


def test_the_same_record_gives_the_same_bytes() -> None:
    assert b"".join(compress(_record(b"hi"))) == b"".join(compress(_record(b"hi")))


def _foreign_record(kind: str, url: str, content_type: str, block: bytes) -> bytes:
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{uuid4()}>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: 2026-11-24T10:00:00Z\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def foreign(path: Path, *, gzipped: bool) -> Path:
    """Write a file as other crawlers do: no rows of ours, decoded bodies, other types."""
    records = [_foreign_record("warcinfo", "", "application/warc-fields", b"software: other\r\n")]
    for url, status, kind, body in (
        ("http://news.example/robots.txt", "200 OK", "text/plain", b"User-agent: *"),
        ("http://news.example/1", "200 OK", "text/html; charset=UTF-8", b"<p>one</p>"),
        ("http://news.example/logo", "200 OK", "image/png", b"\x89PNG"),
        ("http://news.example/gone", "404 Not Found", "text/html", b"no"),
        ("http://news.example/2", "200 OK", "", b"  <!DOCTYPE html><p>two</p>"),
    ):
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nX-Crawler-Was: gzip\r\n\r\n"
        http = "application/http; msgtype="
        records += [
            _foreign_record("request", url, http + "request", b"GET / HTTP/1.1\r\n\r\n"),
            _foreign_record("response", url, http + "response", head.encode() + body),
            _foreign_record("metadata", url, "application/warc-fields", b"fetchTimeMs: 12\r\n"),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(gzip.compress, records) if gzipped else records))
    return path


@pytest.mark.parametrize("gzipped", [True, False])
def test_files_of_other_crawlers_are_read(tmp_path: Path, gzipped: bool) -> None:  # noqa: FBT001
    file = foreign(tmp_path / "cc" / ("x.warc.gz" if gzipped else "x.warc"), gzipped=gzipped)
    found = list(read_captures(file, tmp_path, positions(file)))
    assert [(f.page.url, type(f)) for f in found] == [
        ("http://news.example/1", Capture), ("http://news.example/logo", Capture),
        ("http://news.example/gone", Failure), ("http://news.example/2", Capture),
    ]  # fmt: skip
    assert [f.page.media for f in found] == ["html", "other", "other", "html"]
    assert isinstance(found[0], Capture)
    assert (found[0].charset, found[0].page.source_id) == ("UTF-8", "cc")
    assert isinstance(found[2], Failure)
    assert found[2].slug == "http-error"


def test_what_is_no_warc_file_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "x.warc.gz"
    for content in (b"nonsense", gzip.compress(b"nonsense"), b"\x1f\x8b\x08 torn"):
        file.write_bytes(content)
        with pytest.raises(PageError, match="unreadable"):
            positions(file)
    file.write_bytes(b"")
    assert positions(file) == []


def test_an_offset_that_is_no_record_is_a_failure(tmp_path: Path) -> None:
    file = foreign(tmp_path / "cc" / "x.warc.gz", gzipped=True)
    (found,) = read_captures(file, tmp_path, [file.stat().st_size])
    assert isinstance(found, Failure)
    assert found.slug == "unreadable"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [("text/html", b"", "html"), ("TEXT/HTML;charset=x", b"", "html"), ("text/plain", b"", "text"),
     ("application/xhtml+xml", b"", "html"), ("", b"\xef\xbb\xbf\n<HTML>", "html"),
     ("application/octet-stream", b"<p>", "html"), ("", b"<?xml?><rss/>", "other"),
     ("", b"%PDF", "other"), ("application/json", b"<p>", "other"), ("image/png", b"", "other")],
)  # fmt: skip
def test_media(content_type: str, body: bytes, expected: str) -> None:
    assert media_of(content_type, body) == expected
