"""One client for every public host: what a request costs does not grow with the hosts."""

import time
from pathlib import Path

import anyio

from tasks.fetch.download import Downloader
from tests.fetch.web import QUICK, Web, page, serving


async def ask(downloader: Downloader, web: Web, hosts: range) -> float:
    """Get a page of each host, one after another; returns the CPU seconds of a request."""
    source = web.source("farm.example")
    began = time.process_time()
    for number in hosts:
        url = f"http://host-{number}.farm.example/"
        response, exchange = await downloader.get(url, source, {}, keep=True)
        exchange.close()
        assert (response.error, response.status) == ("", 200)
    return (time.process_time() - began) / len(hosts)


def test_a_request_costs_the_same_among_many_hosts() -> None:
    async def main() -> tuple[float, float]:
        settings = QUICK.model_copy(update={"concurrency": 1000})
        async with Downloader(settings) as downloader:
            few = await ask(downloader, web, range(60))
            await ask(downloader, web, range(60, 540))
            return few, await ask(downloader, web, range(540, 600))

    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>")}
        few, many = anyio.run(main)
    assert many < 2 * few, f"{few * 1000:.1f} ms with 60 hosts, {many * 1000:.1f} ms with 600"


def test_connections_are_kept_to_the_hosts_used_last() -> None:
    async def main() -> int:
        settings = QUICK.model_copy(update={"concurrency": 5})
        async with Downloader(settings) as downloader:
            await ask(downloader, web, range(40))
            await ask(downloader, web, range(38, 40))
            return sum(web.port == port for port in open_ports())

    with serving() as web:
        web.answers = {"/": page(b"<p>hi</p>")}
        assert anyio.run(main) == 5
        assert len(web.log) == 42


def open_ports() -> list[int]:
    """Return the remote ports of this process's established connections."""
    inodes = set()
    for name in Path("/proc/self/fd").iterdir():
        try:
            inodes.add(str(name.readlink()))
        except FileNotFoundError:  # the listing's own
            continue
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [
        int(line[2].rpartition(":")[2], 16)
        for line in fields
        if f"socket:[{line[9]}]" in inodes and line[3] == "01"
    ]
