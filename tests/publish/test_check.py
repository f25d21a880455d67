"""Every check is broken once, so that none is there for show."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tasks.errors import ContractError
from tasks.publish.check import COUNTED, ledger_problems, require, table_problems
from tasks.schema import TABLES
from tests.synthetic import finished, tables_of

Tables = dict[str, pa.Table]


def check_shard(tables: Tables) -> None:
    """Check as publishing does: each table alone, then what they say together."""
    for name, table in tables.items():
        require(table_problems(name, table))
    require(ledger_problems({name: tables[name].select(list(COUNTED[name])) for name in tables}))


@pytest.fixture
def tables() -> Tables:
    rows = tables_of([finished("alpha"), finished("beta")], "run-1")
    return {name: _put(table, "version", [1] * table.num_rows) for name, table in rows.items()}


def _put(table: pa.Table, column: str, values: list[object]) -> pa.Table:
    place = table.schema.get_field_index(column)
    field = table.schema.field(column)
    return table.set_column(place, field, pa.array(values, field.type))


def put(name: str, column: str, value: object) -> Callable[[Tables], Tables]:
    """Return a way to break `tables`: `value` in the first row of a column."""

    def broken(tables: Tables) -> Tables:
        values = [value, *tables[name][column].to_pylist()[1:]]
        return tables | {name: _put(tables[name], column, values)}

    return broken


def first_twice(name: str) -> Callable[[Tables], Tables]:
    def broken(tables: Tables) -> Tables:
        return tables | {name: pa.concat_tables([tables[name], tables[name].slice(0, 1)])}

    return broken


def without(name: str) -> Callable[[Tables], Tables]:
    def broken(tables: Tables) -> Tables:
        return tables | {name: tables[name].slice(1)}

    return broken


def test_good_rows_and_no_rows_pass(tables: Tables) -> None:
    check_shard(tables)
    check_shard({name: TABLES[name].empty_table() for name in tables})


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (put("articles", "article_id", "not hex"), r"articles.article_id: str_matches"),
        (put("articles", "version", 0), "articles.version: greater_than_or_equal_to"),
        (put("articles", "quality", "fine"), "articles.quality: isin"),
        (put("articles", "text", None), "articles.text: not_nullable"),
        (put("articles", "dup_score", 1.5), "articles.dup_score: in_range"),
        (put("articles", "n_chars", 7), "n_chars is 7"),
        (put("articles", "text", "other"), "text does not have its sha256"),
        (put("articles", "n_paragraphs", 9), "9 said, 2 rows"),
        (put("articles", "n_removed", 0), "0 said, 1 rows"),
        (put("removals", "end_char", 3), "end_char - start_char is not the length"),
        (put("removals", "stage", "guess"), "removals.stage: isin"),
        (put("edits", "article_id", "0" * 32), "edits: 1 rows of no article"),
        (put("blocks", "article_id", "0" * 32), "blocks: 1 rows of no article"),
        (first_twice("articles"), "articles: 1 rows repeat the key"),
        (first_twice("removals"), "removals: 1 rows repeat the key"),
        (without("blocks"), "blocks: 1 articles do not have their n_paragraphs"),
        (without("articles"), "removals: 1 articles do not have their n_removed"),
    ],
)
def test_a_broken_row_is_named(
    tables: Tables, broken: Callable[[Tables], Tables], complaint: str
) -> None:
    with pytest.raises(ContractError, match=complaint):
        check_shard(broken(tables))


def test_text_that_is_not_nfc_is_named() -> None:
    page = finished("alpha", ["Cafe\u0301 au lait"])
    rows = tables_of([replace(page)], "run-1")
    tables = {name: _put(table, "version", [1] * table.num_rows) for name, table in rows.items()}
    with pytest.raises(ContractError, match="not NFC"):
        check_shard(tables)


def test_a_column_of_another_type_is_named(tables: Tables) -> None:
    articles = tables["articles"]
    place = articles.schema.get_field_index("n_words")
    wrong = articles.set_column(place, "n_words", pc.cast(articles["n_words"], pa.int64()))
    with pytest.raises(ContractError, match="articles: columns differ from the contract"):
        check_shard(tables | {"articles": wrong})
