"""Which of the page's blocks are the article.

trafilatura gives the first opinion: it is run on the tree (comments off, never ``deduplicate``,
metadata off) and its lines are aligned with our blocks. One extraction at a time per process: it
is never called from threads.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml.html import HtmlElement
from trafilatura import bare_extraction

from tasks.extract.align import align, words_key
from tasks.extract.blocks import Segment

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

EXTRACTOR: Final = "trafilatura"


@dataclass(frozen=True, slots=True)
class MainContent:
    """The blocks that are the article, and which reading of the page said so."""

    blocks: frozenset[int]
    extractor: str


def find_main(tree: HtmlElement, segments: Sequence[Segment]) -> MainContent:
    """Return the article's blocks; the tree is not changed."""
    lines = _trafilatura_lines(tree)
    keys = [words_key(segment.text) for segment in segments]
    return MainContent(frozenset(align(keys, lines)), EXTRACTOR)


def _trafilatura_lines(tree: HtmlElement) -> list[str]:
    document = bare_extraction(tree, include_comments=False, with_metadata=False)
    text = getattr(document, "text", None) or ""
    return [key for line in text.split("\n") if (key := words_key(line))]
