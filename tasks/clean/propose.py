"""The text stage in one function: the lines of a page in, a verdict for each that is furniture out.

The order is: what must stay; what a rule knows by its words and place; shapes, which look at
neighbours; what stands under headings; labels in runs. An earlier verdict is not overruled.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tasks.clean.phrases import Lines, by_rule, read_lines
from tasks.clean.shapes.author import author, byline
from tasks.clean.shapes.caption import caption
from tasks.clean.shapes.head import head
from tasks.clean.shapes.heading import heading
from tasks.clean.shapes.links import labelled, links
from tasks.clean.shapes.live import live
from tasks.clean.shapes.repeat import paragraphs, pull_quotes, repeat
from tasks.clean.zones import by_heading, by_links, by_phrase, by_run, in_zone, lay_out
from tasks.rules import RuleBook
from tasks.schema import Extracted, Verdict

Step = Callable[[Lines], Lines]

CERTAIN: Final = 0.97
MAX_WEAK_SHARE: Final = 0.02
"""Of the characters of a text without markup; measured on gold texts given as input, where without
it 9 of 639 pages lose more (embeds, "read also" lines and credits that annotators kept)."""


def propose(extracted: Extracted, rules: RuleBook) -> list[Verdict]:
    """Return at most one verdict for each block of the main content, in page order.

    Blocks that extraction took out are not looked at and count as absent. Changes nothing.

    A text without markup is read again without what was taken, until nothing more is: what a line
    is follows from the lines around it, and a text that was cleaned must read as clean.
    """
    lines = read_lines(extracted, rules)
    is_plain = extracted.extractor == "lines"
    found: dict[int, Verdict] = {}
    while True:
        page = lay_out(lines, extracted.metadata.title, is_plain=is_plain)
        for step in STEPS:
            page = step(page)
        found = {page.lines[number].block.index: v for number, v in page.taken.items()} | found
        left = tuple(line for number, line in enumerate(lines) if not page.is_gone(number))
        if not is_plain or len(left) == len(lines):
            return [found[index] for index in sorted(found)]
        lines = left


def _kept(page: Lines) -> Lines:
    """Return the page with the lines settled that a keep rule knows."""
    found = {
        number: by_rule(line, *hit)
        for number, line in enumerate(page.lines)
        if (hit := line.hit("keep"))
    }
    return replace(page, taken={**page.taken, **found})


def _flagged(page: Lines) -> Lines:
    """Return the page with the lines that only say something of it: they stay."""
    found = {
        number: by_rule(line, *hit, f"zone {hit[0].zone}")
        for number, line in enumerate(page.lines)
        if (hit := line.hit("flag")) and page.is_free(number) and in_zone(page, number, hit[0])
    }
    return replace(page, taken={**page.taken, **found})


def _shape(find: Callable[[Lines], Mapping[int, Verdict]]) -> Step:
    """Return a shape as a step: what it finds is added to what is taken."""

    def step(page: Lines) -> Lines:
        found = find(page)
        return replace(page, taken={**found, **page.taken}) if found else page

    return step


def _guarded(page: Lines) -> Lines:
    """Return the page without its weak verdicts inside the article if they take too much of it.

    Between the first and the last sentence of a text without markup, the words of a line are all
    the evidence there is. Where such lines are many, the page is made of them. Captions and
    credits know their neighbours and are only moved.
    """
    weak = {
        number
        for number, verdict in page.taken.items()
        if page.first <= number <= page.last
        and verdict.action in ("remove", "move")
        and verdict.confidence < CERTAIN
        and not verdict.cls.startswith("media.")
    }
    total = sum(len(line.text) for line in page.lines)
    if not page.is_plain or sum(len(page.lines[i].text) for i in weak) <= MAX_WEAK_SHARE * total:
        return page
    return replace(page, taken={i: v for i, v in page.taken.items() if i not in weak})


STEPS: Final[tuple[Step, ...]] = (
    _kept,
    _shape(caption),
    by_phrase,
    _shape(head),
    _shape(repeat),
    _shape(paragraphs),
    _shape(pull_quotes),
    _shape(author),
    _shape(byline),
    by_heading,
    by_links,
    by_run,
    _shape(labelled),
    _shape(links),
    _guarded,
    _flagged,
    _shape(live),
    _shape(heading),
)
