"""A failed page made again from its stored bytes, in a worker that can be killed."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tasks.clean.remembered import newest, recall
from tasks.errors import PageError
from tasks.page import process
from tasks.pool import Bad, Tick
from tasks.rules import load_rules
from tasks.schema import Failure
from tasks.store.layout import Layout, WorkStage
from tasks.store.lock import held
from tasks.store.parts import closed
from tasks.warc.reader import read_captures


def again(
    data: Path, config: Path, place: tuple[str, int], tick: Tick, bad: Bad
) -> Mapping[str, Any]:
    """Return how the page at a WARC position fares today: its slug, "" if it is read well."""
    tick(0)
    if 0 in bad:
        return {"slug": bad[0].slug, "message": bad[0].message}
    captures = data / "captures"
    (capture,) = read_captures(captures / place[0], captures, [place[1]])
    if isinstance(capture, Failure):
        return {"slug": capture.slug, "message": capture.message}
    memory = newest(Layout(data))
    known = (lambda site: recall(memory, site)) if memory else None
    try:
        page = process(capture, load_rules(config), known)
    except PageError as error:
        return {"slug": error.slug, "message": error.message}
    except Exception as error:  # noqa: BLE001  the page's own failure, whatever it is
        return {"slug": "bug", "message": f"{type(error).__name__}: {error}"}
    return {"slug": "", "message": f"{len(page.text)} characters of text"}


def clear(layout: Layout, partition: str, offsets: Mapping[str, set[int]]) -> int:
    """Remove the parts of `partition` that hold these failures; return how many pages they had.

    `offsets` are of capture files, by name. A part is remade by the next cleaning of the
    partition; with it goes what it was made of, back to the stage that gave the page up.
    """
    with held(layout.lock(f"partition-{partition}"), who="cleancopy quarantine retry"):
        kinds: tuple[WorkStage, ...] = ("extracted", "cleaned", "finished")
        rows = list(zip(*(closed(layout, kind, partition) for kind in kinds), strict=True))
        found = 0
        for extracted, cleaned, finished in rows:
            failed = pq.read_table(finished / "quarantine.parquet", partitioning=None).to_pylist()
            stages = {
                row["stage"]
                for row in failed
                if row["warc_offset"] in offsets.get(row["warc_file"], ())
            }
            if stages:
                found += len(failed)
                shutil.rmtree(finished)
            if stages & {"extract", "clean"}:
                cleaned.unlink()
            if "extract" in stages:
                extracted.unlink()
    return found
