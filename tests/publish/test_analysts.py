"""What analysts call: validate, verify, export, query, diff."""

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tasks.errors import ConfigError
from tasks.publish.export import Format, Selection, export
from tasks.publish.query import diff, query
from tasks.publish.validate import Recleaned, validate, verify
from tasks.store.layout import Layout
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import NOON, finished, later, prose, publish_pages, sha

ALPHA = finished("alpha", [prose("a"), prose("b")])
PAGES = [
    ALPHA,
    later(ALPHA, 30, [prose("a"), prose("c")]),
    finished("beta", site="b.example", at=NOON + timedelta(hours=1)),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("data")
    publish_pages(data, PAGES)
    return snapshot_folder(Layout(data))


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    publish_pages(tmp_path, PAGES)
    return snapshot_folder(Layout(tmp_path))


def article_file(folder: Path) -> Path:
    return next((folder / "articles").iterdir())


def test_a_published_snapshot_is_valid(folder: Path) -> None:
    assert validate(folder) == []


@pytest.mark.parametrize("damage", ["torn", "gone", "extra", "manifest"])
def test_damage_is_found(damaged: Path, damage: str) -> None:
    path = article_file(damaged)
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "gone":
        path.unlink()
    elif damage == "extra":
        (damaged / "articles" / "2026-11-more.parquet").write_bytes(path.read_bytes())
    else:
        (damaged / "manifest.json").write_text("{}")
    complaint = {
        "torn": "changed or torn",
        "gone": "in the manifest, but gone",
        "extra": "2026-11-more.parquet: not in the manifest",
        "manifest": "torn manifest",
    }
    assert complaint[damage] in "; ".join(validate(damaged))


def test_rows_are_made_again_and_compared(folder: Path) -> None:
    texts = {page.page.warc_offset: page for page in PAGES}

    def reclean(warc_file: str, offset: int) -> Recleaned:
        assert warc_file == "2026-11-24/a.warc.gz"
        page = texts[offset]
        return Recleaned(page.page.raw_sha256, page.text_sha256, page.rules_version)

    def other(warc_file: str, offset: int) -> Recleaned:
        again = reclean(warc_file, offset)
        if offset == PAGES[0].page.warc_offset:
            return Recleaned(again.raw_sha256, sha("x"), again.rules_version)
        if offset == PAGES[1].page.warc_offset:
            return Recleaned(sha("x"), again.text_sha256, again.rules_version)
        raise FileNotFoundError(warc_file)

    assert {v.result for v in verify(folder, 10, 0, reclean)} == {"same"}
    results = {v.result for v in verify(folder, 10, 0, other)}
    assert results == {
        "text differs",
        "raw bytes differ",
        "FileNotFoundError: 2026-11-24/a.warc.gz",
    }
    assert len(verify(folder, 2, 0, reclean)) == 2


@pytest.mark.parametrize("how", ["csv", "jsonl", "parquet"])
def test_an_export_has_the_selected_articles(folder: Path, tmp_path: Path, how: Format) -> None:
    target = tmp_path / f"out.{how}"
    selection = Selection(newest=True, columns=("title", "authors", "version", "fetched_at"))
    assert export(folder, target, how, selection) == 2
    rows = _read(target, how)
    assert [(row["title"], int(row["version"])) for row in rows] == [("Alpha", 2), ("Beta", 1)]
    assert "Ada Marsh" in str(rows[0]["authors"])


def _read(target: Path, how: Format) -> list[dict[str, object]]:
    if how == "parquet":
        rows = pq.read_table(target).to_pylist()
    elif how == "jsonl":
        rows = [json.loads(line) for line in target.read_text().splitlines()]
    else:
        with target.open(newline="") as file:
            rows = list(csv.DictReader(file))
    return sorted(rows, key=lambda row: str(row["title"]))


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(), 3),
        (Selection(sites=("b.example",)), 1),
        (Selection(languages=("de",)), 0),
        (Selection(since=NOON + timedelta(hours=1)), 2),
        (Selection(until=NOON + timedelta(hours=1), good=True), 1),
    ],
)
def test_a_selection_selects(
    folder: Path, tmp_path: Path, selection: Selection, count: int
) -> None:
    assert export(folder, tmp_path / "out.parquet", "parquet", selection) == count
    assert pq.read_table(tmp_path / "out.parquet").num_rows == count


def test_an_unknown_column_is_refused_before_anything_is_written(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="no column 'headline'"):
        export(folder, tmp_path / "out.csv", "csv", Selection(columns=("headline",)))
    assert list(tmp_path.iterdir()) == []


def test_sql_sees_every_table_and_the_newest_versions(folder: Path) -> None:
    frame = query(folder, "SELECT count(*) AS n, max(version) AS v FROM latest")
    assert frame.to_dict("records") == [{"n": 2, "v": 2}]
    joined = "SELECT count(*) AS n FROM removals JOIN articles USING (article_id, version)"
    assert query(folder, joined)["n"][0] == 4


def test_newest_passes_over_what_is_held_back(tmp_path: Path) -> None:
    """The newest version of one article is held back, and every version of another."""
    held = [replace(page, quality="quarantined") for page in PAGES[1:]]
    publish_pages(tmp_path / "data", [PAGES[0], *held])
    folder = snapshot_folder(Layout(tmp_path / "data"))
    found = query(folder, "SELECT title, version FROM latest")
    assert found.to_dict("records") == [{"title": "Alpha", "version": 1}]
    assert export(folder, tmp_path / "out.jsonl", "jsonl", Selection(newest=True)) == 1
    assert json.loads((tmp_path / "out.jsonl").read_text())["version"] == 1


@pytest.mark.parametrize(
    "sql",
    ["SELECT nothing FROM articles", "FROM read_csv('/etc/hostname')", "COPY articles TO 'x'"],
)
def test_sql_that_fails_or_leaves_the_snapshot_is_refused(folder: Path, sql: str) -> None:
    with pytest.raises(ConfigError, match="cannot be run"):
        query(folder, sql)


def test_the_difference_of_two_versions(folder: Path) -> None:
    found = diff(folder, "https://harbour-courier.example/alpha")
    assert (found.before, found.after, found.change) == (1, 2, "update")
    assert f"-{prose('b')}" in found.lines
    assert f"+{prose('c')}" in found.lines
    assert diff(folder, ALPHA.article_id, 1, 1).lines == ()
    with pytest.raises(ConfigError, match="versions 1 to 1"):
        diff(folder, PAGES[2].article_id)
    with pytest.raises(ConfigError, match="no article"):
        diff(folder, "nothing")
