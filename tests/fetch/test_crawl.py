"""Lanes of hosts: what is fetched side by side, and what waits in memory."""

import random
from collections.abc import Sequence

import anyio

from tasks.fetch.crawl import Candidate, Crawl, Result
from tasks.fetch.download import Downloader
from tasks.fetch.network import Exchange
from tests.fetch.web import QUICK, page, serving

SLOTS = 4


def test_no_more_pages_than_slots_wait_to_be_written_down() -> None:
    """A slow disk slows fetching down; it does not fill memory with a page of every host."""
    waiting: set[str] = set()
    most = 0
    done = []

    async def handle(result: Result, exchange: Exchange | None) -> Sequence[Candidate]:
        nonlocal most
        if result.candidate.purpose == "page" and exchange is not None:
            waiting.add(result.candidate.url)
            most = max(most, len(waiting))
            await anyio.sleep(0.05)
            waiting.remove(result.candidate.url)
            done.append(result.response.status)
        return []

    async def main() -> None:
        settings = QUICK.model_copy(update={"concurrency": SLOTS})
        source = web.source("farm.example")
        urls = [f"http://host-{number}.farm.example/" for number in range(30)]
        async with Downloader(settings) as downloader:
            crawl = Crawl(settings, downloader, handle, lambda _: None, random.Random(1))  # noqa: S311
            await crawl.run([Candidate(url, source, "page") for url in urls])

    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>")}
        anyio.run(main)
    assert done == [200] * 30
    assert most == SLOTS
