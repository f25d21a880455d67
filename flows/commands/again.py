"""A failed page made again from its stored bytes, in a worker that can be killed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.clean.remembered import newest, recall
from tasks.errors import PageError
from tasks.page import process
from tasks.pool import Bad, Tick
from tasks.rules import load_rules
from tasks.schema import Failure
from tasks.store.layout import Layout
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
