"""The stage: one self-contained HTML file about a partition, and its figures for the flow."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tasks.publish.summary import Site, Summary, summarise
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.options import ReportOptions
from tasks.store.snapshot import snapshot_folder

_LONGEST_CHART: Final = 15


@dataclass(frozen=True, slots=True)
class Report:
    """The partition in figures, and where the report lies."""

    partition: str
    snapshot: str
    path: str
    pages: int
    versions: int
    unchanged: int
    kept: int
    moved: int
    removed: int
    quarantined: dict[str, int]
    languages: dict[str, int]
    removed_by_class: dict[str, int]
    duplicates: int
    sites: int


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: `width` is a percentage of the longest."""

    label: str
    count: int
    width: float


def run(partition: str, data: Path, config: Path, run_id: str, options: ReportOptions) -> Report:
    """Write ``data/reports/<run_id>-<partition>.html`` and return the figures.

    Raises:
        ContractError: nothing is published yet, or a part is gone.
        EnvironmentFault: the report cannot be written.
    """
    del config  # a report is of what is there
    layout = Layout(data)
    snapshot = snapshot_folder(layout)
    found = summarise(layout, partition, snapshot)
    path = layout.reports / f"{run_id}-{partition}.html"
    write_bytes(render(found, snapshot.name, run_id, options.title).encode(), path)
    return Report(
        partition=partition,
        snapshot=snapshot.name,
        path=str(path),
        pages=found.pages,
        versions=found.versions,
        unchanged=found.unchanged,
        kept=found.kept,
        moved=found.moved,
        removed=found.removed,
        quarantined=dict(found.quarantined.most_common()),
        languages=dict(found.languages.most_common()),
        removed_by_class=dict(found.removed_by_class.most_common()),
        duplicates=found.duplicates,
        sites=len(found.sites),
    )


def render(found: Summary, snapshot: str, run_id: str, title: str = "") -> str:
    """Return the report as one HTML page: no script, no other file, light and dark."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    charts = {
        "Blocks removed, by class": bars(found.removed_by_class),
        "Languages": bars(found.languages),
        "Changes of earlier articles": bars(found.changes),
        "Pages in quarantine, by reason": bars(found.quarantined),
        "Attempts without a response, by reason": bars(found.fetch_errors),
    }
    return environment.get_template("report.html.j2").render(
        title=title or found.partition,
        found=found,
        sites=sorted(found.sites.values(), key=_most_pages),
        charts={name: chart for name, chart in charts.items() if chart},
        snapshot=snapshot,
        run_id=run_id,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def bars(counts: Counter[str]) -> list[Bar]:
    """Return the bars of a chart, the longest first; what does not fit is one bar "others"."""
    ordered = sorted(counts.items(), key=_most)
    rest = sum(count for _, count in ordered[_LONGEST_CHART:])
    shown = ordered[:_LONGEST_CHART] + ([("others", rest)] if rest else [])
    longest = max((count for _, count in shown), default=0)
    return [Bar(name or "(none)", count, 100 * count / longest) for name, count in shown]


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _most_pages(site: Site) -> tuple[int, str]:
    return -site.pages, site.name
