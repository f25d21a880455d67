"""How fast cleancopy is beside other tools, on the same pages in one run. ``make bench`` prints it.

``python tests/bench/bench_speed.py [--pages N] [--growth N] [--whole N] [--write]``; a number of 0
leaves that table out. Ratios of CPU time in one run say something, seconds of one machine do not.
datatrove runs in an environment of its own, whose Python ``BENCH_DATATROVE`` names; it needs
``datatrove[processing]``, trafilatura, fastwarc and pyarrow, and is left out where it is not there.
``--write`` keeps the printed tables in docs/benchmarks.md.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.speed import growth, whole
from tests.bench.speed.compare import BASE, ROOT, Result, compare
from tests.bench.speed.pages import BenchPage, bench_pages

TARGET = ROOT / "docs" / "benchmarks.md"
MARK = "<!-- printed by make bench -->"


def datatrove() -> Path | None:
    """Return the Python that has datatrove, if there is one."""
    python = Path(os.environ.get("BENCH_DATATROVE", ROOT / ".venv-datatrove" / "bin" / "python"))
    return python if python.exists() else None


def contestants() -> list[tuple[str, Path | str]]:
    """Return the names of who takes part, and the Python each runs in."""
    names: list[tuple[str, Path | str]] = [
        (name, sys.executable)
        for name in ("floor", BASE, "trafilatura-fast", "cleancopy", "cleancopy+templates")
    ]
    other = datatrove()
    if other is None:
        say("datatrove is left out: BENCH_DATATROVE names no Python that has it")
    else:
        names.append(("datatrove", other))
    return names


def table(results: Sequence[Result], pages: Sequence[BenchPage]) -> Iterator[str]:
    """Yield the lines of the comparison."""
    base = next(found for found in results if found.name == BASE)
    least = next(found for found in results if found.name == "floor")
    yield (
        "| contestant | CPU ms a page | times as fast as trafilatura | times the floor "
        "| word F1 | peak MiB |"
    )
    yield "|---|---|---|---|---|---|"
    for found in sorted(results, key=lambda result: result.ms):
        f1 = found.f1(pages)
        yield (
            f"| {found.name} | {found.ms:.1f} | {base.ms / found.ms:.2f} | "
            f"{found.ms / least.ms:.1f} | {'' if f1 is None else f'{f1:.4f}'} | "
            f"{found.peak_mb:.0f} |"
        )


def shares(results: Sequence[Result]) -> Iterator[str]:
    """Yield the lines about the stages of our own contestants."""
    ours = [found for found in results if len(found.stages) > 1]
    yield "| contestant | " + " | ".join(ours[0].stages) + " |"
    yield "|---" * (1 + len(ours[0].stages)) + "|"
    for found in ours:
        parts = [
            f"{1000 * spent / found.pages:.1f} ms, {100 * spent / found.cpu_s:.0f} %"
            for spent in found.stages.values()
        ]
        yield f"| {found.name} | " + " | ".join(parts) + " |"


def machine() -> str:
    """Return what the figures were made on, by size only."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    packages = ", ".join(f"{n} {version(n)}" for n in ("trafilatura", "lxml", "pyarrow"))
    load = os.getloadavg()[0]
    return (
        f"{cores} cores, {memory:.0f} GiB, Python {sys.version_info[0]}.{sys.version_info[1]}, "
        f"{packages}; load when it began {load:.1f}; {datetime.now(UTC).date()}"
    )


def say(line: str) -> None:
    """Print a line now."""
    print(line, flush=True)  # noqa: T201  the report


def report(asked: argparse.Namespace, folder: Path) -> Iterator[str]:
    """Yield the lines of the report as they are found."""
    pages = bench_pages()
    if asked.pages:
        pages = pages[: asked.pages]
    yield machine()
    if asked.pages != 0:
        size = sum(len(page.body) for page in pages) / len(pages) / 1000
        yield f"\n### Side by side: {len(pages)} pages of {size:.0f} kB\n"
        results = compare(contestants(), pages, folder / "compare")
        yield from table(results, pages)
        yield "\n### Stage by stage\n"
        yield from shares(results)
    shutil.rmtree(folder / "compare", ignore_errors=True)
    if asked.growth:
        yield f"\n### Growth to {asked.growth} pages, one process\n"
        yield from growth.lines(pages or bench_pages(), asked.growth, folder / "growth")
    if asked.whole:
        yield f"\n### A whole run of {asked.whole} pages\n"
        yield from whole.lines(pages or bench_pages(), asked.whole, folder / "whole")


def keep(lines: Sequence[str]) -> None:
    """Replace the printed tables in the document."""
    text = TARGET.read_text(encoding="utf-8")
    before, _, rest = text.partition(MARK)
    _, _, after = rest.partition(MARK)
    TARGET.write_text(f"{before}{MARK}\n" + "\n".join(lines) + f"\n{MARK}{after}", "utf-8")


def main() -> None:
    """Print the report."""
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--pages", type=int, help="how many pages side by side; all when left out")
    ap.add_argument("--growth", type=int, default=30_000, help="pages of the growth table")
    ap.add_argument("--whole", type=int, default=5_000, help="pages of the whole run")
    ap.add_argument("--write", action="store_true", help="keep the tables in docs/benchmarks.md")
    asked = ap.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="cleancopy-bench-") as folder:
        for line in report(asked, Path(folder)):
            say(line)
            lines.append(line)
    if asked.write:
        keep(lines)


if __name__ == "__main__":
    main()
