"""Fetching from 1,000 simulated hosts: pages a second, processor time, peak memory.

``python tests/bench/bench_fetch.py [hosts] [pages of each]``. Server and fetcher are two processes
on this machine; every host is a name of its own behind one loopback port, answers after 50 ms, and
has a robots.txt, a feed, and pages of 60 kB. Politeness is on: one request at a time to each. All
hosts belong to one source, because sources with a private address share no client; public ones do.
"""

import asyncio
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).parents[2]))

from tasks.fetch.partition import fetch
from tasks.sources import FetchOptions, FetchSettings, Source
from tasks.store.layout import Layout

LATENCY_S = 0.05
PAGE_BYTES = 60_000
WORDS = ["rain", "harbour", "council", "ferry", "vote"]
DELAY_S = 0.1


def serve(ready: Connection, pages: int) -> None:
    """Serve all hosts until the process is ended; sends the port."""
    words = random.Random(7).choices(WORDS, k=PAGE_BYTES // 6)  # noqa: S311
    text = " ".join(words)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                host = head.lower().split(b"host: ")[1].split(b"\r\n")[0].decode()
                kind, body = "text/html", f"<html><body><p>{host}{path}</p><p>{text}</p>"
                if path == "/robots.txt":
                    kind, body = "text/plain", "User-agent: *\nDisallow: /no"
                elif path == "/feed":
                    items = "".join(f"<item><link>/{n}</link></item>" for n in range(pages))
                    kind, body = "text/xml", f"<rss version='2.0'><channel>{items}</channel></rss>"
                await asyncio.sleep(LATENCY_S)
                content = body.encode()
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: "
                             f"{len(content)}\r\n\r\n".encode() + content)  # fmt: skip
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2000)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def main(hosts: int, pages: int) -> None:
    """Fetch everything once and print what it took."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, pages))
    server.start()
    port = ours.recv()
    feeds = tuple(f"http://host-{n}.farm.example/feed" for n in range(hosts))
    sources = [
        Source(id="farm", homepage="http://farm.example/", allow_private=True, feeds=feeds,
               connect_to=f"127.0.0.1:{port}")
    ]  # fmt: skip
    settings = FetchSettings(delay_s=DELAY_S, concurrency=256, max_urls=hosts * pages)
    with tempfile.TemporaryDirectory() as data:
        began, before = time.monotonic(), time.process_time()
        how = (settings, FetchOptions())
        report = anyio.run(fetch, "bench", Layout(Path(data)), "bench", sources, how)
        seconds, cpu = time.monotonic() - began, time.process_time() - before
        size = sum(file.stat().st_size for file in Path(data).rglob("*.warc.gz"))
    server.terminate()
    server.join()
    requests = report.captured + 2 * hosts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{hosts} hosts, {report.captured} pages of {PAGE_BYTES} bytes, {report.failed} failed\n"
        f"{seconds:.1f} s: {report.captured / seconds:.0f} pages/s\n"
        f"processor {cpu:.1f} s: {cpu / requests * 1000:.2f} ms a request\n"
        f"peak memory {peak:.0f} MiB; captured {size / 1e6:.0f} MB\n"
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    main(*given, *[1000, 5][len(given) :])
