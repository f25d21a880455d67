"""prefect.yaml is checked before a server hears of it."""

from pathlib import Path

import pytest

from flows.deployments import FILE, check
from tasks.errors import ConfigError

DAILY = """\
deployments:
  - name: daily
    entrypoint: flows.daily.daily
    description: Fetch, clean, publish.
    parameters:
      options: {recheck: all}
    schedules:
      - cron: "15 5 * * *"
        timezone: Europe/London
    work_pool: {name: cleancopy, work_queue_name: fetching}
"""


def test_our_own_file_is_right() -> None:
    assert {one.name for one in check(FILE)} == {
        "daily", "fetch", "recheck", "backfill", "reclean", "replay", "compact",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "line", "complaint"),
    [
        ("flows.daily.daily", "flows.daily.dayly", 3, "cannot be imported"),
        ("flows.daily.daily", "flows/daily.py:daily", 3, "is a path: write it with dots"),
        ("flows.daily.daily", "flows.daily.Path", 3, "is no flow"),
        ("recheck: all", "recheck: everything", 5, "Input should be 'due', 'all' or 'none'"),
        ("options:", "choices:", 5, "choices"),
        ("15 5 * * *", "15 25 * * *", 8, "is no cron line of five fields"),
        ("cron:", "corn:", 8, "needs one of cron, interval and rrule"),
        ("Europe/London", "Europe/Londn", 9, "no time zone 'Europe/Londn'; did you mean"),
        ("name: cleancopy", "name: other", 10, "the work pool is 'cleancopy'"),
        ("fetching", "fetchin", 10, "no queue 'fetchin'; did you mean 'fetching'?"),
        ("name: daily", "nome: daily", 2, "the key 'name' is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    right: str, wrong: str, line: int, complaint: str, tmp_path: Path
) -> None:
    assert DAILY.count(right) == 1
    file = tmp_path / "prefect.yaml"
    file.write_text(DAILY, encoding="utf-8")
    assert check(file)
    file.write_text(DAILY.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        check(file)
    assert complaint in str(error.value)
    assert str(error.value).startswith(f"{file}:{line}:"), error.value


def test_a_name_may_stand_once(tmp_path: Path) -> None:
    file = tmp_path / "prefect.yaml"
    file.write_text(DAILY + DAILY.partition("\n")[2], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"prefect.yaml:11:.*'daily' stands twice"):
        check(file)
