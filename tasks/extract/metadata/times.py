"""Dates as pages write them, read to a moment in UTC with the precision that was printed.

Three readers: `read_time` for machine values (ISO 8601, RFC 2822, epoch, database forms),
`find_dates` for dates in running text of many languages (`tasks.extract.metadata.months`), and
`url_date`. None guesses: what is not a date in a plausible year gives None.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

from tasks.extract.metadata.months import MONTHS
from tasks.extract.metadata.words import MODIFIED_WORDS, PUBLISHED_WORDS

Precision = Literal["", "year", "month", "day", "minute", "second"]

FIRST_YEAR: Final = 1700
"""Archives go far back; 1970-01-01 (epoch nought) and year 1 are refused by name below."""
LAST_YEAR: Final = 2200
MAX_TEXT_CHARS: Final = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, in the offset it was printed with, and how much of it was written down.

    Without a printed zone the time is taken as UTC and `zoned` is False.
    """

    at: datetime
    precision: Precision
    zoned: bool = False

    def iso(self) -> str:
        """Return ISO 8601 cut to the precision; `read_time` reads it back.

        >>> Moment(datetime(2026, 5, 3, tzinfo=UTC), "day").iso()
        '2026-05-03'
        """
        if self.precision in ("minute", "second"):
            text = self.at.isoformat(timespec="minutes" if self.precision == "minute" else "seconds")
            return text if self.zoned else text[:-6]
        return self.at.isoformat()[: {"year": 4, "month": 7}.get(self.precision, 10)]


_ISO = re.compile(
    r"(?P<y>\d{4})(?:[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?|(?P<m2>\d{2})(?P<d2>\d{2}))"
    r"(?:(?:\s*[T,|]\s*|\s+|-(?=\d\d:))"  # between date and time: "T", a comma, spaces
    r"(?P<H>\d{1,2}):?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?P<z>Z|[A-Z]{2,4}|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?)?(?!\d)"
)
_NUMERIC = re.compile(r"(?<![\d.])(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d{2})(?![\d])")
_CJK = re.compile(
    r"(?<!\d)(?P<y>\d{4})(?:\s?[年년]\s?|[/.-]\s?)(?P<m>\d{1,2})(?:\s?[月월]\s?|[/.-]\s?)(?P<d>\d{1,2})(?!\d)"
)
_CLOCK = re.compile(
    r"(?<!\d)(?P<H>[01]?\d|2[0-3])(?P<sep>[:.h时時点시])\s?(?P<M>[0-5]\d)(?:[:.](?P<S>[0-5]\d))?(?![./-]?\d)[分분]?"
    r"(?:\s*(?P<half>[ap]\.?m\b\.?))?\s*(?:Uhr\b|hrs\b|h\b)?\s*\(?(?P<z>Z\b|[A-Z]{2,4}\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_HOUR_ONLY = re.compile(r"(?<![\d:])(?P<H>1[0-2]|[1-9])\s*(?P<half>[ap])\.?m\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][^\s\d.,;:/()|·–-]*|\d{1,4}")
_EPOCH = re.compile(r"(\d{10})(\d{3})?")
_URL_SLASHED = re.compile(r"/(?P<y>19[89]\d|20\d\d)[/-](?P<m>\d{1,2}|[a-z]{3})[/-](?P<d>\d{1,2})(?=[/.\-_?#]|$)")
_URL_RUN = re.compile(r"(?<!\d)(?P<y>20[0-4]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")
_URL_DASHED = re.compile(r"[/_-](?P<y>20[0-4]\d)-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\d)")

_CHANGE = re.compile("|".join(map(re.escape, MODIFIED_WORDS)))

ZONES: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "IST": 330, "CET": 60, "MEZ": 60, "CEST": 120,
    "MESZ": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120, "WIB": 420, "PKT": 300,
    "SGT": 480, "HKT": 480, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "NZST": 720,
    "NZDT": 780, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360,
    "PST": -480, "PDT": -420, "BRT": -180, "ART": -180,
}  # fmt: skip
"""Abbreviation -> minutes east of Greenwich. IST is India's and CST North America's: the readings
that news pages print most. Others are left out: a wrong zone is worse than none."""
_SUMMER_AWARE: Final = {"ET": -300, "CT": -360, "MT": -420, "PT": -480}
"""American zones named without season: an hour later from mid-March to the start of November."""


def read_time(text: str, *, month_first: bool = False) -> Moment | None:
    """Return the moment a machine value or a short date text stands for, None if it is none.

    A time without a zone is taken as UTC. A time of exactly midnight, in whatever zone, is a date
    that a program turned into a time: the calendar day stays as written, precision "day".

        >>> read_time("2026-05-03T23:30:00-0500").iso()
        '2026-05-03T23:30:00-05:00'
        >>> read_time("2026-05-03T00:00:00+02:00").iso()
        '2026-05-03'
        >>> read_time("Sun, 03 May 2026 10:11:12 GMT").iso()
        '2026-05-03T10:11:12+00:00'
        >>> read_time("1746266400").iso()
        '2025-05-03T10:00:00+00:00'
        >>> read_time("0001-01-01T00:00:00") is None
        True
    """
    text = text.strip()[:MAX_TEXT_CHARS]
    if match := _EPOCH.fullmatch(text):
        return _moment(datetime.fromtimestamp(int(match[1]), UTC), "second", zoned=True)
    if match := _ISO.match(text):
        month, day = match["m"] or match["m2"], match["d"] or match["d2"]
        clock = (match["H"], match["M"], match["S"], match["z"])
        if day is None:
            return _build(match["y"], month, "1", (None,) * 4, "month")
        if moment := _build(match["y"], month, day, clock, "day"):
            return moment
    if re.fullmatch(r"\d{4}", text):
        return _build(text, "1", "1", (None,) * 4, "year")
    return next(find_dates(text, month_first=month_first), None)


def find_dates(text: str, *, month_first: bool = False) -> Iterator[Moment]:
    """Yield the dates in a line of text, with the clock time that follows or precedes them.

        >>> [m.iso() for m in find_dates("Stand: 3. Mai 2026, 18:05 Uhr")]
        ['2026-05-03T18:05']
        >>> [m.iso() for m in find_dates("Published May 3, 2026 at 6:05 pm EDT")]
        ['2026-05-03T18:05-04:00']
        >>> [m.iso() for m in find_dates("2026年5月3日 09時30分")]
        ['2026-05-03T09:30']
        >>> [m.iso() for m in find_dates("3 de mayo de 2026 / 03.05.2026")]
        ['2026-05-03', '2026-05-03']
    """
    text = text[:MAX_TEXT_CHARS]
    for end, (year, month, day) in _dates(text, month_first=month_first):
        moment = _build(year, month, day, _clock(text[end : end + 40]), "day")
        if moment is not None:
            yield moment


def is_change(line: str) -> bool:
    """Say whether a line speaks of a change or of a copyright, so that its date is not the issue's.

    >>> is_change("Zuletzt aktualisiert: 3. Mai 2026"), is_change("3. Mai 2026")
    (True, False)
    """
    return _CHANGE.search(line.lower()) is not None


def is_issue(line: str) -> bool:
    """Say whether a line begins like one that gives the date of publication.

    >>> is_issue("Veröffentlicht am 3. Mai 2026"), is_issue("Am 3. Mai 2026 regnete es")
    (True, False)
    """
    return line.lower().startswith(PUBLISHED_WORDS)


def url_date(url: str) -> Moment | None:
    """Return the date an address carries in its path, None when it carries none.

        >>> url_date("https://a.example/2026/05/03/rain.html").iso()
        '2026-05-03'
        >>> url_date("https://a.example/news/rain-2026-05-03").iso()
        '2026-05-03'
        >>> url_date("https://a.example/2026/05/rain") is None
        True
    """
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    for pattern in (_URL_SLASHED, _URL_DASHED, _URL_RUN):
        if match := pattern.search("/" + path.lower()):
            month = match["m"] if match["m"].isdigit() else str(MONTHS.get(match["m"], 0))
            if moment := _build(match["y"], month, match["d"], (None,) * 4, "day"):
                return moment
    return None


def _dates(text: str, *, month_first: bool) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield (end, (year, month, day)) of every date written in `text`, left to right."""
    found = [(m.end(), (m["y"], m["m"], m["d"])) for m in _CJK.finditer(text)]
    found += [(m.end(), _order(m, month_first=month_first)) for m in _NUMERIC.finditer(text)]
    found += _worded(text)
    return iter(sorted(found))


def _order(match: re.Match[str], *, month_first: bool) -> tuple[str, str, str]:
    first, second, year = match["a"], match["b"], match["y"]
    if len(year) == 2:
        year = "20" + year
    american = int(second) > 12 or (month_first and int(first) <= 12 and match["sep"] != ".")
    return (year, first, second) if american else (year, second, first)


def _worded(text: str) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield dates whose month is a word: its day and year stand within three words of it."""
    tokens = [(m.end(), m[0].rstrip(".").lower()) for m in _WORD.finditer(text)]
    for i, (_, word) in enumerate(tokens):
        month = MONTHS.get(word)
        if month is None:
            continue
        after = tokens[i + 1 : i + 5]
        before = tokens[max(0, i - 3) : i]
        years = [(end, w) for end, w in after if len(w) == 4 and w.isdigit()]
        if not years:
            years = [(tokens[i][0], w) for _, w in before if len(w) == 4 and w.isdigit()]
        days = [w for _, w in reversed(before) if len(w) <= 2 and w.isdigit()]
        days += [w for _, w in after if len(w) <= 2 and w.isdigit()]
        if years and days:
            end, year = years[0]
            yield end, (year, str(month), days[0])


def _clock(text: str) -> tuple[str | None, str | None, str | None, str | None]:
    match = _CLOCK.search(text)
    if match is None:
        hour = _HOUR_ONLY.search(text)
        if hour is None:
            return None, None, None, None
        return _half_day(hour["H"], hour["half"]), "00", None, None
    return _half_day(match["H"], match["half"]), match["M"], match["S"], match["z"]


def _half_day(hour: str, half: str | None) -> str:
    if not half:
        return hour
    return str(int(hour) % 12 + (12 if half[0] in "pP" else 0))


def _build(
    year: str,
    month: str,
    day: str,
    clock: tuple[str | None, str | None, str | None, str | None],
    precision: Precision,
) -> Moment | None:
    hour, minute, second, zone = clock
    number = int(year)
    if 2443 <= number <= 2643:  # the Buddhist era of Thai pages
        number -= 543
    zoned = False
    try:
        at = datetime(number, int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
        if hour is not None and (at.hour or at.minute or at.second):
            precision = "second" if second is not None else "minute"
            offset = _offset(zone, at)
            zoned = offset is not None
            at = at.replace(tzinfo=timezone(timedelta(minutes=offset or 0)))
    except (ValueError, OverflowError):
        return None
    return _moment(at, precision, zoned=zoned)


def _offset(zone: str | None, at: datetime) -> int | None:
    """Return the minutes `zone` is east of Greenwich, None when it is unknown."""
    name = (zone or "").upper()
    if name[:1] in ("+", "-"):
        digits = name[1:].replace(":", "").ljust(4, "0") if len(name) > 3 else name[1:].zfill(2) + "00"
        return (1 if name[0] == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:4]))
    if name in _SUMMER_AWARE:
        summer = (3, 10) <= (at.month, at.day) < (11, 4)
        return _SUMMER_AWARE[name] + 60 * summer
    return ZONES.get(name)


def _moment(at: datetime, precision: Precision, *, zoned: bool) -> Moment | None:
    if not FIRST_YEAR <= at.year <= LAST_YEAR or (at.year, at.month, at.day) == (1970, 1, 1):
        return None
    return Moment(at, precision, zoned)
