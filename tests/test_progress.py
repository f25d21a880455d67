"""How far stages are: every stage says so, in lines that its parent understands."""

import json
import subprocess
import sys
from pathlib import Path

from tasks import pool, progress
from tasks.fetch.files import partition_name
from tasks.process import environment
from tasks.progress import Lines, Progress, heard, listening, tell
from tasks.settings import PROJECT
from tasks.sources import FileOptions
from tests import pool_jobs

STORY = "The ferry left the pier late. Nobody on board complained, because tea was served again."


def test_all_who_listen_hear_and_nobody_need_listen() -> None:
    first: list[Progress] = []
    second: list[Progress] = []
    said = Progress("extract", "p", 1, 2, "pages")
    tell(said)
    with listening(first.append):
        tell(said)
        with listening(second.append):
            tell(said)
        tell(said)
    tell(said)
    assert (first, second) == ([said] * 3, [said])


def test_lines_are_few_understood_and_the_last_is_said(monkeypatch, capsys) -> None:  # noqa: ANN001
    monkeypatch.setattr(progress, "LINES_S", 3600.0)
    lines = Lines()
    for done in range(1001):
        lines(Progress("extract", "p", done, 1000, "pages"))
    said = capsys.readouterr().err.splitlines()
    assert said == ["progress 0 1000 pages", "progress 1000 1000 pages"]
    assert heard(said[1] + "\n", "extract", "p") == Progress("extract", "p", 1000, 1000, "pages")


def test_what_is_no_progress_is_left_to_the_log() -> None:
    long = "progress 1 2 pages and more than is said here by far"
    for line in ("progress", "progress 1 pages", "progress 1 2 3", "progress -1 2 pages", "", long):
        assert heard(line, "extract", "p") is None


def test_the_pool_tells_what_its_workers_come_to() -> None:
    heard_of: list[tuple[int, int]] = []
    found = dict(
        pool.run(
            pool_jobs.work, [["a", "b", "c"], ["d"]], workers=1,
            on_item=lambda chunk, item: heard_of.append((chunk, item)),
        )
    )  # fmt: skip
    assert found == {0: ["A", "B", "C"], 1: ["D"]}
    assert heard_of == [(0, 0), (0, 1), (0, 2), (1, 0)]


def test_every_stage_says_how_far_it_is(tmp_path: Path) -> None:
    """Each stage for itself, as its parent runs it; the last line says that all is done."""
    data, given = tmp_path / "data", tmp_path / "in.jsonl"
    rows = [{"text": f"Story {n}\n{STORY}\n{STORY} {n}"} for n in range(12)]
    given.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    options = FileOptions(paths=(given,), name="x")
    partition, size = partition_name(options), given.stat().st_size // 1000
    expected = {
        "capture": f"progress {size} {size} kB",
        "extract": "progress 12 12 pages",
        "remember": "progress 12 12 pages",
        "clean": "progress 12 12 pages",
        "normalise": "progress 12 12 pages",
        "dedup": "progress 12 12 texts",
        "publish": "progress 12 12 versions",
    }
    for stage, last in expected.items():
        given_options = options.model_dump_json() if stage == "capture" else "{}"
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tasks", stage, partition, "--data", data,
             "--options", given_options],
            cwd=PROJECT, env=environment(), capture_output=True, text=True, timeout=240,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said = [line for line in done.stderr.splitlines() if heard(line, stage, partition)]
        assert said[-1:] == [last], done.stderr
