"""What health has seen of each page: one small file a finished part, a row a page.

A pure function of the part, so it is never changed, and made again when it is missing, torn or of
another scheme. Lies below ``work/health/seen``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tasks import urls
from tasks.errors import ContractError
from tasks.markup import NOWHERE
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout
from tasks.store.marks import Part

SCHEME: Final = "1"
"""Raise it when what is seen of a page changes."""

SHORT_WORDS: Final = 40
"""A text below it counts as empty, as it makes an article suspect (`tasks.normalise`)."""

SEEN: Final = pa.schema(
    [
        ("site", pa.string()),
        ("source_id", pa.string()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("url", pa.string()),
        ("words", pa.int32()),  # -1: the page failed
        ("has_title", pa.bool_()),
        ("has_date", pa.bool_()),
        ("is_partial", pa.bool_()),
        ("removed_share", pa.float32()),
        ("lang", pa.string()),
        ("paths", pa.list_(pa.string())),  # markup of the kept text
        ("chars", pa.list_(pa.int32())),  # and how much of it stands there
    ],
    metadata={"scheme": SCHEME},
)

_ARTICLE: Final = [
    "version", "site", "source_id", "fetched_at", "url", "n_words", "title", "published_at",
    "access", "n_chars", "removed_chars", "lang",
]  # fmt: skip
_FAILURE: Final = ["url", "source_id", "fetched_at"]


def see(layout: Layout, part: Part) -> pa.Table:
    """Return what is seen of the pages of `part`; kept on disk for the next time.

    Raises:
        ContractError: the part is torn.
        EnvironmentFault: it cannot be written.
    """
    path = layout.health / "seen" / part[0] / f"{part[1]}.parquet"
    known = _read(path)
    if known is not None:
        return known
    made = _look(layout.part("finished", *part))
    write_parquet(made, path)
    return made


def _read(path: Path) -> pa.Table | None:
    if not path.exists():
        return None
    try:
        table = pq.read_table(path, partitioning=None)
    except (OSError, pa.ArrowInvalid):  # torn: it is made again
        return None
    return table if table.schema.equals(SEEN, check_metadata=True) else None


def _look(folder: Path) -> pa.Table:
    try:
        articles = pq.read_table(folder / "articles.parquet", columns=_ARTICLE, partitioning=None)
        failures = pq.read_table(folder / "quarantine.parquet", columns=_FAILURE, partitioning=None)
        paths = _paths(folder / "blocks.parquet")
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{folder}: torn ({error}): remove this folder and run the stage normalise again"
        raise ContractError(msg) from error
    rows = [_article(row, paths.get(row["version"], {})) for row in articles.to_pylist()]
    rows += [_failure(row) for row in failures.to_pylist()]
    columns = [pa.array([row[f.name] for row in rows], f.type) for f in SEEN]
    return pa.Table.from_arrays(columns, schema=SEEN)


def _paths(path: Path) -> dict[int, dict[str, int]]:
    """Return for each page the length of its kept text by markup path."""
    found: dict[int, dict[str, int]] = {}
    if "path" not in pq.read_schema(path).names:  # a part from before the column
        return found
    blocks = pq.read_table(path, columns=["version", "text", "moved_to", "path"], partitioning=None)
    for block in _kept(blocks):
        of_page = found.setdefault(block["version"], {})
        of_page[block["path"]] = of_page.get(block["path"], 0) + len(block["text"])
    return found


def _kept(blocks: pa.Table) -> Iterator[dict[str, Any]]:
    for block in blocks.to_pylist():
        if not block["moved_to"] and block["path"] not in NOWHERE:
            yield block


def _article(row: dict[str, Any], paths: dict[str, int]) -> dict[str, Any]:
    whole = row["n_chars"] + row["removed_chars"]
    return {
        "site": row["site"],
        "source_id": row["source_id"],
        "fetched_at": row["fetched_at"],
        "url": row["url"],
        "words": row["n_words"],
        "has_title": bool(row["title"]),
        "has_date": row["published_at"] is not None,
        "is_partial": row["access"] == "partial",
        "removed_share": row["removed_chars"] / whole if whole else 0.0,
        "lang": row["lang"],
        "paths": list(paths),
        "chars": list(paths.values()),
    }


def _failure(row: dict[str, Any]) -> dict[str, Any]:
    is_page = row["url"].startswith(("http:", "https:"))
    return {
        "site": (urls.site(row["url"]) if is_page else "") or row["source_id"],
        "source_id": row["source_id"],
        "fetched_at": row["fetched_at"],
        "url": row["url"],
        "words": -1,
        "has_title": False,
        "has_date": False,
        "is_partial": False,
        "removed_share": 0.0,
        "lang": "",
        "paths": [],
        "chars": [],
    }
