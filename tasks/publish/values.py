"""What each column may hold: the part of the contract that a type cannot say, for pandera."""

from collections.abc import Iterator, Mapping
from typing import Final

import pandera.pyarrow as pandera
import pyarrow as pa
from pandera.pyarrow import Check, Column, DataFrameSchema

_ID: Final = Check.str_matches(r"^[0-9a-f]{32}$")
_SHA256: Final = Check.str_matches(r"^[0-9a-f]{64}$")
_SHARE: Final = Check.in_range(0, 1)
_COUNT: Final = Check.ge(0)
_FROM_ONE: Final = Check.ge(1)
_FILLED: Final = Check.str_length(min_value=1)

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
        "near_dup_of": Check.str_matches(r"^([0-9a-f]{32})?$"),
        "dup_score": _SHARE,
        "change": Check.isin(
            ["", "typo", "update", "headline", "correction", "retraction", "access"]
        ),
        "published_precision": Check.isin(["", "year", "month", "day", "minute", "second"]),
        "quality": Check.isin(["ok", "suspect", "quarantined"]),
        "access": Check.isin(["full", "partial"]),
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
        "stage": Check.isin(["html", "text", "site"]),
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
        "status": Check.isin(["learning", "ok", "changed", "alarm", "released", "dropped"]),
        "held": None,
    },
}
"""Table -> column that is never null -> what its values must pass. Other columns may be null."""


_SCHEMAS: Final = {
    table: DataFrameSchema({name: Column(checks=check) for name, check in required.items()})
    for table, required in REQUIRED.items()
}
"""Types are not repeated here: Arrow's own schema is compared before (a tenth of the time)."""


def wrong_values(tables: Mapping[str, pa.Table]) -> Iterator[str]:
    """Yield a sentence for each column of `tables` that holds what it must not."""
    for name, table in tables.items():
        try:
            _SCHEMAS[name].validate(table, lazy=True)
        except pandera.errors.SchemaErrors as errors:
            cases = errors.failure_cases.to_pylist()
            seen: dict[tuple[str, str], int] = {}
            for case in cases:
                place = (str(case["column"]), str(case["check"]))
                seen[place] = seen.get(place, 0) + 1
            for (column, check), count in seen.items():
                example = next(c["failure_case"] for c in cases if str(c["column"]) == column)
                yield f"{name}.{column}: {check} fails {count} times, first for {example!r}"
