"""Dates as pages write them, read to a moment with the precision that was printed.

Three readers: `read_time` for machine values (ISO 8601, RFC 2822, epoch, database forms),
`find_dates` for dates in running text of many languages (`tasks.extract.metadata.months`), and
`url_date`. None guesses: what is not a date in a plausible year gives None.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from tasks.extract.metadata.moments import Clock, Moment, written
from tasks.extract.metadata.months import MONTHS
from tasks.extract.metadata.words import MODIFIED_WORDS, PUBLISHED_WORDS

MAX_TEXT_CHARS: Final = 300
MAX_CLOCK_CHARS: Final = 40
"""How far behind a date its time of day may end."""
YEAR_DIGITS: Final = 4
MAX_DAY_DIGITS: Final = 2
MONTHS_A_YEAR: Final = 12
HEBREW_IN: Final = "\u05d1"
"""The letter that means "in" and is written together with the month."""

Day = tuple[str, str, str]  # year, month, day

_ISO = re.compile(
    # year, then month and perhaps day, parted by one sign, or all run together
    r"(?P<y>\d{4})(?:[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?|(?P<m2>\d{2})(?P<d2>\d{2}))"
    # "T", a comma, a bar or spaces; hours and minutes, perhaps seconds and a fraction
    r"(?:(?:\s*[T,|]\s*|\s+|-(?=\d\d:))(?P<H>\d{1,2}):?(?P<M>\d{2})(?::?(?P<S>\d{2})(?:[.,]\d{1,9})?)?"
    # a zone: letters or an offset
    r"\s*(?P<z>Z|[A-Z]{2,4}|[+-]\d{2}:?\d{2}|[+-]\d{1,2})?)?(?!\d)"
)
_NUMERIC = re.compile(
    # two numbers and a year, parted by the same sign: 3.5.2026, 05/03/26, 3. 5. 2026
    r"(?<![\d./-])(?P<a>\d{1,2})(?P<sep>[./-])\s?(?P<b>\d{1,2})(?P=sep)\s?(?P<y>\d{4}|\d{2})"
    r"(?![./-]?\d)"
)
_YEAR_FIRST = re.compile(
    # year, month, day with the East Asian words or a sign between
    r"(?<!\d)(?P<y>\d{4})(?:\s?[年년]\s?|[/.-]\s?)(?P<m>\d{1,2})(?:\s?[月월]\s?|[/.-]\s?)(?P<d>\d{1,2})(?!\d)"
)
_CLOCK = re.compile(
    # hours, a sign or word, minutes, perhaps seconds; no part of a date
    r"(?<!\d)(?P<H>[01]?\d|2[0-3])[:.h時时点시]\s?(?P<M>[0-5]\d)(?:[:.](?P<S>[0-5]\d))?(?![./-]?\d)[分분]?"
    # am or pm, the word for hours, a zone
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?\s*(?:Uhr\b|hrs\b|h\b)?"
    r"\s*\(?(?P<z>Z\b|[A-Z]{2,4}\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_HOUR_ONLY = re.compile(
    r"(?<![\d:])(?P<H>1[0-2]|[1-9])\s*(?P<half>[ap])\.?m\b\.?(?:\s*(?P<z>[A-Z]{2,4})\b)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][^\s\d.,;:/()|·–-]*|\d{1,4}")  # a word, marks of Indic scripts too
_EPOCH = re.compile(r"(\d{10})(?:\d{3})?")  # seconds or milliseconds since 1970
_URL_DATES: Final = (
    re.compile(
        r"/(?P<y>19[89]\d|20\d\d)[/-](?P<m>\d{1,2}|[a-z]{3})[/-](?P<d>\d{1,2})(?=[/.\-_?#]|$)"
    ),
    re.compile(r"[/_-](?P<y>20[0-4]\d)-(?P<m>0[1-9]|1[0-2])-(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)(?P<y>20[0-4]\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"),
)
_DIGIT = re.compile(r"\d")
_CHANGE = re.compile("|".join(map(re.escape, MODIFIED_WORDS)))


def read_time(text: str, *, month_first: bool = False) -> Moment | None:
    """Return the moment a machine value or a short date text stands for, None if it is none.

    >>> read_time("2026-05-03T23:30:00-0500").iso()
    '2026-05-03T23:30:00-05:00'
    >>> read_time("2026-05-03T00:00:00+02:00").iso()
    '2026-05-03'
    >>> read_time("Sun, 03 May 2026 10:11:12 GMT").iso()
    '2026-05-03T10:11:12+00:00'
    >>> read_time("1746266400").iso()
    '2025-05-03T10:00:00+00:00'
    >>> read_time("0001-01-01T00:00:00") is None, read_time("soon") is None
    (True, True)
    """
    text = text.strip()[:MAX_TEXT_CHARS]
    if match := _EPOCH.fullmatch(text):
        return Moment(datetime.fromtimestamp(int(match[1]), UTC), "second", zoned=True)
    if match := _ISO.match(text):
        month, day = match["m"] or match["m2"], match["d"] or match["d2"]
        if day is None:
            return written(match["y"], month, "1", precision="month")
        clock = Clock(match["H"] or "", match["M"] or "", match["S"] or "", match["z"] or "")
        if moment := written(match["y"], month, day, clock):
            return moment
    if len(text) == YEAR_DIGITS and text.isdecimal():
        return written(text, "1", "1", precision="year")
    return next(find_dates(text, month_first=month_first), None)


def find_dates(text: str, *, month_first: bool = False) -> Iterator[Moment]:
    """Yield the dates in a line of text, each with the clock time that follows it.

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
    if not _DIGIT.search(text):
        return
    found = [(m.end(), (m["y"], m["m"], m["d"])) for m in _YEAR_FIRST.finditer(text)]
    found += [(m.end(), _order(m, month_first=month_first)) for m in _NUMERIC.finditer(text)]
    found += _worded(text)
    for end, (year, month, day) in sorted(found):
        moment = written(year, month, day, _clock(text[end : end + MAX_CLOCK_CHARS]))
        if moment is not None:
            yield moment


def is_change(line: str) -> bool:
    """Say whether a line speaks of a change or of a copyright, so that its date is not the issue's.

    >>> is_change("Zuletzt aktualisiert: 3. Mai 2026"), is_change("© 2026"), is_change("3. Mai")
    (True, True, False)

    What stands behind the first date does not count:

    >>> is_change("Written: 2026-05-03 15:03 / Updated: 2026-05-04")
    False
    """
    return _CHANGE.search(_before_digits(line).lower()) is not None


def is_ambiguous(text: str) -> bool:
    """Say whether a machine value may be read day first or month first.

    >>> is_ambiguous("11/01/2026 12:43"), is_ambiguous("13/01/2026"), is_ambiguous("11.01.2026")
    (True, False, False)
    """
    match = _NUMERIC.match(text.strip()[:MAX_TEXT_CHARS])
    if match is None or match["sep"] == ".":
        return False
    return match["a"] != match["b"] and max(int(match["a"]), int(match["b"])) <= MONTHS_A_YEAR


def _before_digits(line: str) -> str:
    """Return what stands before the first digit of `line`, all of it when there is none there."""
    digit = _DIGIT.search(line)
    return line[: digit.start()] if digit and digit.start() else line


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
    path = "/" + url.partition("://")[2].partition("/")[2].partition("?")[0].lower()
    for pattern in _URL_DATES:
        if match := pattern.search(path):
            month = match["m"] if match["m"].isdecimal() else str(MONTHS.get(match["m"], 0))
            if moment := written(match["y"], month, match["d"]):
                return moment
    return None


def _order(match: re.Match[str], *, month_first: bool) -> Day:
    """Return the parts of a numeric date; with a full stop the day is always first."""
    first, second, year = match["a"], match["b"], match["y"]
    year = year if len(year) == YEAR_DIGITS else "20" + year
    may_be_month = int(first) <= MONTHS_A_YEAR and match["sep"] != "."
    if int(second) > MONTHS_A_YEAR or (month_first and may_be_month):
        return year, first, second
    return year, second, first


def _worded(text: str) -> Iterator[tuple[int, Day]]:
    """Yield (end, day) of dates whose month is a word: day and year stand near it."""
    tokens = [(m.end(), m[0].rstrip(".").lower()) for m in _WORD.finditer(text)]
    for i, (end, word) in enumerate(tokens):
        month = MONTHS.get(word) or MONTHS.get(word.removeprefix(HEBREW_IN))
        if month is None:
            continue
        after, before = tokens[i + 1 : i + 5], tokens[max(0, i - 3) : i]
        years = [token for token in after if _is_number(token[1], YEAR_DIGITS)]
        years += [(end, w) for _, w in before if _is_number(w, YEAR_DIGITS)]
        days = [w for _, w in (*reversed(before), *after) if _is_number(w, 1, MAX_DAY_DIGITS)]
        if years and days:
            yield years[0][0], (years[0][1], str(month), days[0])


def _is_number(word: str, *digits: int) -> bool:
    return len(word) in digits and word.isdecimal()


def _clock(text: str) -> Clock:
    """Return the first time of day in `text`, in 24 hours; empty when there is none."""
    if match := _CLOCK.search(text):
        hour = _hour(match["H"], match["half"] or "")
        return Clock(hour, match["M"], match["S"] or "", match["z"] or "")
    if match := _HOUR_ONLY.search(text):
        return Clock(_hour(match["H"], match["half"]), "00", zone=match["z"] or "")
    return Clock()


def _hour(hour: str, half: str) -> str:
    return str(int(hour) % 12 + (12 if half in "pP" else 0)) if half else hour
