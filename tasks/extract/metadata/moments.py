"""A moment: a point in time, the offset it was printed with, and how much of it was written down.

`written` is the one door from parts of a date, as they stand in a text, to a moment.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

Precision = Literal["", "year", "month", "day", "minute", "second"]

FIRST_YEAR: Final = 1700
LAST_YEAR: Final = 2200
BUDDHIST_ERA_YEARS: Final = 543
"""How far the years on Thai pages are ahead."""

ZONES: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "IST": 330, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "WIB": 420, "PKT": 300,
    "SGT": 480, "HKT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720,
    "NZDT": 780, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "BRT": -180, "ART": -180,
}  # fmt: skip
"""Abbreviation -> minutes east of Greenwich. IST is India's and CST North America's: the readings
that news pages print most. Others are left out: a wrong zone is worse than none."""
SEASONAL_ZONES: Final = {"ET": -300, "CT": -360, "MT": -420, "PT": -480}
"""American zones named without season: an hour later from mid-March to the start of November."""

_TEXT_CHARS: Final = {"year": 4, "month": 7, "day": 10}


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time. Without a printed zone it is taken as UTC and `zoned` is False."""

    at: datetime
    precision: Precision
    zoned: bool = False

    def iso(self) -> str:
        """Return ISO 8601 cut to the precision, without an offset when none was printed.

        >>> Moment(datetime(2026, 5, 3, tzinfo=UTC), "day").iso()
        '2026-05-03'
        """
        if self.precision in _TEXT_CHARS:
            return self.at.isoformat()[: _TEXT_CHARS[self.precision]]
        spec = "minutes" if self.precision == "minute" else "seconds"
        at = self.at if self.zoned else self.at.replace(tzinfo=None)
        return at.isoformat(timespec=spec)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as written; parts that are missing are ""."""

    hour: str = ""
    minute: str = ""
    second: str = ""
    zone: str = ""


def written(
    year: str, month: str, day: str, clock: Clock | None = None, precision: Precision = "day"
) -> Moment | None:
    """Return the moment these digits stand for; None when there is no such day or year.

    Exactly midnight, in whatever zone, is a date that a program turned into a time: the calendar
    day stays as written. 1 January 1970 is the zero of clocks and no date.

        >>> written("2026", "5", "3", Clock("23", "30", zone="-05:00")).iso()
        '2026-05-03T23:30-05:00'
        >>> written("2569", "5", "3").iso(), written("2026", "2", "30"), written("1970", "1", "1")
        ('2026-05-03', None, None)
    """
    clock = clock or Clock()
    number = int(year)
    if number - BUDDHIST_ERA_YEARS >= FIRST_YEAR and number > LAST_YEAR:
        number -= BUDDHIST_ERA_YEARS
    try:
        at = datetime(number, int(month), int(day), tzinfo=UTC)
        at = at.replace(hour=int(clock.hour or 0), minute=int(clock.minute or 0))
        at = at.replace(second=int(clock.second or 0))
        offset = zone_offset(clock.zone, at)
        zone = timezone(timedelta(minutes=offset or 0))
    except (ValueError, OverflowError):
        return None
    if not FIRST_YEAR <= at.year <= LAST_YEAR or (at.year, at.month, at.day) == (1970, 1, 1):
        return None
    if not clock.hour or not (at.hour or at.minute or at.second):
        return Moment(at, precision)
    precision = "second" if clock.second else "minute"
    return Moment(at.replace(tzinfo=zone), precision, zoned=offset is not None)


def zone_offset(zone: str, at: datetime) -> int | None:
    """Return the minutes `zone` is east of Greenwich, None when it is unknown.

    >>> at = datetime(2026, 7, 1, tzinfo=UTC)
    >>> zone_offset("+0530", at), zone_offset("-5", at), zone_offset("ET", at), zone_offset("X", at)
    (330, -300, -240, None)
    """
    name = zone.upper()
    if name[:1] in ("+", "-"):
        hours, _, minutes = name[1:].partition(":")
        if not minutes:
            hours, minutes = hours[:2], hours[2:]
        total = int(hours or 0) * 60 + int(minutes or 0)
        return total if name[0] == "+" else -total
    if name in SEASONAL_ZONES:
        is_summer = (3, 10) <= (at.month, at.day) < (11, 4)
        return SEASONAL_ZONES[name] + 60 * is_summer
    return ZONES.get(name)
