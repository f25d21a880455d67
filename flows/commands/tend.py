"""The commands of ``cleancopy data`` that check the dataset and tend it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args

from cyclopts import Parameter

from flows.commands.common import Common, note, out, out_json
from flows.commands.recleaned import recleaner
from flows.progress import shown
from tasks.errors import ConfigError, EnvironmentFault, Exit
from tasks.publish import partition
from tasks.publish.validate import validate as problems
from tasks.publish.validate import verify as made_again
from tasks.store.layout import Layout, WorkStage
from tasks.store.lock import held
from tasks.store.parts import forget
from tasks.store.remote import Remote
from tasks.store.snapshot import expire as expire_snapshots
from tasks.store.snapshot import listed, reading, snapshot_folder

Snapshot = Annotated[str, Parameter(help="A snapshot's id; the current one without it.")]


def validate(*, snapshot: Snapshot = "", common: Common = Common()) -> int:  # noqa: B008
    """Check a snapshot against its manifest, its hashes and the contract; exit code 4 if broken."""
    folder = snapshot_folder(Layout(common.data_folder), snapshot)
    found = problems(folder)
    if common.json:
        out_json({"snapshot": folder.name, "problems": found})
    else:
        for problem in found:
            out(problem)
        out(f"{folder.name}: {len(found)} problems" if found else f"{folder.name}: all holds")
    return Exit.CONTRACT if found else Exit.DONE


def verify(
    *,
    sample: int = 20,
    seed: int = 0,
    snapshot: Snapshot = "",
    common: Common = Common(),  # noqa: B008
) -> int:
    """Make rows again from their raw bytes and compare hashes; exit code 4 if one differs.

    Args:
        sample: How many rows.
        seed: Which rows: another seed, another sample.
        snapshot: A snapshot's id; the current one without it.
        common: Where to work and how to print.
    """
    if sample < 1:
        raise ConfigError("--sample is at least 1")
    reclean = recleaner(common.data_folder, common.config_folder)
    with reading(snapshot_folder(Layout(common.data_folder), snapshot)) as folder:
        verdicts = made_again(folder, sample, seed, reclean)
    for verdict in verdicts:
        if common.json:
            out_json(verdict)
        elif verdict.result != "same":
            out(f"{verdict.article_id} version {verdict.version}: {verdict.result} {verdict.url}")
    counts = Counter(verdict.result for verdict in verdicts).most_common()
    told = ", ".join(f"{result} {count}" for result, count in counts)
    note(f"{len(verdicts)} rows made again: {told or 'the dataset has no article'}")
    return Exit.DONE if all(verdict.is_good for verdict in verdicts) else Exit.CONTRACT


def compact(*, before: str = "", common: Common = Common()) -> None:  # noqa: B008
    """Merge small files by month, as a new snapshot; readers keep reading.

    Args:
        before: Merge days before this one (YYYY-MM-DD); the newest day without it.
        common: Where to work and how to print.
    """
    if before:
        before = _day(before)
    with shown("tasks", is_json=common.json):
        report = partition.compact(common.data_folder, "compact", before=before)
    if common.json:
        out_json(report)
    else:
        out(f"{report.snapshot}: {report.files} files, {report.written} of them written")


def _day(text: str) -> str:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise ConfigError(f"{text!r} is no day: write it as 2026-11-24") from error


def expire(
    *,
    keep: int = 7,
    days: float = 7.0,
    work: bool = False,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Remove old snapshots; the current one always stays.

    Args:
        keep: How many of the newest stay.
        days: Younger ones stay too.
        work: Remove parts of work too that newer rules or options have replaced.
        common: Where to work and how to print.
    """
    layout = Layout(common.data_folder)
    if keep < 1 or days < 0:
        raise ConfigError("--keep is at least 1 and --days at least 0")
    with held(layout.lock("publish"), who="expire"):
        gone = expire_snapshots(
            layout, keep=keep, younger=timedelta(days=days), now=datetime.now(UTC)
        )
    stay = [manifest.id for manifest in listed(layout)]
    parts = _forget_replaced(layout) if work else 0
    if common.json:
        out_json({"expired": gone, "kept": stay, "parts": parts})
    else:
        out(f"{len(gone)} snapshots expired, {len(stay)} kept")
        if work:
            out(f"{parts} replaced parts removed")


def _forget_replaced(layout: Layout) -> int:
    """Remove replaced parts of every partition that no run is working on; return how many."""
    removed = 0
    for stage in get_args(WorkStage):
        for partition_name in layout.partitions(stage):
            lock = layout.lock(f"partition-{partition_name}")
            try:
                with held(lock, who="expire", wait_s=0):
                    removed += forget(layout, stage, partition_name)
            except EnvironmentFault:
                note(f"{partition_name}: a run is working on it; its parts stay")
    return removed


def push(
    uri: str,
    *,
    keep: int = 7,
    days: float = 7.0,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Bring the current snapshot to an object store, and expire old ones there.

    Args:
        uri: Where, for example s3://bucket/news?region=eu-north-1; keys come from the environment.
        keep: How many of the newest snapshots stay there.
        days: Younger ones stay too.
        common: Where to work and how to print.
    """
    layout = Layout(common.data_folder)
    remote = Remote.at(uri)
    with held(layout.lock("publish"), who="push"):
        sent = remote.push(layout)
        younger = timedelta(days=days)
        gone = remote.expire(keep=keep, younger=younger, now=datetime.now(UTC))
    if common.json:
        out_json({"sent": sent, "expired": gone})
    else:
        out(f"{sent} files sent, {len(gone)} snapshots expired there")
