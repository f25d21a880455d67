"""Fetch a partition: discover what the sources published, and capture it.

Writes ``data/captures/<partition>/``: closed WARC files and ``fetches-*.parquet`` beside them. Safe
to run again at any time: what was captured is not fetched again before its re-check is due.
"""

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

from tasks.errors import ConfigError, PageError
from tasks.fetch.capture import Recorder
from tasks.fetch.crawl import Crawl
from tasks.fetch.download import Downloader, Network
from tasks.fetch.failure import single_faults
from tasks.fetch.recover import recall_all, recover
from tasks.fetch.seen import Memory
from tasks.fetch.session import Planned, Session
from tasks.settings import load_settings
from tasks.sources import FetchOptions, FetchSettings, Source, load_sources
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.urls import fetchable, host_of

STATE: Final = "fetch.sqlite"
LOCK_WAIT_S: Final = 60.0
"""Another run that fetches is waited for so long."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a fetch run did; counts of attempts."""

    partition: str
    captured: int  # pages captured
    failed: int  # attempts that failed: for pages, feeds, sitemaps, robots.txt
    counts: dict[str, int]  # by purpose and outcome, and pages skipped by reason
    errors: dict[str, int]  # by slug
    recovered: int  # attempts of a killed run that were completed


@dataclass(frozen=True, slots=True)
class Plan:
    """What a fetch run would do."""

    urls: tuple[Planned, ...]
    counts: dict[str, int]  # pages skipped, by reason
    errors: dict[str, int]  # of feeds and robots.txt, by slug


def run(
    partition: str, data: Path, config: Path, run_id: str, options: FetchOptions | None = None
) -> Report:
    """Fetch what is new or due into `partition`; returns the counts.

    Raises:
        ConfigError: sources or settings are wrong, or an option names no source.
        EnvironmentFault: another run is fetching.
    """
    options = options or FetchOptions()
    sources = chosen(load_sources(config), options)
    settings = load_settings(config).fetch
    layout = Layout(data)
    with held(layout.lock("fetch"), who=run_id, wait_s=LOCK_WAIT_S), single_faults():
        return anyio.run(fetch, partition, layout, run_id, sources, (settings, options))


def plan(data: Path, config: Path, options: FetchOptions | None = None) -> Plan:
    """Return what `run` would fetch, and why not the rest. Asks for feeds and robots.txt only.

    Raises:
        ConfigError: as `run`.
    """
    options = options or FetchOptions()
    sources = chosen(load_sources(config), options)
    settings = load_settings(config).fetch
    path = Layout(data).state / STATE
    with closing(Memory(path if path.exists() else Path(":memory:"))) as memory:
        session = Session(settings, options, memory, None)
        with single_faults():
            anyio.run(crawl, session, sources, settings, options)
    progress = session.progress
    return Plan(tuple(session.plan), dict(progress.counts), dict(progress.errors))


def chosen(sources: Sequence[Source], options: FetchOptions) -> list[Source]:
    """Return the sources a run takes: those named, else all enabled; for given URLs their owners.

    Raises:
        ConfigError: an id in the options is not among them.
    """
    known = {source.id: source for source in sources}
    missing = [name for name in options.sources if name not in known]
    if missing:
        among = ", ".join(sorted(known)) or "none"
        raise ConfigError(f"no source {missing[0]!r}; there are: {among}")
    if options.urls:
        return _owners(sources, options.urls)
    if options.sources:
        return [known[name] for name in options.sources]
    return [source for source in sources if source.enabled]


def _owners(sources: Sequence[Source], urls: Sequence[str]) -> list[Source]:
    """Return sources that fetch `urls` only: the configured owner of each, or one named "urls"."""
    owned: dict[str, tuple[Source, list[str]]] = {}
    for url in urls:
        host = registered_host(url)
        owner = next((s for s in sources if host and s.owns(host)), None)
        owner = owner or Source.model_construct(id="urls", homepage=url)
        owned.setdefault(owner.id, (owner, []))[1].append(url)
    only = {"feeds": (), "sitemaps": (), "homepage_links": False}
    return [s.model_copy(update={**only, "urls": tuple(own)}) for s, own in owned.values()]


def registered_host(url: str) -> str:
    """Return the host of `url`, or "" when it has none."""
    try:
        return host_of(url).partition(":")[0]
    except ValueError:
        return ""


async def crawl(
    session: Session,
    sources: Sequence[Source],
    settings: FetchSettings,
    options: FetchOptions,
    network: Network | None = None,
) -> None:
    """Run one session over `sources`."""
    usable = [await _usable(session, source) for source in sources] if options.urls else sources
    async with Downloader(settings, network) as downloader, anyio.create_task_group() as tasks:
        tasks.start_soon(session.flush_always)
        whole = Crawl(
            settings, downloader, session.handle, session.known_robots,
            random.Random(), is_plan=session.is_plan,  # noqa: S311  jitter
        )  # fmt: skip
        await whole.run(session.start(usable))
        tasks.cancel_scope.cancel()


async def _usable(session: Session, source: Source) -> Source:
    """Return `source` without the URLs that cannot be fetched at all; those are recorded."""
    good = []
    for url in source.urls:
        try:
            good.append(fetchable(url))
        except PageError as error:
            await session.refuse(source, url, error)
    return source.model_copy(update={"urls": tuple(good)})


async def fetch(
    partition: str,
    layout: Layout,
    run_id: str,
    sources: Sequence[Source],
    how: tuple[FetchSettings, FetchOptions],
    network: Network | None = None,
) -> Report:
    """Run one fetch; as `run`, with everything given."""
    settings, options = how
    folder = layout.captures(partition)
    with closing(Memory(layout.state / STATE)) as memory:
        if memory.is_new:
            recall_all(layout, memory, settings)
        recovered = recover(folder, memory, settings)
        recorder = Recorder(folder, run_id, settings.user_agent, settings.roll_bytes)
        session = Session(settings, options, memory, recorder)
        try:
            await crawl(session, sources, settings, options, network)
        finally:
            try:
                await session.flush()
            finally:
                recorder.close(is_complete=session.is_sound)
    counts, errors = session.progress.counts, session.progress.errors
    return Report(
        partition, counts["page done"], errors.total(), dict(sorted(counts.items())),
        dict(sorted(errors.items())), recovered,
    )  # fmt: skip
