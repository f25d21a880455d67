"""What can be seen of each block: its words, where it stands, and what other readings made of it.

One row a block, one column a feature. Nothing here knows a site or a language: shares, lengths,
places, agreement with what the page says of itself. Columns are arrays over all blocks of the
page, because most features compare a block with its neighbours.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from tasks.extract.agreement import agreement
from tasks.extract.blocks import Place, Segment, places_of
from tasks.extract.container import main_paragraphs
from tasks.extract.layout import Column, Layout, layout_of, per_element, shift
from tasks.extract.own_text import own_text
from tasks.extract.reading import Hints, Reading

NEIGHBOURS: Final = (-2, -1, 1, 2)

_FLAGS: Final = ("article", "main", "figure", "li")
_NOTHING: Final = (0.0, 0.0, 0.0)
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A page's columns, each as long as the page has blocks, and how its blocks lie."""

    columns: dict[str, Column]
    layout: Layout


def see(page: Reading, hints: Hints) -> Seen:
    """Return what can be seen without asking an extractor."""
    places = places_of(page.segments)
    layout = layout_of(page.segments, places)
    columns = own_text(page, hints, layout)
    columns |= _standing(page.segments, places, layout, hints)
    columns |= _surroundings(page.segments, layout)
    columns |= _shared_hints(layout, columns["hint"])
    columns |= _compared("main", layout, main_paragraphs(page, layout))
    return Seen(columns, layout)


def compared_with(seen: Seen, taken: Set[int]) -> Seen:
    """Return `seen` with what the blocks an extractor has taken add to it."""
    mask = np.zeros(len(seen.layout.chars), dtype=bool)
    mask[list(taken)] = True
    return Seen(seen.columns | _compared("asked", seen.layout, mask), seen.layout)


def _compared(name: str, layout: Layout, mask: Column) -> dict[str, Column]:
    return {f"{name}.{key}": column for key, column in agreement(layout, mask).items()}


def _standing(
    segments: Sequence[Segment], places: Sequence[Place], layout: Layout, hints: Hints
) -> dict[str, Column]:
    """Return what the elements around a block are and are called."""
    near, around, far, articles = _inherited(places, layout.parents, hints)
    own, *chain = layout.chain
    counts = np.array([found.count for found in segments])
    order = counts.cumsum() - counts
    size = order[-1] + counts[-1]
    columns: dict[str, Column] = {
        "names": near[own] + near[chain[0]] + around[chain[1]] + around[chain[2]] + far[chain[3]],
        "articles": np.minimum(3, articles[own]),
        "depth": np.array([found.place.depth for found in segments]),
        "list_level": np.minimum(3, [found.place.list_level for found in segments]),
        "heading": np.array([s.level if s.kind == "subheading" else 0 for s in segments]),
        "is_p": np.array([found.place.tag == "p" for found in segments]),
        "is_div": np.array([found.place.tag == "div" for found in segments]),
        "is_caption": np.array([found.kind == "caption" for found in segments]),
        "position": order / size,
        "blocks": np.full(len(order), np.log2(size)),
    }
    for flag in _FLAGS:
        columns[f"in_{flag}"] = np.array([flag in found.place.tags for found in segments])
    first = next((i for i, found in enumerate(segments) if found.place.tag == "h1"), None)
    columns["from_h1"] = (
        np.full(len(order), 99) if first is None else np.clip(order - order[first], -20, 60)
    )
    return columns


def _inherited(
    places: Sequence[Place], parents: Sequence[int], hints: Hints
) -> tuple[Column, Column, Column, Column]:
    """Return per place what its names say near and around a block, and sums over all above it."""
    said = [_said(place.words, hints) if place.words else _NOTHING for place in places]
    near, around, below = zip(*said, strict=True)
    far = [below[0]]
    articles = [int(places[0].tag == "article")]
    inner = zip(below[1:], places[1:], parents[1:], strict=True)
    for more, place, parent in inner:  # a parent comes before its children
        far.append(more + far[parent])
        articles.append(articles[parent] + (place.tag == "article"))
    return np.array(near), np.array(around), np.array(far), np.array(articles)


@lru_cache(maxsize=20_000)
def _said(words: tuple[str, ...], hints: Hints) -> tuple[float, float, float]:
    """Return what an element's names say of blocks near, around and far inside it.

    Kept for 20,000 elements' words, some 10 MB: sites repeat theirs on every page.
    """
    known = [word for word in words if word in hints.names]
    if not known:
        return _NOTHING
    near, around, far = (
        sum([said[word] for word in known if word in said])
        for said in (hints.near, hints.around, hints.far)
    )
    return near, around, far


def _surroundings(segments: Sequence[Segment], layout: Layout) -> dict[str, Column]:
    """Return what stands beside a block: in the elements around it, under the same names, next."""
    columns: dict[str, Column] = {}
    chain, chars, links, size = layout.chain, layout.chars, layout.links, len(layout.parents)
    n_in = per_element(chain, np.ones(len(chars)), size)
    chars_in = per_element(chain, chars, size)
    linked_in = per_element(chain, chars * links, size)
    prose_in = per_element(chain, layout.prose, size)
    for level in (1, 2, 3):
        at = chain[level]
        columns[f"up{level}_blocks"] = np.log2(n_in[at])
        columns[f"up{level}_links"] = linked_in[at] / np.maximum(1, chars_in[at])
        columns[f"up{level}_mean"] = np.log2(1 + chars_in[at] / n_in[at])
        columns[f"up{level}_prose"] = prose_in[at] / max(1.0, layout.prose.sum())
    groups = layout.groups
    n_same = np.bincount(groups)[groups]
    columns["same_blocks"] = np.log2(n_same)
    columns["same_mean"] = np.log2(1 + np.bincount(groups, chars)[groups] / n_same)
    columns["same_links"] = (
        np.bincount(groups, chars * links)[groups] / np.bincount(groups, chars)[groups]
    )
    is_heading = np.array([s.place.tag in _HEADINGS for s in segments], dtype=np.float64)
    for step in NEIGHBOURS:
        columns[f"next{step}_chars"] = shift(np.log2(1 + chars), step)
        columns[f"next{step}_links"] = shift(links, step)
        columns[f"next{step}_heading"] = shift(is_heading, step)
    return columns


def _shared_hints(layout: Layout, hint: Column) -> dict[str, Column]:
    """Return the hints of the blocks around one: a donation box says so in one of its lines."""
    columns: dict[str, Column] = {}
    chain, groups, size = layout.chain, layout.groups, len(layout.parents)
    weights = np.sqrt(layout.chars)
    weight_in = per_element(chain, weights, size)
    hint_in = per_element(chain, weights * hint, size)
    for level in (1, 2):
        columns[f"up{level}_hint"] = hint_in[chain[level]] / weight_in[chain[level]]
    columns["same_hint"] = (
        np.bincount(groups, weights * hint)[groups] / np.bincount(groups, weights)[groups]
    )
    for step in (-1, 1):
        columns[f"next{step}_hint"] = shift(hint, step)
    return columns
