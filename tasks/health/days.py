"""A site's days: what its pages, its articles and the attempts to fetch it say, day by day.

`gather` is a pure function of the finished parts, the marks and the fetches. A day is the UTC day
of `fetched_at`. The order of parts and rows does not matter: pages are sorted.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from statistics import median
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.health.seen import SHORT_WORDS, see
from tasks.store.layout import Layout
from tasks.store.marks import Marks

LISTS: Final = frozenset({"feed", "sitemap"})
OUR_DOING: Final = frozenset({"run-deadline", "private-address", "url-credentials"})
"""Failed attempts that say nothing of the site."""

_ATTEMPT: Final = ["url", "source_id", "purpose", "fetched_at", "status", "error"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One page of a day."""

    url: str
    words: int  # -1: it failed
    has_title: bool = True
    has_date: bool = True
    is_partial: bool = False
    removed_share: float = 0.0
    lang: str = ""
    paths: tuple[tuple[str, int], ...] = ()  # markup of the kept text, and its code points

    @property
    def is_empty(self) -> bool:
        """Tell whether there is no text to speak of."""
        return self.words < SHORT_WORDS

    @property
    def has_text(self) -> bool:
        """Tell whether the page became an article."""
        return self.words >= 0


@dataclass(frozen=True, slots=True)
class Asked:
    """Attempts to fetch from a site on one day."""

    pages: int = 0
    failed: tuple[tuple[str, int], ...] = ()  # slug -> attempts for pages that gave none
    lists: int = 0  # feeds and sitemaps
    failed_lists: int = 0

    @property
    def failures(self) -> int:
        """Number of attempts for pages that gave none."""
        return sum(count for _, count in self.failed)


@dataclass(frozen=True, slots=True)
class Day:
    """One site on one day, or some of its days taken together."""

    site: str
    day: date  # the last one
    seen: tuple[Seen, ...] = ()
    articles: int = 0  # first seen on the day
    versions: int = 0
    duplicates: int = 0  # of the versions
    asked: Asked = Asked()
    is_over: bool = True  # something was stored on a later day, by whatever site

    @property
    def texts(self) -> tuple[Seen, ...]:
        """The pages that became articles."""
        return tuple(page for page in self.seen if page.has_text)

    @property
    def words(self) -> list[int]:
        """Lengths of the texts; the short ones too."""
        return [page.words for page in self.seen if page.has_text]

    @property
    def median_words(self) -> float | None:
        """Median length of the texts."""
        return median(self.words) if self.words else None

    @property
    def removed_share(self) -> float | None:
        """Median share of a page's characters that was removed."""
        shares = [page.removed_share for page in self.seen if page.has_text]
        return median(shares) if shares else None


def together(days: Sequence[Day]) -> Day:
    """Return some days of one site, the newest last, as one."""
    return replace(
        days[-1],
        seen=tuple(page for day in days for page in day.seen),
        articles=sum(day.articles for day in days),
        versions=sum(day.versions for day in days),
        duplicates=sum(day.duplicates for day in days),
        asked=_sum([day.asked for day in days]),
    )


def _sum(asked: Sequence[Asked]) -> Asked:
    failed: Counter[str] = Counter()
    for one in asked:
        failed.update(dict(one.failed))
    return Asked(
        sum(one.pages for one in asked),
        tuple(sorted(failed.items())),
        sum(one.lists for one in asked),
        sum(one.failed_lists for one in asked),
    )


@dataclass(slots=True)
class _Open:
    """A day while it is put together."""

    seen: list[Seen] = field(default_factory=list)
    articles: int = 0
    versions: int = 0
    duplicates: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


Key = tuple[str, date]


def gather(layout: Layout, marks: Marks) -> dict[str, list[Day]]:
    """Return every site's days, oldest first.

    Raises:
        ContractError: a part is torn.
        EnvironmentFault: what was seen of a part cannot be written.
    """
    found: dict[Key, _Open] = {}
    sites: dict[str, Counter[str]] = {}  # source -> where its pages were
    done: set[str] = set()
    for part in marks.parts:
        if part[1] in done:  # a copied partition: its pages are the same pages
            continue
        done.add(part[1])
        for row in see(layout, part).to_pylist():
            key = row["site"], row["fetched_at"].date()
            found.setdefault(key, _Open()).seen.append(_seen(row))
            sites.setdefault(row["source_id"] or "", Counter())[row["site"]] += 1
    _count_marks(found, marks)
    last = _count_attempts(found, layout, {name: _main(of) for name, of in sites.items()})
    last = max([last, *(day for _, day in found)], default=last)
    days: dict[str, list[Day]] = {}
    for site, day in sorted(found):
        days.setdefault(site, []).append(_close(site, day, found[site, day], last))
    return days


def _main(counts: Counter[str]) -> str:
    return min(counts, key=lambda site: (-counts[site], site))


def _seen(row: dict[str, Any]) -> Seen:
    kept = ("url", "words", "has_title", "has_date", "is_partial", "removed_share", "lang")
    paths = tuple(zip(row["paths"], row["chars"], strict=True))
    return Seen(**{name: row[name] for name in kept}, paths=paths)


def _count_marks(found: dict[Key, _Open], marks: Marks) -> None:
    rows = marks.table
    columns = {
        "site": rows["site"],
        "day": pc.cast(rows["fetched_at"], pa.date32()),
        "is_first": pc.equal(rows["version"], 1),
        "is_copy": pc.not_equal(rows["near_dup_of"], ""),
    }
    counted = (
        pa.table(columns)
        .group_by(["site", "day"])
        .aggregate([("is_first", "sum"), ("is_copy", "sum"), ([], "count_all")])
    )
    for row in counted.to_pylist():
        one = found.setdefault((row["site"], row["day"]), _Open())
        one.articles, one.duplicates = row["is_first_sum"], row["is_copy_sum"]
        one.versions = row["count_all"]


def _count_attempts(found: dict[Key, _Open], layout: Layout, sites: dict[str, str]) -> date:
    """Count the attempts by the site of their source; return the last day anything was tried."""
    last = date.min
    for row in _attempts(layout):
        day = row["fetched_at"].date()
        last = max(last, day)
        site = sites.get(row["source_id"] or "")
        if site is None or row["error"] in OUR_DOING:
            continue  # a source that never gave a page has no days to compare with
        one = found.setdefault((site, day), _Open())
        kind = "list" if row["purpose"] in LISTS else row["purpose"]
        one.asked[kind] += 1
        if row["error"]:
            one.asked[f"failed {kind}"] += 1
            if kind == "page":
                one.failed[_slug(row)] += 1
    return last


def _slug(row: dict[str, Any]) -> str:
    return f"{row['error']} {row['status']}" if row["status"] else str(row["error"])


def _attempts(layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield each attempt once, also where a partition was copied."""
    tables = [
        pq.read_table(path, columns=_ATTEMPT, partitioning=None)
        for partition in layout.partitions("captures")
        for path in sorted(layout.captures(partition).glob("fetches-*.parquet"))
    ]
    if tables:
        every = pa.concat_tables(tables, promote_options="permissive")
        every = every.filter(pc.is_in(every["purpose"], pa.array(["page", *sorted(LISTS)])))
        yield from every.group_by(_ATTEMPT).aggregate([]).to_pylist()


def _close(site: str, day: date, found: _Open, last: date) -> Day:
    asked = Asked(
        found.asked["page"],
        tuple(sorted(found.failed.items())),
        found.asked["list"],
        found.asked["failed list"],
    )
    return Day(
        site, day, tuple(sorted(found.seen, key=_order)), found.articles, found.versions,
        found.duplicates, asked, is_over=day < last,
    )  # fmt: skip


def _order(page: Seen) -> tuple[object, ...]:
    return page.url, page.words, page.paths


def urls_of(pages: Iterable[Seen], most: int) -> tuple[str, ...]:
    """Return up to `most` different URLs of pages, in order."""
    return tuple(dict.fromkeys(page.url for page in pages))[:most]
