"""A published row made again from its raw bytes, for ``cleancopy data verify``."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

from tasks.clean.remembered import gather, recall
from tasks.errors import PageError
from tasks.page import process
from tasks.publish.validate import Recleaned
from tasks.rules import load_rules
from tasks.schema import Failure
from tasks.store.layout import Layout
from tasks.warc.reader import read_captures


def recleaner(data: Path, config: Path) -> Callable[[str, int], Recleaned]:
    """Return a function that makes the page at a WARC position again, as it would be made today."""
    rules = cache(load_rules)
    memory = gather(Layout(data))
    known = partial(recall, memory.path) if memory else None
    captures = data / "captures"

    def reclean(warc_file: str, warc_offset: int) -> Recleaned:
        (capture,) = read_captures(captures / warc_file, captures, [warc_offset])
        if isinstance(capture, Failure):
            raise PageError(capture.slug, capture.message)
        page = process(capture, rules(config), known)
        return Recleaned(page.page.raw_sha256, page.text_sha256, page.rules_version)

    return reclean
