"""``cleancopy data``: look into the published dataset, check it, take parts of it out, tend it."""

import sys
from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from flows.commands.common import Common, note, out, out_json
from flows.commands.recleaned import recleaner
from tasks.errors import ConfigError, Exit
from tasks.publish import partition
from tasks.publish.export import FORMATS, Format, Selection, export, write_to
from tasks.publish.query import diff as difference
from tasks.publish.query import query as run_query
from tasks.publish.statistics import Statistics, statistics
from tasks.publish.validate import validate as problems
from tasks.publish.validate import verify as made_again
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.store.manifest import Manifest, read_manifest
from tasks.store.remote import Remote
from tasks.store.snapshot import expire as expire_snapshots
from tasks.store.snapshot import listed, snapshot_folder

app = App(name="data", help="Look into the published dataset.", result_action="return_value")

Snapshot = Annotated[str, Parameter(help="A snapshot's id; the current one without it.")]
Names = Annotated[tuple[str, ...], Parameter(negative="")]

_SHOWN = 8


@app.command
def describe(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print what the dataset holds: rows, sites, languages, what was removed."""
    folder = _folder(common, snapshot)
    manifest = read_manifest(folder)
    found = statistics(folder, manifest)
    if common.json:
        counts = {field.name: getattr(found, field.name) for field in fields(found)}
        out_json({"snapshot": manifest.id, "created_at": manifest.created_at} | counts)
        return
    out(f"snapshot {manifest.id}, made {manifest.created_at[:16]} UTC, in {folder}")
    for line in _described(manifest, found):
        out(line)


def _described(manifest: Manifest, found: Statistics) -> list[str]:
    size = sum(file.bytes for file in manifest.files)
    rows = ", ".join(f"{name} {count:,}" for name, count in found.rows.items())
    lines = [
        f"{found.versions:,} versions of {found.articles:,} articles, {found.words:,} words",
        f"{len(manifest.files)} files, {size / 1e6:,.1f} MB; rows: {rows}",
        f"blocks: {found.blocks_kept:,} kept, {found.blocks_removed:,} removed",
        f"duplicates: {found.duplicates:,}",
    ]
    counters = {
        "sites": found.by.get("site", Counter()),
        "languages": found.by.get("lang", Counter()),
        "months": found.months,
        "quality": found.by.get("quality", Counter()),
        "removed": found.removed_by_class,
        "quarantine": found.quarantined,
    }
    lines += [f"{name}: {_listed(counts)}" for name, counts in counters.items() if counts]
    return lines


def _listed(counts: Counter[str]) -> str:
    shown = [f"{name or '(none)'} {count:,}" for name, count in counts.most_common(_SHOWN)]
    more = len(counts) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


@app.command
def query(sql: str, *, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print what a SQL query gives, for example "SELECT site, count(*) FROM latest GROUP BY site".

    Every table is a view, and `latest` has the newest version of each article.
    """
    frame = run_query(_folder(common, snapshot), sql)
    if common.json:
        out(
            frame.to_json(
                orient="records", lines=True, force_ascii=False, date_format="iso"
            ).rstrip()
        )
    else:
        out(frame.to_string(index=False, max_colwidth=80))


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Which:
    """Which articles to take; what is not given does not select."""

    site: Annotated[Names, Parameter(help="Only these sites; may be repeated.")] = ()
    lang: Annotated[Names, Parameter(help="Only these languages; may be repeated.")] = ()
    since: Annotated[datetime | None, Parameter(help="First fetched at or after, UTC.")] = None
    until: Annotated[datetime | None, Parameter(help="First fetched before, UTC.")] = None
    newest: Annotated[bool, Parameter(help="Only the newest version of each article.")] = False
    good: Annotated[bool, Parameter(help="Only articles of quality ok.")] = False
    columns: Annotated[Names, Parameter(help="Only these columns; may be repeated.")] = ()

    @property
    def selection(self) -> Selection:
        """The same, as the dataset understands it."""
        times = _utc(self.since), _utc(self.until)
        return Selection(self.site, self.lang, *times, self.newest, self.good, self.columns)


@app.command(name="export")
def export_articles(
    target: Annotated[Path, Parameter(allow_leading_hyphen=True)],
    *,
    format: Literal["", "csv", "jsonl", "parquet"] = "",  # noqa: A002  the option's name
    which: Which = Which(),
    snapshot: Snapshot = "",
    common: Common = Common(),  # noqa: B008
) -> None:
    """Write articles to a file; - prints them.

    Args:
        target: The file. Its ending says the format, unless --format does.
        format: csv, jsonl or parquet.
        which: Which articles.
        snapshot: A snapshot's id; the current one without it.
        common: Where to work and how to print.
    """
    how = _format(target, format)
    folder = _folder(common, snapshot)
    if str(target) == "-":
        write_to(sys.stdout.buffer, folder, how, which.selection)
        return
    count = export(folder, target.absolute(), how, which.selection)
    note(f"{count:,} articles written to {target}")


def _format(target: Path, asked: str) -> Format:
    name = asked or ("jsonl" if str(target) == "-" else target.suffix.lstrip("."))
    for known in FORMATS:
        if name == known:
            return known
    raise ConfigError(f"{target}: name a format with --format: {', '.join(FORMATS)}")


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


@app.command
def card(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print the dataset card: what the dataset holds and how it was made."""
    out((_folder(common, snapshot) / "card.md").read_text(encoding="utf-8").rstrip())


@app.command
def diff(
    article: str,
    *,
    before: int = 0,
    after: int = 0,
    snapshot: Snapshot = "",
    common: Common = Common(),  # noqa: B008
) -> None:
    """Print how one version of an article became another.

    Args:
        article: Its id or URL.
        before: A version; the one before `after` without it.
        after: A version; the newest without it.
        snapshot: A snapshot's id; the current one without it.
        common: Where to work and how to print.
    """
    found = difference(_folder(common, snapshot), article, before, after)
    if common.json:
        out_json(found)
        return
    out(f"{found.title}: version {found.before} to {found.after}, {found.change or 'no'} change")
    for line in found.lines:
        out(line)


@app.command
def validate(*, snapshot: Snapshot = "", common: Common = Common()) -> int:  # noqa: B008
    """Check a snapshot against its manifest, its hashes and the contract; exit code 4 if broken."""
    folder = _folder(common, snapshot)
    found = problems(folder)
    if common.json:
        out_json({"snapshot": folder.name, "problems": found})
    else:
        for problem in found:
            out(problem)
        out(f"{folder.name}: {len(found)} problems" if found else f"{folder.name}: all holds")
    return Exit.CONTRACT if found else Exit.DONE


@app.command
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
    reclean = recleaner(common.data_folder, common.config_folder)
    verdicts = made_again(_folder(common, snapshot), sample, seed, reclean)
    for verdict in verdicts:
        if common.json:
            out_json(verdict)
        elif verdict.result != "same":
            out(f"{verdict.article_id} version {verdict.version}: {verdict.result} {verdict.url}")
    counts = Counter(verdict.result for verdict in verdicts)
    note(f"{len(verdicts)} rows made again: {_listed(counts)}")
    return Exit.DONE if all(verdict.is_good for verdict in verdicts) else Exit.CONTRACT


@app.command
def compact(*, before: str = "", common: Common = Common()) -> None:  # noqa: B008
    """Merge small files by month, as a new snapshot; readers keep reading.

    Args:
        before: Merge days before this one (YYYY-MM-DD); the newest day without it.
        common: Where to work and how to print.
    """
    if before:
        before = _day(before)
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


@app.command
def expire(
    *,
    keep: int = 7,
    days: float = 7.0,
    common: Common = Common(),  # noqa: B008
) -> None:
    """Remove old snapshots; the current one always stays.

    Args:
        keep: How many of the newest stay.
        days: Younger ones stay too.
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
    if common.json:
        out_json({"expired": gone, "kept": stay})
    else:
        out(f"{len(gone)} snapshots expired, {len(stay)} kept")


@app.command
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


@app.command
def path(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print the folder of a snapshot: a long job that reads it is not touched by new ones."""
    out(str(_folder(common, snapshot)))


def _folder(common: Common, snapshot: str) -> Path:
    return snapshot_folder(Layout(common.data_folder), snapshot)
