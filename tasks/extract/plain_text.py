"""A text file as blocks: text that was scraped long ago and has no markup left.

One line is one block; blank lines carry no meaning, because scrapers print them between all blocks
or between none. The exception is text that was wrapped by hand or by a mail program at a fixed
width: there, a paragraph is the lines between two blank ones, and they are joined again.

Only what the line itself shows is decided here (paragraph or list item). What its neighbours show
(headline, section label, caption, author box) is the cleaning stage's matter.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from tasks.errors import PageError
from tasks.extract.decode import repair, to_text
from tasks.rules import RuleBook
from tasks.schema import Block, Capture, Extracted, Kind, Metadata

EXTRACTOR: Final = "lines"

LIST_MARKER: Final = re.compile(
    r"(?P<marker>[⇒→►▶▸▪■□●○◦•‣⁃∙·–—*✓✔➤➢❖❯»+-]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?=\S)"
)
"""What a list item begins with: an arrow, a bullet, a dash, "1." or "(a)", and a space."""

MIN_ITEMS: Final = 2
"""Dashes and numbers begin a list item only beside another one."""

MAX_RUN: Final = 50
"""Lines looked at on either side of an item: bounds the time on endless lists."""

_SPEECH: Final = "–—"
"""In many languages speech begins so; a list is told from it by a semicolon after an item."""

_SURE: Final = frozenset("⇒→►▶▸▪■□●○◦•‣⁃∙✓✔➤➢❖❯")
_LINE_ENDS: Final = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
_NUL_SHARE: Final = 0.01

MAX_WRAP_WIDTH: Final = 100
MIN_WRAPPED_LINES: Final = 6
MIN_FULL_SHARE: Final = 0.9
"""Of the lines inside paragraphs, those too full for the first word of the next line."""


def read_text(capture: Capture, rules: RuleBook) -> Extracted:
    """Return the lines of a text as blocks, in order; nothing is decided to be furniture.

    Raises:
        PageError: "empty" if there is nothing but white space, "not-html" if it is binary.
    """
    del rules
    if not capture.body.strip():
        raise PageError("empty")
    text = repair(to_text(capture.body, capture.charset))
    if text.count("\0") > _NUL_SHARE * len(text):
        raise PageError("not-html", "the body is binary data")
    blocks = tuple(read_blocks(text.replace("\0", "")))
    if not blocks:
        raise PageError("empty")
    return Extracted(
        page=capture.page,
        metadata=Metadata(),
        blocks=blocks,
        verdicts=(),
        extractor=EXTRACTOR,
    )


def read_blocks(text: str) -> Iterator[Block]:
    r"""Yield the blocks of a text.

    >>> [(b.kind, b.text) for b in read_blocks("Rain\n\n• It rained.\n• It stopped.\n")]
    [('paragraph', 'Rain'), ('list_item', '• It rained.'), ('list_item', '• It stopped.')]
    """
    lines = [line.strip() for line in _LINE_ENDS.split(text)]
    texts = [line for line in unwrap(lines) if _has_letters(line)]
    for index, line in enumerate(texts):
        yield Block(index=index, kind=_kind(texts, index), text=line, path="line")


def unwrap(lines: Sequence[str]) -> list[str]:
    """Return the lines, those of hard-wrapped paragraphs joined; blank lines are left out."""
    if not is_wrapped(lines):
        return [line for line in lines if line]
    joined: list[str] = []
    is_open = False
    for line in lines:
        if not line:
            is_open = False
        elif is_open and not LIST_MARKER.match(line):
            joined[-1] += " " + line
        else:
            joined.append(line)
            is_open = True
    return joined


def is_wrapped(lines: Sequence[str]) -> bool:
    """Return whether the text was wrapped at a fixed width.

    That is so if lines follow each other without a blank one, none is longer than a page is wide,
    and nearly each of them is so full that the first word of the next would not have fitted.
    """
    width = max(map(len, lines), default=0)
    inner = [
        (line, below)
        for line, below in itertools.pairwise(lines)
        if line and below and not LIST_MARKER.match(below)
    ]
    if width > MAX_WRAP_WIDTH or len(inner) < MIN_WRAPPED_LINES:
        return False
    full = sum(1 for line, below in inner if len(line) + 1 + len(below.split()[0]) > width)
    return full >= MIN_FULL_SHARE * len(inner)


def _kind(lines: Sequence[str], index: int) -> Kind:
    marker = _marker(lines[index])
    if not marker:
        return "paragraph"
    if marker in _SURE:
        return "list_item"
    run = list(_alike(lines, index, marker))
    if len(run) < MIN_ITEMS:
        return "paragraph"
    is_speech = marker in _SPEECH and not any(line.endswith((";", "；")) for line in run)
    return "paragraph" if is_speech else "list_item"


def _alike(lines: Sequence[str], index: int, marker: str) -> Iterator[str]:
    """Yield the lines around `index`, itself included, that begin with the same kind of marker."""
    numbered = marker[-1] in ".)"
    for step in (-1, 1):
        at = index if step > 0 else index - 1
        while 0 <= at < len(lines) and abs(at - index) <= MAX_RUN:
            other = _marker(lines[at])
            if not (other == marker or (numbered and other and other[-1] == marker[-1])):
                break
            yield lines[at]
            at += step


def _marker(line: str) -> str:
    found = LIST_MARKER.match(line)
    return found["marker"] if found else ""


def _has_letters(line: str) -> bool:
    """Return whether anything on the line can be read; rules and ornaments cannot."""
    return any(unicodedata.category(char)[0] in "LN" for char in line)
