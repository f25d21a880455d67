from pathlib import Path

import pytest

from tasks.errors import ContractError
from tasks.schema import TABLES
from tasks.store.layout import Layout
from tasks.store.parts import PART_TABLES, close, closed, forget, write_finished
from tasks.store.rows import failure_rows
from tests.synthetic import close_all, failure, finished, later, tables_of, write_part


def test_rows_number_pages_and_count_blocks() -> None:
    page = finished("alpha")
    tables = tables_of([page, later(page, 1)], "run-1")
    assert tables["articles"]["version"].to_pylist() == [0, 1]
    assert tables["blocks"]["version"].to_pylist() == [0, 0, 1, 1]
    assert tables["articles"]["n_removed"].to_pylist() == [1, 2]
    assert tables["removals"]["end_char"].to_pylist()[0] == len(page.text) + 2 + len("Back to top")
    assert tables["edits"]["edit_index"].to_pylist() == [0, 0]
    assert failure_rows([failure("x")], "run-1")["slug"].to_pylist() == ["no-content"]


def test_only_closed_parts_count(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_part(tmp_path, "day", "p1", [finished("alpha")])
    assert closed(layout, "finished", "day") == []
    close_all(tmp_path, "day")
    write_part(tmp_path, "day", "p2", [finished("beta")])
    assert [path.name for path in closed(layout, "finished", "day")] == ["p1"]
    assert forget(layout, "finished", "never-closed") == 0
    close(layout, "finished", "day", ["p2"])
    assert forget(layout, "finished", "day") == 1
    assert [path.name for path in layout.parts("finished", "day")] == ["p2"]


def test_closing_on_a_part_that_is_not_there_keeps_the_list(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_part(tmp_path, "day", "p1", [finished("alpha")])
    close_all(tmp_path, "day")
    with pytest.raises(ContractError, match="p2"):
        close(layout, "finished", "day", ["p1", "p2"])
    assert [path.name for path in closed(layout, "finished", "day")] == ["p1"]


def test_a_torn_list_and_a_lost_part_are_named(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    write_part(tmp_path, "day", "p1", [finished("alpha")])
    close_all(tmp_path, "day")
    listing = layout.work("finished", "day") / "parts.json"
    listing.write_text('{"parts": ["p1", "gone"]}')
    with pytest.raises(ContractError, match=r"gone.*run the stage finished again"):
        closed(layout, "finished", "day")
    listing.write_text('{"par')
    with pytest.raises(ContractError, match="not a list of parts"):
        closed(layout, "finished", "day")


def test_a_part_of_other_columns_is_refused(tmp_path: Path) -> None:
    tables = {name: TABLES[name].empty_table() for name in PART_TABLES}
    wrong = tables | {"articles": tables["articles"].drop_columns(["text"])}
    with pytest.raises(ContractError, match="columns of articles differ"):
        write_finished(Layout(tmp_path), "day", "p1", wrong)
    with pytest.raises(ContractError, match="expected"):
        write_finished(Layout(tmp_path), "day", "p1", {"articles": tables["articles"]})


def test_a_part_that_exists_is_done(tmp_path: Path) -> None:
    write_part(tmp_path, "day", "p1", [finished("alpha")])
    path = Layout(tmp_path).part("finished", "day", "p1") / "articles.parquet"
    before = path.stat().st_ino
    write_part(tmp_path, "day", "p1", [finished("alpha")])
    assert path.stat().st_ino == before
