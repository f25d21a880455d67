"""One day of a site against what is usual for it: the metrics that are out of their range.

A metric is out when chance hardly explains it (`LIMIT_Z`) *and* it matters: a share has risen by
a quarter, half of the texts are under half as long. What a source expects (config/sources.yaml)
takes the place of what was learnt. A day of few pages is judged together with the days before it,
but only for what shows on the day itself.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from tasks.health.days import Day, Seen, together
from tasks.health.limits import log_silent, too_few, too_many, z_of_log
from tasks.health.usual import SHARES, Range, Tally, Usual, recent, tally
from tasks.sources import Expectations

LIMIT_Z: Final = 4.0
"""A false alarm in 30,000 site-days for each metric, if chance were all there is."""

SECOND_Z: Final = 2.5
"""Enough for a metric when the site's markup is new as well: two signs that agree."""

LEAST_RISE: Final = 0.25
LEAST_BAD: Final = 3
"""A share must rise by as much, and by at least so many pages."""

MOST_OF: Final = 0.4
"""For lengths and what is removed, the share of pages outside their range must rise by so much:
about half of a day's pages, so that the day's median moves."""

FAR: Final = 0.25
"""A day's articles must fall to as much of the usual."""

_FEW_PAGES: Final = 6
_FEW_DAYS: Final = 7

CONTENT: Final = (
    "empty", "no_title", "no_date", "partial", "other_lang", "median_words", "removed_share",
)  # fmt: skip
"""Metrics of the text itself: articles of a day that is out by one are held back."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One metric of one day; `value` and `baseline` are shares, words or articles a day."""

    metric: str
    value: float
    baseline: float
    z: float  # negative: below
    is_large: bool  # it matters, if it is no chance
    pages: tuple[Seen, ...] = ()  # that show it
    is_expected: bool = False  # judged by what the source expects

    def is_out(self, limit: float) -> bool:
        """Tell whether the metric is out of its range."""
        return self.is_large and abs(self.z) >= limit

    def __str__(self) -> str:
        """Return the finding for people."""
        usual = "expected" if self.is_expected else "usual"
        if self.metric in (*SHARES, "removed_share"):
            return f"{self.metric} {self.value:.0%}, {usual} {self.baseline:.0%}"
        return f"{self.metric} {self.value:g}, {usual} {self.baseline:.3g}"


def judge(
    day: Day, window: Sequence[Tally], quiet: Sequence[Day], expect: Expectations
) -> list[Finding]:
    """Return every metric of `day` that can be told, out of its range or not.

    Args:
        day: the day.
        window: the healthy days before it, oldest first.
        quiet: the days just before it that brought no article, without a gap.
        expect: what its source expects.
    """
    found = list(_expected(day, expect))
    before = recent(window, day, _FEW_PAGES, _FEW_DAYS)
    usual = Usual(tuple(window[: len(window) - len(before)]))
    if not usual.is_known:
        return found
    told = {finding.metric for finding in found}
    found += [f for f in _shares(day, before, usual) if f.metric not in told]
    found += [f for f in _spans(day, before, usual) if f.metric not in told]
    if not expect.articles_per_day:
        found += _volume(day, quiet, Usual(tuple(window)))
    return found


def _expected(day: Day, expect: Expectations) -> Iterator[Finding]:
    """Judge by what the source says of itself."""
    if expect.articles_per_day and day.is_over and day.asked.lists:
        least, most = expect.articles_per_day
        if not least <= day.articles <= most:
            bound, z = (least, -LIMIT_Z) if day.articles < least else (most, LIMIT_Z)
            yield Finding("articles", day.articles, bound, z, is_large=True, is_expected=True)
    words = day.words
    if expect.min_words and len(words) >= LEAST_BAD and median(words) < expect.min_words:
        short = tuple(page for page in day.texts if page.words < expect.min_words)
        yield Finding(
            "median_words", median(words), expect.min_words, -LIMIT_Z,
            is_large=True, pages=short, is_expected=True,
        )  # fmt: skip


def _shares(day: Day, before: Sequence[Tally], usual: Usual) -> Iterator[Finding]:
    today = tally(day, usual)
    earlier = [tally(one.day, usual) for one in before]
    for metric in SHARES:
        bad, of = (sum(t.counts[metric][i] for t in [*earlier, today]) for i in (0, 1))
        own_bad, own_of = today.counts[metric]
        if not own_of:
            continue
        prior = usual.prior(metric)
        baseline = prior[0] / sum(prior)
        is_large = (
            bad >= LEAST_BAD
            and bad / of - baseline >= LEAST_RISE
            and own_bad / own_of - baseline >= LEAST_RISE
        )
        z = too_many(bad, of, prior)
        yield Finding(metric, own_bad / own_of, baseline, z, is_large, today.bad.get(metric, ()))


def _spans(day: Day, before: Sequence[Tally], usual: Usual) -> Iterator[Finding]:
    """Judge lengths, and what was removed, by how many pages lie outside the usual range."""
    texts, every = day.texts, together([*(one.day for one in before), day]).texts
    if not texts:
        return
    for metric, get, known in (
        ("median_words", _words, usual.words),
        ("removed_share", _removed, usual.removed),
    ):
        if known is not None:
            below = _outside(metric, texts, every, (get, known, -1))
            above = _outside(metric, texts, every, (get, known, 1))
            yield max(below, above, key=lambda found: (found.is_large, abs(found.z)))


Get = Callable[[Seen], float]


def _outside(
    metric: str, texts: Sequence[Seen], every: Sequence[Seen], by: tuple[Get, Range, int]
) -> Finding:
    """Return the finding about pages on one side of the range: -1 below, 1 above."""
    get, known, side = by
    bound, prior = (known.low, known.below) if side < 0 else (known.high, known.above)
    own, bad = (
        [page for page in some if side * (get(page) - bound) > 0] for some in (texts, every)
    )
    usual = prior[0] / sum(prior)
    rises = [len(own) / len(texts) - usual, len(bad) / len(every) - usual]
    return Finding(
        metric,
        value=median(map(get, texts)),
        baseline=known.middle,
        z=side * too_many(len(bad), len(every), prior),
        is_large=len(bad) >= LEAST_BAD and min(rises) >= MOST_OF,
        pages=tuple(own),
    )


def _words(page: Seen) -> float:
    return page.words


def _removed(page: Seen) -> float:
    return page.removed_share


def _volume(day: Day, quiet: Sequence[Day], usual: Usual) -> Iterator[Finding]:
    """Judge the number of new articles, on days that are over and on which feeds were read."""
    learnt = usual.articles(day)
    if learnt is None or not day.is_over or not day.asked.lists:
        return
    articles, spread = learnt
    if day.articles:
        z = too_few(day.articles, articles, spread) if day.articles < articles else 0.0
        is_large = day.articles <= FAR * articles and articles - day.articles >= LEAST_BAD
    else:
        chances = [log_silent(articles, spread)]
        chances += [log_silent(*known) for one in quiet if (known := usual.articles(one))]
        z, is_large = z_of_log(sum(chances)), True
    yield Finding("articles", day.articles, articles, -z, is_large)
