"""The headline once more: themes print it above the text, as the last breadcrumb, in a widget."""

from typing import Final

from tasks.clean.phrases import Lines, Shape
from tasks.phrasebook import phrase_key
from tasks.schema import Verdict

HEADLINE: Final = Shape(
    "shape.headline_in_text", "headline", "relabel", kind="headline", confidence=0.95, priority=54
)
REPEATED: Final = Shape(
    "shape.repeated_headline", "repeated_headline", "remove", confidence=0.96, priority=54
)
MIN_CHARS: Final = 12


def repeat(page: Lines) -> dict[int, Verdict]:
    """Return the lines that are the page's title and nothing else.

    The first one before the article's second sentence becomes the headline, unless there is one
    already; further copies are taken out.
    """
    title = phrase_key(page.title or _headline(page))
    if len(title) < MIN_CHARS:
        return {}
    copies = [
        number
        for number, line in enumerate(page.lines)
        if page.is_free(number) and phrase_key(line.text) == title
    ]
    has_headline = bool(_headline(page))
    found: dict[int, Verdict] = {}
    for number in copies:
        line = page.lines[number]
        if line.block.kind == "headline":
            continue
        if not has_headline and number <= page.first:
            has_headline = True
            found[number] = HEADLINE.verdict(line, ["is the page's title"])
        elif has_headline:
            found[number] = REPEATED.verdict(line, ["is the page's title once more"])
    return found


def _headline(page: Lines) -> str:
    """Return the text of the line that is the headline already, "" if none is."""
    for number, line in enumerate(page.lines):
        verdict = page.taken.get(number)
        if line.block.kind == "headline" or (verdict and verdict.kind == "headline"):
            return line.text
    return ""
