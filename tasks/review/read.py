"""Which articles of a snapshot are shown for review, and their cards.

A selection is bounded: so many articles at most, those with the least sure removals first, or a
sample that is the same whenever it is drawn from the same articles. Of an article the newest
version is shown.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tasks import urls
from tasks.errors import PageError
from tasks.review.card import SURE, Card, Fact, Reason, Row, unedited

Key = tuple[str, int]
"""An article's id and version."""

Rows = Mapping[Key, Sequence[dict[str, Any]]]

_FACTS: Final = (
    "authors", "byline", "published_at", "section", "lang", "access", "quality", "quality_reasons",
    "extractor", "rules_version", "warc_file", "warc_offset",
)  # fmt: skip
_TABLES: Final = {
    "blocks": ["article_id", "version", "block_index", "kind", "section_index", "text", "moved_to"],
    "removals": ["article_id", "version", "block_index", "text", "rule", "rule_version", "class",
                 "stage", "evidence", "confidence"],
    "edits": ["article_id", "version", "block_index", "edit_index", "start_char", "deleted",
              "inserted", "rule"],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles, and how many of them."""

    sites: tuple[str, ...] = ()  # empty: all
    rules: tuple[str, ...] = ()  # articles on which one of these removed a block; empty: all
    articles: tuple[str, ...] = ()  # ids; empty: all
    partitions: tuple[str, ...] = ()  # captured there; empty: all
    limit: int = 60
    is_sample: bool = False  # else those with the least sure removals come first
    is_spread: bool = False  # of all sites in turn, so that the limit leaves none out


def read_cards(snapshot: Path, chosen: Selection) -> list[Card]:
    """Return the cards of the articles that `chosen` names, in the order they are to be seen."""
    keys = choose(snapshot, chosen)
    ids = pa.array([article for article, _ in keys], pa.string())
    is_chosen = pc.field("article_id").isin(ids)
    articles = _table(snapshot, "articles", None, is_chosen).to_pylist()
    by_key = {(row["article_id"], row["version"]): row for row in articles}
    found = {
        name: _grouped(_table(snapshot, name, columns, is_chosen).to_pylist())
        for name, columns in _TABLES.items()
    }
    return [_card(by_key[key], key, found) for key in keys]


def choose(snapshot: Path, chosen: Selection) -> list[Key]:
    """Return the articles that `chosen` names, each in its newest version, in order."""
    wanted = pc.field("version") > 0
    if chosen.sites:
        wanted &= pc.field("site").isin(list(chosen.sites))
    if chosen.articles:
        wanted &= pc.field("article_id").isin(list(chosen.articles))
    if chosen.partitions:
        places = [pc.starts_with(pc.field("warc_file"), f"{name}/") for name in chosen.partitions]
        wanted &= reduce(or_, places)
    listed = _table(snapshot, "articles", ["article_id", "version", "site"], wanted)
    newest = listed.group_by(["article_id", "site"]).aggregate([("version", "max")]).to_pylist()
    keys = [(str(row["article_id"]), int(row["version_max"])) for row in newest]
    among = pc.field("rule").isin(list(chosen.rules)) if chosen.rules else None
    if chosen.sites or chosen.articles or chosen.partitions:
        ids = pc.field("article_id").isin(pa.array([article for article, _ in keys], pa.string()))
        among = ids if among is None else among & ids
    least = {} if chosen.is_sample and not chosen.rules else _least_sure(snapshot, among)
    if chosen.rules:
        keys = [key for key in keys if key in least]
    if chosen.is_sample:
        keys.sort(key=lambda key: hashlib.sha256(key[0].encode()).hexdigest())
    else:
        keys.sort(key=lambda key: (least.get(key, SURE), key))
    if chosen.is_spread:
        site_of = {row["article_id"]: row["site"] for row in newest}
        keys = _in_turn(keys, [site_of[article] for article, _ in keys])
    return keys[: chosen.limit]


def _in_turn(keys: Sequence[Key], sites: Sequence[str]) -> list[Key]:
    """Return the keys so that each site's first comes before any site's second."""
    seen: Counter[str] = Counter()
    turns = []
    for site in sites:
        turns.append(seen[site])
        seen[site] += 1
    return [key for _, key in sorted(zip(turns, keys, strict=True), key=lambda pair: pair[0])]


def _least_sure(snapshot: Path, wanted: Any) -> dict[Key, float]:  # noqa: ANN401  Arrow's expression
    """Return the least sure removal's confidence by article; batch by batch, so any size fits."""
    dataset = ds.dataset(str(snapshot / "removals"), format="parquet")
    least: dict[Key, float] = {}
    columns = ["article_id", "version", "confidence"]
    for batch in dataset.to_batches(columns=columns, filter=wanted):
        table = pa.Table.from_batches([batch]).group_by(["article_id", "version"])
        for row in table.aggregate([("confidence", "min")]).to_pylist():
            key = (row["article_id"], row["version"])
            least[key] = min(row["confidence_min"], least.get(key, SURE))
    return least


def _table(
    snapshot: Path,
    name: str,
    columns: Sequence[str] | None,
    wanted: Any = None,  # noqa: ANN401  an Arrow expression
) -> pa.Table:
    dataset = ds.dataset(str(snapshot / name), format="parquet")
    return dataset.to_table(columns=list(columns) if columns else None, filter=wanted)


def _grouped(rows: Iterable[dict[str, Any]]) -> Rows:
    found: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["article_id"], row["version"]].append(row)
    return found


def _card(article: Mapping[str, Any], key: Key, found: Mapping[str, Rows]) -> Card:
    edits: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for edit in found["edits"].get(key, ()):
        edits[edit["block_index"]].append(edit)
    rows = [_shown(block, edits[block["block_index"]]) for block in found["blocks"].get(key, ())]
    rows += [_gone(removal) for removal in found["removals"].get(key, ())]
    return Card(
        article_id=key[0],
        version=key[1],
        url=article["canonical_url"] or article["url"],
        site=article["site"],
        title=article["title"],
        lang=article["lang"],
        rows=tuple(sorted(rows, key=lambda row: row.index)),
        facts=tuple(Fact(name, said) for name in _FACTS if (said := _said(article[name]))),
    )


def _shown(block: Mapping[str, Any], edits: Sequence[dict[str, Any]]) -> Row:
    return Row(
        index=block["block_index"],
        fate="moved" if block["moved_to"] else "kept",
        kind=block["kind"],
        text=block["text"],
        before=unedited(block["text"], edits),
        section=block["section_index"],
        moved_to=block["moved_to"],
        edits=tuple(edit["rule"] for edit in sorted(edits, key=lambda e: e["edit_index"])),
    )


def _gone(removal: Mapping[str, Any]) -> Row:
    reason = Reason(
        rule=removal["rule"],
        version=removal["rule_version"],
        cls=removal["class"],
        stage=removal["stage"],
        confidence=round(removal["confidence"], 3),
        evidence=tuple(removal["evidence"]),
    )
    text = removal["text"]
    return Row(removal["block_index"], "removed", "", text, text, reason=reason)


def _said(value: Any) -> str:  # noqa: ANN401  a value of any column
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value.isoformat(" ") if hasattr(value, "isoformat") else str(value or "")


def where(snapshot: Path, wanted: str) -> tuple[str, str, int] | None:
    """Return the id of an article, given by id or URL, and its newest version's record.

    None if the snapshot has no such article.
    """
    same = {wanted, _canonical(wanted)}
    is_wanted = (
        (pc.field("article_id") == wanted)
        | pc.field("canonical_url").isin(sorted(same))
        | (pc.field("url") == wanted)
    )
    columns = ["article_id", "version", "warc_file", "warc_offset"]
    rows = _table(snapshot, "articles", columns, is_wanted).to_pylist()
    if not rows:
        return None
    newest = max(rows, key=lambda row: (row["version"], row["article_id"]))
    return newest["article_id"], newest["warc_file"], newest["warc_offset"]


def _canonical(url: str) -> str:
    try:
        return urls.canonical(url)
    except PageError:
        return url
