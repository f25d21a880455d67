from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.metadata.dates import localised
from tasks.extract.metadata.moments import Moment, written
from tasks.extract.metadata.months import MONTHS
from tasks.extract.metadata.times import find_dates, is_change, read_time, url_date


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-05-03T10:11:12Z", "2026-05-03T10:11:12+00:00"),
        ("2026-05-03T10:11:12.345+0200", "2026-05-03T10:11:12+02:00"),
        ("2026-05-03T10:11:12+05:30", "2026-05-03T10:11:12+05:30"),
        ("2026-05-03 10:11", "2026-05-03T10:11"),
        ("2026-05-03 10:11:12 UTC", "2026-05-03T10:11:12+00:00"),
        ("20260503T101112Z", "2026-05-03T10:11:12+00:00"),
        ("20260503", "2026-05-03"),
        ("2026/05/03", "2026-05-03"),
        ("2026-05", "2026-05"),
        ("2026", "2026"),
        ("2026-05-03T00:00:00-07:00", "2026-05-03"),
        ("Sun, 03 May 2026 10:11:12 +0200", "2026-05-03T10:11:12+02:00"),
        ("1777803072000", "2026-05-03T10:11:12+00:00"),
        ("May 3, 2026 10:11 AM EST", "2026-05-03T10:11-05:00"),
        ("03.05.2026 - 18:05 Uhr", "2026-05-03T18:05"),
    ],
)
def test_machine_values(text: str, iso: str) -> None:
    moment = read_time(text)
    assert moment is not None
    assert moment.iso() == iso


@pytest.mark.parametrize(
    "line",
    [
        "3 May 2026", "May 3rd, 2026", "3. Mai 2026", "3 mai 2026", "3 de mayo de 2026",
        "3 de maio de 2026", "3 maggio 2026", "3 mei 2026", "3 maj 2026", "3. mai 2026",
        "3. toukokuuta 2026", "3 maja 2026", "3. května 2026", "2026. május 3.", "3. mai 2026 kl.",
        "3 мая 2026", "3 травня 2026", "3 Μαΐου 2026", "3 Mayıs 2026", "3 مايو 2026", "3 במאי 2026",
        "3 मई 2026", "৩ মে ২০২৬", "3 พฤษภาคม 2569", "3 Mei 2026", "2026年5月3日", "2026년 5월 3일",
        "2026. 5. 3.", "03.05.2026", "03/05/2026", "3-5-2026", "2026/05/03", "Sunday 3 May, 2026",
    ],
)  # fmt: skip
def test_days_in_many_languages(line: str) -> None:
    assert [m.iso() for m in find_dates(f"Harbour, {line}")] == ["2026-05-03"]


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("May 3, 2026 at 6:05 p.m. ET", "2026-05-03T18:05-04:00"),
        ("January 3, 2026 6pm PT", "2026-01-03T18:00-08:00"),
        ("3. Mai 2026, 18.05 Uhr MESZ", "2026-05-03T18:05+02:00"),
        ("3 mai 2026 à 18h05", "2026-05-03T18:05"),
        ("2026年5月3日 18時05分", "2026-05-03T18:05"),
        ("03/05/2026 12:30 AM", "2026-05-03T00:30"),
    ],
)
def test_times_of_day_follow_the_date(text: str, iso: str) -> None:
    assert next(find_dates(text)).iso() == iso


def test_american_pages_put_the_month_first() -> None:
    assert next(find_dates("05/03/2026", month_first=True)).iso() == "2026-05-03"
    assert next(find_dates("05/13/2026")).iso() == "2026-05-13"
    assert next(find_dates("03.05.2026", month_first=True)).iso() == "2026-05-03"


@pytest.mark.parametrize(
    "text",
    ["", "soon", "1970-01-01T00:00:00Z", "0001-01-01", "2026-02-30", "2026-13-01", "v2.10.3",
     "10-20-30-40", "+49 30 2026 1234", "9999-99-99", "May we go in 2026?", "in March"],
)  # fmt: skip
def test_no_date_is_invented(text: str) -> None:
    assert read_time(text) is None


@pytest.mark.parametrize(
    ("url", "iso"),
    [
        ("https://a.example/2026/05/03/rain", "2026-05-03"),
        ("https://a.example/2026/may/03/rain", "2026-05-03"),
        ("https://a.example/rain-2026-05-03.html", "2026-05-03"),
        ("https://a.example/n/20260503/rain", "2026-05-03"),
        ("https://a.example/2026/05/rain", None),
        ("https://a.example/rain?d=2026-05-03", None),
        ("https://a.example/article20260503123", None),
        ("https://a.example/20269999/rain", None),
        ("", None),
    ],
)
def test_dates_in_addresses(url: str, iso: str | None) -> None:
    moment = url_date(url)
    assert (moment.iso() if moment else None) == iso


def test_lines_of_change_and_copyright() -> None:
    assert is_change("Updated 3 May 2026")
    assert is_change("Copyright 2026 Harbour Courier")
    assert not is_change("3 May 2026")


def test_every_month_has_words_and_none_has_two_months() -> None:
    assert set(MONTHS.values()) == set(range(1, 13))
    assert all(word == word.lower() for word in MONTHS)


@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_iso_comes_back_as_the_same_moment(at: datetime, offset: int) -> None:
    at = at.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    moment = read_time(at.isoformat())
    assert moment is not None
    if at.time() != datetime.min.time():
        assert moment.at == at
    assert moment.at.date() == at.date()
    again = read_time(moment.iso())
    assert again is not None
    assert (again.at, again.precision) == (moment.at, moment.precision)


@given(st.text(max_size=400))
def test_any_text_is_survived(text: str) -> None:
    for moment in (read_time(text), url_date(text), *find_dates(text)):
        assert moment is None or 1700 <= moment.at.year <= 2200


def test_an_instant_in_utc_takes_the_offset_the_page_shows() -> None:
    utc = read_time("2026-05-04T01:46:08Z")
    local = read_time("2026-05-03 22:46")
    day = read_time("2026-05-03")
    same = read_time("2026-05-04")
    assert utc is not None
    assert local is not None
    assert day is not None
    assert same is not None
    assert localised(utc, [local]).at == utc.at
    assert localised(utc, [local]).iso() == "2026-05-03T22:46:08-03:00"
    assert localised(utc, [day]).at.date() == day.at.date()
    assert localised(utc, [day]).at == utc.at
    assert localised(utc, [day, same]) == utc
    assert localised(local, [day]) == local


def test_a_moment_keeps_its_precision() -> None:
    assert written("2026", "5", "3") == Moment(datetime(2026, 5, 3, tzinfo=UTC), "day")
    assert written("2026", "15", "3") is None
