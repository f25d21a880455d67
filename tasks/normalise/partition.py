"""Normalise one partition: each cleaned part becomes a finished part, the published tables' rows.

A finished part is a folder with one file a table (`tasks.store.parts`): articles, blocks,
removals, edits and quarantine.
"""

from collections import Counter
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.pages import from_table, read_table, whole
from tasks.partwise import Counts, Job, Part, Report, job, key, outcomes, storable
from tasks.partwise import run as run_parts
from tasks.pool import Bad, Tick
from tasks.schema import Cleaned, Failure, Finished
from tasks.store.parts import closed, write_finished
from tasks.store.rows import failure_rows, finished_rows

STAGE: Final = "normalise"
PACKAGES: Final = ("ftfy", "py3langid")


def run(partition: str, data: Path, config: Path, run_id: str) -> Report:
    """Finish what is not finished yet, and return the counts of the whole partition.

    Raises:
        ConfigError: rules or settings cannot be used.
        EnvironmentFault: disk or processes are not as needed; what was made stays.
    """
    work = job(partition, data, config, run_id)
    layout = work.layout
    parts = [
        Part(source, layout.part("finished", partition, _name(work, source)))
        for source in closed(layout, "cleaned", partition)
    ]
    made = run_parts(work, STAGE, "finished", parts, make, warm)
    counts: Counter[str] = Counter()
    for part in parts:
        counts.update(_counts(part.target))
    return Report(STAGE, partition, len(parts), made, dict(counts), work.rules_version)


def warm(work: Job) -> None:
    """Load what every worker needs."""
    del work
    import tasks.normalise.page  # noqa: F401, PLC0415  the parent can do without
    from tasks.normalise.language import identifier  # noqa: PLC0415

    identifier()


def make(work: Job, part: Part, tick: Tick, bad: Bad) -> Counts:
    """Finish one part, in a worker process."""
    from tasks.normalise.page import Kept, normalise  # noqa: PLC0415

    table = read_table(part.source, Cleaned)
    removed = whole(table["page"]).field("removed")

    def call(page: Kept) -> Finished:
        return normalise(page, work.rules_version)

    def pack(some: list[Any]) -> dict[str, Any]:
        done = [page for page in some if isinstance(page, Finished)]
        failed = [page for page in some if isinstance(page, Failure)]
        gone = removed.take(pa.array([rows[id(page)] for page in done], pa.int64()))
        quarantine = failure_rows(failed, work.run_id)
        return finished_rows(done, work.run_id, gone) | {"quarantine": quarantine}

    pages = outcomes(iter(from_table(table, Kept)), call, STAGE, tick, bad)
    rows = {id(page): row for row, page in enumerate(pages)}
    _, tables = storable(pages, pack, STAGE)
    write_finished(work.layout, work.partition, part.target.name, tables)
    return {name: table.num_rows for name, table in tables.items()}


def _counts(folder: Path) -> dict[str, int]:
    """Return the counts of one finished part, as the table ``runs`` wants them."""
    rows = {
        name: pq.read_metadata(folder / f"{name}.parquet").num_rows
        for name in ("articles", "blocks", "removals", "quarantine")
    }
    moved_to = pq.read_table(folder / "blocks.parquet", columns=["moved_to"])["moved_to"]
    kept = pc.sum(pc.equal(moved_to, "")).as_py() or 0
    return {
        "pages": rows["articles"] + rows["quarantine"],
        "articles": rows["articles"],
        "kept": kept,
        "moved": rows["blocks"] - kept,
        "removed": rows["removals"],
        "quarantined": rows["quarantine"],
    }


def _name(work: Job, source: Path) -> str:
    return key(work, __name__, [source.stem, work.rules_version], PACKAGES)
