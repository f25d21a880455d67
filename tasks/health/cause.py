"""What is probably behind an alarm, told from which metrics are out together.

A slug is a guess for people to begin with, not a verdict; held-back articles carry it as the
reason ``health.<cause>``.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from tasks.health.days import Day
from tasks.health.judge import CONTENT, Finding

CAUSES: Final[Mapping[str, str]] = {
    "redesign": "the text stands in other markup than before, or is not found any more",
    "paywall": "the publisher declares texts as not free that were free before",
    "language": "texts are in another language than before",
    "metadata": "headlines or dates are not found any more; the text is",
    "teasers": "texts are much shorter than before, in the markup known",
    "longer": "texts are much longer than before: furniture may have become text",
    "removals": "much more or much less of a page is removed than before",
    "empty": "more pages than before have no text, the others are as they were",
    "copies": "more texts than before repeat earlier ones",
    "blocked": "more attempts than before to fetch pages fail",
    "feed-moved": "no feed or sitemap of the site can be read",
    "silent": "feeds and sitemaps answer, but name nothing new",
    "fewer": "fewer articles than before",
    "more": "more articles than the source expects",
}
"""Slug -> what was seen."""

_HALF: Final = 0.5


def cause(out: Sequence[Finding], day: Day, familiar_share: float | None) -> str:
    """Return what is probably behind the findings `out` of a day; "" when there are none."""
    by = {finding.metric: finding for finding in out}
    if not by:
        return ""
    if not by.keys() & set(CONTENT):
        return _of_supply(by, day)
    is_elsewhere = familiar_share is None or familiar_share < _HALF
    signs = {
        "partial": "paywall",
        "unfamiliar": "redesign",
        "other_lang": "language",
        "empty": "redesign" if is_elsewhere else "empty",
        "median_words": "teasers" if _is_below(by, "median_words") else "longer",
        "removed_share": "removals",
    }
    return next((name for metric, name in signs.items() if metric in by), "metadata")


def _is_below(by: Mapping[str, Finding], metric: str) -> bool:
    return metric in by and by[metric].z < 0


def _of_supply(by: Mapping[str, Finding], day: Day) -> str:
    """Return the cause when the texts that came are as they were."""
    asked = day.asked
    if "articles" in by and asked.lists and asked.failed_lists == asked.lists:
        return "feed-moved"
    if "failed" in by or ("articles" in by and asked.failures > _HALF * asked.pages > 0):
        return "blocked"
    if "articles" in by:
        if by["articles"].z > 0:
            return "more"
        return "fewer" if day.articles else "silent"
    return "redesign" if "unfamiliar" in by else "copies"
