"""Links told by markup: menus above the article, teasers under it, "see also" inside it."""

from collections.abc import Iterator
from typing import Final

from tasks.clean.phrases import Line, Lines, Shape, by_rule
from tasks.schema import Verdict

LINKS: Final = Shape("shape.link_run", "nav.chrome", "remove", confidence=0.9, priority=44)
MIN_LINK_SHARE: Final = 0.8
MIN_LINES: Final = 3


def links(page: Lines) -> dict[int, Verdict]:
    """Return the lines of every run of three or more links outside the article's prose."""
    found: dict[int, Verdict] = {}
    for run in _runs(page):
        if len(run) >= MIN_LINES:
            evidence = [f"one of {len(run)} links", "outside the article's sentences"]
            found |= {i: LINKS.verdict(page.lines[i], evidence) for i in run if page.is_free(i)}
    return found


def labelled(page: Lines) -> dict[int, Verdict]:
    """Return the lines that are a label such as "See also" and one link, wherever they stand."""
    return {
        number: by_rule(line, *line.label, "the rest of the line is a link")
        for number, line in enumerate(page.lines)
        if line.label and page.is_free(number)
    }


def _runs(page: Lines) -> Iterator[list[int]]:
    run: list[int] = []
    for number, line in enumerate(page.lines):
        is_outside = not page.first <= number <= page.last
        if is_outside and _is_link(line):
            run.append(number)
        elif not page.is_gone(number):
            yield run
            run = []
    yield run


def _is_link(line: Line) -> bool:
    return line.block.link_share >= MIN_LINK_SHARE and line.block.kind != "headline"
