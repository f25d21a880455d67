"""The top of a text without markup: section label, headline and dek."""

import re
from typing import Final

from tasks.clean.names import is_name
from tasks.clean.phrases import LONG_CHARS, Lines, Shape, by_rule, has_final_stop
from tasks.clean.zones import MAX_HEADLINE_CHARS
from tasks.schema import Verdict

HEADLINE: Final = Shape("shape.headline", "headline", "relabel", kind="headline", confidence=0.9)

DEK: Final = Shape("shape.dek", "standfirst_summary", "relabel", kind="dek", confidence=0.8)

MIN_HEADLINE_CHARS: Final = 12
MIN_DEK_WORDS: Final = 8
_SENTENCE_INSIDE: Final = re.compile(r"[.!?…。！？]\s+\S")
SECTION_LABEL: Final = "section.label"


def head(page: Lines) -> dict[int, Verdict]:
    """Return the headline, the dek under it and the label above; only in text without markup."""
    if not page.is_plain:
        return {}
    above = [i for i in range(page.first) if page.is_free(i)]
    title = next((i for i in above if _may_be_headline(page, i)), None)
    if title is None:
        return {}
    found = {title: HEADLINE.verdict(page.lines[title], _evidence(page, title))}
    under = next((i for i in range(title + 1, len(page.lines)) if page.is_free(i)), None)
    if under is not None and _is_dek(page, title, under):
        evidence = ["stands under the headline", "longer, no final stop", "a sentence follows"]
        found[under] = DEK.verdict(page.lines[under], evidence)
    for number in range(title):
        hit = page.lines[number].named(SECTION_LABEL)
        if hit and page.is_free(number):
            found[number] = by_rule(page.lines[number], *hit, "above the headline")
    return found


def _may_be_headline(page: Lines, number: int) -> bool:
    line = page.lines[number]
    if line.block.kind != "paragraph" or line.named(SECTION_LABEL):
        return False
    if not MIN_HEADLINE_CHARS <= len(line.text) <= MAX_HEADLINE_CHARS or is_name(line.text):
        return False
    return len(line.text) <= LONG_CHARS or not _SENTENCE_INSIDE.search(line.text)


def _is_dek(page: Lines, title: int, number: int) -> bool:
    """Say whether a line says more than the headline over it, and like it is no sentence."""
    line = page.lines[number]
    below = next((i for i in range(number + 1, len(page.lines)) if page.is_free(i)), None)
    return (
        below is not None
        and has_final_stop(page.lines[below].text)
        and page.lines[below].is_sentence
        and line.block.kind == "paragraph"
        and not line.hits
        and not has_final_stop(line.text)
        and line.words >= MIN_DEK_WORDS
        and line.words > page.lines[title].words
        and len(line.text) <= MAX_HEADLINE_CHARS
    )


def _evidence(page: Lines, number: int) -> list[str]:
    found = ["the first line before the first sentence that can be a headline"]
    if not has_final_stop(page.lines[number].text):
        found.append("no final stop")
    return found
