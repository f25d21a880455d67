"""Captions among the blocks that read like the article: they are kept beside it, not in it.

Blocks are judged by how they read, and captions of long reports read like the report. Markup
tells them apart: a figcaption, or a box that holds a picture, a short text and nothing else.
"""

from collections.abc import Sequence, Set
from typing import Final

from tasks.extract.blocks import MAX_PROSE_LINKS, Place, Segment

MAX_CHARS: Final = 300
MAX_BOX_CHARS: Final = 400
MAX_BOX_BLOCKS: Final = 2
"""A caption and its credit."""

_REACH: Final = 4
_PICTURES: Final = ("img", "picture", "amp-img", "figure")
_NO_BOX: Final = frozenset(("p", "span"))
"""A picture inside a paragraph illustrates it, and the paragraph is no caption."""

_LEDES: Final = frozenset(("intro", "lead", "lede", "standfirst", "excerpt", "summary", "body"))
_MEDIA: Final = frozenset(("image", "img", "photo", "picture", "media", "figure", "caption"))
"""Words of names. What is called a lede is the article's, unless a picture is what leads."""

_WIDE: Final = frozenset(("body", "html", "article", "main"))


def find_captions(
    segments: Sequence[Segment], paths: Sequence[str], blocks: Set[int]
) -> frozenset[int]:
    """Return those of the article's `blocks` that are captions; the tree must still stand.

    A text beside a picture is none where its markup also holds what is no caption: on pages built
    of boxes every paragraph may have a picture.

    Args:
        segments: the page's blocks.
        paths: their signatures.
        blocks: numbers of blocks; those beyond `segments` are not of the page's markup.
    """
    shown = [i for i in blocks if i < len(segments)]
    named = {i for i in shown if segments[i].kind == "caption"}
    beside = {i for i in shown if i not in named and _is_beside_picture(segments, i)}
    others = {paths[i] for i in shown if i not in named and i not in beside}
    return frozenset(named | {i for i in beside if paths[i] not in others})


def _is_beside_picture(segments: Sequence[Segment], index: int) -> bool:
    """Say whether the smallest box with a picture around a short text holds hardly more text."""
    found = segments[index]
    if (
        found.kind != "paragraph"
        or len(found.text) > MAX_CHARS
        or found.link_share > MAX_PROSE_LINKS
        or "table" in found.place.tags
        or _is_lede(found.place)
    ):
        return False
    box = found.place.parent if found.place.tag in _NO_BOX else found.place
    for _ in range(_REACH):
        if box is None or box.tag in _WIDE:
            return False
        inside = _blocks_in(box, segments, index)
        if len(inside) > MAX_BOX_BLOCKS:
            return False
        if next(box.element.iter(*_PICTURES), None) is not None:
            return all(one.kind in ("paragraph", "caption") for one in inside) and (
                sum(len(one.text) for one in inside) <= MAX_BOX_CHARS
            )
        box = box.parent
    return False


def _is_lede(place: Place) -> bool:
    """Say whether a text or the box right around it is named as the article's beginning."""
    words = {*place.words, *(place.parent.words if place.parent else ())}
    return not words.isdisjoint(_LEDES) and words.isdisjoint(_MEDIA)


def _blocks_in(box: Place, segments: Sequence[Segment], index: int) -> Sequence[Segment]:
    """Return the blocks in a box around the block `index`; no more than one too many."""
    start = end = index
    while start > 0 and end - start < MAX_BOX_BLOCKS and _is_in(segments[start - 1].place, box):
        start -= 1
    while (
        end + 1 < len(segments)
        and end - start < MAX_BOX_BLOCKS
        and _is_in(segments[end + 1].place, box)
    ):
        end += 1
    return segments[start : end + 1]


def _is_in(place: Place | None, box: Place) -> bool:
    while place is not None and place.depth > box.depth:
        place = place.parent
    return place is box
