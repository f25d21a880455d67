"""Pages of one invocation as one another's siblings: all are extracted before one is cleaned.

Extracted pages wait in files of a temporary folder, a chunk each, so that memory stays bounded
however many there are; what they teach of their sites is merged into one file
(`tasks.clean.remembered`). The work is done in the pool's processes, chunk by chunk, in order.
"""

import pickle
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Final, TypeVar

from flows.commands.pages import Entry, read
from tasks import pool, urls
from tasks.errors import ConfigError, PageError
from tasks.rules import RuleBook, load_rules
from tasks.schema import Extracted
from tasks.settings import load_settings

Chunk = TypeVar("Chunk")
Made = TypeVar("Made")
Waiting = tuple[str, Extracted | PageError]
"""A page's id, and the page; or why there is none."""

CHUNK: Final = 20
"""Pages a worker takes at a time: few enough that output flows, enough to hide the hand-over."""

MIN_SIBLINGS: Final = 3
"""Pages of one site from which memory is worth waiting for (docs/decisions/0070)."""


def has_siblings(pages: Iterable[Entry]) -> bool:
    """Return whether the pages' URLs name `MIN_SIBLINGS` of one site."""
    sites = Counter(_site(entry.url) for entry in pages if entry.url)
    return any(count >= MIN_SIBLINGS for site, count in sites.items() if site)


def pooled(
    call: Callable[[Chunk, pool.Tick, pool.Bad], Made],
    some: Iterator[Chunk],
    workers: int,
    config: Path,
) -> Iterator[Made]:
    """Yield what `call` makes of each chunk, in order; one chunk needs one worker only."""
    settings = load_settings(config)
    first = list(islice(some, 2))
    answers = pool.run(
        call,
        chain(first, some),
        workers=(workers or settings.work.worker_count) if len(first) > 1 else 1,
        page_limit_s=settings.output.page_limit_s,
        memory_limit_mb=settings.output.memory_limit_mb,
        recycle_pages=settings.work.recycle_pages,
    )
    with closing(answers):
        for _, made in answers:
            yield made


def chunks(pages: Iterator[Entry]) -> Iterator[list[Entry]]:
    """Yield the pages, `CHUNK` at a time."""
    while chunk := list(islice(pages, CHUNK)):
        yield chunk


def extract_all(
    pages: Iterator[Entry], folder: Path, workers: int, config: Path
) -> tuple[Iterator[Path], Path]:
    """Extract all pages; return the chunks' files, in order, and what they teach, in `folder`."""
    from tasks.clean.remembered import load, merged, save  # noqa: PLC0415  imports pyarrow

    moment = datetime.now(UTC)
    numbered = ((folder / str(number), chunk) for number, chunk in enumerate(chunks(pages)))
    files = list(pooled(partial(spill, config, moment), numbered, workers, config))
    memory = folder / "memory.parquet"
    save(merged(load(_lesson(file)) for file in files), memory)
    return iter(files), memory


def spill(
    config: Path,
    moment: datetime,
    chunk: tuple[Path, Sequence[Entry]],
    tick: pool.Tick,
    bad: pool.Bad,
) -> Path:
    """Extract some pages, in a worker process, and leave them and what they teach in files.

    All are learnt as of one `moment`, so that it does not matter which was read first.
    """
    from tasks.clean.memory import learn  # noqa: PLC0415  the parent does not need the engine
    from tasks.clean.remembered import save  # noqa: PLC0415

    path, entries = chunk
    found: list[Waiting] = []
    for index, entry in enumerate(entries):
        tick(index)
        found.append((entry.id, bad.get(index) or _extracted(config, entry)))
    path.write_bytes(pickle.dumps(found))
    pages = (page for _, page in found if isinstance(page, Extracted))
    save(learn(replace(p, page=replace(p.page, fetched_at=moment)) for p in pages), _lesson(path))
    return path


def unspill(path: Path) -> list[Waiting]:
    """Return the pages that `spill` left."""
    found: list[Waiting] = pickle.loads(path.read_bytes())  # noqa: S301  ours, in our own folder
    return found


@cache
def rules_of(config: Path) -> RuleBook:
    """Return the rule book, loaded once a process."""
    return load_rules(config)


def _extracted(config: Path, entry: Entry) -> Extracted | PageError:
    from tasks.extract.page import extract  # noqa: PLC0415  the parent does not need the engine

    try:
        return extract(read(entry), rules_of(config))
    except PageError as error:
        return error
    except (MemoryError, ConfigError):
        raise
    except Exception as bug:  # noqa: BLE001  the one handler: other pages go on
        return PageError("bug", f"{type(bug).__name__}: {bug}")


def _lesson(path: Path) -> Path:
    return path.with_suffix(".parquet")


def _site(url: str) -> str:
    try:
        return urls.site(urls.canonical(url))
    except PageError:
        return ""
