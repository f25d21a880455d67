"""Contestants side by side: the same pages, round by round in turn, each in its own process."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Self

import pyarrow.parquet as pq

from tasks.process import environment
from tests.bench.speed.pages import BenchPage, varied, write_warc
from tests.eval.corpus import CORPUS, scorer

ROOT: Final = Path(__file__).parents[3]
PAGES_A_ROUND: Final = 100
BASE: Final = "trafilatura"
TEMPLATES: Final = "+templates"
LESSONS: Final = 4


@dataclass
class Result:
    """What a contestant used, and the text it found, by page."""

    name: str
    cpu_s: float = 0.0
    pages: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    peak_mb: float = 0.0
    resident_mb: float = 0.0
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def ms(self) -> float:
        """CPU milliseconds a page."""
        return 1000 * self.cpu_s / max(1, self.pages)

    def f1(self, pages: Sequence[BenchPage]) -> float | None:
        """Return the mean word F1 over the pages with a trusted text."""
        if not CORPUS.exists():
            return None
        score = scorer()
        return fmean(
            score.page(page.gold, {"text": self.texts.get(page.id, "")})["f1"]
            for page in pages
            if page.gold
        )


class Contestant:
    """A running contestant process; `name` may end in options: ``cleancopy+templates``."""

    def __init__(self, name: str, folder: Path, python: Path | str = sys.executable) -> None:
        self.result = Result(name)
        self._folder = folder
        command = [str(python), "-m", "tests.bench.speed.contestant", name, str(folder)]
        path = environment() if python == sys.executable else dict(os.environ)
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=path | one_thread, text=True, stderr=subprocess.DEVNULL,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def restart(self, name: str) -> Result:
        """Begin a new count under another name; what was learnt stays. Returns the old one."""
        result, self.result = self.result, Result(name)
        return result

    def run(self, warc: Path, pages: Sequence[BenchPage], number: int, *, timed: bool) -> None:
        """Do one round; an untimed one warms up."""
        asked = {"warc": str(warc), "round": number, "keep": timed}
        answer = self._ask(asked)
        self.result.peak_mb = answer["peak_mb"]
        self.result.resident_mb = answer["resident_mb"]
        if not timed:
            return
        self.result.pages += len(pages)
        self.result.cpu_s += sum(answer["stages"].values())
        for stage, spent in answer["stages"].items():
            self.result.stages[stage] = self.result.stages.get(stage, 0.0) + spent
        table = pq.read_table(self._folder / f"{number}.parquet")
        found = dict(zip(table["url"].to_pylist(), table["text"].to_pylist(), strict=True))
        self.result.texts |= {page.id: found.get(page.url(number), "") for page in pages}

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the contestant has no pipes")
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.result.name} ended: {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def rounds(pages: Sequence[BenchPage], size: int = PAGES_A_ROUND) -> Iterator[list[BenchPage]]:
    """Yield the pages in rounds."""
    for start in range(0, len(pages), size):
        yield list(pages[start : start + size])


def compare(
    names: Sequence[tuple[str, Path | str]], pages: Sequence[BenchPage], folder: Path
) -> list[Result]:
    """Return what each contestant used and found; they take turns, round by round.

    Those with templates do all rounds while they learn, then as many untimed passes over other
    articles of the same markup as a template needs, and all rounds again, warm.
    """
    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(Contestant(name, folder / name, python)) for name, python in names
        ]
        learning = [one for one in running if one.result.name.endswith(TEMPLATES)]
        _turns(running, pages[:10], folder, 0, timed=False)
        number = _pass(running, pages, folder, 1)
        done = [one.restart(f"{one.result.name}, warm") for one in running]
        for edition in range(LESSONS if learning else 0):
            number = _pass(learning, varied(pages, edition), folder, number, timed=False)
        again = [one for one in running if one in learning or one.result.name.startswith(BASE)]
        _pass(again if learning else [], pages, folder, number)
        warm = [one.result for one in learning]
        _rescale(warm, done, [one.result for one in again])
        return [*done, *warm]


def _pass(
    running: Sequence[Contestant], pages: Sequence[BenchPage], folder: Path, number: int,
    *, timed: bool = True,
) -> int:  # fmt: skip
    """Do all pages in rounds from `number` on; return the next number."""
    for some in rounds(pages):
        _turns(running, some, folder, number, timed=timed)
        number += 1
    return number


def _turns(
    running: Sequence[Contestant], some: Sequence[BenchPage], folder: Path, number: int,
    *, timed: bool,
) -> None:  # fmt: skip
    warc = folder / "captures" / f"r{number:04}" / "pages.warc.gz"
    write_warc(some, warc, number)
    turn = number % len(running) if running else 0
    for contestant in [*running[turn:], *running[:turn]]:
        contestant.run(warc, some, number, timed=timed)
    warc.unlink()


def _rescale(warm: Sequence[Result], first: Sequence[Result], second: Sequence[Result]) -> None:
    """Correct warm figures for a machine that was quicker or slower in the second pass."""
    then = next((r for r in first if r.name == BASE), None)
    now = next((r for r in second if r.name.startswith(BASE)), None)
    if then is None or now is None or not now.cpu_s:
        return
    share = then.ms / now.ms
    for result in warm:
        result.cpu_s *= share
        result.stages = {stage: spent * share for stage, spent in result.stages.items()}
