"""The promises to readers: a column keeps its type, unit and meaning; documents say what is so."""

import copy
import json
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.errors import ContractError
from tasks.publish.contract import broken, contract, main, read_contract
from tasks.publish.dictionary import dictionary
from tasks.publish.gather import conform
from tasks.publish.values import REQUIRED
from tasks.schema import RUNS, TABLES

DOCS = Path(__file__).parents[2] / "docs"


def test_no_promised_column_changed() -> None:
    """If this fails, a published column changed: give the new meaning a new column instead."""
    assert broken(read_contract(DOCS / "contract.json"), contract()) == []


def test_new_columns_are_promised_too() -> None:
    """If this fails: python -m tasks.publish.contract docs/contract.json"""
    assert read_contract(DOCS / "contract.json") == contract()


def test_the_data_dictionary_is_current() -> None:
    """If this fails: python -m tasks.publish.dictionary > docs/data-dictionary.md"""
    assert (DOCS / "data-dictionary.md").read_text(encoding="utf-8") == dictionary()


def test_every_column_has_a_description() -> None:
    for table, columns in contract().items():
        assert not [name for name, said in columns.items() if not said["meaning"]], table


def test_checked_columns_exist() -> None:
    for table, columns in REQUIRED.items():
        assert set(columns) <= set(TABLES[table].names), table


@pytest.mark.parametrize("what", ["type", "unit", "meaning", "gone"])
def test_a_broken_promise_is_named_and_not_written(
    tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = copy.deepcopy(contract())
    if what == "gone":
        kept["articles"]["mood"] = {"type": "string", "unit": "", "meaning": "how it feels"}
    else:
        kept["articles"]["n_words"][what] = "other"
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(kept))
    assert main([str(path)]) == 4
    named = "articles.mood: gone" if what == "gone" else f"articles.n_words: {what} was 'other'"
    assert named in capsys.readouterr().err
    assert json.loads(path.read_text()) == kept


def test_an_added_column_is_taken_in(tmp_path: Path) -> None:
    kept = contract()
    del kept["articles"]["n_words"]
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(kept))
    assert main([str(path)]) == 0
    assert read_contract(path) == contract()


def test_rows_written_before_a_column_was_added_are_read_with_nulls() -> None:
    old = RUNS.empty_table().drop_columns(["versions"])
    assert conform(old, "runs", "old.parquet").schema.equals(RUNS)
    wrong = pa.table({"run_id": pa.array([1], pa.int64())})
    with pytest.raises(ContractError, match=r"new.parquet: column run_id \(int64\)"):
        conform(wrong, "runs", "new.parquet")
