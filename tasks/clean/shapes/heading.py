"""Subheadings of a text without markup: a short line, and under it prose or a list."""

from typing import Final

from tasks.clean.phrases import Lines, Shape, has_final_stop
from tasks.schema import Verdict
from tasks.text import count_words

SUBHEADING: Final = Shape(
    "shape.subheading", "subheading", "relabel", kind="subheading", confidence=0.8
)
MAX_WORDS: Final = 16
MAX_CHARS: Final = 120


def heading(page: Lines) -> dict[int, Verdict]:
    """Return the lines inside the article that head what follows; nothing of it is removed."""
    if not page.is_plain:
        return {}
    return {
        number: SUBHEADING.verdict(page.lines[number], ["short line", "prose or a list follows"])
        for number in range(page.first + 1, len(page.lines) - 1)
        if page.is_free(number) and _is_heading(page, number)
    }


def _is_heading(page: Lines, number: int) -> bool:
    line = page.lines[number]
    below = next((i for i in range(number + 1, len(page.lines)) if not page.is_gone(i)), None)
    if below is None or line.is_sentence or line.block.kind != "paragraph":
        return False
    if len(line.text) > MAX_CHARS or not 1 <= count_words(line.text) <= MAX_WORDS:
        return False
    if has_final_stop(line.text) and not line.text.endswith(("?", "？", "؟")):
        return False
    follows = page.lines[below]
    return follows.is_sentence or follows.block.kind == "list_item"
