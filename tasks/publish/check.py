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


def check_shard(tables: Tables) -> None:
    """Check the article tables of one shard.

    Raises:
        ContractError: a check failed; the message says what it found.
    """
    problems = problems_of(tables)
    if problems:
        raise ContractError("nothing is published: " + "; ".join(problems[:_MOST_NAMED]))


def problems_of(tables: Tables) -> list[str]:
    """Return what is wrong with one shard: all that the first check to fail found."""
    return next((found for check in CHECKS if (found := list(check(tables)))), [])


def _schemas(tables: Tables) -> Iterator[str]:
    for name, table in tables.items():
        if not table.schema.equals(TABLES[name]):
            yield f"{name}: columns differ from the contract"


def _keys(tables: Tables) -> Iterator[str]:
    for name, key in _KEYS.items():
        table = tables[name]
        distinct = table.group_by(list(key)).aggregate([]).num_rows
        if distinct != table.num_rows:
            yield f"{name}: {table.num_rows - distinct} rows repeat the key {', '.join(key)}"


def _texts(tables: Tables) -> Iterator[str]:
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
    removals = tables["removals"]
    length = pc.subtract(removals["end_char"], removals["start_char"])
    if not _all(pc.greater_equal(removals["start_char"], 0)):
        yield "removals.start_char: below 0"
    if not _all(pc.equal(length, pc.utf8_length(removals["text"]))):
        yield "removals: end_char - start_char is not the length of text"
    for name in ("blocks", "removals", "edits"):
        if not _all(pc.greater_equal(tables[name]["block_index"], 0)):
            yield f"{name}.block_index: below 0"


def _all(truths: pa.ChunkedArray) -> bool:
    return bool(pc.all(truths, min_count=0).as_py())


CHECKS: Final[tuple[Callable[[Tables], Iterator[str]], ...]] = (
    _schemas,
    wrong_values,
    _keys,
    _texts,
    _ledger,
    _positions,
)
"""In this order, each resting on those before; each yields a sentence a thing that is wrong."""
