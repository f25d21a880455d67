"""``cleancopy data`` as people type it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.commands.data import app
from tests.synthetic import finished, later, prose, publish_pages

ALPHA = finished("alpha", [prose("a")])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    publish_pages(folder, [ALPHA, later(ALPHA, 3, [prose("b")])])
    return folder


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*words: str, code: int | None = None) -> str:
        assert app([*words, "--data", str(data)], exit_on_error=False) == code
        return capsys.readouterr().out

    return call


def test_each_command_says_what_it_found(run: Callable[..., str], tmp_path: Path) -> None:
    assert "2 versions of 1 articles" in run("describe")
    assert json.loads(run("describe", "--json"))["by"]["site"] == {"harbour-courier.example": 2}
    assert "all holds" in run("validate", code=0)
    assert "# Dataset card" in run("card")
    assert run("query", "SELECT max(version) AS newest FROM articles").split() == ["newest", "2"]
    assert json.loads(run("query", "SELECT 1 AS one", "--json")) == {"one": 1}
    assert "version 1 to 2, update change" in run("diff", ALPHA.article_id)
    assert json.loads(run("export", "-", "--newest", "--columns", "title")) == {"title": "Alpha"}
    run("export", str(tmp_path / "all.csv"))
    assert (tmp_path / "all.csv").read_text().count("\n") == 3
    assert Path(run("path").strip()).name.startswith("000001")


def test_tending_keeps_the_dataset_readable(run: Callable[..., str]) -> None:
    assert "000002" in run("compact", "--before", "2026-12-31")
    assert "1 snapshots expired, 1 kept" in run("expire", "--keep", "1", "--days", "0")
    assert "2 versions" in run("describe")
    assert "0 replaced parts removed" in run("expire", "--work")


def test_rows_whose_raw_bytes_are_gone_are_told(run: Callable[..., str]) -> None:
    assert "a.warc.gz" in run("verify", "--sample", "1", code=4)


def test_a_snapshot_is_pushed_to_a_store(run: Callable[..., str], tmp_path: Path) -> None:
    assert "7 files sent" in run("push", f"file://{tmp_path}/mirror")
    assert json.loads(run("push", f"file://{tmp_path}/mirror", "--json"))["sent"] == 0
