"""What each source of a run gave: attempts, articles, blocks, versions; for the run's own table."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from tasks.publish.gather import read_part
from tasks.publish.summary import counts
from tasks.store.layout import Layout
from tasks.store.parts import closed


@dataclass(slots=True)
class Source:
    """What one source gave: attempts to fetch or read, and what became of the pages."""

    name: str
    attempts: int = 0
    failed: int = 0  # of the attempts
    articles: int = 0
    quarantined: int = 0
    kept: int = 0  # blocks
    removed: int = 0
    versions: int = 0  # rows of the snapshot
    duplicates: int = 0


def by_source(layout: Layout, partitions: Sequence[str], snapshot: Path) -> list[Source]:
    """Count `partitions` source by source, most articles first.

    Raises:
        ContractError: a part is gone or torn.
    """
    found: dict[str, Source] = {}
    for partition in partitions:
        for part in closed(layout, "finished", partition):
            _count_articles(found, read_part(part / "articles.parquet", "articles"))
            failed = read_part(part / "quarantine.parquet", "quarantine")
            _add(found, failed, "quarantined")
        for path in sorted(layout.captures(partition).glob("fetches-*.parquet")):
            attempts = pq.read_table(path, columns=["error", "source_id"], partitioning=None)
            _add(found, attempts, "attempts")
            _add(found, attempts.filter(pc.not_equal(attempts["error"], "")), "failed")
    articles = ds.dataset(str(snapshot / "articles"), format="parquet")
    folders = "|".join(re.escape(partition) for partition in partitions)
    is_own = pc.match_substring_regex(pc.field("warc_file"), f"^({folders})/")
    own = articles.to_table(columns=["source_id", "near_dup_of"], filter=is_own)
    _add(found, own, "versions")
    _add(found, own.filter(pc.not_equal(own["near_dup_of"], "")), "duplicates")
    return sorted(found.values(), key=_most_articles)


def _count_articles(found: dict[str, Source], articles: pa.Table) -> None:
    _add(found, articles, "articles")
    blocks = articles.group_by("source_id").aggregate(
        [("n_paragraphs", "sum"), ("n_removed", "sum")]
    )
    for row in blocks.to_pylist():
        source = _source(found, row["source_id"])
        source.kept += row["n_paragraphs_sum"]
        source.removed += row["n_removed_sum"]


def _add(found: dict[str, Source], rows: pa.Table, field: str) -> None:
    """Add the number of rows of each source to one of its fields."""
    for name, count in counts(rows["source_id"]).items():
        source = _source(found, name)
        setattr(source, field, getattr(source, field) + count)


def _source(found: dict[str, Source], name: str) -> Source:
    return found.setdefault(name, Source(name))


def _most_articles(source: Source) -> tuple[int, str]:
    return -source.articles, source.name
