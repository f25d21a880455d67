"""One day of a site against what is usual for it: the metrics that are out of their range.

A metric is out when chance hardly explains it (`LIMIT_Z`) *and* it matters: a share has risen by
a quarter, a length has halved. What a source expects (config/sources.yaml) takes the place of what
was learnt. A day of few pages is judged together with the days before it, but only for what
shows on the day itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import Final

from tasks.health.days import Day, Seen, together
from tasks.health.limits import log_silent, shifted, too_few, too_many, z_of_log
from tasks.health.usual import SHARES, Tally, Usual, recent, tally
from tasks.sources import Expectations

LIMIT_Z: Final = 4.0
"""A false alarm in 30,000 site-days for each metric, if chance were all there is."""

SECOND_Z: Final = 2.5
"""Enough for a metric when the site's markup is new as well: two signs that agree."""

LEAST_RISE: Final = 0.25
LEAST_BAD: Final = 3
"""A share must rise by as much, and by at least so many pages."""

HALVED: Final = 0.5
FAR: Final = 0.25
"""Median words must halve or double; the share removed must move by as much; a day's articles
must fall to as much of the usual."""

_BETWEEN_WORDS: Final = 0.2
_BETWEEN_REMOVED: Final = 0.06
"""Standard deviations of the medians of healthy days, of log words and of shares: what is left
when chance is taken off, over the sites of the shared corpus with invented days."""

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
    found += [f for f in _medians(day, before, usual) if f.metric not in told]
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


def _medians(day: Day, before: Sequence[Tally], usual: Usual) -> Iterator[Finding]:
    if not day.texts or usual.log_words is None or usual.removed is None:
        return
    every = together([*(one.day for one in before), day])
    if len(every.texts) < LEAST_BAD:
        return
    words = exp(usual.log_words[0])
    ratios = [median(one.words) / words for one in (every, day)]
    is_large = all(r < HALVED for r in ratios) or all(r > 1 / HALVED for r in ratios)
    z = shifted([log(max(1, n)) for n in every.words], usual.log_words, _BETWEEN_WORDS)
    ordered = tuple(sorted(day.texts, key=lambda page: page.words if z < 0 else -page.words))
    yield Finding("median_words", median(day.words), words, z, is_large, ordered)
    usually = usual.removed[0]
    apart = [(one.removed_share or 0.0) - usually for one in (every, day)]
    is_large = all(a >= FAR for a in apart) or all(a <= -FAR for a in apart)
    shares = [page.removed_share for page in every.texts]
    z = shifted(shares, usual.removed, _BETWEEN_REMOVED)
    ordered = tuple(sorted(day.texts, key=lambda page: (page.removed_share - usually) * -z))
    yield Finding("removed_share", day.removed_share or 0.0, usually, z, is_large, ordered)


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
