"""What a run shows in Prefect: counts, within bounds, that its results add up to."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.edge.overview import LINE, LONGEST, markdown, rate, short, table
from tasks.errors import Exit
from tasks.runs import Result, Run, outcome

RUN = Run("20261124T221500-abc123", "daily", datetime.now(UTC), Path("/srv/data"), Path("/srv/c"))
COUNTS = {"pages": 200, "articles": 190, "kept": 900, "moved": 50, "removed": 300, "quarantined": 2}
SOURCES = [
    {"name": "courier", "attempts": 5, "failed": 1, "articles": 4, "kept": 9, "removed": 2},
    {"name": "lamplighter", "attempts": 2, "failed": 0, "articles": 2, "kept": 3, "removed": 1},
]


def page_stages(partition: str, *, made: int = 4) -> list[Result]:
    report = {"parts": 4, "made": made, "cpu_s": 5.0, "seconds": 6.0}
    names = ("extract", "remember", "clean")
    results = [Result(name, partition, report) for name in names]
    return [*results, Result("normalise", partition, report | {"counts": COUNTS})]


def finished() -> list[Result]:
    report = {
        "versions": 6, "unchanged": 1, "duplicates": 2, "by_source": SOURCES, "path": "/srv/r.html",
        "removed_by_class": {"share.bar": 3, "related.list": 1200},
        "quarantined": {f"slug-{n}": n for n in range(1, LONGEST + 4)},
    }  # fmt: skip
    publish = Result("publish", "2026-11-24", {"snapshot": "000001-x", "rows": {"articles": 8}})
    return [*page_stages("2026-11-24"), publish, Result("report", "2026-11-24", report)]


def test_the_rate_is_of_pages_that_this_run_made_itself() -> None:
    assert rate(page_stages("a")) == 10.0
    assert rate([*page_stages("a"), *page_stages("b", made=1)]) == 10.0
    assert rate(page_stages("b", made=1)) == 0.0
    assert rate([]) == 0.0


def test_the_table_has_a_row_for_each_source_and_their_sum() -> None:
    rows = table(finished())
    assert [row["source"] for row in rows] == ["courier", "lamplighter", "all"]
    assert rows[-1] == {
        "source": "all", "attempts": 7, "failed": 1, "articles": 6, "kept": 12, "removed": 3,
    }  # fmt: skip


def test_a_run_without_a_report_shows_its_stages() -> None:
    rows = table([Result("fetch", "2026-11-24", exit=Exit.ENVIRONMENT, reason="why")])
    assert rows == [{"stage": "fetch", "partition": "2026-11-24", "exit": 5, "seconds": 0.0}]


def test_the_page_holds_what_people_look_for() -> None:
    results = finished()
    page = markdown(RUN, outcome(RUN, results), results)
    for line in (
        "# daily: partial",
        "| new versions | 6 |",
        "| duplicates | 2 |",
        "| pages per second per core | 10 |",
        "| related.list | 1,200 |",
        "| others | 6 |",
        "- dataset: [/srv/data/current](file:///srv/data/current), snapshot `000001-x`",
        "- report: [/srv/r.html](file:///srv/r.html)",
        "| extract | 1 | 6.0 | 5.0 |",
    ):
        assert line in page
    assert page.index("related.list") < page.index("share.bar")


def test_problems_are_told_within_bounds() -> None:
    failed = [
        Result("extract", f"p{n}", exit=Exit.ENVIRONMENT, reason=f"<b>|\n{'x' * 5000}")
        for n in range(100)
    ]
    page = markdown(RUN, outcome(RUN, failed), failed)
    assert "and 80 more" in page
    assert len(page) < 12_000
    assert "Nothing was published" in page


@pytest.mark.parametrize("text", ["a\nb", "a | b", "<img>", "x" * 10_000])
def test_a_cell_is_one_line_that_markdown_takes(text: str) -> None:
    assert len(short(text)) <= LINE
    assert "\n" not in short(text)
    assert "<" not in short(text)
