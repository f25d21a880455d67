"""CPU and memory of one process as it sees more and more pages, under new addresses each time."""

import shutil
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from tests.bench.speed.compare import Contestant
from tests.bench.speed.pages import BenchPage, write_warc

ROUND: Final = 250
"""Pages in a part."""
SHOWN: Final = (1_000, 3_000, 5_000, 10_000, 20_000, 30_000)


def lines(
    pages: Sequence[BenchPage], most: int, folder: Path, name: str = "cleancopy"
) -> Iterator[str]:
    """Yield the lines of the table; web archives are written without gzip, to save time."""
    yield "| pages | CPU ms a page, the last 250 | resident MiB | peak MiB |"
    yield "|---|---|---|---|"
    source = cycle(pages)
    with Contestant(name, folder / name) as contestant:
        for number in range(most // ROUND):
            some = list(islice(source, ROUND))
            warc = folder / "captures" / f"r{number:03}" / "pages.warc"
            write_warc(some, warc, number)
            before = contestant.result.cpu_s
            contestant.run(warc, some, number, timed=True)
            warc.unlink()
            seen, found = (number + 1) * ROUND, contestant.result
            if seen in SHOWN or seen == most:
                ms = 1000 * (found.cpu_s - before) / ROUND
                yield f"| {seen} | {ms:.1f} | {found.resident_mb:.0f} | {found.peak_mb:.0f} |"
    shutil.rmtree(folder, ignore_errors=True)
