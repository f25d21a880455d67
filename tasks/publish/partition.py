"""The stage: publish what is marked, as one snapshot, in one step for readers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.errors import ContractError, EnvironmentFault
from tasks.publish.dataset import Published, newest_day, publish_marked
from tasks.schema import RUNS, TABLES, columns
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.store.marks import read_marks
from tasks.store.options import PublishOptions, RunRow
from tasks.store.snapshot import expire


@dataclass(frozen=True, slots=True)
class Report:
    """What is current after the stage, over all partitions."""

    partition: str
    snapshot: str
    is_new: bool  # False: the current snapshot held just this already
    rows: dict[str, int]  # by table
    files: int
    written: int  # of the files; the others are links to the snapshot before
    expired: tuple[str, ...]


def run(partition: str, data: Path, config: Path, run_id: str, options: PublishOptions) -> Report:
    """Publish every marked row, expire old snapshots, and return what is current now.

    Raises:
        ContractError: rows broke the contract; the snapshot before stays current.
        EnvironmentFault: disk, folder or lock; the snapshot before stays current.
    """
    del config  # every choice is in the options
    layout = Layout(data)
    with held(layout.lock("publish"), who=f"publish of {run_id}", wait_s=options.lock_wait_s):
        if options.run is not None:
            record_run(layout, options.run)
        try:
            published = publish_marked(layout, run_id)
        except (ContractError, EnvironmentFault):
            if options.run is not None:
                record_run(layout, options.run.model_copy(update={"status": "failed"}))
            raise
        younger = timedelta(days=options.keep_days)
        gone = expire(layout, keep=options.keep_snapshots, younger=younger, now=datetime.now(UTC))
    return _report(partition, published, gone)


def compact(data: Path, run_id: str, *, before: str = "", wait_s: float = 600) -> Report:
    """Merge the files of all days before `before` by month, as a new snapshot.

    `before` is an ISO date; "" stands for the newest day with rows. Readers keep reading.

    Raises:
        ContractError: nothing is marked, or rows broke the contract.
        EnvironmentFault: disk, folder or lock.
    """
    layout = Layout(data)
    with held(layout.lock("publish"), who=f"compact of {run_id}", wait_s=wait_s):
        marks = read_marks(layout)
        day = before or ("" if marks is None else newest_day(marks))
        return _report("", publish_marked(layout, run_id, day), [])


def record_run(layout: Layout, row: RunRow) -> None:
    """Write the run's row of the table runs; a run without an end ends now."""
    values = row.model_dump()
    values["finished_at"] = row.finished_at or datetime.now(UTC)
    values["partitions"] = list(row.partitions)
    write_parquet(columns(RUNS, [values]), layout.runs / f"{row.run_id}.parquet")


def _report(partition: str, published: Published, gone: list[str]) -> Report:
    manifest = published.manifest
    return Report(
        partition=partition,
        snapshot=manifest.id,
        is_new=published.is_new,
        rows={table: manifest.rows(table) for table in TABLES},
        files=len(manifest.files),
        written=published.written,
        expired=tuple(gone),
    )
