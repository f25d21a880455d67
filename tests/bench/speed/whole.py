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

from tasks.process import environment
from tests.bench.speed.compare import ROOT
from tests.bench.speed.contestant import memory_mb
from tests.bench.speed.pages import BenchPage, write_warc

STAGES: Final = ("extract", "remember", "clean", "normalise", "dedup", "publish", "report")
PAGE_STAGES: Final = STAGES[:4]
PARTITION: Final = "bench"


def lines(pages: Sequence[BenchPage], count: int, folder: Path) -> Iterator[str]:
    """Yield the lines of both tables."""
    source = folder / "pages.warc.gz"
    write_warc(list(islice(_by_round(pages), count)), source, 0)
    yield "| command | CPU s | wall s | MiB, the largest process |"
    yield "|---|---|---|---|"
    spent: dict[str, float] = {}
    data = folder / "stages"
    captures = data / "captures" / PARTITION
    captures.mkdir(parents=True)
    (captures / source.name).symlink_to(source.resolve())
    for stage in STAGES:
        cpu, wall, peak = _timed(["-m", "tasks", stage, PARTITION, "--data", str(data)])
        spent[stage] = cpu
        yield f"| stage {stage} | {cpu:.1f} | {wall:.1f} | {peak:.0f} |"
    shutil.rmtree(data)
    command = ["-m", "flows.cli", "backfill", str(source), "--data", str(folder / "run")]
    cpu, wall, peak = _timed(command)
    yield f"| cleancopy backfill | {cpu:.1f} | {wall:.1f} | {peak:.0f} |"
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
        cpu, wall, _ = _timed(command, {"CLEANCOPY_WORK_WORKERS": str(workers)})
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


def _timed(
    arguments: Sequence[str], extra: Mapping[str, str] | None = None
) -> tuple[float, float, float]:
    """Run one of our commands; return CPU seconds, its children's too, wall seconds, and memory.

    Memory is of the largest process it started, MiB, looked at ten times a second.

    Raises:
        CalledProcessError: it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started, peak = time.monotonic(), 0.0
    process = subprocess.Popen(
        [sys.executable, "-P", *arguments, "--config", str(ROOT / "config")],
        env=environment() | dict(extra or {}),
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None:
        peak = max(peak, *(memory_mb("VmHWM", pid) for pid in _family(process.pid)))
        time.sleep(0.1)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, peak


def _family(pid: int) -> Iterator[int]:
    """Yield a process and those it started, as long as they run."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))
