"""A run that is stopped, by Ctrl-C or by the kernel, leaves nothing behind but finished work."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.flows.conftest import ROOT, _environment, cleancopy
from tests.flows.test_cli import STORY

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]  # three runs of many seconds

PAGES = 40
PARAGRAPHS = 250
"""Of each page: extracting all takes many seconds, so that a signal always meets it at work."""


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    folder.mkdir()
    for number in range(PAGES):
        delays = "".join(
            f"<p>Ferry {n} left {number + n} minutes late, the harbour office said again.</p>"
            for n in range(PARAGRAPHS)
        )
        text = STORY.replace("</article>", f"{delays}</article>")
        (folder / f"{number:02}.html").write_text(text, encoding="utf-8")
    return folder


def test_the_same_command_again_completes_the_work(pages: Path, tmp_path: Path) -> None:
    data, config = tmp_path / "data", tmp_path / "config"
    config.mkdir()
    for name in ("rules", "phrases", "sites"):
        (config / name).symlink_to(ROOT / "config" / name)
    (config / "pipeline.yaml").write_text("work: {workers: 1, records_per_part: 2}\n")
    command = ["backfill", str(pages), "--data", str(data), "--config", str(config)]

    code, said = _stopped(command, data, signal.SIGINT)
    assert code == 130, said
    assert "Traceback" not in said
    assert said.rstrip().endswith(f"To go on: cleancopy {' '.join(command)}")
    assert not (data / "current").exists()
    made = _parts(data)
    assert made

    code, _ = _stopped(command, data, signal.SIGKILL, more_than=len(made))
    assert code == -signal.SIGKILL
    assert set(made) <= set(_parts(data))
    assert made == {name: _parts(data)[name] for name in made}, "a finished part was made again"

    done = cleancopy(*command)
    assert done.returncode == 0, done.stderr
    articles = pq.read_table(data / "current" / "articles")
    assert articles.num_rows == PAGES
    assert len(set(articles["article_id"].to_pylist())) == PAGES
    after = _parts(data)
    assert made == {name: after[name] for name in made}, "a finished part was made again"


def _stopped(
    command: list[str], data: Path, sign: signal.Signals, more_than: int = 0
) -> tuple[int, str]:
    """Start a command, stop it while it extracts, and see that none of its processes stays."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", *command],
        cwd=ROOT, env=_environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        until = time.monotonic() + 240
        while len(_parts(data)) <= more_than and process.poll() is None:
            assert time.monotonic() < until, "it has extracted nothing yet"
            time.sleep(0.02)
        assert process.poll() is None, "it ended before it could be stopped"
        process.send_signal(sign)
        _, said = process.communicate(timeout=120)
    until = time.monotonic() + 60
    while _alive(data) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _alive(data), "processes stayed behind"
    return process.returncode, said


def _parts(data: Path) -> dict[str, int]:
    """Return the finished extracted parts, by name, with the time they were written."""
    return {p.name: p.stat().st_mtime_ns for p in data.glob("work/extracted/*/[!.]*.parquet")}


def _alive(data: Path) -> list[str]:
    """Return the processes that name the data folder in their command or as Prefect's home."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(data).encode() in told and int(folder.name) != os.getpid():
            found.append(folder.name)
    return found
