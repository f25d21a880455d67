"""What recurs on a site is not the article: verdicts ``site.repeated`` from a site's memory.

Prose counts only where it was taken for the article, too: what stands beside other articles may
be this article's own teaser there. For the same reason pages that show this article's headline
do not count before the first line of its own, nor for labels that stand beside other articles.

On how many other articles a line must stand before it is believed depends on what a mistake would
cost: least for a label before the first or after the last line of the article's own, more for
prose, most inside; a paragraph inside, in the container of the body, is never taken, because
agencies repeat background from story to story. The numbers were measured (docs/decisions/0070).
Every text rule comes first (`PRIORITY`), keep rules above all.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.clean.memory import article_of, line_key, main_blocks
from tasks.clean.phrases import is_sentence
from tasks.clean.recall import Markup, Recall, Seen, is_long
from tasks.markup import MIN_SEEN
from tasks.schema import Block, Extracted, Kind, Verdict
from tasks.text import count_words

RULE: Final = "site.repeated"
PRIORITY: Final = 40

EXEMPT: Final[frozenset[Kind]] = frozenset(
    ("headline", "quote", "code", "live_entry", "correction", "dateline")
)
"""Kinds that recur by right, or whose loss is worst."""

LABEL: Final = 1
NAME: Final = 2  # a line of one word: a signature, an item of a list
PROSE: Final = 2
BODY_PROSE: Final = 3  # in the container of the body
INSIDE_LABEL: Final = 3
INSIDE_PROSE: Final = 4
BESIDE: Final = 4  # a label, wherever it stands there
"""In how many other articles a line must stand, by what and where it is."""

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
    known: int  # other articles that could have shown it
    unaware: int  # of those that show it, how many do not show this article's headline
    is_inside: bool  # between two lines of the article's own
    is_body: bool  # in the container that holds the article's own prose
    markup: Markup  # what became of its markup on other articles


def recurring(extracted: Extracted, recall: Recall) -> list[Verdict]:
    """Return a verdict for each block of the main content that the site repeats, in page order."""
    main = main_blocks(extracted)
    believed = [spot for spot in spots(extracted, main, recall) if is_believed(spot)]
    if _chars(spot.block for spot in believed) > MAX_SHARE * _chars(main):
        return []
    return [_verdict(spot) for spot in believed]


def is_believed(spot: Spot) -> bool:
    """Return whether enough other articles show the line for it to be no part of this one."""
    return not _is_data(spot.block) and any(seen >= needed for seen, needed, _ in weighed(spot))


def weighed(spot: Spot) -> list[tuple[int, int, str]]:
    """Return on how many other articles the line was seen and must be seen, and as what.

    One of them is enough.
    """
    block, seen = spot.block, spot.seen
    more = min(MAX_MORE, spot.known // KNOWN_PER_ONE_MORE)
    is_inside = spot.is_inside or 2 * seen.inside > seen.main
    if is_sentence(block.text):
        if is_inside and spot.is_body:
            return []
        if is_inside:
            return [(seen.main, INSIDE_PROSE + more, "prose inside, in another container")]
        needed = BODY_PROSE if spot.is_body else PROSE
        return [(seen.main, needed + more, "prose before or after the body")]
    anywhere = (spot.unaware, BESIDE + more, "a label, wherever it stands")
    if is_inside:
        return [anywhere, (seen.main, INSIDE_LABEL + more, "a label inside the body")]
    is_name = block.kind != "subheading" and count_words(block.text) < 2  # noqa: PLR2004  one word
    needed = NAME if is_name else LABEL
    return [anywhere, (seen.main, needed + more, "a label before or after the body")]


def doubt(spot: Spot) -> str:
    """Return why a line that other articles have stays, "" if it is believed; for ``explain``."""
    if is_believed(spot):
        return ""
    if _is_data(spot.block):
        return "a table, or a line of digits: data recurs by right"
    found = [f"{what}: on {seen}, needed {needed}" for seen, needed, what in weighed(spot)]
    return "; ".join(found) or "prose inside the body, in its own container: never taken"


def spots(extracted: Extracted, main: Sequence[Block], recall: Recall) -> list[Spot]:
    """Return the blocks of `main` that other articles have, but for those that recur by right."""
    lines = [line_key(block.text) for block in main]
    others = recall.others(article_of(extracted), dict.fromkeys(lines))
    seen = [recall.seen(line, others) for line in lines]
    own = [n for n, line in enumerate(lines) if not seen[n].articles and is_long(line)]
    if not own:
        return []
    titles = {line_key(block.text) for block in extracted.blocks if block.kind == "headline"}
    titles.add(line_key(extracted.metadata.title))
    unaware = others - recall.heralds(titles)
    body = Counter(main[n].path for n in own).most_common(1)[0][0]
    recurs = []
    for n, block in enumerate(main):
        if not seen[n].articles or block.kind in EXEMPT or lines[n] in titles:
            continue
        there = recall.seen(lines[n], unaware)
        found, known = (there, unaware) if n < own[0] else (seen[n], others)
        is_inside = own[0] < n < own[-1]
        is_body = block.path == body
        markup = recall.markup(block.path, known)
        recurs.append(Spot(block, found, len(known), there.articles, is_inside, is_body, markup))
    return recurs


def _is_data(block: Block) -> bool:
    digits = sum(char.isdigit() for char in block.text)
    return block.kind == "table" or digits >= MIN_DATA_SHARE * len(block.text)


def _chars(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _verdict(spot: Spot) -> Verdict:
    seen, known, markup = spot.seen, spot.known, spot.markup
    is_furniture = markup.left >= MIN_SEEN and not markup.kept
    is_sure = is_furniture or seen.articles >= max(MIN_SURE, known / 2)
    return Verdict(
        block=spot.block.index,
        action="remove",
        rule=RULE,
        rule_version=1,
        cls="site.repeated",
        stage="site",
        evidence=(
            f"on {seen.articles} of {known} other articles of the site",
            f"taken for the article on {seen.main}, inside the body on {seen.inside}",
            f"seen from {seen.first_seen:%Y-%m-%d} to {seen.last_seen:%Y-%m-%d}",
            "inside the body" if spot.is_inside else "before or after the body",
            f"its markup held the article on {markup.kept}, and nothing of it on {markup.left}",
        ),
        confidence=SURE if is_sure else UNSURE,
        priority=PRIORITY,
    )
