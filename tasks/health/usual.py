"""What is usual for a site: learnt from its healthy days, from all sites while these are few.

A day is tallied once; the tallies of up to `WINDOW_DAYS` healthy days together are a `Usual`.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Final

from tasks import markup
from tasks.health.days import Day, Seen

WINDOW_DAYS: Final = 28
"""Healthy days that count: four of each weekday."""

LEARN_DAYS: Final = 3
LEARN_PAGES: Final = 20
"""Less is not enough to tell what is usual; the site is "learning"."""

SHARES: Final[Mapping[str, float]] = {
    "empty": 0.05,
    "no_title": 0.02,
    "no_date": 0.1,
    "duplicates": 0.05,
    "partial": 0.1,
    "other_lang": 0.05,
    "unfamiliar": 0.25,
    "failed": 0.05,
}
"""Counts of bad pages, and the share of them that all sites start from: what tests/eval/health.py
measures over the sites of the shared corpus, rounded up; duplicates and failed are guesses."""

PRIOR_PAGES: Final = 10.0
"""What all sites say of one of them weighs as much as so many pages of its own."""

MOST_PAGES: Final = 150.0
"""More pages of its own weigh no more: days differ by more than chance."""

FAMILIAR: Final = 0.5
"""A page with a smaller share of its text in known markup is unfamiliar."""

MAD_TO_SD: Final = 1.4826
"""A normal distribution's standard deviation over its median absolute deviation."""

_LEAST_DAY_SPREAD: Final = 0.3
"""Spread of a day's number of articles, over the usual one, that the steadiest site may have."""

_TAIL: Final = 0.1
_FAR: Final = 0.25

_SAME_WEEKDAY: Final = 3

Bad = Mapping[str, tuple[Seen, ...]]
"""Metric -> the day's pages that are bad by it."""


@dataclass(frozen=True, slots=True)
class Range:
    """Where the values of nine of ten pages usually lie, on either side.

    A site may well have short and long texts, so no spread around a middle is taken for granted.
    """

    low: float
    middle: float
    high: float
    below: tuple[float, float]  # beta distribution of the share of values below `low`
    above: tuple[float, float]

    @classmethod
    def of(
        cls, values: Sequence[float], far: Callable[[float], tuple[float, float]]
    ) -> "Range | None":
        """Return the range of sorted values; what is outside is also `far` from their middle."""
        if not values:
            return None
        middle = median(values)
        low, high = far(middle)
        low = min(low, values[int(_TAIL * len(values))])
        high = max(high, values[-1 - int(_TAIL * len(values))])
        return cls(
            low, middle, high,
            below=beta(_TAIL, bisect_left(values, low), len(values)),
            above=beta(_TAIL, len(values) - bisect_right(values, high), len(values)),
        )  # fmt: skip


def beta(share: float, bad: int, of: int) -> tuple[float, float]:
    """Return what is known of a share that starts from `share` and was `bad` of `of`."""
    weight = min(1.0, MOST_PAGES / of) if of else 0.0
    return share * PRIOR_PAGES + bad * weight, (1 - share) * PRIOR_PAGES + (of - bad) * weight


@dataclass(frozen=True)
class Usual:
    """What is usual for a site, by its healthy days, oldest first."""

    days: tuple["Tally", ...]

    @property
    def is_known(self) -> bool:
        """Tell whether there is enough to judge another day by."""
        with_pages = [tally for tally in self.days if tally.day.seen]
        pages = sum(len(tally.day.seen) for tally in with_pages)
        return len(with_pages) >= LEARN_DAYS and pages >= LEARN_PAGES

    @cached_property
    def paths(self) -> Counter[str]:
        """Pages by markup path."""
        return _total(tally.paths for tally in self.days)

    @cached_property
    def known(self) -> frozenset[str]:
        """Signatures that the site's text stands in."""
        return markup.known(self.paths, sum(tally.marked for tally in self.days))

    @cached_property
    def lang(self) -> str:
        """The language of most texts."""
        langs = _total(tally.langs for tally in self.days)
        return min(langs, key=lambda name: (-langs[name], name), default="")

    @cached_property
    def words(self) -> Range | None:
        """Lengths of texts: those under half or over twice of the usual one may be outside."""
        values = sorted(n for tally in self.days for n in tally.day.words)
        return Range.of(values, lambda middle: (middle / 2, middle * 2))

    @cached_property
    def removed(self) -> Range | None:
        """Shares removed of a page: those that differ by a quarter may be outside."""
        values = sorted(page.removed_share for tally in self.days for page in tally.day.texts)
        return Range.of(values, lambda middle: (middle - _FAR, middle + _FAR))

    def prior(self, metric: str) -> tuple[float, float]:
        """Return the beta distribution of a metric's share: pages that were bad, and not."""
        bad = sum(tally.counts.get(metric, (0, 0))[0] for tally in self.days)
        of = sum(tally.counts.get(metric, (0, 0))[1] for tally in self.days)
        return beta(SHARES[metric], bad, of)

    def articles(self, day: Day) -> tuple[float, float] | None:
        """Return how many new articles a day like `day` brings, and the spread of their number."""
        looked = [tally.day for tally in self.days if tally.day.asked.lists and tally.day.is_over]
        if len(looked) < 7:  # noqa: PLR2004  a week: not every day of it is alike
            return None
        alike = [one for one in looked if one.day.weekday() == day.day.weekday()]
        values = [one.articles for one in (alike if len(alike) >= _SAME_WEEKDAY else looked)]
        usual = median(values)
        every = [one.articles for one in looked]
        middle = median(every)
        apart = MAD_TO_SD * median(abs(n - middle) for n in every)
        return usual, max(_LEAST_DAY_SPREAD, apart / middle if middle else 1.0)

    def familiar(self, page: Seen) -> float:
        """Return the share of a page's text in known markup."""
        return markup.familiar(page.paths, self.known)

    def bad(self, day: Day) -> Bad:
        """Return the pages of `day` that are bad, by metric."""
        texts = day.texts
        return {
            "empty": tuple(page for page in day.seen if page.is_empty),
            "no_title": tuple(page for page in texts if not page.has_title),
            "no_date": tuple(page for page in texts if not page.has_date),
            "partial": tuple(page for page in texts if page.is_partial),
            "other_lang": tuple(
                page for page in texts if self.lang and page.lang not in (self.lang, "")
            ),
            "unfamiliar": tuple(
                page
                for page in texts
                if self.known and page.paths and self.familiar(page) < FAMILIAR
            ),
        }


@dataclass(frozen=True)
class Tally:
    """One day, counted: for each metric how many pages were bad, and of how many."""

    day: Day
    counts: Mapping[str, tuple[int, int]]
    bad: Bad

    @cached_property
    def paths(self) -> Counter[str]:
        """Pages by markup path."""
        return Counter(path for page in self.day.seen for path, _ in page.paths)

    @cached_property
    def langs(self) -> Counter[str]:
        """Texts by language."""
        return Counter(page.lang for page in self.day.texts)

    @cached_property
    def marked(self) -> int:
        """Number of pages with markup."""
        return sum(bool(page.paths) for page in self.day.seen)


def tally(day: Day, usual: Usual) -> Tally:
    """Count a day by what is usual for its site."""
    bad = usual.bad(day)
    of = {"empty": len(day.seen), "unfamiliar": sum(bool(p.paths) for p in day.texts)}
    counts = {name: (len(pages), of.get(name, len(day.texts))) for name, pages in bad.items()}
    if not usual.known:  # nothing is new where nothing is known
        counts["unfamiliar"] = (0, 0)
    counts["duplicates"] = (day.duplicates, day.versions)
    counts["failed"] = (day.asked.failures, day.asked.pages)
    return Tally(day, counts, bad)


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in counters:
        found.update(one)
    return found


def recent(window: Sequence[Tally], day: Day, least: int, within_days: int) -> list[Tally]:
    """Return the last days before `day` that with it have `least` pages; none if it has them."""
    found: list[Tally] = []
    pages = len(day.seen)
    for one in reversed(window):
        if pages >= least or (day.day - one.day.day).days > within_days:
            break
        found.insert(0, one)
        pages += len(one.day.seen)
    return found
