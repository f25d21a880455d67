"""The index: of each finished part, what comparing needs, so that texts are read once.

One small file a part below ``work/dedup/index``: a row a page with its digests and its signature.
It is a pure function of the part, so it is never changed, and made again when it is missing, torn
or of another scheme.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.dedup.signatures import SCHEME, sign
from tasks.errors import ContractError
from tasks.store.atomic import unfinished
from tasks.store.layout import Layout
from tasks.store.marks import Part
from tasks.text import key

_DIGEST: Final = pa.binary(16)
INDEX: Final = pa.schema(
    [
        ("page", pa.int32()),
        ("article_id", pa.string()),
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("warc_file", pa.string()),
        ("warc_offset", pa.int64()),
        ("site", pa.string()),
        ("size", pa.int64()),
        ("bytes", pa.int64()),
        ("state", _DIGEST),
        ("text", _DIGEST),  # digest of a text; null for an empty one
        ("raw", _DIGEST),
        ("signature", pa.binary()),
    ],
    metadata={
        "scheme": SCHEME,
        "size": "text + removed + 30 a removal",
        "bytes": "compressed, of the part's largest table",
    },
)

_READ: Final = [
    "version", "article_id", "fetched_at", "warc_file", "warc_offset", "site", "text", "title",
    "access", "n_chars", "n_removed", "removed_chars", "text_sha256", "raw_sha256",
]  # fmt: skip


_REMOVAL_SIZE: Final = 30
"""What a row of removals weighs beside its text, in code points, when files are planned."""


_COLUMN_BYTES: Final = 60
"""What a column of a row group takes, whatever is in it: the headers of its pages."""


def index_part(layout: Layout, part: Part) -> bool:
    """Make the index of `part` if it is not there; return whether it had to be made.

    Raises:
        ContractError: the part's articles are torn or not numbered page by page.
    """
    path = index_path(layout, part)
    if _is_current(path):
        return False
    folder = layout.part("finished", *part)
    rows = _articles(folder / "articles.parquet").to_pylist()
    notices = _notices(folder / "blocks.parquet")
    columns = _columns(rows, notices) | {"bytes": [_bytes_a_page(folder, len(rows))] * len(rows)}
    table = pa.Table.from_pydict(columns, schema=INDEX)
    with unfinished(path) as file:  # signatures look random: compressing them gains nothing
        pq.write_table(table, file, compression="none", use_dictionary=["site", "warc_file"])
    return True


def index_path(layout: Layout, part: Part) -> Path:
    """Return where the index of `part` lies."""
    return layout.dedup / "index" / part[0] / f"{part[1]}.parquet"


def read_index(layout: Layout, part: Part, names: Sequence[str]) -> pa.Table:
    """Return the columns `names` of the index of `part`, a row a page."""
    return pq.read_table(index_path(layout, part), columns=list(names), partitioning=None)


def _is_current(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowInvalid):
        return False
    return bool(schema.equals(INDEX, check_metadata=True))


def _articles(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path, columns=_READ, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{path}: torn ({error}): remove this part's folder and run normalise again"
        raise ContractError(msg) from error
    if table["version"].to_pylist() != list(range(table.num_rows)):
        msg = f"{path}: its pages are not numbered 0 to {table.num_rows - 1}"
        raise ContractError(msg)
    return table


def _notices(path: Path) -> dict[int, str]:
    """Return the correction notices of each page that has any, a line each."""
    corrections = pc.field("kind") == "correction"
    blocks = pq.read_table(
        path, columns=["version", "text"], filters=corrections, partitioning=None
    )
    found: dict[int, str] = {}
    for block in blocks.to_pylist():
        found[block["version"]] = found.get(block["version"], "") + block["text"] + "\n"
    return found


def _columns(rows: list[dict[str, Any]], notices: dict[int, str]) -> dict[str, list[Any]]:
    same = ("article_id", "fetched_at", "warc_file", "warc_offset", "site")
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in same}
    columns["page"] = [row["version"] for row in rows]
    columns["size"] = [
        row["n_chars"] + row["removed_chars"] + _REMOVAL_SIZE * row["n_removed"] for row in rows
    ]
    columns["state"] = [_state(row, notices.get(row["version"], "")) for row in rows]
    columns["text"] = [_digest(row["text_sha256"]) if row["text"] else None for row in rows]
    columns["raw"] = [_digest(row["raw_sha256"]) for row in rows]
    columns["signature"] = sign([row["text"] for row in rows])
    return columns


def _bytes_a_page(folder: Path, pages: int) -> int:
    """Return what a page of a part takes in the part's largest table, compressed, on average.

    What a column takes although it has few rows is left out: it is shared in a larger file.
    """
    most = 0
    for path in folder.glob("*.parquet"):
        footer = pq.read_metadata(path)
        groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
        for_data = sum(
            max(0, group.column(i).total_compressed_size - _COLUMN_BYTES)
            for group in groups
            for i in range(group.num_columns)
        )
        most = max(most, for_data)
    return round(most / pages) if pages else 0


def _state(row: dict[str, Any], notices: str) -> bytes:
    """Digest what makes a version; the case and spaces of a headline do not."""
    title = key(row["title"] or "")
    return _digest("\x1f".join((row["text_sha256"], title, row["access"] or "", notices)))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
