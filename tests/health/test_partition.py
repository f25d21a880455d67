"""The stage over real parts, and what is published of it: held articles, release, the gate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from tasks.errors import ContractError
from tasks.health import partition as health
from tasks.publish import partition as publish
from tasks.publish import report, trends
from tasks.publish.validate import validate
from tasks.schema import FETCHES, Finished, columns
from tasks.store.atomic import write_parquet
from tasks.store.decisions import Decision, read_decisions, record
from tasks.store.layout import Layout
from tasks.store.options import ReportOptions
from tasks.store.snapshot import current, snapshot_folder
from tests.synthetic import NOON, close_all, finished, prose, run_dedup, run_publish, write_part

SITE = "harbour-courier.example"
DAYS = 6
BROKEN = 5


def pages(day: int) -> list[Finished]:
    """Return a day's pages: long texts, and teasers on the day the site is broken."""
    at = NOON + timedelta(days=day)
    words = 20 if day == BROKEN else 150
    text = [[prose(f"{day} {i} {n}", words) for n in range(2)] for i in range(9)]
    found = [finished(f"d{day}-{i}", text[i], at=at) for i in range(9)]
    steady = [finished(f"s{day}-{i}", [prose(f"s{day} {i}", 99)], at=at, site="b.example")
              for i in range(9)]  # fmt: skip
    return [*found, *steady]


def run_health(data: Path) -> health.Report:
    return health.run("any", data, data, "run-1")


def run_all(data: Path) -> None:
    run_dedup(data)
    run_health(data)
    run_publish(data)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for day in range(DAYS):
        write_part(tmp_path, f"day-{day}", f"p{day}", pages(day))
        close_all(tmp_path, f"day-{day}")
    run_all(tmp_path)
    return tmp_path


def held(data: Path) -> set[tuple[str, str]]:
    rows = pd.read_parquet(data / "current" / "articles")
    rows = rows[rows["quality"] == "quarantined"]
    return {(row["site"], list(row["quality_reasons"])[-1]) for row in rows.to_dict("records")}


def table(data: Path) -> pd.DataFrame:
    return pd.read_parquet(data / "current" / "site_health").sort_values(["site", "day"])


def decide(data: Path, verb: str, target: str, until: str = "") -> None:
    day = datetime.fromisoformat(until).date() if until else None
    at = datetime.now(UTC)
    record(Layout(data), [Decision(verb, target, "ada", at, "looked", day)])  # type: ignore[arg-type]


def test_a_broken_site_is_held_back_and_the_others_are_published(data: Path) -> None:
    report = run_health(data)
    assert [(one["site"], one["cause"]) for one in report.alarms] == [(SITE, "teasers")]
    found = table(data)
    assert list(found[found["site"] == "b.example"]["status"]) == ["learning"] * 3 + ["ok"] * 3
    assert list(found[found["site"] == SITE]["status"])[-1] == "alarm"
    assert held(data) == {(SITE, "health.teasers")}
    rows = pd.read_parquet(data / "current" / "articles")
    assert (rows["quality"] == "quarantined").sum() == 9
    assert len(rows) == DAYS * 18
    assert validate(snapshot_folder(Layout(data))) == []


def test_the_report_shows_the_alarm_and_the_days_of_each_site(data: Path) -> None:
    options = ReportOptions(partitions=("2026-11-24",), review_articles=0)  # of synthetic's files
    made = report.run("2026-11-24", data, data, "run-1", options)
    html = Path(made.path).read_text(encoding="utf-8")
    assert (made.alarms, made.review) == (1, "")
    assert f"<bdi>{SITE}</bdi>: alarm (teasers)" in html
    assert "held in quarantine" in html
    assert "No site is out of its usual range" not in html
    days = trends.published(snapshot_folder(Layout(data)), ["2026-11-24"]).days
    assert days == {site: [0] * (trends.DAYS - DAYS) + [9] * DAYS for site in (SITE, "b.example")}


def test_a_release_frees_the_days_and_taking_it_back_holds_them_again(data: Path) -> None:
    before = current(Layout(data))
    decide(data, "release", f"{SITE}@2026-11-29", "2026-11-29")
    run_all(data)
    assert held(data) == set()
    assert list(table(data)["status"])[-1] == "released"
    assert read_decisions(Layout(data))[0].who == "ada"
    Layout(data).decisions.unlink()
    run_all(data)
    after = current(Layout(data))
    assert before is not None
    assert after is not None
    assert after.content == before.content


def test_one_article_can_be_released_or_dropped(data: Path) -> None:
    rows = pd.read_parquet(data / "current" / "articles")
    one = rows[rows["quality"] == "quarantined"].iloc[0]["article_id"]
    other = rows[rows["quality"] == "ok"].iloc[0]["article_id"]
    decide(data, "release", one)
    decide(data, "drop", other)
    run_all(data)
    rows = pd.read_parquet(data / "current" / "articles").set_index("article_id")
    assert rows.loc[one, "quality"] == "ok"
    assert rows.loc[other, "quality"] == "quarantined"
    assert "dropped" in rows.loc[other, "quality_reasons"]


def test_what_is_published_is_a_function_of_what_is_stored(data: Path, tmp_path: Path) -> None:
    """Whatever runs came before, in whatever order parts came, compacted or not."""
    twin = tmp_path / "twin"
    for day in reversed(range(DAYS)):
        write_part(twin, f"day-{day}", f"p{day}", pages(day))
        close_all(twin, f"day-{day}")
        run_all(twin)
    one, other = current(Layout(data)), current(Layout(twin))
    assert one is not None
    assert other is not None
    assert one.content == other.content
    for folder in (data, twin):
        publish.compact(folder, "run-2", before="2099-01-01")
    assert len(list((data / "current" / "site_health").iterdir())) == 1
    assert table(data).equals(table(twin))


def test_a_part_seen_under_another_scheme_is_looked_at_again(data: Path) -> None:
    seen = next((Layout(data).health / "seen").rglob("*.parquet"))
    whole = seen.read_bytes()
    seen.write_bytes(whole[: len(whole) // 2])
    run_health(data)
    assert seen.read_bytes() == whole


def test_a_line_of_decisions_that_cannot_be_read_stops_publishing(data: Path) -> None:
    Layout(data).decisions.write_text('{"verb": "release"}\n')
    with pytest.raises(ContractError, match=r"decisions.jsonl:1: not a decision"):
        run_health(data)
    with pytest.raises(ContractError, match=r"decisions.jsonl:1: not a decision"):
        run_publish(data)


def test_the_gate_stops_before_anything_is_published(data: Path) -> None:
    (data / "pipeline.yaml").write_text("health:\n  gate: true\n")
    with pytest.raises(ContractError, match=r"gate is broken.*courier.example \(teasers\)"):
        run_health(data)
    decide(data, "drop", f"{SITE}@2026-11-29", "2026-11-29")
    assert run_health(data).alarms == ()


def test_attempts_belong_to_the_site_of_their_source(tmp_path: Path) -> None:
    """A source's feed may lie anywhere; its failures are those of the site it is for."""
    write_part(tmp_path, "day", "p", [replace(finished("a"), site=SITE)])
    close_all(tmp_path, "day")
    none = dict.fromkeys(FETCHES.names)
    rows = [
        none | {"url": f"https://feeds.example/{i}", "source_id": "courier", "purpose": purpose,
                "fetched_at": NOON, "status": status, "error": error, "run_id": "r"}
        for i, (purpose, status, error) in enumerate(
            [("feed", 200, ""), ("feed", 404, "http-error"), ("page", 200, ""),
             ("page", 403, "http-error"), ("page", 0, "run-deadline"), ("robots", 200, "")]
        )
    ]  # fmt: skip
    for name in ("1", "2"):  # the second one is a copy
        path = Layout(tmp_path).captures(f"day{name}") / "fetches-1.parquet"
        write_parquet(columns(FETCHES, rows), path)
    run_all(tmp_path)
    found = table(tmp_path).to_dict("records")
    assert [(row["site"], row["asked"], row["failed"]) for row in found] == [(SITE, 2, 1)]
