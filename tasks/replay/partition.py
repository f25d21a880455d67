"""The stage: stored pages under two rule books, and what the second one makes worse.

Reads captures and, if given, gold pages; writes ``reports/replay-<run_id>.json`` and ``.md`` and
nothing else. No network, and no part of the dataset, is touched. A replay is across partitions.
"""

import heapq
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tasks import pool
from tasks.clean.remembered import newest
from tasks.errors import ConfigError, ContractError, PageError
from tasks.progress import Progress, tell
from tasks.replay.compare import Change, Limits, Tally, regressions
from tasks.replay.pages import Books, Chunk, gold_lines, html_rules, load_book, make
from tasks.replay.report import markdown, to_json
from tasks.settings import load_settings
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.options import ReplayOptions
from tasks.warc.reader import positions

CHUNK_PAGES: Final = 50
MOST_CHANGED: Final = 50


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found."""

    partition: str
    before: str  # versions of the rule books
    after: str
    extracted_once: bool
    total: dict[str, Any]
    sites: dict[str, dict[str, Any]]
    gold: dict[str, Any] | None
    regressions: tuple[str, ...]
    most_changed: tuple[dict[str, Any], ...]
    path: str  # of the report, as Markdown; the same as JSON lies beside it


def run(partition: str, data: Path, config: Path, run_id: str, options: ReplayOptions) -> Report:
    """Replay, write the report, and return it.

    `partition` only says on whose behalf; `options` say which partitions.

    Raises:
        ConfigError: rules, settings or gold cannot be used.
        ContractError: the second book is a regression, and `options` do not accept one.
        EnvironmentFault: the report cannot be written.
    """
    found = replay(partition, data, config, run_id, options)
    if found.regressions and not options.accept:
        told = "; ".join(found.regressions[:5])
        raise ContractError(f"a regression, nothing is published: {told} (see {found.path})")
    return found


def replay(partition: str, data: Path, config: Path, run_id: str, options: ReplayOptions) -> Report:
    """Do the same, and leave it to the caller what a regression leads to."""
    layout = Layout(data)
    before, after = options.before or config, options.after or config
    books = Books(before, after, data / "captures", newest(layout))
    old, new = load_book(before), load_book(after)
    chunks = [*_stored(layout, options), *_gold(options.gold)]
    total, gold_total = Tally(), Tally()
    sites: dict[str, Tally] = {}
    gold: list[Change] = []
    largest: list[tuple[int, int, Change]] = []
    for number, change in enumerate(_changes(books, chunks, config)):
        if change.f1_before >= 0:
            gold.append(change)
            gold_total.add(change)
        else:
            total.add(change)
            sites.setdefault(change.site, Tally()).add(change)
        if change.is_changed:
            heapq.heappush(largest, (change.size, -number, change))
            largest = largest if len(largest) <= MOST_CHANGED else _without_least(largest)
    every = _with_scores(total, gold_total)
    path = layout.reports / f"replay-{run_id}.md"
    found = Report(
        partition=partition,
        before=old.version,
        after=new.version,
        extracted_once=html_rules(old) == html_rules(new),
        total=_told(total),
        sites={name: _told(sites[name]) for name in sorted(sites)},
        gold=_told(gold_total) if gold else None,
        regressions=tuple(regressions(every, sites, gold, Limits())),
        most_changed=tuple(asdict(one) for _, _, one in sorted(largest, reverse=True)),
        path=str(path),
    )
    write_bytes(markdown(asdict(found)).encode(), path)
    write_bytes(to_json(asdict(found)).encode(), path.with_suffix(".json"))
    return found


def _changes(books: Books, chunks: list[Chunk], config: Path) -> Iterator[Change]:
    settings = load_settings(config)
    total = sum(len(chunk.offsets) for chunk in chunks)
    results = pool.run(
        partial(make, books),
        chunks,
        workers=min(settings.work.worker_count, len(chunks)),
        page_limit_s=settings.output.page_limit_s,
        memory_limit_mb=settings.output.memory_limit_mb,
        recycle_pages=settings.work.recycle_pages,
    )
    done = 0
    with closing(results):
        for _, changes in results:
            yield from changes
            done += len(changes)
            tell(Progress("replay", "", done, total, "pages"))


def _without_least(largest: list[tuple[int, int, Change]]) -> list[tuple[int, int, Change]]:
    heapq.heappop(largest)
    return largest


def _stored(layout: Layout, options: ReplayOptions) -> Iterator[Chunk]:
    """Yield the stored captures of the partitions asked for, every so manieth page of each file."""
    known = layout.partitions("captures")
    for name in options.partitions:
        if name not in known:
            raise ConfigError(f"there are no captures of the partition {name!r}")
    for name in options.partitions or known:
        for path in sorted(layout.captures(name).glob("*.warc*")):
            if path.suffix in {".warc", ".gz"}:
                yield from _cut(path, tuple(_positions(path)[:: options.every]))


def _positions(path: Path) -> list[int]:
    try:
        return positions(path)
    except PageError:  # no WARC file: reading it says so, as one failed page
        return [0]


def _gold(folder: Path | None) -> Iterator[Chunk]:
    """Yield the gold pages below a folder that holds gold.jsonl, or folders with one each."""
    if folder is None:
        return
    files = sorted([*folder.glob("gold.jsonl"), *folder.glob("*/gold.jsonl")])
    if not files:
        raise ConfigError(f"{folder}: no gold.jsonl there, nor in its folders")
    for path in files:
        yield from _cut(path, tuple(gold_lines(path)), is_gold=True)


def _cut(path: Path, offsets: tuple[int, ...], *, is_gold: bool = False) -> Iterator[Chunk]:
    for start in range(0, len(offsets), CHUNK_PAGES):
        yield Chunk(path, offsets[start : start + CHUNK_PAGES], is_gold)


def _with_scores(total: Tally, gold: Tally) -> Tally:
    """Return the tally of stored pages, with the scores of the gold ones."""
    total.scores_before, total.scores_after = gold.scores_before, gold.scores_after
    return total


def _told(tally: Tally) -> dict[str, Any]:
    values = asdict(tally)
    values.pop("scores_before")
    values.pop("scores_after")
    if tally.f1:
        values["f1_before"], values["f1_after"] = (round(value, 5) for value in tally.f1)
    return values
