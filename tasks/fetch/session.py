"""One fetch run: which candidates it starts from, and what its results lead to.

The session knows the memory (`tasks.fetch.seen`) and the recorder; the crawl below it knows hosts
and politeness. A page is fetched once a run, and again in a later run only when its re-check is due.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import anyio

from tasks.errors import PageError
from tasks.fetch import discover, signals
from tasks.fetch.capture import Attempt, Recorder, Revisited
from tasks.fetch.crawl import Candidate, Result
from tasks.fetch.judge import NOT_MODIFIED
from tasks.fetch.network import Exchange
from tasks.fetch.robots import Robots, read
from tasks.fetch.schedule import next_check, next_interval
from tasks.fetch.seen import Memory, SeenFeed, SeenUrl
from tasks.sources import FetchOptions, FetchSettings, Source
from tasks.urls import canonical, origin_of
from tasks.warc.record import IDENTICAL_PAYLOAD, SERVER_NOT_MODIFIED

GONE = frozenset({404, 410})
"""Remembered like a page, so that a dead link in a feed is not asked for in every run."""

FLUSH_ROWS = 200
"""So many attempts make a batch durable, or as many as come in `flush_s`."""


@dataclass
class Progress:
    """Counts of one run, as it goes."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


class Session:
    """The state of one run."""

    def __init__(
        self, settings: FetchSettings, options: FetchOptions, memory: Memory, recorder: Recorder
    ) -> None:
        self.progress = Progress()
        self._settings = settings
        self._options = options
        self._memory = memory
        self._recorder = recorder
        self._queued: set[str] = set()  # canonical URLs of this run
        self._pages: Counter[str] = Counter()  # queued, by source
        self._files: Counter[str] = Counter()  # sitemaps queued, by source
        self._urls: list[SeenUrl] = []
        self._feeds: list[SeenFeed] = []
        self._robots: list[tuple[str, Robots]] = []
        self._flushing = anyio.Lock()

    def start(self, sources: Sequence[Source]) -> Iterator[Candidate]:
        """Yield the candidates a run begins with."""
        now = datetime.now(UTC)
        for source in sources:
            for url in source.urls:
                yield from self.page(source, discover.Link(url))
            if self._options.recheck:
                for seen in self._memory.due(source.id, now, self._settings.max_urls):
                    yield from self.page(source, discover.Link(seen.url, seen.published_at))
            for purpose, urls in (("feed", source.feeds), ("sitemap", source.sitemaps)):
                for url in urls:
                    yield from self._poll(source, url, purpose, now)
            if source.homepage_links and not source.feeds and not source.sitemaps:
                yield from self._poll(source, source.homepage, "homepage", now)

    def page(self, source: Source, link: discover.Link) -> Iterator[Candidate]:
        """Yield the page candidate for a link, unless there is a reason not to fetch it."""
        name = canonical(link.url)
        seen = self._memory.url(name)
        reason = self._reason_against(source, link, name, seen)
        if reason:
            self.progress.counts[f"skipped: {reason}"] += 1
            return
        self._queued.add(name)
        self._pages[source.id] += 1
        published = link.published_at or (seen.published_at if seen else None)
        conditions = _conditions(seen.etag, seen.last_modified) if seen else ()
        yield Candidate(link.url, source, "page", name, published, conditions=conditions)

    def _reason_against(
        self, source: Source, link: discover.Link, name: str, seen: SeenUrl | None
    ) -> str:
        """Return why a page is not fetched, or ""."""
        limits = [limit for limit in (self._options.limit, source.limit) if limit is not None]
        if name in self._queued:
            return "queued already"
        if source.include and not any(part in link.url for part in source.include):
            return "not included"
        if any(part in link.url for part in source.exclude):
            return "excluded"
        since = self._options.since
        if since is not None and link.published_at is not None and link.published_at < since:
            return "older than --since"
        if seen is not None and (seen.next_at is None or seen.next_at > datetime.now(UTC)):
            return "fetched before"
        if limits and self._pages[source.id] >= min(limits):
            return "over the limit"
        return ""

    def _poll(self, source: Source, url: str, purpose: str, now: datetime) -> Iterator[Candidate]:
        known = self._memory.feed(url)
        if url in self._queued or self._files[source.id] >= self._settings.sitemap_files:
            return
        if known is not None and known.next_at > now:
            self.progress.counts["skipped: feed not due"] += 1
            return
        self._queued.add(url)
        self._files[source.id] += 1
        conditions = _conditions(known.etag, known.last_modified) if known else ()
        yield Candidate(url, source, purpose, conditions=conditions)

    def known_robots(self, origin: str) -> Robots | None:
        """Return what is remembered of an origin's robots.txt."""
        return self._memory.robots(origin)

    async def handle(self, result: Result, exchange: Exchange | None) -> Sequence[Candidate]:
        """Record a result; returns the candidates found in it."""
        candidate, response, outcome = result.candidate, result.response, result.outcome
        error, message = outcome.error, outcome.message
        found = self._moved(result)
        if not error and not found and not outcome.redirect and response.status != NOT_MODIFIED:
            try:
                found = self._found(candidate, response.body)
            except PageError as failed:
                error, message = failed.slug, failed.message
        seen = self._memory.url(candidate.canonical) if candidate.canonical else None
        attempt = Attempt(
            response=response,
            source_id=candidate.source.id,
            purpose="feed" if candidate.purpose == "homepage" else candidate.purpose,
            error=error,
            message=message,
            robots=result.robots,
            signals=self._signals(result),
            final_url=outcome.redirect,
            canonical=candidate.canonical,
            published_at=candidate.published_at,
            refers_to=_revisited(result, seen),
        )
        self._recorder.add(attempt, exchange)
        self._remember(result, error, seen)
        self.progress.counts[f"{candidate.purpose} {'failed' if error else 'done'}"] += 1
        if error:
            self.progress.errors[error] += 1
        if self._recorder.waiting >= FLUSH_ROWS:
            await self.flush()
        return found

    def _moved(self, result: Result) -> list[Candidate]:
        """Return the redirect to follow, unless it leads to a page already known."""
        target, candidate = result.outcome.redirect, result.candidate
        if not target or candidate.purpose == "robots":
            return []
        hops = (*candidate.hops, candidate.url)
        if candidate.purpose != "page":
            return [replace(candidate, url=target, hops=hops, conditions=())]
        name = canonical(target)
        if name == candidate.canonical:
            return [replace(candidate, url=target, hops=hops)]
        self._pages[candidate.source.id] -= 1
        link = discover.Link(target, candidate.published_at)
        return [replace(found, hops=hops) for found in self.page(candidate.source, link)]

    def _signals(self, result: Result) -> tuple[str, ...]:
        response = result.response
        of_page = signals.of_page(response.start, self._settings.agent)
        return (*signals.of_headers(response.headers), *of_page)

    def _found(self, candidate: Candidate, body: bytes) -> list[Candidate]:
        """Return the candidates that a feed, sitemap or front page names."""
        limit = self._settings.max_urls
        match candidate.purpose:
            case "feed":
                found = discover.read_feed(body, candidate.url, limit)
            case "sitemap":
                found = discover.read_sitemap(body, candidate.url, limit)
            case "homepage":
                found = discover.read_homepage(body, candidate.url, limit)
            case _:
                return []
        source = candidate.source
        pages = [c for link in found.pages for c in self.page(source, link)]
        deeper: list[Candidate] = []
        if candidate.depth + 1 < self._settings.sitemap_depth:
            now = datetime.now(UTC)
            deeper = [
                replace(c, depth=candidate.depth + 1)
                for url in found.sitemaps
                for c in self._poll(source, url, "sitemap", now)
            ]
        self._polled(candidate, len(pages), len(found.pages))
        return [*pages, *deeper]

    def _polled(self, candidate: Candidate, new: int, total: int) -> None:
        known = self._memory.feed(candidate.url)
        interval = next_interval(known.interval_s if known else None, new, total, self._settings)
        now = datetime.now(UTC)
        due = datetime.fromtimestamp(now.timestamp() + interval, UTC)
        self._feeds.append(SeenFeed(candidate.url, now, due, interval, "", ""))

    def _remember(self, result: Result, error: str, seen: SeenUrl | None) -> None:
        candidate, response = result.candidate, result.response
        now = response.began_at
        if candidate.purpose == "robots":
            robots = read(response.status, response.error, response.body, now, None)
            if robots.access != "disallow" and not result.outcome.redirect:
                asked = candidate.hops[0] if candidate.hops else candidate.url
                self._robots.append((origin_of(asked), robots))
        elif candidate.purpose == "page" and (not error or response.status in GONE):
            published = candidate.published_at or (seen.published_at if seen else None)
            first = published or (seen.fetched_at if seen else now)
            same = response.status == NOT_MODIFIED and seen is not None
            self._urls.append(
                SeenUrl(
                    canonical=candidate.canonical,
                    url=candidate.url,
                    source_id=candidate.source.id,
                    fetched_at=now,
                    published_at=published,
                    checks=(seen.checks if seen else 0) + 1,
                    next_at=None
                    if result.outcome.redirect
                    else next_check(now, first, self._settings),
                    etag=response.get("etag") or (seen.etag if same and seen else ""),
                    last_modified=response.get("last-modified")
                    or (seen.last_modified if same and seen else ""),
                    body_sha256=seen.body_sha256 if same and seen else response.body_sha256,
                )
            )

    async def flush(self) -> None:
        """Make everything recorded so far durable, then remember it."""
        async with self._flushing:
            urls, self._urls = self._urls, []
            feeds, self._feeds = self._feeds, []
            robots, self._robots = self._robots, []
            self._recorder.flush()
            self._memory.remember(urls, feeds, robots)
            self._recorder.roll()

    async def flush_always(self) -> None:
        """Flush every `flush_s` until cancelled."""
        while True:
            await anyio.sleep(self._settings.flush_s)
            await self.flush()


def _conditions(etag: str, last_modified: str) -> tuple[tuple[str, str], ...]:
    fields = (("If-None-Match", etag), ("If-Modified-Since", last_modified))
    return tuple((name, value) for name, value in fields if value)


def _revisited(result: Result, seen: SeenUrl | None) -> Revisited | None:
    if seen is None or result.candidate.purpose != "page":
        return None
    if result.response.status == NOT_MODIFIED:
        return Revisited(SERVER_NOT_MODIFIED, seen.url, seen.fetched_at)
    if seen.body_sha256 and result.response.body_sha256 == seen.body_sha256:
        return Revisited(IDENTICAL_PAYLOAD, seen.url, seen.fetched_at)
    return None
