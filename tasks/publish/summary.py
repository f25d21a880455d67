"""What became of one partition's pages, counted from its finished parts and the snapshot."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tasks.publish.gather import read_part
from tasks.store.layout import Layout
from tasks.store.parts import closed

Row = dict[str, Any]

_LISTED_DUPLICATES: Final = 25


@dataclass(slots=True)
class Site:
    """One site's pages in the partition."""

    name: str
    pages: int = 0
    kept: int = 0
    removed: int = 0
    kept_chars: int = 0
    removed_chars: int = 0
    not_ok: int = 0  # quality suspect or quarantined
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
class Summary:
    """One partition in figures. A page ends as one of `pages` or of `quarantined`."""

    partition: str
    pages: int = 0
    kept: int = 0  # blocks
    moved: int = 0
    removed: int = 0
    sites: dict[str, Site] = field(default_factory=dict)
    languages: Counter[str] = field(default_factory=Counter)
    removed_by_class: Counter[str] = field(default_factory=Counter)
    removed_by_rule: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    attempts: int = 0  # fetches
    fetch_errors: Counter[str] = field(default_factory=Counter)
    versions: int = 0  # rows of the snapshot that these pages gave
    changes: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    pairs: list[Row] = field(default_factory=list)  # the first of the duplicates, named

    @property
    def unchanged(self) -> int:
        """Pages that said nothing new, so they made no version."""
        return self.pages - self.versions


def summarise(layout: Layout, partition: str, snapshot: Path) -> Summary:
    """Count `partition`: its pages from finished parts, its versions from `snapshot`.

    Raises:
        ContractError: a part is gone or torn.
    """
    found = Summary(partition)
    for part in closed(layout, "finished", partition):
        _count_articles(found, read_part(part / "articles.parquet", "articles"))
        moved = pq.read_table(part / "blocks.parquet", columns=["moved_to"], partitioning=None)
        found.moved += _sum(pc.not_equal(moved["moved_to"], ""))
        removals = pq.read_table(
            part / "removals.parquet", columns=["class", "rule"], partitioning=None
        )
        found.removed_by_class.update(_counts(removals["class"]))
        found.removed_by_rule.update(_counts(removals["rule"]))
        failed = pq.read_table(part / "quarantine.parquet", columns=["slug"], partitioning=None)
        found.quarantined.update(_counts(failed["slug"]))
    for path in sorted(layout.captures(partition).glob("fetches-*.parquet")):
        errors = pq.read_table(path, columns=["error"], partitioning=None)["error"]
        found.attempts += len(errors)
        found.fetch_errors.update(_counts(errors.filter(pc.not_equal(errors, ""))))
    _count_published(found, snapshot)
    return found


def _count_articles(found: Summary, articles: pa.Table) -> None:
    names = ["site", "n_paragraphs", "n_removed", "n_chars", "removed_chars", "n_words", "quality"]
    for row in articles.select(names).to_pylist():
        site = found.sites.setdefault(row["site"], Site(row["site"]))
        site.pages += 1
        site.kept += row["n_paragraphs"]
        site.removed += row["n_removed"]
        site.kept_chars += row["n_chars"]
        site.removed_chars += row["removed_chars"]
        site.not_ok += row["quality"] != "ok"
        site.words.append(row["n_words"])
        found.kept += row["n_paragraphs"]
        found.removed += row["n_removed"]
    found.pages += articles.num_rows
    found.languages.update(_counts(articles["lang"]))


def _count_published(found: Summary, snapshot: Path) -> None:
    articles = ds.dataset(str(snapshot / "articles"), format="parquet")
    names = ["article_id", "title", "site", "change", "near_dup_of", "dup_score"]
    own = articles.to_table(
        columns=names, filter=pc.starts_with(pc.field("warc_file"), f"{found.partition}/")
    )
    found.versions = own.num_rows
    found.changes.update(_counts(own["change"].filter(pc.not_equal(own["change"], ""))))
    copies = own.filter(pc.not_equal(own["near_dup_of"], ""))
    found.duplicates = copies.num_rows
    first = copies.slice(0, _LISTED_DUPLICATES).to_pylist()
    found.pairs = list(_named(articles, first))


def _named(articles: ds.Dataset, copies: Sequence[Row]) -> Iterator[Row]:
    ids = pa.array([row["near_dup_of"] for row in copies], pa.string())
    originals = articles.to_table(
        columns=["article_id", "title", "site"], filter=pc.field("article_id").isin(ids)
    )
    by_id = {row["article_id"]: row for row in originals.to_pylist()}
    for row in copies:
        original = by_id[row["near_dup_of"]]
        yield row | {"of_title": original["title"], "of_site": original["site"]}


def _counts(values: Any) -> dict[str, int]:  # noqa: ANN401  any Arrow array
    return {pair["values"] or "": pair["counts"] for pair in pc.value_counts(values).to_pylist()}


def _sum(values: Any) -> int:  # noqa: ANN401  any Arrow array
    return int(pc.sum(values).as_py() or 0)
