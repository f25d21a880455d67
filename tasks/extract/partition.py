"""Extract one partition: its capture files become parts of extracted pages.

Reads the closed files of ``captures/<partition>/``, writes ``work/extracted/<partition>/``: up to
``records_per_part`` records of one file a part, one row a record, in file order (`tasks.pages`).
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tasks.errors import PageError
from tasks.extract.ground import Survey
from tasks.extract.judge import load_model
from tasks.extract.lessons import Taught, learn, part_of, pinned, recall, save
from tasks.pages import to_table
from tasks.partwise import Counts, Job, Part, Report, job, key, outcomes, storable
from tasks.partwise import run as run_parts
from tasks.pool import Bad, Tick
from tasks.schema import Capture, Extracted, Failure
from tasks.store.atomic import PASSING, write_parquet
from tasks.store.parts import retried
from tasks.template import site_of
from tasks.warc.reader import positions, read_captures

STAGE: Final = "extract"
PACKAGES: Final = (
    "trafilatura", "lxml", "selectolax", "htmldate", "ftfy", "charset-normalizer", "w3lib",
    "fastwarc", "cssselect",
)  # fmt: skip
"""Distributions whose version can change what is extracted."""


def run(partition: str, data: Path, config: Path, run_id: str) -> Report:
    """Extract what is not extracted yet, and return the counts of the whole partition.

    Raises:
        ConfigError: rules or settings cannot be used.
        EnvironmentFault: disk or processes are not as needed; what was made stays.
    """
    work = job(partition, data, config, run_id)
    known = taught(work)
    parts = list(plan(work, known))
    made = run_parts(work, STAGE, "extracted", parts, partial(make, known), warm)
    return Report(STAGE, partition, len(parts), made, _counts(parts), work.rules_version)


def taught(work: Job) -> Taught | None:
    """Return the site templates that the partition is read with; None where they are off."""
    if not work.settings.output.templates:
        return None
    fingerprint = key(work, __name__, _means(work), PACKAGES)
    return pinned(work.layout, work.partition, work.run_id, fingerprint)


def plan(work: Job, known: Taught | None = None) -> Iterator[Part]:
    """Yield the parts of a partition in capture order."""
    layout, size = work.layout, work.settings.work.records_per_part
    means = [*_means(work), known.version if known else ""]
    again = retried(layout, work.partition)
    for path in sorted(layout.captures(work.partition).glob("*.warc*")):
        if path.suffix not in {".warc", ".gz"}:
            continue
        offsets = _offsets(path)
        for start in range(0, len(offsets), size):
            some = tuple(offsets[start : start + size])
            source = [path.name, path.stat().st_size, some, *means]
            if tried := [offset for offset in again.get(path.name, ()) if offset in some]:
                source.append(tried)
            name = key(work, __name__, source, PACKAGES) + ".parquet"
            yield Part(path, layout.part("extracted", work.partition, name), some)


def warm(work: Job) -> object:
    """Load what every worker needs."""
    import tasks.extract.page  # noqa: F401, PLC0415  a second that the parent can do without

    return work.rules, load_model()


def make(known: Taught | None, work: Job, part: Part, tick: Tick, bad: Bad) -> Counts:
    """Extract one part, in a worker process, and write what it teaches of its sites."""
    from tasks.extract.page import extract, extract_known  # noqa: PLC0415

    captures = read_captures(
        part.source,
        work.data / "captures",
        part.offsets,
        _limit(work),
    )
    surveys: list[tuple[str, Survey]] = []

    def call(capture: Capture) -> Extracted:
        site = site_of(capture.page.url) if known else ""
        if known is None or not site:
            return extract(capture, work.rules)
        page, taught = extract_known(capture, work.rules, recall(known.path, site))
        if taught is not None:
            surveys.append((site, taught))
        return page

    pages = outcomes(captures, call, STAGE, tick, bad)
    pages, table = storable(pages, lambda some: to_table(some, Extracted), STAGE)
    if known:
        save(learn(surveys), part_of(work.layout, part.target.stem))
    write_parquet(table, part.target, options=PASSING)
    return {"pages": len(pages), "failed": sum(isinstance(page, Failure) for page in pages)}


def _means(work: Job) -> list[object]:
    """Return what a page is read with, beside code: of the rules only those that know markup."""
    return [work.rules.markup_version, load_model().version, _limit(work)]


def _limit(work: Job) -> int:
    return work.settings.fetch.max_body_bytes


def _offsets(path: Path) -> list[int]:
    """Return the offsets of a file's pages; of one that is no WARC file 0, which cannot be read."""
    try:
        return positions(path)
    except PageError:
        return [0]


def _counts(parts: list[Part]) -> dict[str, int]:
    return {"pages": sum(pq.read_metadata(part.target).num_rows for part in parts)}
