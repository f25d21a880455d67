"""A second opinion on a poor reading: the article as the site's other pages know its markup.

A reading is *poor* when extraction left more prose out than it found. Then the template that the
other articles of the site teach is asked; where it is sure, and knows as much again as was found,
the blocks it knows as the article are given back. It never takes one out. The page's `extractor`
says so. Because the site's memory is what is asked, pages of one run help each other, in any
order (`tasks.clean.memory`).
"""

from dataclasses import dataclass, replace
from typing import Final

from tasks.clean.memory import article_of
from tasks.clean.recall import Recall
from tasks.markup import MIN_PROSE_CHARS, kind_at
from tasks.schema import Block, Extracted, Verdict
from tasks.template import FURNITURE, MANY_LINKS, OUTSIDE, Template, apply
from tasks.text import width

RESTORED: Final = "judged-with-template"
"""The extractor of pages whose article the site's other pages have made whole."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the site's other pages say that a poor reading missed."""

    blocks: frozenset[int]
    template: Template

    def evidence(self, block: Block) -> str:
        """Return why a block is given back, for readers."""
        known = self.template
        count = known.seen[block.path]
        told = f"template {known.site} {known.version}: {block.path} holds the article"
        return f"{told}, known from {count} of {known.lessons} pages"


def restored(extracted: Extracted, memory: Recall) -> Extracted:
    """Return the page with the blocks that a poor reading missed; as it is, if it was not poor."""
    given = second_opinion(extracted, memory)
    if given is None:
        return extracted
    return replace(
        extracted,
        blocks=tuple(
            replace(block, kind=kind_at(block.path)) if block.index in given.blocks else block
            for block in extracted.blocks
        ),
        verdicts=tuple(v for v in extracted.verdicts if v.block not in given.blocks),
        extractor=RESTORED,
    )


def second_opinion(extracted: Extracted, memory: Recall) -> Opinion | None:
    """Return what the reading missed; None if it is not poor, or nobody knows better."""
    missed = {v.block for v in extracted.verdicts if _is_opinion(v)}
    apart = {v.block for v in extracted.verdicts} - missed
    found = prose = 0
    for block in extracted.blocks:
        if block.index in missed:
            prose += len(block.text) if _is_prose(block) else 0
        elif block.index not in apart:
            found += len(block.text)
    if found > prose:
        return None
    known = memory.template(article_of(extracted))
    if known is None:
        return None
    paths = [block.path for block in extracted.blocks]
    read = apply(known, extracted.blocks, paths, apart)
    more = read[0] & missed if read else frozenset()
    if sum(len(b.text) for b in extracted.blocks if b.index in more) < max(1, found):
        return None
    return Opinion(more, known)


def _is_opinion(verdict: Verdict) -> bool:
    """Tell whether a verdict is how extraction reads the page, and no rule or fact."""
    return verdict.rule in (OUTSIDE, FURNITURE)


def _is_prose(block: Block) -> bool:
    return width(block.text) >= MIN_PROSE_CHARS and block.link_share < MANY_LINKS
