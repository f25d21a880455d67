"""``cleancopy health`` and ``quarantine``: a site in alarm, and a page that failed."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from flows.cli import main
from tasks.health import partition as health
from tasks.store.decisions import page_id, read_decisions
from tasks.store.layout import Layout
from tests.synthetic import (
    NOON,
    close_all,
    failure,
    finished,
    prose,
    run_dedup,
    run_publish,
    write_part,
)

ALARM = "harbour-courier.example@2026-11-28"
FAILED = failure("gone")
PAGE = page_id(FAILED.page.warc_file, FAILED.page.warc_offset, FAILED.page.url)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Four days of 9 long texts, then one of teasers; one page failed."""
    for day in range(5):
        at, words = NOON + timedelta(days=day), 150 if day < 4 else 50
        pages = [finished(f"d{day}-{i}", [prose(f"{day} {i}", words)], at=at) for i in range(9)]
        write_part(tmp_path, f"day-{day}", f"p{day}", pages, [FAILED] if day == 0 else [])
        close_all(tmp_path, f"day-{day}")
    run_dedup(tmp_path)
    health.run("any", tmp_path, tmp_path, "run-1")
    run_publish(tmp_path)
    return tmp_path


@pytest.fixture
def cleancopy(data: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([*arguments, "--data", str(data), "--config", str(data)])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out, said.err

    return call


def qualities(data: Path) -> dict[str, int]:
    rows = pd.read_parquet(data / "current" / "articles")
    return dict(rows["quality"].value_counts())


def test_health_shows_sites_and_ends_with_3_while_one_is_in_alarm(cleancopy: Command) -> None:
    code, told, _ = cleancopy("health")
    assert code == 3
    assert "harbour-courier.example  alarm     2026-11-28" in told
    assert "█████" in told
    assert f"{ALARM}: alarm since 2026-11-28, probably teasers" in told
    assert "median_words 50, usual 150" in told
    assert told.count("  see https://harbour-courier.example/") == 3


def test_health_as_json_and_of_one_site(cleancopy: Command) -> None:
    code, told, _ = cleancopy("health", "--site", "harbour-courier.example", "--json")
    found = json.loads(told)
    assert (code, found["status"], len(found["days"])) == (3, "alarm", 5)
    code, _, complaint = cleancopy("health", "--site", "harbour-courier.exmaple")
    assert code == 2
    assert "harbour-courier.example" in complaint


def test_with_the_gate_on_an_alarm_is_exit_code_4(data: Path, cleancopy: Command) -> None:
    (data / "pipeline.yaml").write_text("health:\n  gate: true\n")
    assert cleancopy("health")[0] == 4


def test_list_and_show(cleancopy: Command) -> None:
    code, told, _ = cleancopy("quarantine", "list")
    assert code == 3
    assert f"{ALARM}  teasers  9 articles held back" in told
    assert f"{PAGE}  no-content" in told
    assert cleancopy("quarantine", "list", "--slug", "timeout")[1] == "nothing is in quarantine\n"
    _, told, _ = cleancopy("quarantine", "show", ALARM)
    assert "D4-0" in told
    assert json.loads(cleancopy("quarantine", "show", PAGE, "--json")[1])["slug"] == "no-content"
    article = json.loads(cleancopy("quarantine", "show", ALARM, "--json")[1])["articles"][0]
    assert "health.teasers" in cleancopy("quarantine", "show", article["article_id"])[1]


def test_release_publishes_and_keeps_who_and_why(data: Path, cleancopy: Command) -> None:
    assert qualities(data) == {"ok": 36, "quarantined": 9}
    done = cleancopy("quarantine", "release", ALARM, "--why", "they are short now", "--who", "ada")
    assert done[0] == 0
    assert qualities(data) == {"ok": 45}
    (kept,) = read_decisions(Layout(data))
    assert (kept.verb, kept.target, kept.who, kept.why) == (
        "release", ALARM, "ada", "they are short now",
    )  # fmt: skip
    assert cleancopy("health")[0] == 0


def test_drop_keeps_rows_and_bytes_but_closes_the_matter(data: Path, cleancopy: Command) -> None:
    assert cleancopy("quarantine", "drop", ALARM, PAGE, "--why", "not wanted")[0] == 0
    assert qualities(data) == {"ok": 36, "quarantined": 9}
    assert cleancopy("quarantine", "list") == (0, "nothing is in quarantine\n", "")
    assert PAGE in cleancopy("quarantine", "list", "--all")[1]
    assert cleancopy("health")[0] == 0


def test_what_cannot_be_is_refused_and_nothing_is_kept(data: Path, cleancopy: Command) -> None:
    for arguments, complaint in {
        ("release", "0123456789ab", "--why", "x"): "nothing in quarantine has the id",
        ("release", PAGE, "--why", "x"): "cleancopy quarantine retry",
        ("drop", PAGE, "--why", " "): "--why is empty",
        ("release", "--why", "x"): "which?",
        ("show", ALARM[:-1]): ALARM,
    }.items():
        code, _, said = cleancopy("quarantine", *arguments)
        assert (code, complaint in said) == (2, True), said
    assert read_decisions(Layout(data)) == ()
