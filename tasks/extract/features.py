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
from functools import lru_cache
from itertools import pairwise
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
MIN_SUMMARY_WORDS: Final = 4
NEIGHBOURS: Final = (-2, -1, 1, 2)

_ENDS: Final = frozenset(".!?…。！？؟।")
_CLOSING: Final = "\"'”’»)]"
_QUOTE: Final = re.compile('["“”„«»]')
SAMPLE_CHARS: Final = 400
CASE_CHARS: Final = 200
_VOWELS: Final = frozenset("aeiouy") | set(
    map(chr, (*range(0xE0, 0xE7), *range(0xE8, 0xF0), *range(0xF2, 0xF7), *range(0xF8, 0xFE)))
)
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
    parents: Sequence[int]  # of each place; the root is its own


def features(page: Reading, hints: Hints) -> dict[str, Column]:
    """Return the columns, each as long as the page has blocks."""
    places = places_of(page.segments)
    layout = _layout(page.segments, places)
    mask = np.zeros(len(page.segments), dtype=bool)
    mask[list(page.mask)] = True
    columns = _own(page, hints, layout)
    columns |= _standing(page.segments, places, layout, hints)
    columns |= _surroundings(page.segments, layout)
    columns |= _shared_hints(layout, columns["hint"])
    columns |= _agreement(layout, mask)
    return {name: column.astype(np.float32) for name, column in columns.items()}


def _layout(segments: Sequence[Segment], places: Sequence[Place]) -> Layout:
    chars = np.array([len(segment.text) for segment in segments], dtype=np.float64)
    links = np.minimum(1.0, np.array([found.link_chars for found in segments]) / chars)
    parents = [0 if place.parent is None else place.parent.index for place in places]
    up = np.array(parents, dtype=np.int64)
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
        parents=parents,
    )


def _own(page: Reading, hints: Hints, layout: Layout) -> dict[str, Column]:
    """Return what the block's own text shows, and how it compares with title and description."""
    title = set(page.title.split())
    counts = Counter(page.keys)
    body = f" {page.body} " if len(page.body) > 200 else ""  # noqa: PLR2004  shorter is a teaser
    descriptions = [(f" {text} ", text[:60]) for text in page.descriptions if text]
    rows = [
        _text_row(segment.text, key, title, body, descriptions, hints)
        for segment, key in zip(page.segments, page.keys, strict=True)
    ]
    names = (
        "sentence", "commas", "quote", "title_share", "title_overlap", "described", "in_body",
        "hint", "words",
    )  # fmt: skip
    columns = {
        name: np.array(column, dtype=np.float64)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    columns["upper"], columns["vowels"] = _letters([found.text for found in page.segments])
    columns["words"] = np.log2(1 + columns["words"])
    columns["copies"] = np.minimum(3, [counts[key] for key in page.keys])
    columns["chars"] = np.log2(1 + layout.chars)
    columns["link_share"] = layout.links
    return columns


def _text_row(
    text: str,
    key: str,
    title: Set[str],
    body: str,
    descriptions: Sequence[tuple[str, str]],
    hints: Hints,
) -> tuple[float, ...]:
    words = key.split()
    kinds = dict.fromkeys(words).keys()  # in the text's order, so that sums are the same every run
    shared = len(title & kinds)
    said = hints.text
    tokens = kinds if len(words) <= HINT_WORDS else dict.fromkeys(words[:HINT_WORDS])
    return (
        text.rstrip(_CLOSING)[-1:] in _ENDS,
        min(5, text.count(",") + text.count("、") + text.count("，")),
        _QUOTE.search(text) is not None,
        shared / max(1, len(kinds)) if title else -1,
        shared / max(1, len(kinds) + len(title) - shared) if title else -1,
        (len(words) >= MIN_SUMMARY_WORDS and _described(key, descriptions)) if descriptions else -1,
        _in_body(key, words, body) if body else -1,
        sum([said[word] for word in tokens if word in said]) if len(text) < LONG_BLOCK_CHARS else 0,
        len(words),
    )


@lru_cache(maxsize=1)
def _letter_tables() -> tuple[Column, Column, Column]:
    """Return for each code point below 65536 whether it is upper case, Latin, a Latin vowel."""
    small = [chr(code).lower()[0] for code in range(0x10000)]
    latin = [("a" <= letter <= "z" or "à" <= letter <= "ɏ") for letter in small]
    upper = [chr(code).isupper() for code in range(0x10000)]
    return np.array(upper), np.array(latin), np.array([letter in _VOWELS for letter in small])


def _letters(texts: Sequence[str]) -> tuple[Column, Column]:
    """Return the share of upper case at the start of each text, and of vowels in its Latin letters.

    Too few letters to tell count as .4, which is what texts have.
    """
    starts = [text[:SAMPLE_CHARS] for text in texts]
    lengths = np.array([len(start) for start in starts])
    codes = np.frombuffer("".join(starts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, 0xFFFF)
    first = np.cumsum(lengths) - lengths
    upper, latin, vowel = (
        np.concatenate([[0], np.cumsum(table[codes])]) for table in _letter_tables()
    )
    cased = np.minimum(lengths, CASE_CHARS)
    letters = latin[first + lengths] - latin[first]
    vowels = vowel[first + lengths] - vowel[first]
    is_enough = (lengths > MIN_PROSE_CHARS) & (letters > MIN_PROSE_CHARS // 2)
    return (
        (upper[first + cased] - upper[first]) / cased,
        np.where(is_enough, vowels / np.maximum(1, letters), 0.4),
    )


def _described(key: str, descriptions: Sequence[tuple[str, str]]) -> float:
    """Return 1 if the block is (in) the page's own summary, 0 if not."""
    padded = f" {key} "
    return float(any(padded in text or start in key for text, start in descriptions))


def _in_body(key: str, words: Sequence[str], body: str) -> float:
    """Return 1 if JSON-LD's body holds the block, 0.5 if its start or end, 0 if not."""
    if f" {key} " in body:
        return 1
    ends = (" ".join(words[:6]), " ".join(words[-6:]))
    return 0.5 if len(words) > 8 and any(end in body for end in ends) else 0  # noqa: PLR2004


def _standing(
    segments: Sequence[Segment], places: Sequence[Place], layout: Layout, hints: Hints
) -> dict[str, Column]:
    """Return what the elements around a block are and are called."""
    near, around, far, articles = _inherited(places, layout.parents, hints)
    own, *chain = layout.chain
    order = np.arange(len(segments))
    columns: dict[str, Column] = {
        "names": near[own] + near[chain[0]] + around[chain[1]] + around[chain[2]] + far[chain[3]],
        "articles": np.minimum(3, articles[own]),
        "depth": np.array([found.place.depth for found in segments]),
        "list_level": np.minimum(3, [found.place.list_level for found in segments]),
        "heading": np.array([s.level if s.kind == "subheading" else 0 for s in segments]),
        "is_p": np.array([found.place.tag == "p" for found in segments]),
        "is_div": np.array([found.place.tag == "div" for found in segments]),
        "is_caption": np.array([found.kind == "caption" for found in segments]),
        "position": order / max(1, len(order)),
        "blocks": np.full(len(order), np.log2(max(1, len(order)))),
    }
    for flag in _FLAGS:
        columns[f"in_{flag}"] = np.array([flag in found.place.tags for found in segments])
    first = next((i for i, found in enumerate(segments) if found.place.tag == "h1"), None)
    columns["from_h1"] = (
        np.full(len(order), 99) if first is None else np.clip(order - first, -20, 60)
    )
    return columns


def _inherited(
    places: Sequence[Place], parents: Sequence[int], hints: Hints
) -> tuple[Column, Column, Column, Column]:
    """Return per place what its names say near and around a block, and sums over all above it."""
    said: dict[tuple[str, ...], tuple[float, float, float]] = {(): (0.0, 0.0, 0.0)}
    near: list[float] = []
    around: list[float] = []
    far: list[float] = []
    articles: list[int] = []
    for index, place in enumerate(places):
        words = place.words
        if words not in said:
            said[words] = (
                sum([hints.near[word] for word in words if word in hints.near]),
                sum([hints.around[word] for word in words if word in hints.around]),
                sum([hints.far[word] for word in words if word in hints.far]),
            )
        own = said[words]
        is_below = place.parent is not None and place.index == index
        near.append(own[0])
        around.append(own[1])
        far.append(own[2] + far[parents[index]] if is_below else own[2])
        articles.append((place.tag == "article") + (articles[parents[index]] if is_below else 0))
    return np.array(near), np.array(around), np.array(far), np.array(articles)


def _surroundings(segments: Sequence[Segment], layout: Layout) -> dict[str, Column]:
    """Return what stands beside a block: in the elements around it, under the same names, next."""
    columns: dict[str, Column] = {}
    chain, chars, links, size = layout.chain, layout.chars, layout.links, len(layout.parents)
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
    chain, groups, size = layout.chain, layout.groups, len(layout.parents)
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


def _agreement(layout: Layout, mask: npt.NDArray[np.bool_]) -> dict[str, Column]:
    """Return how a block lies to what trafilatura returned; a block's own part left out of sums."""
    chain, chars, prose, size = layout.chain, layout.chars, layout.prose, len(layout.parents)
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
    columns["climb"], columns["descent"] = steps_to_container(layout.parents, chain, taken)
    columns["taken_prose"] = np.full(n, prose[mask].sum() / max(1.0, prose.sum()))
    columns["taken_chars"] = np.full(n, np.log2(1 + total))
    return columns


def _same_names(segments: Sequence[Segment]) -> Index:
    """Return a number for each block; blocks with one number have one path signature."""
    numbers: dict[tuple[str, ...], int] = {}
    of_place: dict[int, int] = {}
    for segment in segments:
        place = segment.place
        if place.index not in of_place:
            parent = place.parent
            above = parent.parent if parent else None
            names = (place.token, parent.token if parent else "", above.token if above else "")
            of_place[place.index] = numbers.setdefault(names, len(numbers))
    return np.array([of_place[segment.place.index] for segment in segments], dtype=np.int64)


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
