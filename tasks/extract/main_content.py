"""Which of the page's blocks are the article.

Every block is judged by what is seen of it (`tasks.extract.features`, `tasks.extract.judge`). On
pages where that leaves doubt trafilatura is asked too: it is run on the tree (comments off, never
``deduplicate``, metadata off), its lines are aligned with our blocks, and the blocks are judged
again, its opinion being one feature among many. The judgement that promises more holds. One
extraction at a time per process: trafilatura is never called from threads.
"""

import logging
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from lxml.html import HtmlElement
from trafilatura import bare_extraction

from tasks.extract.align import align, words_key
from tasks.extract.blocks import Segment, prose_chars
from tasks.extract.captions import find_captions
from tasks.extract.company import stopped_short, with_company
from tasks.extract.features import compared_with, see
from tasks.extract.judge import Model, judge, load_model, weighed
from tasks.extract.reading import Reading
from tasks.extract.structured import Structured
from tasks.schema import Metadata

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

JUDGED: Final = "judged"
"""The page's own blocks decided it; nobody else was asked."""

JUDGED_ASKED: Final = "judged-with-trafilatura"
TRAFILATURA: Final = "trafilatura"

MIN_DESCRIPTION_CHARS: Final = 30

MIN_PROSE_SHARE: Final = 0.3
"""Of the page's prose; quick readings below it are worse than thorough ones, others are as good."""


@dataclass(frozen=True, slots=True)
class MainContent:
    """The blocks that are the article, how likely each block is, and which reading was chosen."""

    blocks: frozenset[int]
    taken: frozenset[int] | None  # blocks that trafilatura returned; None where it was not asked
    likely: tuple[float, ...]  # of each block, 0 to 1
    extractor: str
    captions: frozenset[int] = frozenset()  # of its pictures, kept beside the article
    start: float = 0.0  # how likely a block of this page must be to be the article


def read(
    segments: Sequence[Segment], structured: Structured, metadata: Metadata, gone: Set[int]
) -> Reading:
    """Return what is known of the page before its blocks are judged, `gone` being decided."""
    return Reading(
        segments=segments,
        keys=[words_key(segment.text) for segment in segments],
        gone=gone,
        title=words_key(metadata.title),
        descriptions=[
            words_key(candidate.value)
            for candidate in metadata.candidates
            if candidate.field == "description" and len(candidate.value) >= MIN_DESCRIPTION_CHARS
        ],
        body=" ".join(map(words_key, structured.paragraphs)),
    )


def find_main(
    page: Reading, tree: Callable[[], HtmlElement | None], model: Model | None = None
) -> MainContent:
    """Return the article's blocks of a page read by `read`.

    Where the judge is in doubt `tree` is called for trafilatura; if it has none, nothing is found.
    """
    if not page.segments:
        return MainContent(frozenset(), None, (), JUDGED)
    model = model or load_model()
    seen = see(page, model.hints)
    likely = judge(seen.columns, model.alone)
    start, expected = weighed(likely, words(page), model.keep_above)
    kept = likely >= start
    taken: frozenset[int] | None = None
    if expected < model.sure_above:
        pared = tree()
        if pared is None:
            return MainContent(frozenset(), None, (0.0,) * len(page.segments), JUDGED)
        found = asked(page, pared)
        second = judge(compared_with(seen, found).columns, model.asked)
        other, promised = weighed(second, words(page), model.keep_above)
        if promised >= expected:
            alone = kept
            taken, likely, start, kept = found, second, other, second >= other
            kept |= stopped_short(kept, alone, seen.layout)
    chosen = with_company(page, kept, likely, seen)
    return MainContent(
        blocks=chosen or taken or frozenset(),
        taken=taken,
        likely=tuple(np.round(likely, 3).tolist()),
        start=round(start, 3),
        extractor=TRAFILATURA if not chosen else JUDGED if taken is None else JUDGED_ASKED,
    )


def words(page: Reading) -> npt.NDArray[np.float64]:
    """Return the words of each block, 0 where it is decided already."""
    found = np.array([key.count(" ") + 1 for key in page.keys], dtype=np.float64)
    found[list(page.gone)] = 0
    return found


def without(main: MainContent, blocks: Set[int]) -> MainContent:
    """Return `main` without `blocks`, which are known to be something else."""
    return replace(main, blocks=main.blocks - blocks)


def without_captions(
    main: MainContent, segments: Sequence[Segment], paths: Sequence[str]
) -> MainContent:
    """Return `main` with its captions apart; unchanged where the article is nothing else."""
    shown = len(segments)
    found = find_captions(segments, paths, main.blocks)
    rest = main.blocks - found
    if not any(i >= shown or prose_chars(segments[i]) for i in rest):
        return main
    return replace(main, blocks=rest, captions=found)


def asked(page: Reading, tree: HtmlElement) -> frozenset[int]:
    """Return the blocks of trafilatura's quick reading; of the thorough one if that is poor."""
    taken = align(page.keys, _trafilatura_lines(tree, fast=True))
    prose = [prose_chars(segment) for segment in page.segments]
    if sum(prose[index] for index in taken) < MIN_PROSE_SHARE * sum(prose):
        taken = align(page.keys, _trafilatura_lines(tree, fast=False))
    return frozenset(taken)


def _trafilatura_lines(tree: HtmlElement, *, fast: bool) -> list[str]:
    document = bare_extraction(tree, fast=fast, include_comments=False, with_metadata=False)
    text = getattr(document, "text", None) or ""
    return [key for line in text.split("\n") if (key := words_key(line))]
