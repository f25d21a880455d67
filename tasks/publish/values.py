"""What each column may hold: the part of the contract that a type cannot say.

A table of checks by column, and one loop over it. Every check is one pass of Arrow's own functions
over the whole column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class Check:
    """What every value of a column must pass; `name` says it to people."""

    name: str
    holds: Callable[[pa.ChunkedArray], pa.ChunkedArray]


def _matches(pattern: str) -> Check:
    return Check(f"matches {pattern}", lambda values: pc.match_substring_regex(values, pattern))


def _one_of(allowed: Sequence[str]) -> Check:
    among = pa.array(allowed, pa.string())
    return Check(f"is one of {list(allowed)}", lambda values: pc.is_in(values, among))


def _at_least(least: int) -> Check:
    return Check(f"is at least {least}", lambda values: pc.greater_equal(values, least))


def _share(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(values, 0), pc.less_equal(values, 1))


_ID: Final = _matches(r"^[0-9a-f]{32}$")
_SHA256: Final = _matches(r"^[0-9a-f]{64}$")
_SHARE: Final = Check("is between 0 and 1", _share)
_COUNT: Final = _at_least(0)
_FROM_ONE: Final = _at_least(1)
_FILLED: Final = Check("is not empty", lambda values: pc.not_equal(values, ""))

_KEY: Final[dict[str, Check | None]] = {"article_id": _ID, "version": _FROM_ONE}

REQUIRED: Final[dict[str, dict[str, Check | None]]] = {
    "articles": _KEY
    | {
        "url": _FILLED,
        "canonical_url": None,  # empty for files that name none
        "site": _FILLED,
        "fetched_at": None,
        "text": None,
        "lang_score": _SHARE,
        "n_chars": _COUNT,
        "n_words": _COUNT,
        "n_paragraphs": _COUNT,
        "n_removed": _COUNT,
        "removed_chars": _COUNT,
        "text_sha256": _SHA256,
        "raw_sha256": _SHA256,
        "near_dup_of": _matches(r"^([0-9a-f]{32})?$"),
        "dup_score": _SHARE,
        "change": _one_of(["", "typo", "update", "headline", "correction", "retraction", "access"]),
        "published_precision": _one_of(["", "year", "month", "day", "minute", "second"]),
        "quality": _one_of(["ok", "suspect", "quarantined"]),
        "access": _one_of(["full", "partial"]),
        "rules_version": _FILLED,
        "run_id": _FILLED,
    },
    "blocks": _KEY | {"block_index": _COUNT, "kind": _FILLED, "text": None, "moved_to": None},
    "removals": _KEY
    | {
        "block_index": _COUNT,
        "start_char": _COUNT,
        "end_char": _COUNT,
        "text": None,
        "rule": _FILLED,
        "rule_version": _COUNT,
        "class": _FILLED,
        "stage": _one_of(["html", "text", "site"]),
        "confidence": _SHARE,
    },
    "edits": _KEY | {"block_index": _COUNT, "edit_index": _COUNT, "start_char": _COUNT},
    "quarantine": {"url": _FILLED, "slug": _FILLED, "stage": _FILLED, "fetched_at": None},
    "fetches": {"url": _FILLED, "fetched_at": None},
    "runs": {"run_id": _FILLED, "started_at": None},
    "site_health": {
        "site": _FILLED,
        "day": None,
        "pages": _COUNT,
        "articles": _COUNT,
        "status": _one_of(["learning", "ok", "changed", "alarm", "released", "dropped"]),
        "held": None,
    },
}
"""Table -> column that is never null -> what its values must pass. Other columns may be null."""


def wrong_values(tables: Mapping[str, pa.Table]) -> Iterator[str]:
    """Yield a sentence for each column of `tables` and each thing it holds that it must not."""
    for name, table in tables.items():
        for column, check in REQUIRED[name].items():
            values = table[column]
            if values.null_count:
                yield f"{name}.{column}: is null {values.null_count} times"
            if check is None:
                continue
            wrong = values.filter(pc.invert(check.holds(values)))
            if len(wrong):
                first = wrong[0].as_py()
                yield f"{name}.{column}: {check.name} fails {len(wrong)} times, first for {first!r}"
