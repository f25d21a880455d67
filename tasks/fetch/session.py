"""One fetch run: which candidates it starts from, and what its results lead to.

The session knows the memory (`tasks.fetch.seen`) and the recorder; the crawl below it knows hosts
and politeness. What is discovered is remembered together with the feed that named it, so a killed
run loses no page although the feed will answer "not modified" next time.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio
from anyio.to_thread import run_sync

from tasks.errors import PageError
from tasks.fetch import discover, signals
from tasks.fetch.apart import READERS, read_apart
from tasks.fetch.capture import Attempt, Recorder, Revisited
from tasks.fetch.choice import OLDER, reason_against
from tasks.fetch.crawl import Candidate, Result
from tasks.fetch.judge import NOT_MODIFIED, Outcome
from tasks.fetch.network import Exchange
from tasks.fetch.recover import recall
from tasks.fetch.remember import discovered
from tasks.fetch.reply import Response
from tasks.fetch.robots import Robots, read
from tasks.fetch.schedule import next_interval
from tasks.fetch.seen import Memory, SeenFeed, SeenUrl
from tasks.progress import Progress, tell
from tasks.sources import FetchOptions, FetchSettings, Source
from tasks.urls import canonical, origin_of
from tasks.warc.record import IDENTICAL_PAYLOAD, SERVER_NOT_MODIFIED

FLUSH_ROWS: Final = 200
"""So many attempts make a batch durable, or as many as come in `flush_s`."""

LATER: Final = frozenset({"over the limit", OLDER})
"""A page not fetched for such a reason is remembered, and fetched by a run without it."""


MAX_PLANNED: Final = 100_000
"""A plan lists no more URLs than this."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a run would do with a URL: "page" (fetch it), or why not."""

    url: str
    source_id: str
    verdict: str


@dataclass
class Tally:
    """Counts of one run, as it goes."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)


@dataclass
class Batch:
    """What is to be remembered once the rows of the batch are durable."""

    found: list[SeenUrl] = field(default_factory=list)
    feeds: list[SeenFeed] = field(default_factory=list)
    robots: dict[str, Robots] = field(default_factory=dict)


class Session:
    """The state of one run."""

    def __init__(
        self,
        settings: FetchSettings,
        options: FetchOptions,
        memory: Memory,
        recorder: Recorder | None,
    ) -> None:
        """Begin a run; without a `recorder` it only plans, and writes nothing."""
        self.progress = Tally()
        self.plan: list[Planned] = []
        self.is_sound = True  # no batch was lost half-way, as on a full disk
        self._settings = settings
        self._options = options
        self._memory = memory
        self._recorder = recorder
        self._queued: set[str] = set()  # canonical URLs of pages, URLs of feeds
        self._pages: Counter[str] = Counter()  # queued, by source
        self._ended = 0  # of them
        self._files: Counter[str] = Counter()  # feeds and sitemaps queued, by source
        self._batch = Batch()
        self._writing = anyio.Lock()

    @property
    def is_plan(self) -> bool:
        """Tell whether the run only plans."""
        return self._recorder is None

    def start(self, sources: Sequence[Source]) -> Iterator[Candidate]:
        """Yield the candidates a run begins with."""
        now = datetime.now(UTC)
        for source in sources:
            for url in source.urls:
                yield from self.page(source, discover.Link(url))
            if self._options.urls:
                continue
            for seen in self._due(source, now):
                yield from self.page(source, discover.Link(seen.url, seen.published_at))
            for purpose, urls in (("feed", source.feeds), ("sitemap", source.sitemaps)):
                for url in urls:
                    yield from self._poll(source, url, purpose, now)
            if source.homepage_links and not source.feeds and not source.sitemaps:
                yield from self._poll(source, source.homepage, "homepage", now)

    def _due(self, source: Source, now: datetime) -> list[SeenUrl]:
        until = datetime.max.replace(tzinfo=UTC) if self._options.recheck == "all" else now
        due = self._memory.due(source.id, until, self._settings.max_urls)
        return [seen for seen in due if self._options.recheck != "none" or not seen.checks]

    def page(self, source: Source, link: discover.Link) -> Iterator[Candidate]:
        """Yield the page candidate for a link, unless there is a reason not to fetch it now."""
        name = canonical(link.url)
        seen = self._memory.url(name)
        reason = self._reason_against(source, link, name, seen)
        if seen is None and (not reason or reason in LATER):
            now = datetime.now(UTC)
            self._batch.found.append(discovered(name, link.url, source.id, now, link.published_at))
        if reason:
            self.progress.counts[f"skipped: {reason}"] += 1
            self._note(source, link.url, reason)
            return
        self._queued.add(name)
        self._pages[source.id] += 1
        published = link.published_at or (seen.published_at if seen else None)
        conditions = _conditions(seen) if seen else ()
        yield Candidate(link.url, source, "page", name, published, conditions=conditions)

    def _reason_against(
        self, source: Source, link: discover.Link, name: str, seen: SeenUrl | None
    ) -> str:
        """Return why a page is not fetched now, or ""."""
        if name in self._queued:
            return "queued already"
        reason = reason_against(source, link, seen, self._options, datetime.now(UTC))
        if reason:
            return reason
        return "over the limit" if self._pages[source.id] >= self._limit(source) else ""

    def _limit(self, source: Source) -> int:
        limits = (self._options.limit, source.limit, self._settings.max_urls)
        return min(limit for limit in limits if limit is not None)

    def _poll(self, source: Source, url: str, purpose: str, now: datetime) -> Iterator[Candidate]:
        known = self._memory.feed(url)
        if url in self._queued:
            return
        if known is not None and known.next_at > now:
            self.progress.counts["skipped: feed not due"] += 1
            return
        self._queued.add(url)
        self._files[source.id] += 1
        yield Candidate(url, source, purpose, conditions=_conditions(known) if known else ())

    def known_robots(self, origin: str) -> Robots | None:
        """Return what is remembered of an origin's robots.txt, in this run or before."""
        return self._batch.robots.get(origin) or self._memory.robots(origin)

    async def handle(self, result: Result, exchange: Exchange | None) -> Sequence[Candidate]:
        """Record a result; returns the candidates found in it."""
        candidate, response, outcome = result.candidate, result.response, result.outcome
        error, message = outcome.error, outcome.message
        followers: list[Candidate] = []
        try:
            for follower in self._followers(result, await _read(result, self._settings.max_urls)):
                followers.append(follower)  # noqa: PERF402  what came before a failure counts
        except PageError as failed:
            error, message = failed.slug, failed.message
        if self._recorder is None:
            self._note(candidate.source, candidate.url, error or candidate.purpose)
            return followers
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
        async with self._writing:
            self._recorder.add(attempt, exchange)
        self.progress.counts[f"{candidate.purpose} {_ending(attempt)}"] += 1
        if error:
            self.progress.errors[error] += 1
        if candidate.purpose == "page":
            self._tell(candidate, _ending(attempt), self._recorder.partition)
        if self._recorder.waiting >= FLUSH_ROWS:
            await self.flush()
        return followers

    def _followers(self, result: Result, found: discover.Found | None) -> Iterator[Candidate]:
        """Yield what a result leads to: its redirect, or what it names.

        Raises:
            PageError: a feed or sitemap cannot be used, or names too much; what came before counts.
        """
        if result.candidate.purpose == "robots":
            self._keep_robots(result)
        elif result.outcome.redirect:
            yield from self._moved(result.candidate, result.outcome.redirect)
        elif found is not None:
            yield from self._found(result, found)

    def _keep_robots(self, result: Result) -> None:
        response = result.response
        robots = read(response.status, response.error, response.body, response.began_at, None)
        if robots.access != "disallow" and not result.outcome.redirect:
            asked = (*result.candidate.hops, result.candidate.url)[0]
            self._batch.robots[origin_of(asked)] = robots

    def _moved(self, candidate: Candidate, target: str) -> Iterator[Candidate]:
        """Yield the redirect to follow, unless it leads to a page already known."""
        hops = (*candidate.hops, candidate.url)
        if candidate.purpose != "page":
            yield replace(candidate, url=target, hops=hops, conditions=())
        elif canonical(target) == candidate.canonical:
            yield replace(candidate, url=target, hops=hops)
        else:
            self._pages[candidate.source.id] -= 1
            link = discover.Link(target, candidate.published_at)
            yield from (replace(c, hops=hops) for c in self.page(candidate.source, link))

    def _found(self, result: Result, found: discover.Found) -> Iterator[Candidate]:
        """Yield the candidates that a feed, sitemap or front page names."""
        candidate, source = result.candidate, result.candidate.source
        pages = [c for link in found.pages for c in self.page(source, link)]
        yield from pages
        self._polled(result, len(pages), len(found.pages))
        if found.sitemaps and candidate.depth + 1 >= self._settings.sitemap_depth:
            raise PageError("sitemap-limit", f"indexes deeper than {self._settings.sitemap_depth}")
        for url in found.sitemaps:
            if self._files[source.id] >= self._settings.sitemap_files:
                raise PageError("sitemap-limit", f"over {self._settings.sitemap_files} files")
            for c in self._poll(source, url, "sitemap", datetime.now(UTC)):
                yield replace(c, depth=candidate.depth + 1)
        if found.was_cut:
            raise PageError("sitemap-limit", f"over {self._settings.max_urls} URLs in one file")

    def _polled(self, result: Result, new: int, total: int) -> None:
        response, now = result.response, datetime.now(UTC)
        url = (*result.candidate.hops, result.candidate.url)[0]
        known = self._memory.feed(url)
        old_s, hint = known.interval_s if known else None, result.candidate.source.schedule
        interval = next_interval(old_s, new, total, self._settings, hint)
        etag = response.get("etag") or (known.etag if known and not total else "")
        modified = response.get("last-modified") or (
            known.last_modified if known and not total else ""
        )
        due = now + timedelta(seconds=interval)
        self._batch.feeds.append(SeenFeed(url, now, due, interval, etag, modified))

    def _signals(self, result: Result) -> tuple[str, ...]:
        response = result.response
        of_page = signals.of_page(response.start, self._settings.agent)
        return (*signals.of_headers(response.headers), *of_page)[:50]

    def _note(self, source: Source, url: str, verdict: str) -> None:
        if self._recorder is None and len(self.plan) < MAX_PLANNED:
            self.plan.append(Planned(url, source.id, verdict))

    async def refuse(self, source: Source, url: str, error: PageError) -> None:
        """Record a URL that cannot be fetched at all."""
        nothing = Response(url, datetime.now(UTC), 0)
        candidate = Candidate(url, source, "page")
        outcome = Outcome(error.slug, error.message)
        await self.handle(Result(candidate, nothing, outcome, "unknown"), None)

    async def flush(self) -> None:
        """Make all that was recorded durable, then remember it; is not cancelled half-way."""
        if self._recorder is None:
            return
        with anyio.CancelScope(shield=True):
            await self._flush(self._recorder)

    async def _flush(self, recorder: Recorder) -> None:
        async with self._writing:
            if not self.is_sound:
                return
            self.is_sound = False
            batch, self._batch = self._batch, Batch()
            rows = await run_sync(recorder.flush)
            new = [seen for seen in batch.found if self._memory.url(seen.canonical) is None]
            self._memory.remember(new, batch.feeds, batch.robots.items())
            recall(rows, self._memory, self._settings)
            recorder.roll()
            self.is_sound = True

    async def flush_always(self) -> None:
        """Flush every `flush_s`, until cancelled."""
        while True:
            await anyio.sleep(self._settings.flush_s)
            await self.flush()

    def _tell(self, candidate: Candidate, ending: str, partition: str) -> None:
        """Say how many pages have had an answer, of those known by now.

        A page counts at its first answer, whether or not it is asked for again, and one that
        moved counts under its new URL.
        """
        self._ended += ending != "moved" and candidate.attempt == 1
        known = max(self._pages.total(), self._ended)
        tell(Progress("fetch", partition, self._ended, known, "pages"))


async def _read(result: Result, limit: int) -> discover.Found | None:
    """Return what a feed, sitemap or front page names; None for everything else.

    Raises:
        PageError: it cannot be parsed.
    """
    purpose = result.candidate.purpose
    if purpose not in READERS or result.outcome.error or result.outcome.redirect:
        return None
    if result.response.status == NOT_MODIFIED:
        return discover.Found()
    return await read_apart(purpose, result.response.body, result.candidate.url, limit)


def _ending(attempt: Attempt) -> str:
    """Return the word under which an attempt is counted."""
    if attempt.error:
        return "failed"
    if attempt.final_url:
        return "moved"
    is_known = attempt.refers_to is not None or attempt.response.status == NOT_MODIFIED
    return "unchanged" if is_known else "done"


def _conditions(known: SeenUrl | SeenFeed) -> tuple[tuple[str, str], ...]:
    fields = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
    return tuple((name, value) for name, value in fields if value)


def _revisited(result: Result, seen: SeenUrl | None) -> Revisited | None:
    if seen is None or result.candidate.purpose != "page" or not seen.body_sha256:
        return None
    if result.response.status == NOT_MODIFIED:
        return Revisited(SERVER_NOT_MODIFIED, seen.url, seen.fetched_at)
    if result.response.body_sha256 == seen.body_sha256 and not result.outcome.error:
        return Revisited(IDENTICAL_PAYLOAD, seen.url, seen.fetched_at)
    return None
