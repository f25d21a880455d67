"""What must hold of the rows of a file before it is published, and of a whole snapshot later.

Each check names what is wrong and the first row it saw; a broken one stops the publishing, so a
wrong row never replaces a right one. Single values are checked in `tasks.publish.values`; here is
what several columns, rows or tables say together.
"""

import hashlib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import ContractError
from tasks.publish.values import wrong_values
from tasks.schema import TABLES

Tables = Mapping[str, pa.Table]

_KEYS: Final = {
    "articles": ("article_id", "version"),
    "blocks": ("article_id", "version", "block_index"),
    "removals": ("article_id", "version", "block_index"),
    "edits": ("article_id", "version", "block_index", "edit_index"),
}


_MOST_NAMED: Final = 20


COUNTED: Final = {
    "articles": ("article_id", "version", "n_paragraphs", "n_removed"),
    "blocks": ("article_id", "version", "moved_to"),
    "removals": ("article_id", "version"),
    "edits": ("article_id", "version"),
}
"""The columns that the ledger is checked by, when all four tables of a shard are there."""


def require(problems: list[str]) -> None:
    """Stop the publishing when there are problems.

    Raises:
        ContractError: there are; the message names the first of them.
    """
    if problems:
        raise ContractError("nothing is published: " + "; ".join(problems[:_MOST_NAMED]))


def table_problems(name: str, table: pa.Table) -> list[str]:
    """Return what is wrong within one table of a shard: all that the first check to fail found."""
    one = {name: table}
    return next((found for check in TABLE_CHECKS if (found := list(check(one)))), [])


def ledger_problems(tables: Tables) -> list[str]:
    """Return where the tables of a shard contradict each other; they need `COUNTED` only."""
    return list(_ledger(tables))


def _schemas(tables: Tables) -> Iterator[str]:
    for name, table in tables.items():
        if not table.schema.equals(TABLES[name]):
            yield f"{name}: columns differ from the contract"


def _keys(tables: Tables) -> Iterator[str]:
    for name, table in tables.items():
        key = _KEYS[name]
        distinct = table.group_by(list(key)).aggregate([]).num_rows
        if distinct != table.num_rows:
            yield f"{name}: {table.num_rows - distinct} rows repeat the key {', '.join(key)}"


def _texts(tables: Tables) -> Iterator[str]:
    if "articles" not in tables:
        return
    articles = tables["articles"].select(["article_id", "text", "text_sha256", "n_chars"])
    for batch in articles.to_batches(max_chunksize=4096):
        for row in batch.to_pylist():
            text = row["text"]
            if hashlib.sha256(text.encode()).hexdigest() != row["text_sha256"]:
                yield f"article {row['article_id']}: text does not have its sha256"
            if len(text) != row["n_chars"]:
                yield f"article {row['article_id']}: n_chars is {row['n_chars']}, not {len(text)}"
            if not unicodedata.is_normalized("NFC", text) or "\r" in text:
                yield f"article {row['article_id']}: text is not NFC with LF"


def _ledger(tables: Tables) -> Iterator[str]:
    """Blocks and removals belong to articles of the shard, and number what their article says."""
    articles = tables["articles"]
    blocks = tables["blocks"]
    kept = blocks.filter(pc.equal(blocks["moved_to"], ""))
    yield from _counts(articles, kept, "blocks", "n_paragraphs")
    yield from _counts(articles, tables["removals"], "removals", "n_removed")
    pages = articles.select(["article_id", "version"])
    for name in ("blocks", "edits"):
        lost = tables[name].join(pages, ["article_id", "version"], join_type="left anti")
        if lost.num_rows:
            yield f"{name}: {lost.num_rows} rows of no article, first {lost['article_id'][0]}"


def _counts(articles: pa.Table, rows: pa.Table, name: str, column: str) -> Iterator[str]:
    key = ["article_id", "version"]
    counted = rows.select(key).group_by(key).aggregate([([], "count_all")])
    both = articles.select([*key, column]).join(counted, key, join_type="full outer")
    said, found = pc.fill_null(both[column], -1), pc.fill_null(both["count_all"], 0)
    wrong = both.filter(pc.not_equal(said, found))
    if wrong.num_rows:
        first = wrong.slice(0, 1).to_pylist()[0]
        yield (
            f"{name}: {wrong.num_rows} articles do not have their {column}, first "
            f"{first['article_id']}: {first[column]} said, {first['count_all'] or 0} rows"
        )


def _positions(tables: Tables) -> Iterator[str]:
    if "removals" not in tables:
        return
    removals = tables["removals"]
    length = pc.subtract(removals["end_char"], removals["start_char"])
    if not _all(pc.equal(length, pc.utf8_length(removals["text"]))):
        yield "removals: end_char - start_char is not the length of text"


def _all(truths: pa.ChunkedArray) -> bool:
    return bool(pc.all(truths, min_count=0).as_py())


TABLE_CHECKS: Final[tuple[Callable[[Tables], Iterator[str]], ...]] = (
    _schemas,
    wrong_values,
    _keys,
    _texts,
    _positions,
)
"""In this order, each resting on those before; each yields a sentence a thing that is wrong."""
