"""The author box that lost its box: a name and a line about the person at the end; bylines."""

from typing import Final

from tasks.clean.names import byline_name, is_bio, may_be_name
from tasks.clean.phrases import Lines, Shape
from tasks.schema import Verdict

NAME: Final = Shape(
    "shape.author_name", "author.box", "move", moved_to="articles.authors", kind="byline",
    confidence=0.9, priority=56,
)  # fmt: skip
BIO: Final = Shape(
    "shape.author_bio", "author.box", "move", moved_to="articles.author_bio", kind="furniture",
    confidence=0.92, priority=56,
)  # fmt: skip
BYLINE: Final = Shape(
    "shape.byline", "byline", "move", moved_to="articles.byline", kind="byline",
    confidence=0.93, priority=54,
)  # fmt: skip


def byline(page: Lines) -> dict[int, Verdict]:
    """Return the lines "By Ada Quill" before the first and after the last sentence."""
    edges = (*range(page.first), *range(page.last + 1, len(page.lines)))
    return {
        number: BYLINE.verdict(page.lines[number], ["says by whom the article is, and no more"])
        for number in edges
        if page.is_free(number) and byline_name(page.lines[number].text)
    }


def author(page: Lines) -> dict[int, Verdict]:
    """Return names after the article's last sentence that have a bio under them, and the bios."""
    found: dict[int, Verdict] = {}
    for number in range(page.last + 1, len(page.lines) - 1):
        name, bio = page.lines[number], page.lines[number + 1]
        if number in found or not page.is_free(number) or not page.is_free(number + 1):
            continue
        if not may_be_name(name.text) or not is_bio(bio.text, name.text):
            continue
        evidence = ["after the last sentence", *_between(page, number)]
        found[number] = NAME.verdict(name, [*evidence, "capitalised words", "a bio follows"])
        found[number + 1] = BIO.verdict(bio, [*evidence, "follows a name", "says what authors are"])
    return found


def _between(page: Lines, number: int) -> list[str]:
    if page.is_gone(number - 1) and page.is_gone(number + 2):
        return ["between removed lines"]
    return []
