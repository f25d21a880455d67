"""When to look again: at a feed, by how much of it was new; at a page, by its age. Pure."""

from datetime import datetime, timedelta
from typing import Final

from tasks.sources import FetchSettings, Schedule

_FASTER_ABOVE: Final = 0.3
"""Share of new entries above which a feed is looked at sooner: a third of its window is gone."""


_MANY_CHECKS: Final = 30

HINTS_S: Final[dict[Schedule, float]] = {
    "": 0, "continuous": 0, "hourly": 1800, "daily": 6 * 3600, "weekly": 86_400
}  # fmt: skip
"""What a source says of how often it publishes -> seconds from the first look to the second."""


def next_interval(
    old_s: float | None, new: int, total: int, settings: FetchSettings, hint: Schedule = ""
) -> float:
    """Return the seconds until a feed is worth another look; `hint` decides after the first.

    >>> defaults = FetchSettings()
    >>> next_interval(None, 20, 20, defaults), next_interval(3600, 0, 20, defaults)
    (600.0, 5400.0)
    >>> next_interval(3600, 10, 20, defaults), next_interval(3600, 3, 20, defaults)
    (1800.0, 3600.0)
    >>> next_interval(None, 20, 20, defaults, "daily")
    21600.0
    """
    if old_s is None or old_s <= 0:
        interval = HINTS_S[hint]
    elif new == 0:
        interval = old_s * 1.5
    elif new > total * _FASTER_ABOVE:
        interval = old_s / 2
    else:
        interval = old_s
    return float(min(max(interval, settings.poll_min_s), settings.poll_max_s))


def next_check(
    now: datetime, published: datetime, checks: int, settings: FetchSettings
) -> datetime | None:
    """Return when a page looked at `now`, for the `checks`-th time, should be looked at again.

    None: never. Its age doubles from look to look (1 h, 2 h, 4 h ... with the default settings), so
    corrections are caught early and an article costs about ten requests in its life. A page that
    says it is of next year, or of this minute at every look, is as old as its looks make it.
    """
    looked_at = settings.recheck_min_s * (2.0 ** min(checks - 1, _MANY_CHECKS) - 1)
    age = max(timedelta(seconds=looked_at), now - published)
    if age > timedelta(days=settings.recheck_days):
        return None
    return now + max(age, timedelta(seconds=settings.recheck_min_s))
