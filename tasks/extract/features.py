"""What can be seen of each block: its words, where it stands, and what trafilatura made of it.

One row a block, one column a feature; `NAMES` says which. Nothing here knows a site or a language:
shares, lengths, places, agreement with what the page says of itself. Columns are arrays over all
blocks of the page, because most features compare a block with its neighbours. Sums over the blocks
of an element are taken over the elements at most `REACH` above a block.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise, repeat
from math import log2
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tasks.extract.blocks import MAX_PROSE_LINKS, MIN_PROSE_CHARS, Place, Segment, places_of
from tasks.extract.container import steps_to_container

Column = npt.NDArray[Any]
Index = npt.NDArray[np.int64]

REACH: Final = 4
HINT_WORDS: Final = 60
"""Words at the start of a block that are looked up in the lexicon of hints."""

LONG_BLOCK_CHARS: Final = 1200
NEIGHBOURS: Final = (-2, -1, 1, 2)

_SENTENCE: Final = re.compile(r"[.!?…。！？؟।][\"'”’»)\]]*$")
_QUOTE: Final = re.compile('["“”„«»]')
_LATIN: Final = re.compile("[a-zà-ɏ]")
_VOWEL: Final = re.compile("[aeiouyà-æè-ïò-öøù-ý]")
_FLAGS: Final = ("article", "main", "figure", "li")
_HEADINGS: Final = frozenset(("h1", "h2", "h3", "h4"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a page before its blocks are judged."""

    segments: Sequence[Segment]
    keys: Sequence[str]  # `tasks.extract.align.words_key` of each block
    mask: Set[int]  # blocks that trafilatura returned
    title: str  # words_key
    descriptions: Sequence[str]  # words_keys of what the page calls its summary
    body: str  # words_key of JSON-LD articleBody


@dataclass(frozen=True, slots=True)
class Hints:
    """Words that were learnt to speak for (> 0) or against (< 0) a block being the article."""

    near: Mapping[str, float]  # of class and id, of the block's element and its parent
    around: Mapping[str, float]  # of the three elements around those
    far: Mapping[str, float]  # of all others
    text: Mapping[str, float]  # of the block's text


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes of the blocks, and which of them stand together."""

    chars: Column
    links: Column  # share of the characters inside links
    prose: Column  # characters, where the block reads like prose
    chain: Sequence[Index]  # per step up, each block's place; the root is its own parent
    groups: Index  # blocks with one number have one path signature
    places: int  # one more than the highest place


def features(page: Reading, hints: Hints) -> dict[str, Column]:
    """Return the columns, each as long as the page has blocks."""
    places = places_of(page.segments)
    layout = _layout(page.segments, places)
    mask = np.zeros(len(page.segments), dtype=bool)
    mask[list(page.mask)] = True
    columns = _own(page, hints, layout)
    columns |= _standing(page.segments, places, layout.chain, hints)
    columns |= _surroundings(page.segments, layout)
    columns |= _shared_hints(layout, columns["hint"])
    columns |= _agreement(page.segments, layout, mask)
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _layout(segments: Sequence[Segment], places: Sequence[Place]) -> Layout:
    chars = np.array([len(segment.text) for segment in segments], dtype=np.float64)
    links = np.array([segment.link_share for segment in segments])
    up = np.array([0 if p.parent is None else p.parent.index for p in places], dtype=np.int64)
    chain = [np.array([segment.place.index for segment in segments], dtype=np.int64)]
    for _ in range(REACH):
        chain.append(up[chain[-1]])
    is_prose = (chars >= MIN_PROSE_CHARS) & (links <= MAX_PROSE_LINKS)
    return Layout(
        chars=chars,
        links=links,
        prose=np.where(is_prose, chars, 0.0),
        chain=chain,
        groups=_same_names(segments),
        places=len(places),
    )


def _own(page: Reading, hints: Hints, layout: Layout) -> dict[str, Column]:
    """Return what the block's own text shows, and how it compares with title and description."""
    title = set(page.title.split())
    counts = Counter(page.keys)
    body = f" {page.body} " if len(page.body) > 200 else ""  # noqa: PLR2004  shorter is a teaser
    descriptions = [f" {text} " for text in page.descriptions if text]
    rows = [
        _text_row(segment.text, key, title, body, descriptions, hints)
        for segment, key in zip(page.segments, page.keys, strict=True)
    ]
    names = (
        "sentence",
        "commas",
        "upper",
        "vowels",
        "quote",
        "title_share",
        "title_overlap",
        "described",
        "in_body",
        "hint",
        "words",
    )
    columns = dict(zip(names, np.array(rows, dtype=np.float64).T, strict=True))
    columns["copies"] = np.minimum(3, [counts[key] for key in page.keys])
    columns["chars"] = np.log2(1 + layout.chars)
    columns["link_share"] = layout.links
    return columns


def _text_row(
    text: str, key: str, title: Set[str], body: str, descriptions: Sequence[str], hints: Hints
) -> tuple[float, ...]:
    words = key.split()
    kinds = set(words)
    shared = len(title & kinds)
    tokens = kinds if len(words) <= HINT_WORDS else set(words[:HINT_WORDS])
    sample = text[:400].lower() if len(text) > MIN_PROSE_CHARS else ""
    letters = len(_LATIN.findall(sample))
    return (
        _SENTENCE.search(text) is not None,
        min(5, text.count(",") + text.count("、") + text.count("，")),
        sum(map(str.isupper, text[:200])) / min(200, len(text)),
        len(_VOWEL.findall(sample)) / letters if letters > MIN_PROSE_CHARS // 2 else 0.4,
        _QUOTE.search(text) is not None,
        shared / max(1, len(kinds)) if title else -1,
        shared / max(1, len(kinds | title)) if title else -1,
        _described(key, words, descriptions),
        _in_body(key, words, body),
        sum(map(hints.text.get, tokens, repeat(0.0))) if len(text) < LONG_BLOCK_CHARS else 0,
        log2(1 + len(words)),
    )


def _described(key: str, words: Sequence[str], descriptions: Sequence[str]) -> float:
    """Return 1 if the block is (in) the page's own summary, 0 if not, -1 if there is none."""
    if not descriptions:
        return -1
    if len(words) < 4:  # noqa: PLR2004  too short to be a summary
        return 0
    return float(any(f" {key} " in text or text.strip()[:60] in key for text in descriptions))


def _in_body(key: str, words: Sequence[str], body: str) -> float:
    """Return 1 if JSON-LD's body holds the block, 0.5 if its start or end, 0 if not, -1 if none."""
    if not body:
        return -1
    if f" {key} " in body:
        return 1
    ends = (" ".join(words[:6]), " ".join(words[-6:]))
    return 0.5 if len(words) > 8 and any(end in body for end in ends) else 0  # noqa: PLR2004


def _standing(
    segments: Sequence[Segment], places: Sequence[Place], chain: Sequence[Index], hints: Hints
) -> dict[str, Column]:
    """Return what the elements around a block are and are called."""
    near, around, far, articles = _inherited(places, hints)
    own = chain[0]
    columns: dict[str, Column] = {
        "names": near[own] + near[chain[1]] + around[chain[2]] + around[chain[3]] + far[chain[4]],
        "articles": np.minimum(3, articles[own]),
        "depth": np.array([place.depth for place in places])[own],
        "list_level": np.minimum(3, np.array([place.list_level for place in places])[own]),
        "heading": np.array([s.level if s.kind == "subheading" else 0 for s in segments]),
        "is_p": np.array([place.tag == "p" for place in places])[own],
        "is_div": np.array([place.tag == "div" for place in places])[own],
        "is_caption": np.array([s.kind == "caption" for s in segments]),
    }
    for flag in _FLAGS:
        inside = np.array([flag in place.tags for place in places])
        columns[f"in_{flag}"] = inside[own]
    first = next((i for i, s in enumerate(segments) if s.place.tag == "h1"), None)
    order = np.arange(len(segments))
    columns["from_h1"] = (
        np.full(len(order), 99) if first is None else np.clip(order - first, -20, 60)
    )
    columns["position"] = order / max(1, len(order))
    columns["blocks"] = np.full(len(order), np.log2(max(1, len(order))))
    return columns


def _inherited(places: Sequence[Place], hints: Hints) -> tuple[Column, Column, Column, Column]:
    """Return per place what its names say near and around a block, and sums over all above it."""
    said: dict[tuple[str, ...], tuple[float, float, float]] = {(): (0.0, 0.0, 0.0)}
    table = np.zeros((4, len(places)))
    for index, place in enumerate(places):
        if place.words not in said:
            said[place.words] = (
                sum(hints.near.get(word, 0.0) for word in place.words),
                sum(hints.around.get(word, 0.0) for word in place.words),
                sum(hints.far.get(word, 0.0) for word in place.words),
            )
        table[:3, index] = said[place.words]
        table[3, index] = place.tag == "article"
        if place.parent is not None and place.index == index:
            table[2:, index] += table[2:, place.parent.index]
    return table[0], table[1], table[2], table[3]


def _surroundings(segments: Sequence[Segment], layout: Layout) -> dict[str, Column]:
    """Return what stands beside a block: in the elements around it, under the same names, next."""
    columns: dict[str, Column] = {}
    chain, chars, links, size = layout.chain, layout.chars, layout.links, layout.places
    n_in = _per_element(chain, np.ones(len(chars)), size)
    chars_in = _per_element(chain, chars, size)
    linked_in = _per_element(chain, chars * links, size)
    prose_in = _per_element(chain, layout.prose, size)
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
        columns[f"next{step}_chars"] = _shift(np.log2(1 + chars), step)
        columns[f"next{step}_links"] = _shift(links, step)
        columns[f"next{step}_heading"] = _shift(is_heading, step)
    return columns


def _shared_hints(layout: Layout, hint: Column) -> dict[str, Column]:
    """Return the hints of the blocks around one: a donation box says so in one of its lines."""
    columns: dict[str, Column] = {}
    chain, groups, size = layout.chain, layout.groups, layout.places
    weights = np.sqrt(layout.chars)
    weight_in = _per_element(chain, weights, size)
    hint_in = _per_element(chain, weights * hint, size)
    for level in (1, 2):
        columns[f"up{level}_hint"] = hint_in[chain[level]] / weight_in[chain[level]]
    columns["same_hint"] = (
        np.bincount(groups, weights * hint)[groups] / np.bincount(groups, weights)[groups]
    )
    for step in (-1, 1):
        columns[f"next{step}_hint"] = _shift(hint, step)
    return columns


def _agreement(
    segments: Sequence[Segment], layout: Layout, mask: npt.NDArray[np.bool_]
) -> dict[str, Column]:
    """Return how a block lies to what trafilatura returned; a block's own part left out of sums."""
    chain, chars, prose, size = layout.chain, layout.chars, layout.prose, layout.places
    n = len(chars)
    order = np.arange(n)
    taken = np.where(mask, chars, 0.0)
    total = max(1.0, taken.sum())
    columns: dict[str, Column] = {"taken": mask.astype(np.float64)}
    sentences = np.flatnonzero(mask & (prose > 0))
    if not len(sentences):
        sentences = np.flatnonzero(mask)
    first, last = (sentences[0], sentences[-1]) if len(sentences) else (n, -1)
    columns["zone"] = np.where(order < first, 0, np.where(order > last, 2, 1))
    columns["from_first"] = np.clip(order - first, -30, 30)
    columns["from_last"] = np.clip(order - last, -30, 30)
    before = np.cumsum(taken) - taken
    columns["before"] = before / total
    columns["after"] = (total - before - taken) / total
    columns["to_prior"] = _distance(mask)
    columns["to_next"] = _distance(mask[::-1])[::-1]
    columns["window"] = _window(mask)
    groups = layout.groups
    others = np.bincount(groups)[groups] - 1
    same = np.bincount(groups, mask)[groups] - mask
    columns["same_taken"] = np.where(others > 0, same / np.maximum(1, others), -1)
    columns["same_taken_blocks"] = np.log2(1 + same)
    all_in = _per_element(chain, chars, size)
    taken_in = _per_element(chain, taken, size)
    for level in (1, 2, 3, 4):
        at = chain[level]
        rest = all_in[at] - chars
        share = (taken_in[at] - taken) / np.maximum(1, rest)
        columns[f"up{level}_taken"] = np.where(rest > 0, share, -1)
        columns[f"up{level}_of_taken"] = (taken_in[at] - taken) / total
    columns["climb"], columns["descent"] = steps_to_container(segments, chain, taken)
    columns["taken_prose"] = np.full(n, prose[mask].sum() / max(1.0, prose.sum()))
    columns["taken_chars"] = np.full(n, np.log2(1 + total))
    return columns


def _same_names(segments: Sequence[Segment]) -> Index:
    """Return a number for each block; blocks with one number have one path signature."""
    numbers: dict[tuple[str, ...], int] = {}
    groups = []
    for segment in segments:
        place = segment.place
        parent = place.parent
        above = parent.parent if parent else None
        names = (place.token, parent.token if parent else "", above.token if above else "")
        groups.append(numbers.setdefault(names, len(numbers)))
    return np.array(groups, dtype=np.int64)


def _per_element(chain: Sequence[Index], values: Column, size: int) -> Column:
    """Return per element the sum over blocks inside, counting each block once an element."""
    total = np.bincount(chain[0], values, size)
    for below, level in pairwise(chain):
        total += np.bincount(level, np.where(level != below, values, 0.0), size)
    return total


def _shift(values: Column, step: int) -> Column:
    """Return the value of the block `step` further on, -1 beyond the page."""
    out = np.full(len(values), -1.0)
    if step > 0:
        out[:-step] = values[step:]
    else:
        out[-step:] = values[:step]
    return out


def _distance(mask: npt.NDArray[np.bool_]) -> Column:
    """Return the blocks since the last one taken before this, at most 20; 21 if there is none."""
    order = np.arange(len(mask))
    last = np.maximum.accumulate(np.where(mask, order, -1))
    prior = np.concatenate([[-1], last[:-1]])
    return np.where(prior < 0, 21, np.minimum(20, order - prior))


def _window(mask: npt.NDArray[np.bool_]) -> Column:
    """Return the share taken of the four blocks before and the four after."""
    padded = np.concatenate([[0], np.cumsum(mask)])
    order = np.arange(len(mask))
    low, high = np.maximum(0, order - 4), np.minimum(len(mask), order + 5)
    return np.asarray((padded[high] - padded[low] - mask) / np.maximum(1, high - low - 1))
