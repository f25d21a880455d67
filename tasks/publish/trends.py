"""What the snapshot says of a run: versions, changes, duplicates, days of sites, alarms."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tasks.publish.summary import Row, counts

LISTED_DUPLICATES: Final = 25
DAYS: Final = 30
"""Days of a site that a sparkline shows."""

ALARMS: Final = ("alarm", "changed")


@dataclass(slots=True)
class Published:
    """What a run's pages became in the snapshot, and the sites' last days."""

    versions: int = 0  # rows that these pages gave
    changes: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    pairs: list[Row] = field(default_factory=list)  # the first of the duplicates, named
    duplicates_by_site: Counter[str] = field(default_factory=Counter)
    days: dict[str, list[int]] = field(default_factory=dict)  # site: new articles by day
    last_day: date | None = None  # of `days`
    alarms: list[Row] = field(default_factory=list)  # rows of site_health


def published(snapshot: Path, partitions: Sequence[str]) -> Published:
    """Read what became of the pages of `partitions`, one or more, in `snapshot`."""
    found = Published()
    articles = ds.dataset(str(snapshot / "articles"), format="parquet")
    names = ["article_id", "title", "site", "change", "near_dup_of", "dup_score"]
    own = articles.to_table(columns=names, filter=_within(partitions))
    found.versions = own.num_rows
    found.changes.update(counts(own["change"].filter(pc.not_equal(own["change"], ""))))
    copies = own.filter(pc.not_equal(own["near_dup_of"], ""))
    found.duplicates = copies.num_rows
    found.duplicates_by_site.update(counts(copies["site"]))
    found.pairs = list(_named(articles, copies.slice(0, LISTED_DUPLICATES).to_pylist()))
    health = _health(snapshot)
    if health is None:
        _count_days(found, _first_seen(articles))
    else:  # it knows of held articles too
        days = health.select(["site", "day", "articles"])
        _count_days(found, days.rename_columns(["site", "day", "count"]))
        found.alarms = list(_alarms(health))
    return found


def _within(partitions: Sequence[str]) -> Any:  # noqa: ANN401  an Arrow expression
    return reduce(or_, [pc.starts_with(pc.field("warc_file"), f"{name}/") for name in partitions])


def _count_days(found: Published, rows: pa.Table) -> None:
    """Sum `rows` of site, day and count into the sites' last `DAYS` days."""
    if not rows.num_rows:
        return
    last: date = pc.max(rows["day"]).as_py()
    found.last_day = last
    by_site: dict[str, list[int]] = defaultdict(lambda: [0] * DAYS)
    for row in rows.to_pylist():
        place = DAYS - 1 - (last - row["day"]).days
        if place >= 0:
            by_site[row["site"]][place] += row["count"]
    found.days = dict(by_site)


def _first_seen(articles: ds.Dataset) -> pa.Table:
    """Return how many articles were first fetched on each day, by site."""
    firsts = articles.to_table(
        columns={"site": pc.field("site"), "day": pc.field("fetched_at").cast(pa.date32())},
        filter=pc.field("version") == 1,
    )
    counted = firsts.group_by(["site", "day"]).aggregate([([], "count_all")])
    return counted.rename_columns(["site", "day", "count"])


def _health(snapshot: Path) -> pa.Table | None:
    """Return the table of sites' days, None where the snapshot has none."""
    files = sorted((snapshot / "site_health").glob("*.parquet"))
    if not files:
        return None
    table = ds.dataset([str(file) for file in files], format="parquet").to_table()
    return table if table.num_rows else None


def _alarms(health: pa.Table) -> Iterator[Row]:
    """Yield the newest row of each site that is out of its usual range."""
    since = pc.max(health["day"]).as_py() - timedelta(days=DAYS)
    rows = health.filter(pc.field("day") >= pa.scalar(since, pa.date32())).to_pylist()
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["site"], row["day"])):
        newest[row["site"]] = row
    yield from (row for row in newest.values() if row["status"] in ALARMS)


def _named(articles: ds.Dataset, copies: Sequence[Row]) -> Iterator[Row]:
    ids = pa.array([row["near_dup_of"] for row in copies], pa.string())
    originals = articles.to_table(
        columns=["article_id", "title", "site"], filter=pc.field("article_id").isin(ids)
    )
    by_id = {row["article_id"]: row for row in originals.to_pylist()}
    for row in copies:
        original = by_id[row["near_dup_of"]]
        yield row | {"of_title": original["title"], "of_site": original["site"]}
