"""``cleancopy data``: look into the published dataset, and take parts of it out."""

import sys
from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from flows.commands import tend
from flows.commands.common import Common, note, out, out_json
from flows.commands.tend import Snapshot
from tasks.errors import ConfigError
from tasks.publish.export import FORMATS, Format, Selection, export, write_to
from tasks.publish.query import diff as difference
from tasks.publish.query import query as run_query
from tasks.publish.statistics import Statistics, statistics
from tasks.store.layout import Layout
from tasks.store.manifest import Manifest, read_manifest
from tasks.store.snapshot import reading, snapshot_folder

app = App(name="data", help="Look into the published dataset.", result_action="return_value")
for _command in (tend.validate, tend.verify, tend.compact, tend.expire, tend.push):
    app.command(_command)

Names = Annotated[tuple[str, ...], Parameter(negative="")]

_SHOWN = 8
_PRINTED = {"-", "/dev/stdin"}
"""Standard output as a target; the command line knows the dash as standard input (`flows.cli`)."""


@app.command
def describe(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print what the dataset holds: rows, sites, languages, what was removed."""
    with reading(_folder(common, snapshot)) as folder:
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

    Every table is a view; `latest` has the newest version of each article that is not held back.
    """
    with reading(_folder(common, snapshot)) as folder:
        frame = run_query(folder, sql)
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
    newest: Annotated[
        bool, Parameter(help="Only the newest version of each article that is not held back.")
    ] = False
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
    is_printed = str(target) in _PRINTED
    how = _format("jsonl" if is_printed else target.suffix.lstrip("."), target, format)
    with reading(_folder(common, snapshot)) as folder:
        if is_printed:
            write_to(sys.stdout.buffer, folder, how, which.selection)
            return
        count = export(folder, target.absolute(), how, which.selection)
    note(f"{count:,} articles written to {target}")


def _format(usual: str, target: Path, asked: str) -> Format:
    for known in FORMATS:
        if (asked or usual) == known:
            return known
    raise ConfigError(f"{target}: name a format with --format: {', '.join(FORMATS)}")


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


@app.command
def card(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print the dataset card: what the dataset holds and how it was made."""
    text = (_folder(common, snapshot) / "card.md").read_text(encoding="utf-8").rstrip()
    if common.json:
        out_json({"card": text})
    else:
        out(text)


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
    with reading(_folder(common, snapshot)) as folder:
        found = difference(folder, article, before, after)
    if common.json:
        out_json(found)
        return
    out(f"{found.title}: version {found.before} to {found.after}, {found.change or 'no'} change")
    for line in found.lines:
        out(line)


@app.command
def path(*, snapshot: Snapshot = "", common: Common = Common()) -> None:  # noqa: B008
    """Print the folder of a snapshot: a long job that reads it is not touched by new ones."""
    folder = str(_folder(common, snapshot))
    if common.json:
        out_json({"path": folder})
    else:
        out(folder)


def _folder(common: Common, snapshot: str) -> Path:
    return snapshot_folder(Layout(common.data_folder), snapshot)
