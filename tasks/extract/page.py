"""One page from bytes to typed blocks: `extract` is all a caller needs.

The order is fixed by what each step must still see: JSON-LD and metadata read the whole page,
blocks are cut from the whole page, the rule book's selectors take furniture out, and only then the
main content is looked for. On a page of a site that is known the places without anything of the
article are found first, and neither cut into blocks nor looked at again.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks.errors import PageError
from tasks.extract.blocks import Segment, segment, signatures
from tasks.extract.decode import decode
from tasks.extract.dek import find_deks
from tasks.extract.garbled import shifted_blocks
from tasks.extract.ground import SCOPES, Known, Scope, Survey, find, survey
from tasks.extract.live import mark_entries
from tasks.extract.main_content import (
    JUDGED,
    MainContent,
    find_main,
    read,
    without,
    without_captions,
)
from tasks.extract.metadata.page import complete, read_metadata
from tasks.extract.plain_text import read_text
from tasks.extract.prune import Pruned, prune
from tasks.extract.second_opinion import is_poor, weigh
from tasks.extract.structured import Structured, read_structured, scripts_removed
from tasks.extract.tree import pare, parse, set_aside
from tasks.extract.verdicts import verdicts
from tasks.extract.whole import NO_WHOLES, Whole, whole
from tasks.rules import RuleBook
from tasks.schema import Block, Capture, Extracted, Kind, Metadata, Page
from tasks.template import PLACES, TEMPLATE, apply, is_rechecked

GROWTH: Final = 2
"""How much more text a known place may hold than any did, where it is more than the article."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A page's blocks, and what is known of some before the article is looked for."""

    segments: Sequence[Segment]
    paths: Sequence[str]
    pruned: Pruned
    shifted: frozenset[int]
    apart: frozenset[int]  # blocks that are known to be something else


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which of a page's blocks are the article."""

    cut: _Cut
    metadata: Metadata
    main: MainContent
    keys: Sequence[str] = ()
    more: tuple[Block, ...] = ()
    deks: frozenset[int] = frozenset()
    known: Known | None = None  # what it was read with


def extract(capture: Capture, rules: RuleBook) -> Extracted:
    """Return the page's blocks in order, and a verdict for each that is not the article.

    Args:
        capture: the page as fetched.
        rules: what is known of all sites.

    Raises:
        PageError: "empty", "encoding", "not-html", "parse", "no-content".
    """
    if capture.page.media == "text":
        return _extract_text(capture, rules)
    tree, structured = _opened(capture)
    held = list(tree.iter())  # else lxml makes its Python objects anew for every reader
    found = _by_engine(tree, structured, capture.page, rules)
    del held
    return _told(capture.page, found, structured)


def extract_known(
    capture: Capture, rules: RuleBook, known: Known | None
) -> tuple[Extracted, Survey | None]:
    """Return `extract`, and what the page teaches of its site.

    What is `known` of the site is used where it is sure; then the page teaches nothing.
    """
    if capture.page.media == "text":
        return _extract_text(capture, rules), None
    tree, structured = _opened(capture)
    found = _by_known(known, tree, structured, capture.page, rules) if known else None
    if found is not None:
        return _told(capture.page, found, structured), None
    held = list(tree.iter())
    found = _by_engine(tree, structured, capture.page, rules)
    page = _told(capture.page, found, structured)

    def scope(places: Sequence[HtmlElement], inside: Set[int]) -> Scope:
        """Return the least of the page that says the same of it as all."""
        left = [block for block in page.blocks if block.index not in inside]
        for one in SCOPES[:-1]:
            metadata = _metadata(tree, structured, capture.page, _unread(tree, places, one))
            if _values(complete(metadata, left, found.main.blocks)) == _values(page.metadata):
                return one
        return SCOPES[-1]

    taught = survey(page, found.cut.segments, scope)
    del held
    return page, taught


def _extract_text(capture: Capture, rules: RuleBook) -> Extracted:
    lines = read_text(capture, rules)
    everything = range(len(lines.blocks))
    return replace(lines, metadata=complete(lines.metadata, lines.blocks, everything))


def _opened(capture: Capture) -> tuple[HtmlElement, Structured]:
    """Return the page's tree without scripts, and what they say."""
    if capture.page.media == "other":
        raise PageError("not-html", f"content type {capture.page.content_type[:100]}")
    tree = parse(decode(capture.body, capture.charset))
    structured = read_structured(tree)
    scripts_removed(tree)
    return tree, structured


def _by_engine(tree: HtmlElement, structured: Structured, page: Page, rules: RuleBook) -> _Reading:
    """Return the page as read by looking at every block."""
    metadata = _metadata(tree, structured, page)
    cut = _cut(tree, page, rules)
    if not cut.segments and not structured.paragraphs:
        raise PageError("no-content")
    found = _judged(cut, structured, metadata, partial(pare, tree, cut.pruned.elements))
    if not found.main.blocks:
        raise PageError("no-content")
    return found


def _judged(
    cut: _Cut, structured: Structured, metadata: Metadata, asked: Callable[[], HtmlElement | None]
) -> _Reading:
    """Return the page as the judge reads it; `asked` is called where that leaves doubt."""
    reading = read(cut.segments, structured, metadata, cut.apart)
    main = find_main(reading, asked)
    main, more = weigh(without(main, cut.apart), reading, structured.paragraphs)
    deks = frozenset() if more else find_deks(reading, main.blocks)
    main = replace(main, blocks=main.blocks | deks)
    main = without_captions(main, cut.segments, cut.paths)
    return _Reading(cut, metadata, main, reading.keys, more, deks)


def _by_known(
    known: Known, tree: HtmlElement, structured: Structured, page: Page, rules: RuleBook
) -> _Reading | None:
    """Return the page as its site's others were read; None where the engine has to look."""
    if structured.live or is_rechecked(page.url):
        return None
    places = find(tree, known)
    wholes = {element: whole(element) for element in places}
    cut = _cut(tree, page, rules, wholes)
    metadata = _metadata(tree, structured, page, _unread(tree, places, known.metadata_in))
    told = apply(known.template, cut.segments, cut.paths, cut.apart) if known.template else None
    if told is not None and not is_poor(cut.segments, told[0], structured.paragraphs):
        main = MainContent(told[0], frozenset(), told[1], TEMPLATE)
        found = _Reading(cut, metadata, without_captions(main, cut.segments, cut.paths))
    elif places:
        found = _judged(cut, structured, metadata, lambda: None)
        if found.main.extractor != JUDGED:
            return None
        found = replace(found, main=replace(found.main, extractor=PLACES))
    else:
        return None
    if not found.main.blocks:
        return None
    chars = sum(len(cut.segments[index].text) for index in found.main.blocks)
    largest = max((one.plain_chars for one in wholes.values()), default=0)
    if largest > max(chars, GROWTH * known.largest):
        return None  # something new stands in a place that held nothing
    return replace(found, known=known)


def _metadata(
    tree: HtmlElement, structured: Structured, page: Page, unread: Sequence[HtmlElement] = ()
) -> Metadata:
    """Return what the page says of itself elsewhere than in `unread`."""
    with set_aside(unread):
        return read_metadata(tree, structured.nodes, page.url, fetched_at=page.fetched_at)


def _unread(
    tree: HtmlElement, places: Sequence[HtmlElement], scope: Scope
) -> Sequence[HtmlElement]:
    """Return the elements that metadata does not need, `places` being barren."""
    bodies: list[HtmlElement] = tree.findall("body") if scope == "head" else []
    return places if scope == "rest" else bodies


def _values(metadata: Metadata) -> Metadata:
    """Return the values that were chosen; access is also what the blocks say."""
    return replace(metadata, access="full", candidates=())


def _cut(
    tree: HtmlElement,
    page: Page,
    rules: RuleBook,
    wholes: Mapping[HtmlElement, Whole] = NO_WHOLES,
) -> _Cut:
    """Return the page's blocks; the elements `wholes` are one each, and no article's."""
    segments = segment(tree, wholes)
    pruned = prune(tree, segments, rules, urlsplit(page.url).hostname or "")
    paths = signatures(segments)
    shifted = shifted_blocks([_prose(found) for found in segments], paths)
    apart = shifted | {hit.block for hit in pruned.hits}
    if wholes:
        apart |= {i for i, found in enumerate(segments) if found.place.element in wholes}
    return _Cut(segments, paths, pruned, shifted, apart)


def _told(page: Page, found: _Reading, structured: Structured) -> Extracted:
    """Return the page as read, with a verdict for each block that is not the article."""
    cut, main = found.cut, found.main
    kinds: dict[int, Kind] = {
        **dict.fromkeys(main.captions, "caption"),
        **dict.fromkeys(found.deks, "dek"),
        **cut.pruned.relabels,
    }
    shown = [
        _block(i, one, cut.paths[i], _kind(kinds.get(i, one.kind), is_main=i in main.blocks))
        for i, one in enumerate(cut.segments)
    ]
    blocks = mark_entries((*shown, *found.more), found.keys, main.blocks, structured.live)
    spread = _spread(blocks, cut.segments) if found.known else blocks
    metadata = complete(found.metadata, spread, main.blocks)
    return Extracted(
        page=page,
        metadata=replace(metadata, access="partial") if cut.shifted else metadata,
        blocks=blocks,
        verdicts=verdicts(cut.segments, cut.paths, main, cut.pruned, cut.shifted, found.known),
        extractor=main.extractor,
    )


def _spread(blocks: Sequence[Block], segments: Sequence[Segment]) -> Sequence[Block]:
    """Return the blocks, each as often as for how many it stands: halves of a page stay halves."""
    return [block for block in blocks for _ in range(segments[block.index].count)]


def _prose(found: Segment) -> str:
    return "" if found.kind == "code" else found.text


def _block(index: int, found: Segment, path: str, kind: Kind) -> Block:
    return Block(index, kind, found.text, 0, found.level, path, round(found.link_share, 3))


def _kind(kind: Kind, *, is_main: bool) -> Kind:
    return kind if is_main or kind == "caption" else "furniture"
