"""What became of a run's pages, counted from the finished parts of its partitions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from statistics import median
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks import urls
from tasks.errors import PageError
from tasks.publish.gather import read_part
from tasks.store.layout import Layout
from tasks.store.parts import closed

Row = dict[str, Any]

AGES: Final = (
    (1, "the same day"), (2, "1 day"), (8, "2 to 7 days"), (32, "8 to 31 days"),
    (366, "a month to a year"), (100_000, "more than a year"),
)  # fmt: skip
"""How old articles were when they were fetched: younger than so many days."""

FUTURE: Final = "dated in the future"
UNDATED: Final = "no date"


@dataclass(slots=True)
class Site:
    """One site's pages in the run."""

    name: str
    pages: int = 0
    kept: int = 0
    removed: int = 0
    kept_chars: int = 0
    removed_chars: int = 0
    not_ok: int = 0  # quality suspect or quarantined
    undated: int = 0
    failed: int = 0  # pages in quarantine
    duplicates: int = 0
    words: list[int] = field(default_factory=list)

    @property
    def median_words(self) -> float:
        """Median length of its texts."""
        return median(self.words) if self.words else 0.0

    @property
    def removed_share(self) -> float:
        """Share of its characters that was removed, 0 to 1."""
        return self.removed_chars / max(1, self.kept_chars + self.removed_chars)


@dataclass(slots=True)
class Failed:
    """Pages in quarantine for one reason, and one of them."""

    slug: str
    pages: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    url: str = ""
    message: str = ""


@dataclass(slots=True)
class Host:
    """How one host answered."""

    name: str
    attempts: int = 0
    failed: int = 0
    milliseconds: list[int] = field(default_factory=list)  # of answers
    received: int = 0  # bytes

    @property
    def median_ms(self) -> float:
        """Half of its answers took longer."""
        return median(self.milliseconds) if self.milliseconds else 0.0

    @property
    def slow_ms(self) -> int:
        """One answer in twenty took longer."""
        ordered = sorted(self.milliseconds)
        return ordered[-(-len(ordered) * 19 // 20) - 1] if ordered else 0


@dataclass(slots=True)
class Summary:
    """A run in figures. A page ends as one of `pages` or of `quarantined`."""

    partitions: tuple[str, ...]
    pages: int = 0
    kept: int = 0  # blocks
    moved: int = 0
    removed: int = 0
    sites: dict[str, Site] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    removed_by_class: Counter[str] = field(default_factory=Counter)
    removed_by_rule: Counter[str] = field(default_factory=Counter)
    failed: dict[str, Failed] = field(default_factory=dict)
    attempts: int = 0  # fetches
    fetch_errors: Counter[str] = field(default_factory=Counter)
    hosts: dict[str, Host] = field(default_factory=dict)
    ages: Counter[str] = field(default_factory=Counter)  # when fetched, of AGES
    dates_from: Counter[str] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)  # of publication
    newest: date | None = None  # day of the newest fetch

    @property
    def quarantined(self) -> Counter[str]:
        """Pages in quarantine by slug."""
        return Counter({slug: failed.pages for slug, failed in self.failed.items()})

    def site(self, name: str) -> Site:
        """Return the site with this name, a new one if need be."""
        return self.sites.setdefault(name, Site(name))


def summarise(layout: Layout, partitions: Sequence[str]) -> Summary:
    """Count the pages and attempts of `partitions`.

    Raises:
        ContractError: a part is gone or torn.
    """
    found = Summary(tuple(partitions))
    for partition in partitions:
        for part in closed(layout, "finished", partition):
            _count_articles(found, read_part(part / "articles.parquet", "articles"))
            moved = pq.read_table(part / "blocks.parquet", columns=["moved_to"], partitioning=None)
            found.moved += total(pc.not_equal(moved["moved_to"], ""))
            removals = pq.read_table(
                part / "removals.parquet", columns=["class", "rule"], partitioning=None
            )
            found.removed_by_class.update(counts(removals["class"]))
            found.removed_by_rule.update(counts(removals["rule"]))
            _count_failed(found, read_part(part / "quarantine.parquet", "quarantine"))
        for path in sorted(layout.captures(partition).glob("fetches-*.parquet")):
            _count_fetches(found, read_part(path, "fetches"))
    return found


def counts(values: Any) -> dict[str, int]:  # noqa: ANN401  any Arrow array
    """Return how often each value occurs; null is ""."""
    return {pair["values"] or "": pair["counts"] for pair in pc.value_counts(values).to_pylist()}


def total(values: Any) -> int:  # noqa: ANN401  any Arrow array
    """Return the sum; how many are true, of truths."""
    return int(pc.sum(values).as_py() or 0)


def age(published: datetime | None, fetched: datetime) -> str:
    """Return how old an article was when fetched, by the names of `AGES`."""
    if published is None:
        return UNDATED
    days = (fetched.astimezone(UTC).date() - published.astimezone(UTC).date()).days
    if days < 0:
        return FUTURE
    return next(name for limit, name in AGES if days < limit or limit == AGES[-1][0])


def _count_articles(found: Summary, articles: pa.Table) -> None:
    names = [
        "site", "n_paragraphs", "n_removed", "n_chars", "removed_chars", "n_words", "quality",
        "published_at", "published_from", "fetched_at",
    ]  # fmt: skip
    for row in articles.select(names).to_pylist():
        site = found.site(row["site"])
        site.pages += 1
        site.kept += row["n_paragraphs"]
        site.removed += row["n_removed"]
        site.kept_chars += row["n_chars"]
        site.removed_chars += row["removed_chars"]
        site.not_ok += row["quality"] != "ok"
        site.words.append(row["n_words"])
        found.kept += row["n_paragraphs"]
        found.removed += row["n_removed"]
        _count_dates(found, site, row)
    found.pages += articles.num_rows
    found.languages.update(counts(articles["lang"]))


def _count_dates(found: Summary, site: Site, row: Row) -> None:
    published, fetched = row["published_at"], row["fetched_at"]
    found.ages[age(published, fetched)] += 1
    found.newest = max(filter(None, (found.newest, fetched.date())))
    if published is None:
        site.undated += 1
        return
    found.dates_from[row["published_from"]] += 1
    found.days[published.date()] += 1


def _count_failed(found: Summary, rows: pa.Table) -> None:
    for row in rows.select(["url", "stage", "slug", "message"]).to_pylist():
        failed = found.failed.setdefault(row["slug"], Failed(row["slug"]))
        failed.pages += 1
        failed.stages[row["stage"]] += 1
        if not failed.url:
            failed.url, failed.message = row["url"], row["message"]
        found.site(_site(row["url"])).failed += 1


def _count_fetches(found: Summary, rows: pa.Table) -> None:
    names = ["url", "purpose", "error", "milliseconds", "bytes"]
    found.attempts += rows.num_rows
    found.fetch_errors.update(error for error in rows["error"].to_pylist() if error)
    for row in rows.select(names).to_pylist():
        name = _host(row["url"])
        if row["purpose"] == "file" or not name:
            continue
        host = found.hosts.setdefault(name, Host(name))
        host.attempts += 1
        host.failed += bool(row["error"])
        host.received += row["bytes"] or 0
        if row["milliseconds"]:
            host.milliseconds.append(row["milliseconds"])


def slowest(hosts: Iterable[Host], most: int) -> list[Host]:
    """Return the `most` slowest hosts, by the median of their answers."""
    return sorted(hosts, key=lambda host: (-host.median_ms, host.name))[:most]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _site(url: str) -> str:
    try:
        return urls.site(urls.canonical(url))
    except PageError:
        return ""
