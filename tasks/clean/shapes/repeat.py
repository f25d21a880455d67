"""What stands there once more: the headline (as last breadcrumb, in a widget), prose, a quote.

Pages that are built for two widths of screen, and editors who paste twice, print paragraphs twice.
"""

from typing import Final

from tasks.clean.phrases import Lines, Shape
from tasks.phrasebook import phrase_key
from tasks.schema import Verdict
from tasks.text import key, width

HEADLINE: Final = Shape(
    "shape.headline_in_text", "headline", "relabel", kind="headline", confidence=0.95, priority=54
)
REPEATED: Final = Shape(
    "shape.repeated_headline", "repeated_headline", "remove", confidence=0.96, priority=54
)
PARAGRAPH: Final = Shape(
    "shape.repeated_paragraph", "repeated_paragraph", "remove", confidence=0.97, priority=46
)
PULL_QUOTE: Final = Shape(
    "shape.pull_quote", "pullquote_duplicate", "remove", confidence=0.9, priority=46
)
MIN_CHARS: Final = 12
MIN_QUOTE_CHARS: Final = 40
MIN_PARAGRAPH_CHARS: Final = 120
"""Shorter ones are repeated on purpose: refrains, questions, notes under a picture."""

_MARKS: Final = " \"'“”„‟‘’‚«»‹›「」『』—–-"


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


def paragraphs(page: Lines) -> dict[int, Verdict]:
    """Return the long paragraphs that stand on the page already, word for word.

    Lists, tables, quotes and code repeat themselves for a reason and are left alone. So is text
    without markup: there nothing tells a copy for a second width from an author's own.
    """
    if page.is_plain:
        return {}
    first: dict[str, int] = {}
    found: dict[int, Verdict] = {}
    for number, line in enumerate(page.lines):
        if line.block.kind != "paragraph" or width(line.text) < MIN_PARAGRAPH_CHARS:
            continue
        if not page.is_free(number):
            continue
        above = first.setdefault(key(line.text), number)
        if above != number:
            block = page.lines[above].block.index
            found[number] = PARAGRAPH.verdict(line, [f"is block {block} once more"])
    return found


def pull_quotes(page: Lines) -> dict[int, Verdict]:
    """Return the quotes that are a part of a paragraph of the article, word for word.

    They are printed large to catch the eye; what they say stays where it was said. Text without
    markup has no quotes that are told by more than their marks.
    """
    if page.is_plain:
        return {}
    quotes = [n for n, line in enumerate(page.lines) if line.block.kind == "quote"]
    if not quotes:
        return {}
    prose = {
        number: key(line.text)
        for number, line in enumerate(page.lines)
        if line.block.kind == "paragraph" and not page.is_gone(number)
    }
    found: dict[int, Verdict] = {}
    for number in quotes:
        line = page.lines[number]
        words = key(line.text.strip(_MARKS))
        if len(words) < MIN_QUOTE_CHARS or not page.is_free(number):
            continue
        where = next((i for i, text in prose.items() if words in text and words != text), None)
        if where is not None:
            block = page.lines[where].block.index
            found[number] = PULL_QUOTE.verdict(line, [f"stands word for word in block {block}"])
    return found


def _headline(page: Lines) -> str:
    """Return the text of the line that is the headline already, "" if none is."""
    for number, line in enumerate(page.lines):
        verdict = page.taken.get(number)
        if line.block.kind == "headline" or (verdict and verdict.kind == "headline"):
            return line.text
    return ""
