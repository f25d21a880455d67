"""The stage: one self-contained HTML file about a run, review pages beside it, and its figures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tasks.publish import charts
from tasks.publish.sources import by_source
from tasks.publish.summary import AGES, FUTURE, UNDATED, Site, Summary, slowest, summarise
from tasks.publish.trends import Published, published
from tasks.review.card import Card, sites
from tasks.review.html import anchor, encoded, environment, own, policy
from tasks.review.read import Selection, read_cards
from tasks.review.sheet import INDEX, write_review
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.options import ReportOptions
from tasks.store.snapshot import snapshot_folder

HERE: Final = Path(__file__).parent
HOSTS: Final = 12


@dataclass(frozen=True, slots=True)
class Report:
    """The run in figures, and where the report lies."""

    partitions: tuple[str, ...]
    snapshot: str
    path: str
    review: str  # path of the index of its review pages; "" if there are none
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
    alarms: int
    by_source: list[dict[str, str | int]]  # as `sources.Source`, most articles first


@dataclass(frozen=True, slots=True)
class Review:
    """The review pages beside the report, seen from it."""

    folder: str = ""  # relative to the report; "" if there are none
    sites: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()

    @property
    def index(self) -> str:
        """Return the link to the index, "" if there is none."""
        return f"{self.folder}/{INDEX}" if self.folder else ""

    def of_site(self, name: str) -> str:
        """Return the link to a site's articles, "" if none was chosen."""
        return f"{self.index}#{anchor(name)}" if name in self.sites else ""

    def of_rule(self, name: str) -> str:
        """Return the link to articles on which a rule removed something, "" if there is none."""
        return f"{self.index}#rule-{anchor(name)}" if name in self.rules else ""


def run(partition: str, data: Path, config: Path, run_id: str, options: ReportOptions) -> Report:
    """Write ``data/reports/<run_id>.html``, review pages beside it, and return the figures.

    The report is about the partitions that the options name, or about `partition` alone.

    Raises:
        ContractError: nothing is published yet, or a part is gone.
        EnvironmentFault: the report cannot be written.
    """
    del config  # a report is of what is there
    layout = Layout(data)
    snapshot = snapshot_folder(layout)
    partitions = options.partitions or (partition,)
    found, news = summarise(layout, partitions), published(snapshot, partitions)
    name = run_id or partition
    review = _review(snapshot, partitions, layout.reports / f"{name}-review", options)
    path = layout.reports / f"{name}.html"
    title = options.title or named(partitions)
    write_bytes(encoded(render(found, news, review, (title, snapshot.name, run_id))), path)
    return Report(
        partitions=partitions,
        snapshot=snapshot.name,
        path=str(path),
        review=str(layout.reports / review.index) if review.index else "",
        pages=found.pages,
        versions=news.versions,
        unchanged=found.pages - news.versions,
        kept=found.kept,
        moved=found.moved,
        removed=found.removed,
        quarantined=dict(found.quarantined.most_common()),
        languages=dict(found.languages.most_common()),
        removed_by_class=dict(found.removed_by_class.most_common()),
        duplicates=news.duplicates,
        sites=len(found.sites),
        alarms=len(news.alarms),
        by_source=[asdict(source) for source in by_source(layout, partitions, snapshot)],
    )


def render(found: Summary, news: Published, review: Review, about: tuple[str, str, str]) -> str:
    """Return the report as one HTML page: no script, no other file, light and dark.

    Args:
        found: what became of the pages.
        news: what became of them in the snapshot.
        review: where the review pages are.
        about: title, snapshot and run.
    """
    style = own("house.css") + "\n" + own("report.css", folder=HERE)
    title, snapshot, run_id = about
    listed = sorted(found.sites.values(), key=_most_pages)
    return (
        environment(HERE)
        .get_template("report.html.j2")
        .render(
            title=title,
            found=found,
            news=news,
            review=review,
            sites=listed,
            sparks=_sparks(listed, news),
            charts=_charts(found, news),
            columns=charts.columns(found.days, found.newest) if found.newest else [],
            failed=sorted(found.failed.values(), key=lambda one: (-one.pages, one.slug)),
            hosts=slowest(found.hosts.values(), HOSTS),
            rules=charts.bars(found.removed_by_rule),
            snapshot=snapshot,
            run_id=run_id,
            written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            style=style,
            policy=policy(style),
        )
    )


def named(partitions: Sequence[str]) -> str:
    """Return the partitions' names for a headline.

    >>> named(["2026-11-24"]), named(["2026-11-22", "2026-11-23", "2026-11-24"])
    ('2026-11-24', '3 partitions, 2026-11-22 to 2026-11-24')
    """
    if len(partitions) <= 2:  # noqa: PLR2004  two fit
        return " and ".join(partitions)
    return f"{len(partitions)} partitions, {min(partitions)} to {max(partitions)}"


def _review(
    snapshot: Path, partitions: Sequence[str], folder: Path, options: ReportOptions
) -> Review:
    """Write the review pages of the run's least sure removals, some of every site."""
    if not options.review_articles:
        return Review()
    chosen = Selection(partitions=tuple(partitions), limit=options.review_articles, is_spread=True)
    cards: Sequence[Card] = read_cards(snapshot, chosen)
    if not cards:
        return Review()
    title = f"What was removed from {named(partitions)}"
    write_review(cards, folder, title, snapshot.name)
    rules = {row.reason.rule for card in cards for row in card.rows if row.reason}
    return Review(folder.name, frozenset(sites(cards)), frozenset(rules))


def _charts(found: Summary, news: Published) -> dict[str, list[charts.Bar]]:
    ages = [*(name for _, name in AGES), FUTURE, UNDATED]
    return {
        "removed": charts.bars(found.removed_by_class),
        "languages": charts.bars(found.languages),
        "changes": charts.bars(news.changes),
        "errors": charts.bars(found.fetch_errors),
        "ages": charts.bars(found.ages, ordered=ages),
        "dates_from": charts.bars(found.dates_from),
    }


def _sparks(listed: Sequence[Site], news: Published) -> dict[str, Any]:
    last = news.last_day
    return {
        site.name: charts.spark(news.days[site.name], last)
        for site in listed
        if last and site.name in news.days
    }


def _most_pages(site: Site) -> tuple[int, str]:
    return -site.pages, site.name
