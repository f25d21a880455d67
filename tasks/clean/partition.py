"""Clean one partition: each extracted part becomes a cleaned part, row by row (`tasks.pages`).

What the stage remember has learnt of the sites up to this moment is used; its hash is in the
parts' names.
"""

from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tasks.clean.remembered import Recalled, gather
from tasks.pages import Carried, read, to_table
from tasks.partwise import Counts, Job, Part, Report, job, key, outcomes, storable
from tasks.partwise import run as run_parts
from tasks.pool import Bad, Tick
from tasks.schema import Cleaned, Extracted, Failure
from tasks.store.atomic import PASSING, write_parquet
from tasks.store.parts import closed

STAGE: Final = "clean"


def run(partition: str, data: Path, config: Path, run_id: str) -> Report:
    """Clean what is not cleaned yet, and return the counts of the whole partition.

    Raises:
        ConfigError: rules or settings cannot be used.
        EnvironmentFault: disk or processes are not as needed; what was made stays.
    """
    work = job(partition, data, config, run_id)
    layout = work.layout
    memory = gather(layout)
    version = memory.version if memory else ""
    parts = [
        Part(source, layout.part("cleaned", partition, _name(work, source, version)))
        for source in closed(layout, "extracted", partition)
    ]
    made = run_parts(work, STAGE, "cleaned", parts, partial(make, memory), warm)
    pages = sum(pq.read_metadata(part.target).num_rows for part in parts)
    return Report(STAGE, partition, len(parts), made, {"pages": pages}, work.rules_version)


def warm(work: Job) -> object:
    """Load what every worker needs."""
    import tasks.clean.page  # noqa: F401, PLC0415  the parent can do without

    return work.rules


def make(memory: Recalled | None, work: Job, part: Part, tick: Tick, bad: Bad) -> Counts:
    """Clean one part, in a worker process; site by site, so that a memory is read once."""
    from tasks.clean.memory import site_of  # noqa: PLC0415
    from tasks.clean.page import clean  # noqa: PLC0415
    from tasks.clean.remembered import recall  # noqa: PLC0415

    carried = Carried()
    extracted = read(part.source, Extracted, carried)
    sites = ["" if isinstance(page, Failure) else site_of(page) for page in extracted]
    by_site = sorted(range(len(extracted)), key=sites.__getitem__)

    def call(page: Extracted) -> Cleaned:
        known = recall(memory.path, site_of(page)) if memory else None
        return clean(page, work.rules, known)

    done = outcomes((extracted[row] for row in by_site), call, STAGE, tick, bad)
    pages = [page for _, page in sorted(zip(by_site, done, strict=True), key=itemgetter(0))]
    pages, table = storable(pages, lambda some: to_table(some, Cleaned, carried), STAGE)
    write_parquet(table, part.target, options=PASSING)
    return {"pages": len(pages), "failed": sum(isinstance(page, Failure) for page in pages)}


def _name(work: Job, source: Path, memory: str) -> str:
    return key(work, __name__, [source.stem, work.rules_version, memory]) + ".parquet"
