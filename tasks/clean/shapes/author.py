"""The author box that lost its box: a name, and under it a line about the person, at the end."""

from typing import Final

from tasks.clean.names import is_bio, is_name
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


def author(page: Lines) -> dict[int, Verdict]:
    """Return names after the article's last sentence that have a bio under them, and the bios."""
    found: dict[int, Verdict] = {}
    for number in range(page.last + 1, len(page.lines) - 1):
        name, bio = page.lines[number], page.lines[number + 1]
        if number in found or not page.is_free(number) or not page.is_free(number + 1):
            continue
        if not is_name(name.text) or not is_bio(bio.text, name.text):
            continue
        evidence = ["after the last sentence", *_between(page, number)]
        found[number] = NAME.verdict(name, [*evidence, "capitalised words", "a bio follows"])
        found[number + 1] = BIO.verdict(bio, [*evidence, "follows a name", "says what authors are"])
    return found


def _between(page: Lines, number: int) -> list[str]:
    if page.is_gone(number - 1) and page.is_gone(number + 2):
        return ["between removed lines"]
    return []
