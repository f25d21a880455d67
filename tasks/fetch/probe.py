"""A look at one site before it becomes a source, or at a source to see whether it still works.

`probe` asks, as politely as a run would, for robots.txt, the front page, the feeds and sitemaps
that these name (or usual places), and a few articles. It writes nothing.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import anyio

from tasks.errors import PageError
from tasks.fetch import discover
from tasks.fetch.apart import read_apart
from tasks.fetch.crawl import Candidate, Crawl, Result
from tasks.fetch.download import Downloader, Network
from tasks.fetch.failure import single_faults
from tasks.fetch.network import Exchange
from tasks.fetch.robots import Policy, Robots, read, robots_url
from tasks.fetch.tags import tags
from tasks.schema import Capture, Failure, Page
from tasks.sources import FetchSettings, Source
from tasks.urls import canonical, fetchable, origin_of
from tasks.warc.reader import capture_of

USUAL_FEEDS: Final = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/rss", "/index.xml")
USUAL_SITEMAPS: Final = ("/sitemap.xml", "/news-sitemap.xml", "/sitemap-news.xml")
SAMPLES: Final = 5

_MAX_FILES: Final = 12
_MAX_LINKS: Final = 1000
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
_NEWS = re.compile(r"news|nachricht|noticia|actu", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """One feed or sitemap that was looked at."""

    url: str
    kind: str  # "feed" or "sitemap"
    pages: int  # named by it
    newest: datetime | None
    error: str = ""  # slug


@dataclass
class Found:
    """What a look at a site found."""

    robots: str = ""  # "allowed", "disallowed" or a slug, and why it could not be had
    delay_s: float = 0.0  # Crawl-delay asked for
    language: str = ""
    files: list[File] = field(default_factory=list)
    samples: list[Capture | Failure] = field(default_factory=list)

    def usable(self, kind: str) -> list[str]:
        """Return the URLs of the files of a kind that name pages, those with the newest first."""
        good = [f for f in self.files if f.kind == kind and f.pages]
        good.sort(key=lambda file: file.newest or _EARLIEST, reverse=True)
        return [f.url for f in good]


def probe(source: Source, settings: FetchSettings, network: Network | None = None) -> Found:
    """Return what a look at `source` found; failures are in it, none is raised."""
    with single_faults():
        return anyio.run(_probe, source, settings, network)


async def _probe(source: Source, settings: FetchSettings, network: Network | None) -> Found:
    look = _Look(source)
    async with Downloader(settings, network) as downloader:
        for candidates in (look.first, look.files, look.usual, look.pages):
            chance = random.Random()  # noqa: S311  jitter
            await Crawl(settings, downloader, look.handle, look.known, chance).run(candidates())
            await anyio.sleep(settings.delay_s)
    return look.found


class _Look:
    """The state of one look: what to ask for next follows from what came before."""

    def __init__(self, source: Source) -> None:
        self.found = Found()
        self.rules: dict[str, Robots] = {}
        self._source = source
        self._named: list[tuple[str, str]] = [
            *(("feed", url) for url in source.feeds),
            *(("sitemap", url) for url in source.sitemaps),
        ]
        self._links: list[discover.Link] = []
        self._asked: set[str] = set()
        self._why = ""  # robots.txt could not be had, as in "(dns-failed)"

    def known(self, origin: str) -> Robots | None:
        return self.rules.get(origin)

    def first(self) -> Iterator[Candidate]:
        yield Candidate(self._source.homepage, self._source, "homepage")

    def files(self) -> Iterator[Candidate]:
        yield from self._ask(self._named)

    def usual(self) -> Iterator[Candidate]:
        """Yield the usual places of what was not found where it is named."""
        base = robots_url(self._source.homepage).removesuffix("/robots.txt")
        if not self.found.usable("feed"):
            yield from self._ask([("feed", base + path) for path in USUAL_FEEDS])
        if not self.found.usable("sitemap"):
            yield from self._ask([("sitemap", base + path) for path in USUAL_SITEMAPS])

    def pages(self) -> Iterator[Candidate]:
        self._links.sort(key=lambda link: link.published_at or _EARLIEST, reverse=True)
        chosen: dict[str, discover.Link] = {}
        for link in self._links:
            chosen.setdefault(canonical(link.url), link)
        for name, link in list(chosen.items())[:SAMPLES]:
            yield Candidate(link.url, self._source, "page", name)

    def _ask(self, files: Sequence[tuple[str, str]]) -> Iterator[Candidate]:
        for kind, url in files:
            if url not in self._asked and len(self._asked) < _MAX_FILES:
                self._asked.add(url)
                yield Candidate(url, self._source, kind)

    async def handle(self, result: Result, exchange: Exchange | None) -> Sequence[Candidate]:
        """Take in one result; returns what must be asked for at once."""
        candidate, outcome = result.candidate, result.outcome
        if outcome.redirect and candidate.purpose != "robots":
            hops = (*candidate.hops, candidate.url)
            return [Candidate(outcome.redirect, self._source, candidate.purpose, hops=hops)]
        match candidate.purpose:
            case "robots":
                self._robots(result)
            case "homepage":
                self.found.robots = " ".join(
                    filter(None, [outcome.error or result.robots, self._why])
                )
                await self._homepage(result)
            case "page":
                self._sample(result, exchange)
            case _:
                return await self._file(result)
        return []

    def _robots(self, result: Result) -> None:
        response = result.response
        if result.outcome.error and not self._why:
            self._why = f"({result.outcome.error})"
        robots = read(response.status, response.error, response.body, response.began_at, None)
        self.rules[origin_of((*result.candidate.hops, result.candidate.url)[0])] = robots
        policy = Policy(robots, "*")
        self.found.delay_s = max(self.found.delay_s, policy.delay_s)
        for sitemap in policy.sitemaps:
            with suppress(PageError):  # a line of robots.txt that is no URL names nothing
                self._named.append(("sitemap", fetchable(sitemap, response.url)))

    async def _homepage(self, result: Result) -> None:
        if result.outcome.error:
            return
        body, url = result.response.body, result.candidate.url
        self._named += [("feed", feed) for feed in discover.linked_feeds(body, url)]
        root = next((fields for fields, _ in tags(body, "html")), {})
        self.found.language = root.get("lang", "")
        self._links += (await read_apart("homepage", body, url, SAMPLES)).pages

    async def _file(self, result: Result) -> list[Candidate]:
        """Take in a feed or sitemap; returns the sitemaps of an index, news first."""
        candidate, error = result.candidate, result.outcome.error
        named = discover.Found()
        if not error:
            try:
                named = await read_apart(
                    candidate.purpose, result.response.body, candidate.url, _MAX_LINKS
                )
            except PageError as failed:
                error = failed.slug
        dates = [link.published_at for link in named.pages if link.published_at]
        url = (*candidate.hops, candidate.url)[0]
        newest = max(dates, default=None)
        self.found.files.append(File(url, candidate.purpose, len(named.pages), newest, error))
        self._links += named.pages[: SAMPLES * 2]
        ordered = sorted(named.sitemaps, key=lambda sitemap: not _NEWS.search(sitemap))
        return list(self._ask([("sitemap", sitemap) for sitemap in ordered[:SAMPLES]]))

    def _sample(self, result: Result, exchange: Exchange | None) -> None:
        response = result.response
        page = Page(response.url, self._source.id, response.began_at, "other", "")
        if result.outcome.error or exchange is None:
            failed = Failure(page, "fetch", result.outcome.error, result.outcome.message)
            self.found.samples.append(failed)
            return
        exchange.received.seek(0)
        self.found.samples.append(capture_of(page, exchange.received.read()))
