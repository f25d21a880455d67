"""A site's days, invented: what raises an alarm, what does not, and how it ends."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from tasks.health.course import Judged, course, row
from tasks.health.days import Asked, Day, Seen
from tasks.schema import SITE_HEALTH, columns
from tasks.sources import Expectations
from tasks.store.decisions import Decision

FIRST = date(2026, 11, 2)
OLD = (("main/div.story/div.body/p", 900), ("main/div.story/h1.head", 60))
NEW = (("div.app/div.wrap/section.text/p", 900),)
NONE = Expectations()


def page(number: int, **changed: object) -> Seen:
    rng = random.Random(number)  # noqa: S311
    words = round(400 * rng.lognormvariate(0, 0.5))
    usual = {"url": f"https://courier.example/{number}", "words": words, "lang": "en",
             "removed_share": rng.uniform(0.2, 0.5), "paths": OLD}  # fmt: skip
    return Seen(**{**usual, **changed})  # type: ignore[arg-type]


def day(number: int, pages: int = 12, *, bad: int = 0, **changed: object) -> Day:
    """Return a day on which the first `bad` pages are `changed`."""
    seen = tuple(page(1000 * number + i, **(changed if i < bad else {})) for i in range(pages))
    return Day("courier.example", FIRST + timedelta(days=number), seen, articles=pages,
               versions=pages, asked=Asked(pages=pages, lists=4))  # fmt: skip


def healthy(number: int, pages: int = 12) -> list[Day]:
    return [day(i, pages) for i in range(number)]


def last(days: Sequence[Day], *decisions: Decision, expect: Expectations = NONE) -> Judged:
    return course(days, expect, decisions)[-1]


def test_a_site_is_learnt_before_it_is_judged() -> None:
    found = course([day(i, bad=12, words=-1) for i in range(3)], NONE)
    assert [one.status for one in found] == ["learning"] * 3


def test_healthy_days_are_well() -> None:
    found = course(healthy(40), NONE)
    assert [one.status for one in found] == ["learning"] * 3 + ["ok"] * 37


@pytest.mark.parametrize(
    ("changed", "cause", "metric"),
    [
        ({"words": -1, "paths": ()}, "redesign", "empty"),
        ({"paths": NEW, "words": 150}, "redesign", "median_words"),
        ({"words": 45}, "teasers", "median_words"),
        ({"has_date": False}, "metadata", "no_date"),
        ({"is_partial": True, "words": 60}, "paywall", "partial"),
        ({"lang": "de"}, "language", "other_lang"),
        ({"removed_share": 0.95}, "removals", "removed_share"),
    ],
)
def test_what_breaks_a_site_is_an_alarm_that_holds_its_articles(
    changed: dict[str, object], cause: str, metric: str
) -> None:
    found = last([*healthy(10), day(10, bad=12, **changed)])
    assert (found.status, found.cause, found.held) == ("alarm", cause, True)
    assert metric in {finding.metric for finding in found.out}
    assert found.since == FIRST + timedelta(days=10)


def test_new_markup_alone_is_a_change_that_is_learnt() -> None:
    days = [*healthy(10), *(day(10 + i, bad=12, paths=NEW) for i in range(3))]
    found = course(days, NONE)[10:]
    assert [one.status for one in found] == ["changed", "ok", "ok"]
    assert [one.held for one in found] == [False] * 3
    assert found[0].familiar_share == 0


@pytest.mark.parametrize("changed", [{"words": -1}, {"has_date": False}, {"paths": NEW}])
@pytest.mark.parametrize(("pages", "bad"), [(3, 1), (3, 2), (12, 2), (30, 6)])
def test_a_few_bad_pages_are_no_alarm(changed: dict[str, object], pages: int, bad: int) -> None:
    assert last([*healthy(10), day(10, pages, bad=bad, **changed)]).status == "ok"


def test_days_of_few_pages_are_judged_together() -> None:
    days = [day(i, 2) for i in range(20)]
    broken = [day(20 + i, 2, bad=2, words=-1, paths=()) for i in range(4)]
    statuses = [one.status for one in course([*days, *broken], NONE)]
    assert "alarm" not in statuses[:20]
    assert statuses[-1] == "alarm"


def test_a_site_that_is_as_before_is_well_at_once() -> None:
    found = course([*healthy(10), day(10, bad=12, words=-1), day(11)], NONE)
    assert [one.status for one in found[-2:]] == ["alarm", "ok"]
    assert not found[-1].held


def test_an_alarm_goes_on_until_it_is_released_and_then_the_site_is_learnt_anew() -> None:
    days = [*healthy(10), *(day(10 + i, bad=12, words=60) for i in range(9))]
    assert {one.status for one in course(days, NONE)[10:]} == {"alarm"}
    assert course(days, NONE)[-1].since == FIRST + timedelta(days=10)
    found = course(days, NONE, [decision("release", 10, 13)])
    assert [one.status for one in found[10:14]] == ["released"] * 4
    assert {one.status for one in found[14:]} == {"ok"}


def test_a_release_of_a_false_alarm_keeps_what_was_learnt() -> None:
    days = [*healthy(10), day(10, bad=12, words=60), day(11), day(12, bad=12, words=60)]
    found = course(days, NONE, [decision("release", 10, 10, once=True)])
    assert [one.status for one in found[-3:]] == ["released", "ok", "alarm"]


def test_dropped_days_stay_held_and_are_no_alarm() -> None:
    days = [*healthy(10), day(10, bad=12, words=-1)]
    found = last(days, decision("drop", 10, 10))
    assert (found.status, found.held) == ("dropped", True)


def test_later_days_change_nothing_about_earlier_ones() -> None:
    days = [*healthy(12), day(12, bad=12, words=-1), day(13), day(14, bad=9, lang="de")]
    whole = course(days, NONE)
    for number in range(1, len(days)):
        assert course(days[:number], NONE) == whole[:number]


def silent(number: int, **asked: object) -> Day:
    known = Asked(**{"lists": 4, **asked})  # type: ignore[arg-type]
    return Day("courier.example", FIRST + timedelta(days=number), asked=known)


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({}, "silent"),
        ({"failed_lists": 4}, "feed-moved"),
        ({"pages": 40, "failed": (("http-error 403", 38),)}, "blocked"),
    ],
)
def test_silence_is_an_alarm_that_holds_nothing(asked: dict[str, object], cause: str) -> None:
    found = course([*healthy(21, 30), silent(21, **asked), silent(22, **asked)], NONE)[-1]
    assert (found.status, found.cause, found.held) == ("alarm", cause, False)


def test_a_day_that_is_not_over_is_not_silent() -> None:
    days = [*healthy(21, 30), silent(21)]
    still = Day(days[-1].site, days[-1].day, asked=Asked(lists=4), is_over=False)
    assert last([*days[:-1], still]).status == "ok"


def test_a_quiet_weekend_is_no_silence() -> None:
    days = [
        day(i, 14) if (FIRST + timedelta(days=i)).weekday() < 5 else silent(i) for i in range(42)
    ]
    statuses = {one.status for one in course(days, NONE)[21:]}
    assert statuses == {"ok"}


def test_a_site_of_few_articles_may_be_silent_for_a_day() -> None:
    days = [day(i, 2) for i in range(21)]
    assert last([*days, silent(21)]).status == "ok"


def test_expectations_take_the_place_of_what_was_learnt() -> None:
    expect = Expectations(articles_per_day=(5, 20), min_words=300)
    assert last([day(0, 2)], expect=expect).cause == "fewer"
    assert last([day(0, 30)], expect=expect).cause == "more"
    short = last([day(0, 12, bad=12, words=120)], expect=expect)
    assert (short.status, short.cause, short.held) == ("alarm", "teasers", True)
    assert last([day(0, 12)], expect=expect).status == "learning"


def test_a_row_is_of_the_contract_and_tells_people_what_they_need() -> None:
    found = course([*healthy(10), day(10, bad=9, words=-1, paths=())], NONE)
    table = columns(SITE_HEALTH, [row(one) for one in found])
    told = table.to_pylist()[-1]
    assert told["evidence"] == ["empty 75%, usual 0%"]
    assert told["examples"] == [f"https://courier.example/{10000 + i}" for i in range(3)]
    assert (told["metric"], told["empty"], told["pages"]) == ("empty", 9, 12)
    assert told["main_path"] == OLD[0][0]


def decision(verb: str, since: int, until: int, *, once: bool = False) -> Decision:
    first, final = (FIRST + timedelta(days=n) for n in (since, until))
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return Decision(verb, f"courier.example@{first}", "ada", at, "looked", final, once)  # type: ignore[arg-type]
