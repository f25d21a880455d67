"""How a run ends: what was published decides, and every problem is told."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.edge.overview import markdown
from tasks.errors import Exit
from tasks.runs import Result, Run, begin, outcome, row, waiting
from tasks.store.options import RunRow

RUN = Run("20261124T221500-abc123", "daily", datetime.now(UTC), Path("data"), Path("config"))
COUNTS = {"pages": 9, "articles": 8, "kept": 70, "moved": 5, "removed": 30, "quarantined": 0}
FETCH = Result("fetch", "2026-11-24", {"captured": 9, "errors": {}})
NORMALISE = Result("normalise", "2026-11-24", {"counts": COUNTS, "rules_version": "r1"})
ALARM = {"site": "courier.example", "since": "2026-11-23", "cause": "redesign"}
HEALTH = Result("health", "2026-11-24", {"alarms": [ALARM]})
PUBLISH = Result("publish", "2026-11-24", {"snapshot": "000001-x", "rows": {"articles": 8}})


def _failed(stage: str, code: Exit, reason: str = "why") -> Result:
    return Result(stage, "2026-11-24", exit=code, reason=reason)


@pytest.mark.parametrize(
    ("results", "status", "code"),
    [
        ([FETCH, NORMALISE, PUBLISH], "done", Exit.DONE),
        ([Result("fetch", "p", {"captured": 1, "errors": {"http-error": 2}}), PUBLISH],
         "partial", Exit.PARTIAL),
        ([FETCH, Result("normalise", "p", {"counts": {"quarantined": 1}}), PUBLISH],
         "partial", Exit.PARTIAL),
        ([_failed("extract", Exit.ENVIRONMENT), PUBLISH], "partial", Exit.PARTIAL),
        ([FETCH, _failed("extract", Exit.BUG), PUBLISH], "failed", Exit.BUG),
        ([FETCH, NORMALISE, _failed("publish", Exit.CONTRACT)], "failed", Exit.CONTRACT),
        ([_failed("fetch", Exit.USAGE), _failed("dedup", Exit.ENVIRONMENT)],
         "failed", Exit.ENVIRONMENT),
        ([], "failed", Exit.BUG),
        ([FETCH], "done", Exit.DONE),
        ([_failed("fetch", Exit.ENVIRONMENT)], "failed", Exit.ENVIRONMENT),
        ([Result("compact", "all", {"snapshot": "000002-x"})], "done", Exit.DONE),
        ([_failed("compact", Exit.CONTRACT)], "failed", Exit.CONTRACT),
        ([FETCH, NORMALISE, HEALTH, PUBLISH], "partial", Exit.PARTIAL),
        ([FETCH, NORMALISE, _failed("health", Exit.CONTRACT)], "failed", Exit.CONTRACT),
    ],
)  # fmt: skip
def test_exit_and_status(results: list[Result], status: str, code: Exit) -> None:
    ended = outcome(RUN, results)
    assert (ended.status, ended.exit) == (status, code)


def test_what_a_replay_found_is_told_and_its_report_linked() -> None:
    replay = Result("replay", "all", {"total": {"changed": 2, "pages": 30}, "path": "/r/one.md"})
    ended = outcome(RUN, [replay])
    assert ended.line == "done: 2 of 30 replayed pages changed"
    page = markdown(RUN, ended, [replay])
    assert "Nothing was published" in page
    assert "[/r/one.md](file:///r/one.md)" in page
    assert "9 pages" in outcome(RUN, [replay, NORMALISE, PUBLISH]).line


def test_counts_and_problems_are_told() -> None:
    ended = outcome(RUN, [FETCH, NORMALISE, _failed("publish", Exit.CONTRACT, "a column is gone")])
    assert ended.counts == {"fetched": 9, **COUNTS}
    assert ended.rules_version == "r1"
    assert "publish 2026-11-24: a column is gone" in ended.line
    assert "9 fetched" in ended.line


def test_a_site_in_alarm_is_a_problem() -> None:
    ended = outcome(RUN, [FETCH, NORMALISE, HEALTH, PUBLISH])
    assert ended.problems == ("courier.example is in alarm since 2026-11-23: redesign",)


def test_the_row_fits_the_table() -> None:
    made = RunRow.model_validate(row(RUN, [FETCH, NORMALISE]))
    assert (made.status, made.partitions, made.fetched) == ("done", ("2026-11-24",), 9)


def test_run_ids_sort_by_start() -> None:
    assert begin("daily", None, None).run_id < begin("daily", None, None).run_id[:15] + "~"
    assert begin("daily", Path("here"), None).data.is_absolute()


def test_partitions_with_newer_captures_wait(tmp_path: Path) -> None:
    for name in ("2026-11-22", "2026-11-23", "2026-11-24", "empty"):
        (tmp_path / "captures" / name).mkdir(parents=True)
    for name in ("2026-11-22", "2026-11-23", "2026-11-24"):
        (tmp_path / "captures" / name / "a.warc.gz").touch()
    for name in ("2026-11-22", "2026-11-23"):
        listing = tmp_path / "work" / "finished" / name / "parts.json"
        listing.parent.mkdir(parents=True)
        listing.touch()
    old = tmp_path / "work" / "finished" / "2026-11-22" / "parts.json"
    os.utime(old, (0, 0))
    assert waiting(tmp_path) == ["2026-11-22", "2026-11-24"]
