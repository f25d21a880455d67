"""Places of a site's pages that hold nothing of the article, whole: menus, teasers, feet.

A `Survey` is one page as the engine read it: what it teaches of blocks (`tasks.template.Lesson`),
and by signature the outermost elements in which nothing was the article (`barren`), those around
them, and all that hold some of it. What the surveys of a site agree on is `Known`: on its next page
such a place is found from the root, a few elements down, and becomes one block with one verdict.
Where the template is sure of the rest, it says what the article is; else the judge looks at it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Final, Literal, get_args

from lxml.html import HtmlElement

from tasks.extract.blocks import BLOCK_TAGS, SKIP_TAGS, Place, Segment, places_of
from tasks.extract.token import token_of
from tasks.markup import SIGNATURE
from tasks.schema import Extracted
from tasks.template import MIN_LESSONS, TEMPLATE, Lesson, Template, lesson, template
from tasks.template import evidence as evidence_of

Scope = Literal["head", "rest", "page"]
SCOPES: Final[Sequence[Scope]] = get_args(Scope)
"""What of a page is read for its metadata: its head, all but barren places, or all of it."""

MIN_BLOCKS: Final = 3
"""In a place; a smaller one is cut into its blocks as ever."""

MIN_BARREN: Final = 3
"""Articles of the site on which a place held nothing, and none on which it held something."""


@dataclass(frozen=True, slots=True, order=True)
class Survey:
    """What one page teaches; signatures in order of text."""

    lesson: Lesson
    barren: tuple[str, ...]
    around: tuple[str, ...]
    fertile: tuple[str, ...]
    largest: int  # characters outside links in the barren place that has most
    metadata_in: Scope  # the least of the page that says the same of it as all

    @property
    def page(self) -> str:
        """Which page it is."""
        return self.lesson.page


@dataclass(frozen=True, slots=True)
class Known:
    """What a site's surveys agree on."""

    site: str
    version: str  # hash of the surveys it was made of
    articles: int  # that were surveyed
    template: Template | None
    barren: Mapping[str, int]  # signature -> pages that show it
    around: frozenset[str]  # signatures of places to look for barren ones in
    largest: int  # characters outside links in the barren place that has most, on any page
    metadata_in: Scope  # what of a page has to be read for its metadata


def survey(
    page: Extracted,
    segments: Sequence[Segment],
    scope: Callable[[Sequence[HtmlElement], Set[int]], Scope],
) -> Survey | None:
    """Return what a page teaches that the engine has read; None for one not read as usual.

    Args:
        page: as read.
        segments: its blocks as cut.
        scope: says what its metadata needs, given the barren places and the blocks in them.
    """
    taught = lesson(page)
    if taught is None:
        return None
    quoted = {page.metadata.title, page.metadata.byline, page.metadata.author_bio}
    gone = {
        verdict.block
        for verdict in page.verdicts
        if verdict.action == "remove" and page.blocks[verdict.block].text not in quoted
    }
    barren, fertile = _split(segments, gone)
    around = {place.signature() for root in barren for place in _above(root)}
    inside = {index for blocks in barren.values() for index in blocks}
    return Survey(
        lesson=taught,
        barren=tuple(sorted({root.signature() for root in barren})),
        around=tuple(sorted(around)),
        fertile=tuple(sorted({place.signature() for place in fertile})),
        largest=max((_plain_chars(segments, blocks) for blocks in barren.values()), default=0),
        metadata_in=scope([root.element for root in barren], inside),
    )


def known(site: str, surveys: Sequence[Survey]) -> Known | None:
    """Return what `surveys` agree on, None if they do not or are too few."""
    articles = {one.lesson.text: one for one in surveys}.values()
    if len(articles) < MIN_LESSONS:
        return None
    fertile = {name for one in surveys for name in one.fertile}
    seen = Counter(name for one in articles for name in one.barren if name not in fertile)
    return Known(
        site=site,
        version=hashlib.sha256(repr(surveys).encode()).hexdigest()[:12],
        articles=len(articles),
        template=template(site, [one.lesson for one in surveys]),
        barren={name: count for name, count in seen.items() if count >= MIN_BARREN},
        around=frozenset(name for one in surveys for name in one.around),
        largest=max(one.largest for one in surveys),
        metadata_in=max((one.metadata_in for one in surveys), key=SCOPES.index),
    )


def written(one: Known | None) -> str:
    """Return what is known as JSON, "" if nothing is."""
    return json.dumps(asdict(one), default=sorted) if one else ""


def told(text: str) -> Known | None:
    """Return the inverse of `written`."""
    if not text:
        return None
    row = json.loads(text)
    if found := row["template"]:
        row["template"] = Template(**found | {"lines": frozenset(found["lines"])})
    return Known(**row | {"around": frozenset(row["around"])})


def find(tree: HtmlElement, site: Known) -> list[HtmlElement]:
    """Return the outermost elements that are known to hold nothing of the article."""
    found: list[HtmlElement] = []
    _look(tree, (token_of(tree),), site, found)
    return found


def evidence(site: Known, path: str, extractor: str) -> tuple[str, ...]:
    """Return why a block is left out, for readers; nothing where the judge decided."""
    if count := site.barren.get(path, 0):
        where = f"place known from {count} of {site.articles} pages"
        return (f"template {site.site} {site.version}", where)
    return evidence_of(site.template, path) if site.template and extractor == TEMPLATE else ()


def _look(
    element: HtmlElement, chain: tuple[str, ...], site: Known, found: list[HtmlElement]
) -> None:
    """Add what is to be found in an element whose signature is `chain`."""
    for child in element:
        tag = child.tag
        if tag in SKIP_TAGS:
            continue
        if tag not in BLOCK_TAGS:
            _look(child, chain, site, found)
            continue
        here = (*chain[1 - SIGNATURE :], token_of(child))
        name = "/".join(here)
        if name in site.barren:
            found.append(child)
        elif name in site.around:
            _look(child, here, site, found)


def _split(
    segments: Sequence[Segment], gone: Set[int]
) -> tuple[dict[Place, list[int]], list[Place]]:
    """Return the outermost places without anything but `gone` blocks, with these, and the rest."""
    fertile: dict[int, Place] = {}
    for index, found in enumerate(segments):
        place: Place | None = None if index in gone else found.place
        while place is not None and place.index not in fertile:
            fertile[place.index] = place
            place = place.parent
    root: dict[int, Place] = {}
    for place in places_of(segments):
        if place.parent is not None and place.index not in fertile:
            root[place.index] = root.get(place.parent.index, place)
    inside: dict[Place, list[int]] = {}
    for index in sorted(gone):
        if index < len(segments) and segments[index].place.index in root:
            inside.setdefault(root[segments[index].place.index], []).append(index)
    large = {place: blocks for place, blocks in inside.items() if len(blocks) >= MIN_BLOCKS}
    return large, list(fertile.values())


def _plain_chars(segments: Sequence[Segment], blocks: Sequence[int]) -> int:
    shown = [segments[index] for index in blocks]
    return round(sum(len(found.text) * (1 - found.link_share) for found in shown))


def _above(place: Place) -> list[Place]:
    found: list[Place] = []
    while (parent := place.parent) is not None:
        found.append(parent)
        place = parent
    return found
