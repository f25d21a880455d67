"""Which of the page's blocks are the article.

trafilatura gives the first opinion: it is run on the tree (comments off, never ``deduplicate``,
metadata off) and its lines are aligned with our blocks. Then every block is judged by what is seen
of it (`tasks.extract.features`), trafilatura's opinion being one feature among many
(`tasks.extract.judge`): lost standfirsts and halves of bodies come back, teasers, boxes and notices
go. One extraction at a time per process: trafilatura is never called from threads.
"""

import logging
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from tasks.extract.align import align, words_key
from tasks.extract.blocks import Segment, prose_chars
from tasks.extract.features import Reading
from tasks.extract.judge import load_model, probabilities
from tasks.extract.structured import Structured
from tasks.schema import Metadata

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

JUDGED: Final = "judged"
TRAFILATURA: Final = "trafilatura"
TEMPLATE: Final = "template"

MIN_DESCRIPTION_CHARS: Final = 30

MIN_PROSE_SHARE: Final = 0.3
"""Of the page's prose; quick readings below it are worse than thorough ones, others are as good."""


@dataclass(frozen=True, slots=True)
class MainContent:
    """The blocks that are the article, how likely each block is, and which reading was chosen."""

    blocks: frozenset[int]
    taken: frozenset[int]  # blocks that trafilatura returned
    likely: tuple[float, ...]  # of each block, 0 to 1
    extractor: str


def read(
    tree: HtmlElement, segments: Sequence[Segment], structured: Structured, metadata: Metadata
) -> Reading:
    """Return what is known of the page before its blocks are judged; the tree is not changed."""
    keys = [words_key(segment.text) for segment in segments]
    return Reading(
        segments=segments,
        keys=keys,
        mask=_taken(tree, segments, keys),
        title=words_key(metadata.title),
        descriptions=[
            words_key(candidate.value)
            for candidate in metadata.candidates
            if candidate.field == "description" and len(candidate.value) >= MIN_DESCRIPTION_CHARS
        ],
        body=" ".join(map(words_key, structured.paragraphs)),
    )


def find_main(page: Reading) -> MainContent:
    """Return the article's blocks of a page read by `read`."""
    model = load_model()
    likely = probabilities(page, model)
    chosen = frozenset(np.flatnonzero(likely >= model.keep_above).tolist())
    return MainContent(
        blocks=chosen or frozenset(page.mask),
        taken=frozenset(page.mask),
        likely=tuple(np.round(likely, 3).tolist()),
        extractor=JUDGED if chosen else TRAFILATURA,
    )


def without(main: MainContent, blocks: Set[int]) -> MainContent:
    """Return `main` without `blocks`, which are known to be something else."""
    return replace(main, blocks=main.blocks - blocks)


def _taken(tree: HtmlElement, segments: Sequence[Segment], keys: Sequence[str]) -> Set[int]:
    """Return the blocks of trafilatura's quick reading; of the thorough one if that is poor."""
    taken = align(keys, _trafilatura_lines(tree, fast=True))
    prose = [prose_chars(segment) for segment in segments]
    if sum(prose[index] for index in taken) >= MIN_PROSE_SHARE * sum(prose):
        return taken
    return align(keys, _trafilatura_lines(tree, fast=False))


def _trafilatura_lines(tree: HtmlElement, *, fast: bool) -> list[str]:
    document = bare_extraction(tree, fast=fast, include_comments=False, with_metadata=False)
    text = getattr(document, "text", None) or ""
    return [key for line in text.split("\n") if (key := words_key(line))]
