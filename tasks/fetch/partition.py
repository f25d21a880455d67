"""Fetch a partition: discover what the sources published, and capture it.

Writes ``data/captures/<partition>/``: closed WARC files and ``fetches-*.parquet`` beside them. Safe
to run again at any time: what was captured is not fetched again before its re-check is due.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from tasks.errors import ConfigError
from tasks.fetch.capture import Recorder
from tasks.fetch.crawl import Crawl
from tasks.fetch.download import Downloader
from tasks.fetch.recover import recover
from tasks.fetch.seen import Memory
from tasks.fetch.session import Session
from tasks.settings import load_settings
from tasks.sources import FetchOptions, FetchSettings, Source, load_sources
from tasks.store.layout import Layout


@dataclass(frozen=True, slots=True)
class Report:
    """What a fetch run did; counts of attempts."""

    partition: str
    captured: int  # pages captured
    failed: int  # pages that failed
    counts: dict[str, int]  # by purpose and outcome, and pages skipped by reason
    errors: dict[str, int]  # by slug
    recovered: int  # attempts of a killed run that were completed


def run(
    partition: str, data: Path, config: Path, run_id: str, options: FetchOptions | None = None
) -> Report:
    """Fetch what is new or due into `partition`; returns the counts.

    Raises:
        ConfigError: sources or settings are wrong, or an option names no source.
    """
    options = options or FetchOptions()
    sources = chosen(load_sources(config), options)
    settings = load_settings(config).fetch
    return anyio.run(fetch, partition, Layout(data), run_id, sources, (settings, options))


def chosen(sources: Sequence[Source], options: FetchOptions) -> list[Source]:
    """Return the sources a run takes.

    Raises:
        ConfigError: an id in the options is not among them.
    """
    known = {source.id: source for source in sources}
    missing = [name for name in options.sources if name not in known]
    if missing:
        raise ConfigError(
            f"no source {missing[0]!r}; there are: {', '.join(sorted(known)) or 'none'}"
        )
    if options.sources:
        return [known[name] for name in options.sources]
    return [source for source in sources if source.enabled]


async def fetch(
    partition: str,
    layout: Layout,
    run_id: str,
    sources: Sequence[Source],
    how: tuple[FetchSettings, FetchOptions],
) -> Report:
    """Run one fetch; as `run`, with everything given."""
    settings, options = how
    folder = layout.captures(partition)
    memory = Memory(layout.state / "fetch.sqlite")
    try:
        recovered = recover(folder, memory, settings)
        recorder = Recorder(folder, run_id, settings.user_agent, settings.roll_bytes)
        session = Session(settings, options, memory, recorder)
        try:
            async with Downloader(settings) as downloader, anyio.create_task_group() as tasks:
                tasks.start_soon(session.flush_always)
                crawl = Crawl(
                    settings,
                    downloader,
                    session.handle,
                    session.known_robots,
                    random.Random(),  # noqa: S311
                )
                await crawl.run(session.start(sources))
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await session.flush()
            recorder.close()
    finally:
        memory.close()
    counts = session.progress.counts
    return Report(
        partition, counts["page done"], counts["page failed"], dict(sorted(counts.items())),
        dict(sorted(session.progress.errors.items())), recovered,
    )  # fmt: skip
