"""Progress as people see it: bars on a terminal, plain lines elsewhere, nothing with --json."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import progress
from flows.progress import PlainLines
from tasks.progress import Progress, tell
from tests.fetch.web import page, serving
from tests.flows.conftest import ROOT

PAGES = 5


@pytest.fixture
def fetch(tmp_path: Path) -> Iterator[list[str]]:
    """A command that fetches five pages from a server on this machine."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "pipeline.yaml").write_text("fetch: {delay_s: 0}\n", encoding="utf-8")
    with serving() as web:
        web.answers = {f"/{n}": page(b"<p>story</p>") for n in range(PAGES)}
        source = web.source(urls=[f"http://news.example/{n}" for n in range(PAGES)], delay_s=0)
        entry = source.model_dump(mode="json", exclude_defaults=True)
        (config / "sources.yaml").write_text(json.dumps({"sources": [entry]}), encoding="utf-8")
        yield [sys.executable, "-P", "-m", "flows.cli", "fetch", "--config", str(config),
               "--data", str(tmp_path / "data")]  # fmt: skip


def on_terminal(command: list[str], **environment: str) -> str:
    """Return what a command writes on a terminal that is its standard error."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"} | environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            some = os.read(ours, 65_536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not some:
            break
        shown += some
    os.close(ours)
    assert process.wait(timeout=60) == 0, shown
    return shown.decode()


def test_a_terminal_has_bars(fetch: list[str]) -> None:
    shown = on_terminal(fetch, NO_COLOR="")
    assert f"{PAGES}/{PAGES}" in shown
    assert "━" in shown
    assert "\x1b[3" in shown, "colours"


def test_without_colour_where_that_is_wanted(fetch: list[str]) -> None:
    shown = on_terminal(fetch, NO_COLOR="1")
    assert f"{PAGES}/{PAGES}" in shown
    assert "\x1b[3" not in shown


@pytest.mark.parametrize("given", [["--json"], []], ids=["json", "dumb"])
def test_no_bars_for_programs_and_dumb_terminals(fetch: list[str], given: list[str]) -> None:
    shown = on_terminal([*fetch, *given], TERM="xterm" if given else "dumb")
    assert "━" not in shown
    assert "\x1b" not in shown


def test_elsewhere_a_plain_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    lines = PlainLines(said.append, every_s=0)
    for done in range(1, 4):
        lines(Progress("extract", "2026-11-24", done, 500, "pages"))
    lines(Progress("fetch", "2026-11-24", 7, 0, "pages"))
    assert [line.partition(" ")[2] for line in said] == [
        *(f"extract 2026-11-24: {n} of 500 pages" for n in (1, 2, 3)),
        "fetch 2026-11-24: 7 pages",
    ]
    monkeypatch.setattr(progress, "LINE_S", 0)
    with progress.shown():
        tell(Progress("clean", "p", 1, 2, "pages"))
    assert "clean" not in capsys.readouterr().err, "a stage that has just begun"
    with progress.shown(is_json=True):
        tell(Progress("clean", "p", 1, 2, "pages"))
    assert not capsys.readouterr().err
