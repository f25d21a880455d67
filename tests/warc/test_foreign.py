"""WARC files as Common Crawl writes CC-NEWS: what is in them, said truly or not, becomes pages."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from tasks.errors import PageError
from tasks.extract.page import extract
from tasks.fetch.files import run as capture
from tasks.rules import load_rules
from tasks.schema import Capture, Failure
from tasks.settings import PROJECT
from tasks.sources import FileOptions
from tasks.warc.reader import closed_files, positions, read_captures

SITE = "https://harbour-courier.example/"
BODY = b"<!DOCTYPE html><title>Rain</title><p>It rained on the harbour all day, and it was cold."
ZIPPED = gzip.compress(BODY, mtime=0)
HTML = "text/html; charset=utf-8"
Headers = Sequence[tuple[str, str]]

PAGES: Mapping[str, tuple[bytes, Headers]] = {
    "plain": (BODY, [("Content-Type", HTML)]),
    "renamed": (BODY, [("Content-Type", HTML), ("X-Crawler-Content-Encoding", "gzip")]),
    "decoded": (BODY, [("Content-Type", HTML), ("Content-Encoding", "gzip")]),
    "dechunked": (BODY, [("Content-Type", HTML), ("Transfer-Encoding", "chunked")]),
    "zipped": (ZIPPED, [("Content-Type", HTML), ("Content-Encoding", "gzip")]),
    "wrong-length": (BODY, [("Content-Type", HTML), ("Content-Length", "12")]),
    "untyped": (BODY, []),
    "odd-type": (BODY, [("Content-Type", "text/html, text/html")]),
}
"""Name -> what is stored of a page whose body is `BODY`: some headers are true, some are not."""

OTHERS: Mapping[str, tuple[str, bytes, Headers, str]] = {
    "moved": ("301 Moved Permanently", b"", [("Location", "/plain")], "http-error"),
    "gone": ("404 Not Found", b"<h1>gone</h1>", [("Content-Type", HTML)], "http-error"),
    "feed": ("200 OK", b"<?xml version='1.0'?><rss><channel/></rss>",
             [("Content-Type", "application/rss+xml")], "not-html"),
    "photo": ("200 OK", b"\xff\xd8\xff\xe0" + bytes(99), [("Content-Type", "image/jpeg")],
              "not-html"),
    "empty": ("200 OK", b"", [("Content-Type", HTML)], "empty"),
    "bad-status": ("Yes", BODY, [("Content-Type", HTML)], "unreadable"),
}  # fmt: skip
"""Name -> status, body, headers and the slug under which it ends."""


def record(kind: str, url: str, block: bytes, content_type: str, extra: str = "") -> bytes:
    """Return a record as a gzip member of its own."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {uuid4().urn}\r\n"
        f"WARC-Date: 2026-01-02T03:04:05Z\r\nWARC-Target-URI: {url}\r\n{extra}"
        f"Content-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


def fetched(name: str, status: str, body: bytes, headers: Headers, extra: str = "") -> bytes:
    """Return the records of one fetch: request, response, metadata."""
    fields = "".join(f"{key}: {value}\r\n" for key, value in headers)
    asked = f"GET /{name} HTTP/1.1\r\nHost: harbour-courier.example\r\n\r\n".encode()
    said = f"HTTP/1.1 {status}\r\n{fields}\r\n".encode() + body
    return (
        record("request", SITE + name, asked, "application/http; msgtype=request")
        + record("response", SITE + name, said, "application/http; msgtype=response", extra)
        + record("metadata", SITE + name, b"fetchTimeMs: 120\r\n", "application/warc-fields")
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    about = b"isPartOf: CC-NEWS\r\nsoftware: StormCrawler\r\n"
    parts = [record("warcinfo", "", about, "application/warc-fields")]
    parts += [fetched(name, "200 OK", body, headers) for name, (body, headers) in PAGES.items()]
    parts += [fetched(name, *stored[:3]) for name, stored in OTHERS.items()]
    parts.append(
        fetched("robots.txt", "200 OK", b"User-agent: *", [("Content-Type", "text/plain")])
    )
    cut = "WARC-Truncated: length\r\n"
    parts.append(fetched("cut", "200 OK", BODY[:-20], [("Content-Type", HTML)], cut))
    parts.append(record("response", "dns:harbour-courier.example", b"203.0.113.7", "text/dns"))
    path = tmp_path / "CC-NEWS-20260102-00001.warc.gz"
    path.write_bytes(b"".join(parts))
    return path


def taken(path: Path, data: Path) -> Iterator[Capture | Failure]:
    """Capture the file as a backfill does, and read what it holds."""
    capture("cc", data, data, "run-1", FileOptions(paths=(path,), name="cc-news"))
    for file in closed_files(data / "captures" / "cc"):
        yield from read_captures(file, data / "captures", positions(file))


def test_each_response_is_a_page_or_a_slug(archive: Path, tmp_path: Path) -> None:
    rules = load_rules(PROJECT / "config")
    bodies: dict[str, bytes] = {}
    slugs: dict[str, str] = {}
    for one in taken(archive, tmp_path / "data"):
        name = one.page.url.removeprefix(SITE)
        assert one.page.fetched_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        assert one.page.is_cut == (name == "cut")
        if isinstance(one, Failure):
            slugs[name] = one.slug
            continue
        try:
            extract(one, rules)
        except PageError as error:
            slugs[name] = error.slug
        else:
            bodies[name] = one.body
    assert bodies == dict.fromkeys(PAGES, BODY) | {"cut": BODY[:-20]}
    assert slugs == {name: slug for name, (_, _, _, slug) in OTHERS.items()}


def test_of_a_torn_file_the_pages_before_the_tear_are_taken(archive: Path, tmp_path: Path) -> None:
    whole = [one.page.url for one in taken(archive, tmp_path / "whole")]
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    some = [one.page.url for one in taken(archive, tmp_path / "torn")]
    assert 3 < len(some) < len(whole)
    assert some == whole[: len(some)]
