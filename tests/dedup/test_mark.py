"""Marks are a function of the closed parts: whatever was marked before, in whatever order."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.errors import ContractError
from tasks.schema import Finished
from tasks.store.layout import Layout
from tasks.store.marks import read_marks
from tests.synthetic import (
    NOON,
    close_all,
    finished,
    later,
    prose,
    run_dedup,
    write_part,
)

DECIDED = ["article_id", "version", "fetched_at", "change", "near_dup_of", "dup_score"]


def marked(data: Path) -> list[dict[str, object]]:
    marks = read_marks(Layout(data))
    assert marks is not None
    return marks.table.select(DECIDED).to_pylist()


def mark(data: Path, *pages: Finished) -> list[dict[str, object]]:
    write_part(data, "2026-11-24", "p1", pages)
    close_all(data, "2026-11-24")
    run_dedup(data)
    return marked(data)


def test_boilerplate_changes_make_no_version(tmp_path: Path) -> None:
    page = finished("alpha")
    rows = mark(tmp_path, page, later(page, 2), later(page, 5))
    assert [(row["version"], row["fetched_at"]) for row in rows] == [(1, NOON)]


def test_versions_count_from_one_in_order_of_fetching(tmp_path: Path) -> None:
    page = finished("alpha")
    other = [prose("a new text"), prose("another")]
    back = later(page, 9)
    rows = mark(tmp_path, back, later(page, 4, other), page, later(page, 3, other))
    assert [(row["version"], row["change"]) for row in rows] == [
        (1, ""),
        (2, "update"),
        (3, "update"),
    ]
    assert rows[1]["fetched_at"] == NOON + timedelta(hours=3)


def test_a_copy_names_the_earliest_article_and_its_similarity(tmp_path: Path) -> None:
    text = [prose("agency", 200)]
    first = finished("first", text, site="b.example")
    copy = finished("copy", text, at=NOON + timedelta(hours=1))
    words = text[0].split()
    words[20:22] = ["fewer"]
    near = finished("near", [" ".join(words)], at=NOON + timedelta(hours=2))
    apart = finished("apart", [prose("other", 200)], at=NOON + timedelta(hours=3))
    rows = {row["article_id"]: row for row in mark(tmp_path, apart, near, copy, first)}
    assert rows[first.article_id]["near_dup_of"] == ""
    assert rows[copy.article_id]["near_dup_of"] == first.article_id
    assert rows[copy.article_id]["dup_score"] == 1.0
    assert rows[near.article_id]["near_dup_of"] == first.article_id
    assert 0.85 < rows[near.article_id]["dup_score"] < 1.0
    assert rows[apart.article_id]["near_dup_of"] == ""


def test_an_original_that_was_copied_and_then_edited_stays_an_original(tmp_path: Path) -> None:
    page = finished("alpha", [prose("long", 300)])
    copy = finished("copy", [prose("long", 300)], at=NOON + timedelta(hours=1), site="b.example")
    edited = later(page, 2, [prose("long", 300) + " More follows."])
    rows = mark(tmp_path, page, copy, edited)
    assert [row["near_dup_of"] for row in rows] == ["", page.article_id, ""]


def test_short_equal_texts_are_duplicates_and_empty_ones_are_not(tmp_path: Path) -> None:
    pages = [finished("a", ["Rain."]), finished("b", ["Rain."], at=NOON + timedelta(hours=1))]
    pages += [finished(name, [""], at=NOON + timedelta(hours=2)) for name in ("c", "d")]
    rows = {row["article_id"]: row["near_dup_of"] for row in mark(tmp_path, *pages)}
    assert rows[pages[1].article_id] == pages[0].article_id
    assert [rows[page.article_id] for page in pages[2:]] == ["", ""]


def _archive(seed: int) -> list[list[Finished]]:
    """Return parts of pages full of copies, near-copies, versions and returns to earlier text."""
    rng = random.Random(seed)  # noqa: S311
    parts = []
    for _ in range(6):
        pages = []
        for _ in range(rng.randint(1, 12)):
            words = prose(rng.randint(0, 6), 120).split()
            for _ in range(rng.choice([0, 0, 1, 3, 15])):
                words[rng.randrange(len(words))] = rng.choice(["rain", "wind", "fog"])
            at = NOON + timedelta(minutes=rng.randint(0, 90))
            name = f"article-{rng.randint(0, 25)}"
            pages.append(finished(name, [" ".join(words)], at=at))
        parts.append(pages)
    return parts


@pytest.mark.parametrize("seed", range(8))
def test_marking_step_by_step_is_marking_at_once(tmp_path: Path, seed: int) -> None:
    rng = random.Random(-seed)  # noqa: S311
    parts = _archive(seed)
    for i, pages in enumerate(parts):
        write_part(tmp_path / "once", "day", f"p{i}", pages)
    close_all(tmp_path / "once", "day")
    run_dedup(tmp_path / "once")
    steps = tmp_path / "steps"
    order = rng.sample(range(len(parts)), len(parts))
    for i in order:
        write_part(steps, "day", f"p{i}", parts[i])
        close_all(steps, "day")
        run_dedup(steps)
        if rng.random() < 0.5:  # a part is replaced by one of another key, and comes back
            folder = Layout(steps).part("finished", "day", f"p{order[0]}")
            shutil.move(folder, tmp_path / "aside")
            write_part(steps, "day", "other", [finished("article-1", [prose(3, 120)])])
            close_all(steps, "day")
            run_dedup(steps)
            shutil.rmtree(Layout(steps).part("finished", "day", "other"))
            shutil.move(tmp_path / "aside", folder)
            close_all(steps, "day")
            run_dedup(steps)
    assert marked(steps) == marked(tmp_path / "once")


def test_torn_marks_and_a_lost_index_are_made_again(tmp_path: Path) -> None:
    page = finished("alpha")
    rows = mark(tmp_path, page, later(page, 4, [prose("x")]))
    layout = Layout(tmp_path)
    (layout.dedup / "marks.parquet").write_bytes(b"torn")
    with pytest.raises(ContractError, match="torn"):
        read_marks(layout)
    (layout.dedup / "index" / "2026-11-24" / "p1.parquet").write_bytes(b"PAR1 torn")
    assert run_dedup(tmp_path).indexed == 1
    assert marked(tmp_path) == rows


def test_a_torn_part_is_named(tmp_path: Path) -> None:
    write_part(tmp_path, "2026-11-24", "p1", [finished("alpha")])
    close_all(tmp_path, "2026-11-24")
    path = Layout(tmp_path).part("finished", "2026-11-24", "p1") / "articles.parquet"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(ContractError, match=r"p1.*torn.*normalise"):
        run_dedup(tmp_path)


def test_no_parts_give_empty_marks(tmp_path: Path) -> None:
    assert run_dedup(tmp_path).versions == 0
    marks = read_marks(Layout(tmp_path))
    assert marks is not None
    assert isinstance(marks.table, pa.Table)
