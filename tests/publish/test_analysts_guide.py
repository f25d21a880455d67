"""The examples of docs/analysts.md run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.health import partition as health
from tasks.publish.query import query
from tasks.store.layout import Layout
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import finished, later, prose, publish_pages, run_publish

GUIDE = Path(__file__).parents[2] / "docs" / "analysts.md"
FENCED = re.findall(r"```(python|sql)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
PYTHON = [code for language, code in FENCED if language == "python"]
SQL = [code for language, code in FENCED if language == "sql"]

EXPECTING = """\
sources:
  - id: courier
    homepage: https://harbour-courier.example/
    expect:
      min_words: 500
"""
"""More than its texts have: the site is in alarm, so that there is something held back."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    page = finished("alpha")
    copy = finished("copy", [prose("alpha"), prose("alpha 2")], site="b.example")
    pages = [page, later(page, 3, [prose("x")]), finished("beta"), copy]
    (folder / "sources.yaml").write_text(EXPECTING)
    publish_pages(folder / "data", pages)
    health.run("any", folder / "data", folder, "run-1")
    run_publish(folder / "data")
    return folder


@pytest.mark.parametrize("code", PYTHON, ids=range(len(PYTHON)))
def test_an_example_runs(folder: Path, code: str) -> None:
    needed = re.search(r"import (polars|duckdb)", code)
    if needed:
        pytest.importorskip(needed[1])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout or "assert" in code


@pytest.mark.parametrize("sql", SQL, ids=range(len(SQL)))
def test_a_query_runs(folder: Path, sql: str) -> None:
    assert len(query(snapshot_folder(Layout(folder / "data")), sql)) > 0


def test_the_guide_has_examples() -> None:
    assert len(PYTHON) >= 5
    assert len(SQL) >= 2
