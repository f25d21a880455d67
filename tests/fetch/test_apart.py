"""Bodies that keep a parser busy end in time, and nothing waits for them."""

import time

import anyio
import pytest

from tasks.errors import PageError
from tasks.fetch.apart import read_apart
from tests.fetch.web import rss, sitemap

URL = "http://news.example/feed"
FIELDS = b" ".join(b"a%d='1'" % number for number in range(200_000))
ENDLESS = b"<rss version='2.0'><channel><item " + FIELDS + b"/></channel></rss>"
"""Two megabytes that take six minutes."""


def test_feeds_sitemaps_and_front_pages_are_read() -> None:
    async def main() -> list[int]:
        bodies = {
            "feed": rss("/1", "/2"),
            "sitemap": sitemap("http://news.example/1"),
            "homepage": b"<a href=/2026/11/24/rain-on-the-harbour>Rain</a>",
        }
        return [
            len((await read_apart(purpose, body, URL, 10)).pages)
            for purpose, body in bodies.items()
        ]

    assert anyio.run(main) == [2, 1, 1]


def test_a_body_that_takes_too_long_ends_and_delays_nobody() -> None:
    late: list[str] = []
    times: list[float] = []

    async def endless() -> None:
        with pytest.raises(PageError) as failed:
            await read_apart("feed", ENDLESS, URL, 10, limit_s=3)
        late.append(failed.value.slug)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(endless)
            while len(late) < 2:
                began = time.monotonic()
                await read_apart("feed", rss("/1"), URL, 10)
                times.append(time.monotonic() - began)
                await anyio.sleep(0.1)

    began = time.monotonic()
    anyio.run(main)
    assert late == ["timeout"] * 2
    assert time.monotonic() - began < 20
    assert len(times) > 5, "others were read meanwhile"
    assert sorted(times)[len(times) // 2] < 1


def test_what_a_reader_refuses_keeps_its_slug() -> None:
    with pytest.raises(PageError, match="feed-parse: neither RSS"):
        anyio.run(read_apart, "feed", b"<html>no feed</html>", URL, 10)
