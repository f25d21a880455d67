"""Charts as numbers for inline SVG, each with its text alternative. No colours, no markup."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LONGEST: Final = 15
"""Bars of one chart; what does not fit is one bar "others"."""

SPARK_WIDTH: Final = 120.0
SPARK_HEIGHT: Final = 24.0
DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `width` is a percentage of the longest, `share` of all."""

    label: str
    count: int
    width: float
    share: float


@dataclass(frozen=True, slots=True)
class Spark:
    """One line of days: points of a polyline, where it ends, and what it says."""

    points: str
    x: float
    y: float
    told: str


@dataclass(frozen=True, slots=True)
class Column:
    """One day of a column chart, in the units of a 600 x 120 picture."""

    day: date
    count: int
    x: float
    y: float
    height: float


def bars(found: Counter[str], *, ordered: Sequence[str] = ()) -> list[Bar]:
    """Return the bars of a chart, the longest first, or as `ordered`, without empty ones."""
    if ordered:
        shown = [(name, found[name]) for name in ordered if found[name]]
    else:
        ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        rest = sum(count for _, count in ranked[LONGEST:])
        shown = ranked[:LONGEST] + ([("others", rest)] if rest else [])
    longest = max((count for _, count in shown), default=0)
    everything = max(1, sum(count for _, count in shown))
    return [
        Bar(name or "(none)", count, 100 * count / longest, count / everything)
        for name, count in shown
    ]


def spark(counts: Sequence[int], last: date) -> Spark:
    """Return a site's days as a line; the scale begins at 0.

    >>> spark([0, 4, 2], date(2026, 11, 24)).told
    'new articles a day from 2026-11-22 to 2026-11-24: 0 to 4, last 2'
    """
    top = max(*counts, 1)
    step = SPARK_WIDTH / max(1, len(counts) - 1)
    inner = SPARK_HEIGHT - 6
    places = [(i * step, 3 + inner * (1 - count / top)) for i, count in enumerate(counts)]
    first = last - timedelta(days=len(counts) - 1)
    return Spark(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        x=round(places[-1][0], 1),
        y=round(places[-1][1], 1),
        told=f"new articles a day from {first} to {last}: {min(counts)} to {max(counts)}, "
        f"last {counts[-1]}",
    )


def columns(days: Counter[date], last: date) -> list[Column]:
    """Return the `DAYS` days to `last` as columns, those without articles too."""
    shown = [last - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    top = max((days[day] for day in shown), default=0)
    if not top:
        return []
    return [
        Column(day, days[day], place * 20.0 + 2, 120 - (h := 110 * days[day] / top), h)
        for place, day in enumerate(shown)
    ]
