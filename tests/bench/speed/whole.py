"""A whole run as users start it, beside its stages alone, and with one worker and with two."""

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from tasks.pool import environment
from tests.bench.speed.compare import ROOT
from tests.bench.speed.pages import BenchPage, write_warc

STAGES: Final = ("extract", "remember", "clean", "normalise", "dedup", "publish", "report")
PAGE_STAGES: Final = STAGES[:4]
PARTITION: Final = "bench"


def lines(pages: Sequence[BenchPage], count: int, folder: Path) -> Iterator[str]:
    """Yield the lines of both tables."""
    source = folder / "pages.warc.gz"
    write_warc(list(islice(_by_round(pages), count)), source, 0)
    yield "| command | CPU s | wall s |"
    yield "|---|---|---|"
    spent: dict[str, float] = {}
    data = folder / "stages"
    captures = data / "captures" / PARTITION
    captures.mkdir(parents=True)
    (captures / source.name).symlink_to(source.resolve())
    for stage in STAGES:
        cpu, wall = _timed(["-m", "tasks", stage, PARTITION, "--data", str(data)])
        spent[stage] = cpu
        yield f"| stage {stage} | {cpu:.1f} | {wall:.1f} |"
    shutil.rmtree(data)
    cpu, wall = _timed(["-m", "flows.cli", "backfill", str(source), "--data", str(folder / "run")])
    yield f"| cleancopy backfill | {cpu:.1f} | {wall:.1f} |"
    shutil.rmtree(folder / "run")
    over = cpu - sum(spent[stage] for stage in PAGE_STAGES)
    yield f"\nNot spent in stages that look at pages: {100 * over / cpu:.1f} % of the run's CPU.\n"
    yield "| workers | stage extract, wall s | CPU s |"
    yield "|---|---|---|"
    walls = []
    for workers in (1, 2):
        data = folder / f"workers{workers}"
        captures = data / "captures" / PARTITION
        captures.mkdir(parents=True)
        (captures / source.name).symlink_to(source.resolve())
        command = ["-m", "tasks", "extract", PARTITION, "--data", str(data)]
        cpu, wall = _timed(command, {"CLEANCOPY_WORK_WORKERS": str(workers)})
        walls.append(wall)
        yield f"| {workers} | {wall:.1f} | {cpu:.1f} |"
        shutil.rmtree(data)
    load = os.getloadavg()[0]
    yield f"\nTwo workers are {walls[0] / walls[1]:.2f} times as fast (load at the end {load:.1f})."
    shutil.rmtree(folder, ignore_errors=True)


def _by_round(pages: Sequence[BenchPage]) -> Iterator[BenchPage]:
    """Yield the pages over and over, each time under other names."""
    number = 0
    while True:
        for page in pages:
            yield BenchPage(f"{page.id}-{number}", page.site, page.path, page.body, page.gold)
        number += 1


def _timed(arguments: Sequence[str], extra: Mapping[str, str] | None = None) -> tuple[float, float]:
    """Run one of our commands; return CPU seconds, its children's too, and wall seconds.

    Raises:
        CalledProcessError: it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    config = ["--config", str(ROOT / "config")]
    subprocess.run(
        [sys.executable, "-P", *arguments, *config], env=environment() | dict(extra or {}),
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall
