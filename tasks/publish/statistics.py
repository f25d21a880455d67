"""Counts over a snapshot, for its card and `describe`; read in batches, so any size fits."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tasks.store.manifest import Manifest

_BY: Final = ("site", "lang", "quality", "access", "change")


@dataclass(slots=True)
class Statistics:
    """What a snapshot, or a selection of its articles, holds. Keys of counters are values."""

    rows: dict[str, int] = field(default_factory=dict)
    articles: int = 0  # distinct
    versions: int = 0  # rows
    months: Counter[str] = field(default_factory=Counter)
    by: dict[str, Counter[str]] = field(default_factory=dict)  # of _BY -> value -> versions
    words: int = 0
    median_words: float = 0.0
    blocks_kept: int = 0
    blocks_removed: int = 0
    chars_kept: int = 0
    chars_removed: int = 0
    removed_by_class: Counter[str] = field(default_factory=Counter)
    removed_by_rule: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    dated: int = 0
    with_authors: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)  # slug -> pages
    fetch_errors: Counter[str] = field(default_factory=Counter)  # slug -> attempts


def statistics(folder: Path, manifest: Manifest | None = None) -> Statistics:
    """Count what the snapshot in `folder` holds; with a manifest, its files only."""
    found = Statistics()
    words: list[np.ndarray] = []
    for batch in _batches(folder, "articles", _ARTICLE_COLUMNS, manifest):
        _count_articles(found, batch)
        words.append(batch["n_words"].to_numpy(zero_copy_only=False))
    found.median_words = float(np.median(np.concatenate(words))) if found.versions else 0.0
    for batch in _batches(folder, "removals", ["class", "rule"], manifest):
        _add(found.removed_by_class, batch["class"])
        _add(found.removed_by_rule, batch["rule"])
    for batch in _batches(folder, "quarantine", ["slug"], manifest):
        _add(found.quarantined, batch["slug"])
    for batch in _batches(folder, "fetches", ["error"], manifest):
        _add(found.fetch_errors, batch["error"])
    if manifest is not None:
        found.rows = {table: manifest.rows(table) for table in manifest.schemas}
    del found.fetch_errors[""]
    return found


_ARTICLE_COLUMNS: Final = [
    *_BY, "version", "fetched_at", "n_words", "n_chars", "n_paragraphs", "n_removed",
    "removed_chars", "near_dup_of", "published_at", "authors",
]  # fmt: skip


def _count_articles(found: Statistics, batch: pa.RecordBatch) -> None:
    found.versions += batch.num_rows
    found.articles += _sum(pc.equal(batch["version"], 1))
    for name in _BY:
        _add(found.by.setdefault(name, Counter()), batch[name])
    _add(found.months, pc.strftime(batch["fetched_at"], "%Y-%m"))
    found.words += _sum(batch["n_words"])
    found.blocks_kept += _sum(batch["n_paragraphs"])
    found.blocks_removed += _sum(batch["n_removed"])
    found.chars_kept += _sum(batch["n_chars"])
    found.chars_removed += _sum(batch["removed_chars"])
    found.duplicates += _sum(pc.not_equal(batch["near_dup_of"], ""))
    found.dated += batch.num_rows - batch["published_at"].null_count
    found.with_authors += _sum(pc.greater(pc.list_value_length(batch["authors"]), 0))


def _batches(
    folder: Path, table: str, names: Sequence[str], manifest: Manifest | None
) -> Iterator[pa.RecordBatch]:
    if manifest is None:
        files = sorted((folder / table).glob("*.parquet"))
    else:
        files = [folder / table / file.name for file in manifest.of(table)]
    dataset = ds.dataset([str(file) for file in files], format="parquet")
    yield from dataset.to_batches(columns=list(names), batch_size=65_536)


def _add(counter: Counter[str], values: Any) -> None:  # noqa: ANN401  any Arrow array
    for pair in pc.value_counts(values).to_pylist():
        counter[pair["values"] or ""] += pair["counts"]


def _sum(values: Any) -> int:  # noqa: ANN401  any Arrow array
    return int(pc.sum(values).as_py() or 0)
