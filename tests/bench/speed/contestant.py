"""One contestant as a process: WARC in, Parquet out, a round at a time, on one core.

``python -m tests.bench.speed.contestant NAME FOLDER`` reads rounds from standard input, a line of
JSON each with the WARC file, and answers with a line: CPU seconds in all and by stage, and peak
memory. What it made of the pages lies in FOLDER as ``<round>.parquet`` (url, text).

A contestant imports nothing of ours unless it is ours, so it may run in an environment of its own.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator, WarcRecordType

Texts = dict[str, str]
Round = Callable[[Path, Path, "Clock"], Texts]
"""Takes a WARC file and the folder for what is written; returns the text of each URL."""


@dataclass
class Clock:
    """CPU seconds of this process and of its threads, by stage."""

    spent: dict[str, float] = field(default_factory=dict)
    _since: float = 0.0

    def start(self) -> None:
        """Begin the first stage."""
        self._since = time.process_time()

    def lap(self, stage: str) -> None:
        """End `stage`; the next one begins."""
        now = time.process_time()
        self.spent[stage] = self.spent.get(stage, 0.0) + now - self._since
        self._since = now


def responses(warc: Path) -> Iterator[tuple[str, bytes]]:
    """Yield address and body of every response."""
    with warc.open("rb") as file:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            yield record.headers["WARC-Target-URI"], record.reader.read()


def write(texts: Texts, path: Path) -> None:
    """Write what was found as Parquet."""
    pq.write_table(pa.table({"url": list(texts), "text": list(texts.values())}), path)


def floor(warc: Path, folder: Path, clock: Clock) -> Texts:
    """Parse every page with lexbor and write its text: what any tool has to do."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    clock.start()
    texts = {}
    for url, body in responses(warc):
        root = LexborHTMLParser(body.decode("utf-8", "replace")).body
        texts[url] = root.text(separator="\n") if root is not None else ""
    write(texts, folder / "written.parquet")
    clock.lap("all")
    return texts


def trafilatura(warc: Path, folder: Path, clock: Clock, *, fast: bool = False) -> Texts:
    """Read every page with trafilatura, metadata too, comments off."""
    from trafilatura import bare_extraction  # noqa: PLC0415

    clock.start()
    texts, titles = {}, []
    for url, body in responses(warc):
        found = bare_extraction(
            body, url=url, fast=fast, include_comments=False, with_metadata=True
        )
        texts[url] = getattr(found, "text", None) or ""
        titles.append([getattr(found, name, None) for name in ("title", "author", "date")])
    columns = {"url": list(texts), "text": list(texts.values()), "about": titles}
    pq.write_table(pa.table(columns), folder / "written.parquet")
    clock.lap("all")
    return texts


def trafilatura_fast(warc: Path, folder: Path, clock: Clock) -> Texts:
    """Read every page with trafilatura's quick mode, metadata too."""
    return trafilatura(warc, folder, clock, fast=True)


def datatrove(warc: Path, folder: Path, clock: Clock) -> Texts:
    """Read every page with datatrove's extractor step around trafilatura."""
    from datatrove.data import Document  # noqa: PLC0415
    from datatrove.pipeline.extractors import Trafilatura  # noqa: PLC0415
    from trafilatura.utils import decode_file  # noqa: PLC0415

    clock.start()
    pages = (
        Document(text=decode_file(body), id=url, metadata={"url": url})
        for url, body in responses(warc)
    )
    step = Trafilatura(favour_precision=False, timeout=60, deduplicate=False)
    texts = {page.id: page.text or "" for page in step.run(pages)}
    write(texts, folder / "written.parquet")
    clock.lap("all")
    return texts


def cleancopy(warc: Path, folder: Path, clock: Clock) -> Texts:
    """Take a file through our stages, with Parquet between them, as a worker process does."""
    from tests.bench.speed.ours import stages  # noqa: PLC0415

    return stages(warc, folder, clock)


CONTESTANTS: dict[str, Round] = {
    "floor": floor,
    "trafilatura": trafilatura,
    "trafilatura-fast": trafilatura_fast,
    "datatrove": datatrove,
    "cleancopy": cleancopy,
}


def memory_mb(field: str, process: int | str = "self") -> float:
    """Return ``VmHWM`` (the most ever) or ``VmRSS`` (now) of a process, MiB; 0 without /proc.

    The kernel's figure for `resource` starts with that of the parent process.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return max((int(line.split()[1]) for line in lines if line.startswith(field)), default=0) / 1024


def serve(name: str, folder: Path) -> None:
    """Do the rounds that standard input asks for."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    folder.mkdir(parents=True, exist_ok=True)
    name, _, option = name.partition("+")
    os.environ["CLEANCOPY_OUTPUT_TEMPLATES"] = str(option == "templates").lower()
    call = CONTESTANTS[name]
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        clock = Clock()
        texts = call(Path(asked["warc"]), folder, clock)
        if asked["keep"]:
            write(texts, folder / f"{asked['round']}.parquet")
        answer = {
            "stages": clock.spent,
            "peak_mb": memory_mb("VmHWM"),
            "resident_mb": memory_mb("VmRSS"),
        }
        print(json.dumps(answer), flush=True)  # noqa: T201  the answer


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]))
