"""Site health in what is published: its own table, and the articles it holds back.

An article version is held back when its site's day is, unless a person released the article
itself; one that a person dropped stays held whatever its site's health. Held rows stay in the
tables, with quality "quarantined" and the reason.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tasks.publish.plan import contract_digest
from tasks.store.decisions import Decision, read_decisions
from tasks.store.health import read_health
from tasks.store.layout import Layout
from tasks.store.marks import Marks

HELD: Final = "held"
"""Column added to the marks: why the row is held back; empty if it is not."""

DROPPED: Final = "dropped"


@dataclass(frozen=True, slots=True)
class HealthShard:
    """The rows of one file of ``site_health``."""

    month: str
    rows: pa.Table
    inputs: str


def with_holds(layout: Layout, marks: Marks) -> Marks:
    """Return the marks with a column that says which rows are held back, and why.

    Raises:
        ContractError: the table of health or the decisions are torn.
    """
    reasons = _by_day(read_health(layout))
    articles = _by_article(read_decisions(layout))
    table = marks.table
    days = pc.cast(table["fetched_at"], pa.date32()).to_pylist()
    found = [
        articles.get(article, reasons.get((site, day), ""))
        for article, site, day in zip(
            table["article_id"].to_pylist(), table["site"].to_pylist(), days, strict=True
        )
    ]
    return replace(marks, table=table.append_column(HELD, pa.array(found, pa.string())))


def _by_day(health: pa.Table) -> dict[tuple[str, date], str]:
    rows = health.filter(health["held"]).select(["site", "day", "cause"]).to_pylist()
    return {(row["site"], row["day"]): f"health.{row['cause']}" for row in rows}


def _by_article(decisions: tuple[Decision, ...]) -> dict[str, str]:
    """Return the reason of each article decided about by itself; the last decision counts."""
    verbs = {one.target: one.verb for one in decisions if one.until is None}
    reasons = {"release": "", "drop": DROPPED}
    return {target: reasons[verb] for target, verb in verbs.items() if verb in reasons}


def quarantined(articles: pa.Table, reasons: pa.Array) -> pa.Table:
    """Return a shard's articles with those held back quarantined; `reasons` has one a row."""
    is_held = pc.not_equal(reasons, "")
    quality = pc.if_else(is_held, "quarantined", articles["quality"])
    pairs = zip(articles["quality_reasons"].to_pylist(), reasons.to_pylist(), strict=True)
    told = [[*(own or []), reason] if reason else own for own, reason in pairs]
    for name, column in (("quality", quality), ("quality_reasons", pa.array(told, _REASONS))):
        place = articles.schema.get_field_index(name)
        articles = articles.set_column(place, articles.schema.field(name), column)
    return articles


_REASONS: Final = pa.list_(pa.string())


def health_shards(layout: Layout, compacted_before: str) -> Iterator[HealthShard]:
    """Yield the shards of ``site_health``: compacted days by month, later ones a file each."""
    table = read_health(layout)
    days = pc.strftime(table["day"], "%Y-%m-%d").to_pylist()
    groups: dict[tuple[str, str], list[int]] = {}
    for i, day in enumerate(days):
        alone = "" if day < compacted_before else day
        groups.setdefault((day[:7], alone), []).append(i)
    for (month, _), chosen in sorted(groups.items()):
        rows = table.take(pa.array(chosen)).sort_by([("day", "ascending"), ("site", "ascending")])
        rows = rows.combine_chunks()
        said = hashlib.sha256(contract_digest().encode() + repr(rows.to_pylist()).encode())
        yield HealthShard(month, rows, said.hexdigest()[:32])
