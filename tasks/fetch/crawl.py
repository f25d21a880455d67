"""The crawl of one run: lanes of hosts, each polite to its host, all side by side.

A *candidate* is a URL to be fetched. Each host (name and port) has a lane: a queue, a politeness
state, and a task that takes one candidate after another, so a slow or hostile host delays nobody
else. What a response leads to (redirects, URLs found in feeds, retries) is queued as candidates
again. The crawl ends when all lanes are empty.
"""

import heapq
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

import anyio
from anyio.abc import TaskGroup
from anyio.to_thread import run_sync

from tasks.errors import PageError
from tasks.fetch import robots as rfc9309
from tasks.fetch.download import Downloader
from tasks.fetch.judge import NOT_MODIFIED, RATE_LIMITS, Outcome, judge, unasked
from tasks.fetch.network import Exchange
from tasks.fetch.politeness import (
    Closed,
    Ending,
    HostState,
    finished,
    is_passing,
    may_start,
    retry_after,
    retry_wait,
    started,
)
from tasks.fetch.reply import Response
from tasks.fetch.robots import Policies, Policy, Robots
from tasks.sources import FetchSettings, Source
from tasks.urls import host_of, origin_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """One URL to be fetched, and why."""

    url: str
    source: Source
    purpose: str  # "page", "feed", "sitemap", "homepage", "robots"
    canonical: str = ""
    published_at: datetime | None = None
    attempt: int = 1
    depth: int = 0  # of a sitemap within indexes
    hops: tuple[str, ...] = ()  # redirects followed to get here
    conditions: tuple[tuple[str, str], ...] = ()  # header fields for a conditional request


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one candidate, robots.txt and politeness included."""

    candidate: Candidate
    response: Response
    outcome: Outcome
    robots: str  # "allowed", "disallowed" or "unknown"


Handler = Callable[[Result, Exchange | None], Awaitable[Sequence[Candidate]]]
"""Records a result and returns the candidates it leads to."""


@dataclass
class Lane:
    """The queue of one host."""

    host: str
    state: HostState
    slots: anyio.CapacityLimiter
    queue: list[tuple[float, int, Candidate]] = field(default_factory=list)
    workers: int = 0
    asking: anyio.Lock = field(default_factory=anyio.Lock)  # for robots.txt, one at a time


class Crawl:
    """One run over any number of hosts."""

    def __init__(
        self,
        settings: FetchSettings,
        downloader: Downloader,
        handle: Handler,
        known: Callable[[str], Robots | None],
        chance: random.Random,
        *,
        is_plan: bool = False,
    ) -> None:
        """Begin a crawl; with `is_plan` pages are not downloaded, only handed on when allowed."""
        self._is_plan = is_plan
        self._settings = settings
        self._downloader = downloader
        self._handle = handle
        self._known = known
        self._chance = chance
        self._lanes: dict[str, Lane] = {}
        self._policies = Policies()
        self._all = anyio.Semaphore(settings.concurrency)
        self._numbers = count()
        self._ends_at = time.monotonic() + settings.run_s
        self._tasks: TaskGroup | None = None

    async def run(self, candidates: Iterable[Candidate]) -> None:
        """Fetch `candidates` and what they lead to."""
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            for candidate in candidates:
                self._add(candidate)

    def _add(self, candidate: Candidate, not_before: float = 0.0) -> None:
        lane = self._lane(candidate.url, candidate.source)
        heapq.heappush(lane.queue, (not_before, next(self._numbers), candidate))
        if lane.workers < lane.slots.total_tokens and self._tasks is not None:
            lane.workers += 1
            self._tasks.start_soon(self._work, lane)

    def _lane(self, url: str, source: Source) -> Lane:
        host = host_of(url)
        if host not in self._lanes:
            own = source.owns(host.split(":")[0])
            delay = source.delay_s if own and source.delay_s is not None else self._settings.delay_s
            slots = (
                source.concurrency
                if own and source.concurrency
                else self._settings.host_concurrency
            )
            self._lanes[host] = Lane(host, HostState(delay), anyio.CapacityLimiter(slots))
        return self._lanes[host]

    async def _work(self, lane: Lane) -> None:
        """Take candidates from the lane until it is empty."""
        while lane.queue:
            not_before, _, candidate = heapq.heappop(lane.queue)
            await anyio.sleep(max(0.0, min(not_before, self._ends_at) - time.monotonic()))
            for follower, wait in await self._visit(lane, candidate):
                self._add(follower, time.monotonic() + wait)
        lane.workers -= 1

    async def _visit(self, lane: Lane, candidate: Candidate) -> list[tuple[Candidate, float]]:
        """Fetch one candidate; returns what it leads to, and how long that must wait."""
        policy = await self._policy(lane, candidate)
        if not policy.allows(candidate.url):
            failed = policy.access == "disallow"
            slug = "robots-unreachable" if failed else "blocked-by-robots"
            return await self._give_up(candidate, slug, "unknown" if failed else "disallowed")
        if self._is_plan and candidate.purpose == "page":
            return await self._give_up(candidate, "", "allowed")
        is_page = candidate.purpose == "page"
        try:
            response, exchange = await self._get(lane, candidate, keep=not is_page)
        except PageError as error:
            return await self._give_up(candidate, error.slug, "allowed", error.message)
        try:
            outcome = judge(
                response, candidate.purpose, candidate.hops, self._settings.max_redirects
            )
            if response.status == NOT_MODIFIED and not candidate.conditions:
                outcome = unasked(response)
            result = Result(candidate, response, outcome, "allowed")
            followers = [(c, 0.0) for c in await self._handle(result, exchange)]
        finally:
            exchange.close()
            if is_page:
                self._all.release()
        return followers + self._retry(candidate, response, outcome)

    async def _give_up(
        self, candidate: Candidate, slug: str, robots: str, message: str = ""
    ) -> list[tuple[Candidate, float]]:
        response = Response(candidate.url, datetime.now(UTC), 0)
        outcome = Outcome(error=slug, message=message or (PageError(slug).message if slug else ""))
        return [
            (c, 0.0) for c in await self._handle(Result(candidate, response, outcome, robots), None)
        ]

    def _retry(
        self, candidate: Candidate, response: Response, outcome: Outcome
    ) -> list[tuple[Candidate, float]]:
        """Return the retry to make, if any."""
        passing = is_passing(outcome.error, response.status)
        if passing and candidate.attempt <= self._settings.retries:
            again = replace(candidate, attempt=candidate.attempt + 1)
            return [(again, retry_wait(again.attempt, self._settings, self._chance))]
        return []

    async def _get(
        self, lane: Lane, candidate: Candidate, *, keep: bool
    ) -> tuple[Response, Exchange]:
        """Download when the lane's host may be asked.

        A page (not `keep`) still holds one of the run's request slots afterwards: until it is
        written down, so that no more pages than slots wait for that in memory. A feed does not, for
        reading it may take long.

        Raises:
            PageError: "circuit-open" or "run-deadline".
        """
        async with lane.slots:
            await self._turn(lane)
            try:
                lane.state = started(lane.state, time.monotonic())
                response, exchange = await self._downloader.get(
                    candidate.url, candidate.source, dict(candidate.conditions), keep=keep
                )
            except BaseException:
                self._all.release()
                raise
            if keep:
                self._all.release()
            ending = Ending(
                is_passing(response.error, response.status),
                response.status in RATE_LIMITS,
                retry_after(response.get("retry-after"), datetime.now(UTC)),
            )
            lane.state = finished(lane.state, time.monotonic(), ending, self._settings)
        return response, exchange

    async def _turn(self, lane: Lane) -> None:
        """Return when `lane` may start a request, holding one of the run's request slots.

        Raises:
            PageError: "circuit-open" or "run-deadline".
        """
        while True:
            await self._wait(lane)
            await self._all.acquire()
            if may_start(lane.state, time.monotonic()) is None:
                return
            self._all.release()

    async def _wait(self, lane: Lane) -> None:
        while (obstacle := may_start(lane.state, now := time.monotonic())) is not None:
            if isinstance(obstacle, Closed):
                raise PageError(
                    "circuit-open", f"{lane.host}: closed for {obstacle.until - now:.0f} s"
                )
            if obstacle.until > self._ends_at:
                raise PageError("run-deadline")
            await anyio.sleep(obstacle.until - now)
        if now > self._ends_at:
            raise PageError("run-deadline")

    async def _policy(self, lane: Lane, candidate: Candidate) -> Policy:
        """Return the rules of the candidate's origin; robots.txt is fetched if need be."""
        origin = origin_of(candidate.url)
        async with lane.asking:
            policy = self._policies.get(origin)
            if policy is None or not policy.is_fresh(datetime.now(UTC)):
                robots, asked_at = self._known(origin), None
                if robots is None or not robots.is_fresh(datetime.now(UTC)):
                    robots = await self._ask(lane, candidate, robots)
                    asked_at = datetime.now(UTC)
                policy = await run_sync(Policy, robots, self._settings.agent, asked_at)
                self._policies.put(origin, policy)
                delay = max(lane.state.delay_s, policy.delay_s)
                lane.state = replace(lane.state, delay_s=delay)
        return policy

    async def _ask(self, lane: Lane, candidate: Candidate, old: Robots | None) -> Robots:
        """Fetch robots.txt; redirects are followed, to other hosts in their turn."""
        asked = Candidate(rfc9309.robots_url(candidate.url), candidate.source, "robots")
        while True:
            try:
                response, exchange = await self._get(
                    self._lane(asked.url, asked.source) if asked.hops else lane, asked, keep=True
                )
            except PageError as error:
                await self._give_up(asked, error.slug, "unknown", error.message)
                return rfc9309.read(0, error.slug, b"", datetime.now(UTC), old)
            outcome = judge(response, "robots", asked.hops, rfc9309.MAX_REDIRECTS)
            now = datetime.now(UTC)
            robots = rfc9309.read(response.status, response.error, response.body, now, old)
            try:
                await self._handle(Result(asked, response, outcome, "allowed"), exchange)
            finally:
                exchange.close()
            if not outcome.redirect:
                return robots
            asked = replace(asked, url=outcome.redirect, hops=(*asked.hops, asked.url))
