"""cleancopy's own stages in one process, as its workers do them: a WARC file is a partition."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from tasks.clean import partition as clean
from tasks.clean import remember
from tasks.clean.remembered import gather
from tasks.extract import partition as extract
from tasks.normalise import partition as normalise
from tasks.partwise import Job, Make, Part, job
from tasks.process import collect_seldom, hide_pandas
from tasks.settings import PROJECT
from tasks.store.layout import WorkStage
from tasks.store.parts import close
from tests.bench.speed.contestant import Clock, Texts

hide_pandas()
collect_seldom()
NOTHING_BAD: Mapping[int, Exception] = {}


def stages(warc: Path, folder: Path, clock: Clock) -> Texts:
    """Take ``<data>/captures/<partition>/<file>`` through every stage; the texts are not timed.

    Every file is a partition and a run of its own, as if a day had passed.
    """
    partition = warc.parent.name
    _link(warc, folder / "data" / "captures" / partition)
    work = job(partition, folder / "data", PROJECT / "config", partition)
    layout = work.layout
    clock.start()
    known = extract.taught(work)
    parts = list(extract.plan(work, known))
    _make(work, "extracted", parts, partial(extract.make, known))
    clock.lap("extract")
    taught = [_after(part, layout.work("remembered", partition)) for part in parts]
    _make(work, "remembered", taught, remember.make)
    memory = gather(layout)
    clock.lap("remember")
    cleaned = [_after(part, layout.work("cleaned", partition)) for part in parts]
    _make(work, "cleaned", cleaned, partial(clean.make, memory))
    clock.lap("clean")
    finished = [
        Part(part.target, layout.work("finished", partition) / part.target.stem) for part in cleaned
    ]
    _make(work, "finished", finished, normalise.make)
    clock.lap("normalise")
    texts: Texts = {}
    for part in finished:
        table = pq.read_table(part.target / "articles.parquet", columns=["url", "text"])
        texts |= dict(zip(table["url"].to_pylist(), table["text"].to_pylist(), strict=True))
    return texts


def _after(part: Part, folder: Path) -> Part:
    return Part(part.target, folder / part.target.name)


def _make(work: Job, kind: WorkStage, parts: list[Part], make: Make) -> None:
    for part in parts:
        make(work, part, _tick, {})
    close(work.layout, kind, work.partition, [part.target.name for part in parts])


def _tick(_: int) -> None:
    """Nobody holds a clock against this process."""


def _link(warc: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / warc.name
    target.unlink(missing_ok=True)
    target.symlink_to(warc.resolve())
