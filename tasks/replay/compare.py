"""One page under two rule books: which lines it gains and loses. Pure functions.

A line is the text of a kept block, as published. Lines are compared as multisets: order is the
page's own and does not change with rules.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tasks.schema import Failure, Finished

MOST_LINES: Final = 40
"""Lines of one article that are kept for the report; counts are of all."""

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Change:
    """How one page fares under the second book, beside the first."""

    url: str
    site: str
    place: tuple[str, int]  # WARC file and offset; of gold pages their id and -1
    words_before: int = 0
    words_after: int = 0
    lost: tuple[str, ...] = ()  # at most MOST_LINES
    gained: tuple[str, ...] = ()
    n_lost: int = 0
    n_gained: int = 0
    words_lost: int = 0
    words_gained: int = 0
    slug_before: str = ""  # why it failed
    slug_after: str = ""
    moved: tuple[str, ...] = ()  # fields of metadata that differ
    rules: tuple[tuple[str, int], ...] = ()  # rule -> lines it takes now that it did not take
    f1_before: float = -1.0  # against gold; -1 without
    f1_after: float = -1.0

    @property
    def is_changed(self) -> bool:
        """Tell whether anything differs."""
        return bool(
            self.n_lost or self.n_gained or self.moved or self.slug_before != self.slug_after
        )

    @property
    def size(self) -> int:
        """By how many words the article differs."""
        return self.words_lost + self.words_gained


Result = Finished | Failure


def compare(
    place: tuple[str, int], before: Result, after: Result, gold: str | None = None
) -> Change:
    """Return how a page differs; with `gold` how near each result is to that text."""
    old, new = lines(before), lines(after)
    lost, gained = list((old - new).elements()), list((new - old).elements())
    return Change(
        url=before.page.url,
        site=_site(before) or _site(after) or before.page.source_id,
        place=place,
        words_before=_words(old.elements()),
        words_after=_words(new.elements()),
        lost=tuple(lost[:MOST_LINES]),
        gained=tuple(gained[:MOST_LINES]),
        n_lost=len(lost),
        n_gained=len(gained),
        words_lost=_words(lost),
        words_gained=_words(gained),
        slug_before=_slug(before),
        slug_after=_slug(after),
        moved=tuple(_moved(before, after)),
        rules=tuple(sorted(_rules(before, after).items())),
        f1_before=-1.0 if gold is None else f1(_text(before), gold),
        f1_after=-1.0 if gold is None else f1(_text(after), gold),
    )


def lines(result: Result) -> Counter[str]:
    """Return the kept lines of a page; a page that failed has none."""
    if isinstance(result, Failure):
        return Counter()
    return Counter(block.text for block in result.blocks)


def f1(text: str, gold: str) -> float:
    """Return the F1 of the words of `text`, as a bag, against those of `gold`.

    >>> round(f1("The ferry sails.", "the ferry sails at noon"), 2)
    0.75
    """
    ours, theirs = (Counter(_WORD.findall(one.lower())) for one in (text, gold))
    hit = (ours & theirs).total()
    if not hit:
        return float(not ours and not theirs)
    return 2 * hit / (ours.total() + theirs.total())


def _text(result: Result) -> str:
    return "" if isinstance(result, Failure) else result.text


def _words(some: Iterable[str]) -> int:
    return sum(len(_WORD.findall(line)) for line in some)


def _site(result: Result) -> str:
    return "" if isinstance(result, Failure) else result.site


def _slug(result: Result) -> str:
    return result.slug if isinstance(result, Failure) else ""


def _moved(before: Result, after: Result) -> Iterable[str]:
    if isinstance(before, Failure) or isinstance(after, Failure):
        return
    for name in ("title", "authors", "published_at", "section", "byline", "access"):
        if getattr(before.metadata, name) != getattr(after.metadata, name):
            yield name


def _rules(before: Result, after: Result) -> Counter[str]:
    """Return the rules that take lines of the text before."""
    if isinstance(before, Failure) or isinstance(after, Failure):
        return Counter()
    kept = {block.index for block in before.blocks}
    gone = [(one.block.index, one.verdict.rule) for one in after.removed]
    gone += [(block.index, verdict.rule) for block, verdict in after.moved]
    return Counter(rule for index, rule in gone if index in kept)


@dataclass(slots=True)
class Tally:
    """Changes of many pages, added up."""

    pages: int = 0
    changed: int = 0
    failed_before: int = 0
    failed_after: int = 0
    words_before: int = 0
    words_after: int = 0
    lines_lost: int = 0
    lines_gained: int = 0
    words_lost: int = 0
    words_gained: int = 0
    scores_before: list[float] = field(default_factory=list)
    scores_after: list[float] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Count one page."""
        self.pages += 1
        self.changed += change.is_changed
        self.failed_before += bool(change.slug_before)
        self.failed_after += bool(change.slug_after)
        self.words_before += change.words_before
        self.words_after += change.words_after
        self.lines_lost += change.n_lost
        self.lines_gained += change.n_gained
        self.words_lost += change.words_lost
        self.words_gained += change.words_gained
        if change.f1_before >= 0:
            self.scores_before.append(change.f1_before)
            self.scores_after.append(change.f1_after)

    @property
    def f1(self) -> tuple[float, float] | None:
        """The mean scores of gold pages before and after, if there are any."""
        if not self.scores_before:
            return None
        count = len(self.scores_before)
        return sum(self.scores_before) / count, sum(self.scores_after) / count


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as a regression."""

    lost_share: float = 0.02  # of all words of a site, net of those gained
    f1: float = 0.002  # by which the mean of the gold pages may fall
    page_f1: float = 0.05  # by which one gold page may fall


MIN_WORDS: Final = 500
"""A site of fewer words is judged with all others only."""


def regressions(
    every: Tally, sites: dict[str, Tally], gold: Sequence[Change], limits: Limits
) -> list[str]:
    """Return what is worse under the second book, a sentence each."""
    found = []
    if every.failed_after > every.failed_before:
        found.append(f"pages that fail: {every.failed_before} before, {every.failed_after} after")
    for name, tally in [("all sites", every), *sorted(sites.items())]:
        net = tally.words_lost - tally.words_gained
        large_enough = name == "all sites" or tally.words_before >= MIN_WORDS
        if large_enough and net > limits.lost_share * tally.words_before:
            found.append(f"{name}: {net} of {tally.words_before} words are lost, net")
    if every.f1 and every.f1[0] - every.f1[1] > limits.f1:
        found.append(f"gold: mean F1 falls from {every.f1[0]:.4f} to {every.f1[1]:.4f}")
    worse = [one for one in gold if one.f1_before - one.f1_after > limits.page_f1]
    if worse:
        first = max(worse, key=lambda one: one.f1_before - one.f1_after)
        found.append(
            f"gold: {len(worse)} pages fall by more than {limits.page_f1:g}, most "
            f"{first.url} ({first.f1_before:.3f} to {first.f1_after:.3f})"
        )
    return found
