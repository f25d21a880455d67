"""Remember one partition: what each extracted part teaches of its sites, before it is cleaned.

Writes ``work/remembered/<partition>/``, a part for each extracted part; what is known of a site
is what all partitions' parts say together (`tasks.clean.remembered.gather`).
"""

from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from tasks.glimpse import Glimpse
from tasks.pages import read
from tasks.partwise import Counts, Job, Part, Report, job, key
from tasks.partwise import run as run_parts
from tasks.pool import Bad, Tick
from tasks.schema import Failure
from tasks.store.parts import closed

STAGE: Final = "remember"


def run(partition: str, data: Path, config: Path, run_id: str) -> Report:
    """Remember what is not remembered yet, and return the counts of the whole partition.

    Raises:
        ConfigError: rules or settings cannot be used.
        EnvironmentFault: disk or processes are not as needed; what was made stays.
    """
    work = job(partition, data, config, run_id)
    layout = work.layout
    parts = [
        Part(source, layout.part("remembered", partition, _name(work, source)))
        for source in closed(layout, "extracted", partition)
    ]
    made = run_parts(work, STAGE, "remembered", parts, make, warm)
    pages = sum(pq.read_metadata(part.target).num_rows for part in parts)
    return Report(STAGE, partition, len(parts), made, {"pages": pages}, work.rules_version)


def warm(work: Job) -> None:
    """Load what every worker needs."""
    del work
    import tasks.clean.memory  # noqa: F401, PLC0415  the parent can do without


def make(work: Job, part: Part, tick: Tick, bad: Bad) -> Counts:
    """Learn from one part, in a worker process."""
    del work
    from tasks.clean.memory import learn  # noqa: PLC0415
    from tasks.clean.remembered import save  # noqa: PLC0415

    pages = []
    for index, page in enumerate(read(part.source, Glimpse)):
        tick(index)
        if not isinstance(page, Failure) and index not in bad:
            pages.append(page)
    memories = learn(pages)
    save(memories, part.target)
    return {"pages": sum(len(memory.pages) for memory in memories.values())}


def _name(work: Job, source: Path) -> str:
    """Return the part's name; the code that counts is the package's, so its key is asked for."""
    return key(work, __name__, [source.stem]) + ".parquet"
