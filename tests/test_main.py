"""``python -m tasks``: one JSON line on standard output, and an exit status that tells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.process import environment
from tasks.settings import PROJECT


def _stage(*arguments: str | Path, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "tasks", *map(str, arguments)],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_report_is_one_line_of_json(tmp_path: Path) -> None:
    done = _stage("extract", "2026-11-24", "--data", tmp_path)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["stage"], report["parts"], report["counts"]) == ("extract", 0, {"pages": 0})


@pytest.mark.parametrize("partition", ["../up", "", "a/b", ".hidden"])
def test_a_name_that_is_no_partition_is_refused(partition: str, tmp_path: Path) -> None:
    done = _stage("extract", partition, "--data", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot name a partition" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_unknown_options_are_a_usage_error(tmp_path: Path) -> None:
    done = _stage("capture", "p", "--data", tmp_path, "--options", '{"pathz": []}')
    assert done.returncode == 2
    assert "pathz" in done.stderr


def test_a_data_folder_that_is_a_file_is_the_environments_fault(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")
    done = _stage("extract", "p", "--data", tmp_path / "data")
    assert done.returncode == 5, done.stderr
    assert "a file stands where a folder is needed" in done.stderr


def test_a_folder_called_tasks_does_not_hide_ours(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "__init__.py").write_text("raise SystemExit('not ours')")
    done = _stage("extract", "p", "--data", tmp_path / "data", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
