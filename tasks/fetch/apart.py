"""Feeds, sitemaps and front pages read in processes of their own, which end when they take long.

A parser can be made to work for minutes by a few megabytes (100,000 attributes of one element are
enough), and nothing in the same process can stop it. The processes are kept for the next bodies,
and end with this one.
"""

import signal
import time
from typing import Final

import anyio
from anyio import BrokenWorkerProcess, to_process

from tasks.errors import PageError
from tasks.fetch import discover

READERS: Final = {
    "feed": discover.read_feed, "sitemap": discover.read_sitemap, "homepage": discover.read_homepage
}  # fmt: skip
"""Purpose of a request -> what reads the answer."""

LIMIT_S: Final = 20
"""A feed of 10 MiB of full texts takes half of it on a slow machine."""

_AT_ONCE: Final = 4


async def read_apart(
    purpose: str, body: bytes, url: str, limit: int, limit_s: int = LIMIT_S
) -> discover.Found:
    """Return what the feed, sitemap or front page `body` names, at most `limit` pages.

    Raises:
        PageError: as its reader; "timeout" when that took longer than `limit_s`; "feed-parse" when
            its process died.
    """
    began = time.monotonic()
    try:
        return await to_process.run_sync(
            _read, purpose, body, url, limit, limit_s, cancellable=True, limiter=_limiter()
        )
    except BrokenWorkerProcess as error:
        if time.monotonic() - began >= limit_s:
            raise PageError("timeout", f"reading it took longer than {limit_s} s") from error
        raise PageError("feed-parse", f"the process that read it died: {error}") from error


def _read(purpose: str, body: bytes, url: str, limit: int, limit_s: int) -> discover.Found:
    """Read `body` in this process, which the kernel ends when that takes too long."""
    signal.alarm(limit_s)
    try:
        return READERS[purpose](body, url, limit)
    finally:
        signal.alarm(0)


_limiters: Final[anyio.lowlevel.RunVar[anyio.CapacityLimiter]] = anyio.lowlevel.RunVar("readers")


def _limiter() -> anyio.CapacityLimiter:
    """Return the limit on processes at once of this event loop."""
    try:
        return _limiters.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(_AT_ONCE)
        _limiters.set(limiter)
        return limiter
