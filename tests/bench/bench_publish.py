"""What the dataset costs at 100,000 articles: time, memory, size, scans. ``make bench`` prints it.

``python tests/bench/bench_publish.py [articles] [folder]``; each step runs in a process of its own,
so its peak memory is its own.
"""

import itertools
import multiprocessing as mp
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import duckdb
import pandas as pd

from tasks.publish import partition as publish
from tasks.publish.validate import validate
from tasks.schema import Finished
from tasks.store.layout import Layout
from tasks.store.snapshot import snapshot_folder
from tests.synthetic import NOON, WORDS, close_all, finished, run_dedup, run_publish, write_part

PAGES_A_PART = 500
PARTS_A_DAY = 5
SITES = [f"{a}-{b}.example" for a in WORDS[:10] for b in ("courier", "post", "times", "echo")]
_LETTERS = [a + b for a in WORDS[::3] for b in WORDS[::7]]
VOCABULARY = [*WORDS, *_LETTERS, *(f"{a}{i}" for a in _LETTERS for i in range(4))]
_WEIGHTS = list(itertools.accumulate(1 / (i + 10) for i in range(len(VOCABULARY))))


def pages(part: int) -> Iterator[Finished]:
    """Yield a part's pages: 400 words each, one in ten a near-copy of an earlier page."""
    rng = random.Random(part)  # noqa: S311
    start = NOON + timedelta(days=part // PARTS_A_DAY)
    for i in range(PAGES_A_PART):
        copied = part > 0 and rng.random() < 0.1
        seed = f"{rng.randrange(part)}-{rng.randrange(PAGES_A_PART)}" if copied else f"{part}-{i}"
        paragraphs = _paragraphs(seed)
        if copied:
            paragraphs[0] = "Agencies and staff. " + paragraphs[0]
        yield finished(
            f"{part}-{i}",
            paragraphs,
            at=start + timedelta(seconds=part * PAGES_A_PART + i),
            site=rng.choice(SITES),
            removed=[f"{VOCABULARY[j % 9000]} {VOCABULARY[j % 7]}" for j in range(i, i + 25)],
        )


def _paragraphs(seed: str) -> list[str]:
    rng = random.Random(seed)  # noqa: S311
    words = [rng.choices(VOCABULARY, cum_weights=_WEIGHTS, k=50) for _ in range(8)]
    return [" ".join(paragraph).capitalize() + "." for paragraph in words]


def make(data: Path, first: int, last: int) -> None:
    for part in range(first, last):
        write_part(data, f"day-{part // PARTS_A_DAY:05d}", f"part-{part:06d}", list(pages(part)))
    for day in range(first // PARTS_A_DAY, (last - 1) // PARTS_A_DAY + 1):
        close_all(data, f"day-{day:05d}")


def dedup(data: Path) -> str:
    report = run_dedup(data)
    return f"{report.versions:,} versions, {report.duplicates:,} duplicates"


def publish_all(data: Path) -> str:
    report = run_publish(data)
    size = sum(path.stat().st_size for path in snapshot_folder(Layout(data)).rglob("*.parquet"))
    return f"{report.files} files, {report.written} written, {size / 1e6:.0f} MB"


def compact(data: Path) -> str:
    report = publish.compact(data, "bench", before="2099-01-01")
    folder = snapshot_folder(Layout(data)) / "articles"
    sizes = sorted(path.stat().st_size / 1e6 for path in folder.iterdir())
    return f"{report.files} files; articles {len(sizes)} of {sizes[0]:.0f} to {sizes[-1]:.0f} MB"


def scan_pandas(data: Path) -> str:
    frame = pd.read_parquet(data / "current" / "articles", columns=["site", "lang", "n_words"])
    return f"{len(frame):,} rows, {frame['n_words'].sum():,} words"


def scan_duckdb(data: Path) -> str:
    sql = "SELECT count(*), sum(length(text)) FROM read_parquet(?) WHERE site = ?"
    with duckdb.connect() as connection:
        row = connection.execute(
            sql, [f"{data}/current/articles/**/*.parquet", SITES[3]]
        ).fetchone()
    return f"one site's text: {row}"


def check(data: Path) -> str:
    return f"{len(validate(snapshot_folder(Layout(data))))} problems"


def _measured(step: Callable[[Path], str | None], data: Path, answer: "mp.Queue[object]") -> None:
    begun = time.monotonic()
    said = step(data) or ""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put((time.monotonic() - begun, peak, said))


def measure(name: str, step: Callable[[Path], str | None], data: Path) -> None:
    context = mp.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_measured, args=(step, data, answer))
    process.start()
    seconds, peak, said = answer.get()
    process.join()
    say(f"{name:34} {seconds:8.1f} s {peak:8.0f} MB  {said}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    data = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp(prefix="cleancopy-bench-"))
    parts = articles // PAGES_A_PART
    make(data, 0, parts)
    say(f"{articles:,} articles in {parts} parts")
    measure("dedup, from nothing", dedup, data)
    measure("publish, from nothing", publish_all, data)
    measure("scan 3 columns, pandas", scan_pandas, data)
    measure("scan one site's text, DuckDB", scan_duckdb, data)
    make(data, parts, parts + 1)
    measure("dedup, 500 articles more", dedup, data)
    measure("publish, 500 articles more", publish_all, data)
    measure("compact", compact, data)
    measure("scan 3 columns, pandas", scan_pandas, data)
    measure("scan one site's text, DuckDB", scan_duckdb, data)
    measure("validate", check, data)
    if len(sys.argv) <= 2:
        shutil.rmtree(data)


if __name__ == "__main__":
    main()
