"""What recurs on a site is not the article: verdicts ``site.repeated`` from a site's memory.

How many other articles must show a line before it is believed depends on what a mistake would
cost: least for a label before the first or after the last sentence, more for prose, most for what
stands inside the body; a paragraph inside the body's own container is never taken, because
agencies repeat background from story to story. The numbers were measured (docs/decisions/0070).
Every text rule comes first (`PRIORITY`), keep rules above all.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tasks.clean.memory import line_key, main_blocks, sketch
from tasks.clean.phrases import is_sentence
from tasks.clean.recall import Recall, Seen, is_long
from tasks.schema import Block, Extracted, Kind, Verdict
from tasks.text import count_words, key

RULE: Final = "site.repeated"
PRIORITY: Final = 40

EXEMPT: Final[frozenset[Kind]] = frozenset(
    ("headline", "quote", "code", "live_entry", "correction", "dateline")
)
"""Kinds that recur by right, or whose loss is worst."""

KNOWN_PER_ONE_MORE: Final = 8
"""One more article must show the line for every eight that are known, up to `MAX_MORE`."""

MAX_MORE: Final = 4
MAX_SHARE: Final = 0.6
"""Of the characters of the main content; a page that repeats more is a copy, and is left alone."""

MIN_DATA_SHARE: Final = 0.2
"""Digits in a line from which it is data, not words: "4 : 2" is on every page of results."""

SURE: Final = 0.97
UNSURE: Final = 0.9
MIN_SURE: Final = 3


@dataclass(frozen=True, slots=True)
class Spot:
    """One block of the main content that the memory knows from other articles."""

    block: Block
    seen: Seen
    is_inside: bool  # between two lines of the article's own
    is_body: bool  # in the container that holds the article's own prose


def recurring(extracted: Extracted, recall: Recall) -> list[Verdict]:
    """Return a verdict for each block of the main content that the site repeats, in page order."""
    others = recall.others(sketch(extracted))
    known = len(others)
    main = main_blocks(extracted)
    seen = [recall.seen(line_key(block.text), others) for block in main]
    own = [n for n, block in enumerate(main) if not seen[n].articles and is_long(key(block.text))]
    if not own:
        return []
    body = Counter(main[n].path for n in own).most_common(1)[0][0]
    title = key(extracted.metadata.title)
    spots = [
        Spot(block, seen[n], own[0] < n < own[-1], block.path == body)
        for n, block in enumerate(main)
        if seen[n].articles and block.kind not in EXEMPT and key(block.text) != title
    ]
    believed = [
        spot for spot in spots if (need := needed(spot, known)) and spot.seen.articles >= need
    ]
    if _chars(spot.block for spot in believed) > MAX_SHARE * _chars(main):
        return []
    return [_verdict(spot, known) for spot in believed]


def needed(spot: Spot, known: int) -> int:
    """Return on how many other articles the line must stand to be believed; 0: never believed."""
    block, seen = spot.block, spot.seen
    more = min(MAX_MORE, known // KNOWN_PER_ONE_MORE)
    if _is_data(block) and (seen.main or spot.is_inside):
        return 0
    is_inside = spot.is_inside or 2 * seen.inside > seen.articles
    if is_sentence(block.text):
        if is_inside:
            return 0 if spot.is_body else 4 + more
        return (1 if not seen.main else 3 if spot.is_body else 2) + more
    if is_inside:
        return 3 + more
    is_name = block.kind != "subheading" and count_words(block.text) < 2  # noqa: PLR2004  one word
    return (2 if is_name else 1) + more


def _is_data(block: Block) -> bool:
    digits = sum(char.isdigit() for char in block.text)
    return block.kind == "table" or digits >= MIN_DATA_SHARE * len(block.text)


def _chars(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _verdict(spot: Spot, known: int) -> Verdict:
    seen = spot.seen
    is_sure = seen.articles >= max(MIN_SURE, known / 2)
    return Verdict(
        block=spot.block.index,
        action="remove",
        rule=RULE,
        rule_version=1,
        cls="site.repeated",
        stage="site",
        evidence=(
            f"on {seen.articles} of {known} other articles of the site",
            f"taken for the article on {seen.main}, inside it on {seen.inside}",
            f"seen from {seen.first_seen:%Y-%m-%d} to {seen.last_seen:%Y-%m-%d}",
            "inside the body" if spot.is_inside else "before or after the body",
        ),
        confidence=SURE if is_sure else UNSURE,
        priority=PRIORITY,
    )
