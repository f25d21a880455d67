"""Runs of links: menus above the article and teasers under it, told by markup alone."""

from collections.abc import Iterator
from typing import Final

from tasks.clean.phrases import Line, Lines, Shape
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
