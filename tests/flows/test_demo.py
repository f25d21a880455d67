"""What the demo leaves behind, read as an analyst would: plain Parquet, pyarrow and DuckDB."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from tests.flows.conftest import ROOT, Demo

CASES = yaml.safe_load((ROOT / "data/samples/newsroom/cases.yaml").read_text(encoding="utf-8"))
ARTICLES = {
    f"{case['site']}: {case['case']}": case
    for case in CASES["articles"]
    if case.get("robots") != "disallowed"
}
FORBIDDEN = [case for case in CASES["articles"] if case.get("robots") == "disallowed"]

pytestmark = pytest.mark.prefect


def _rows(demo: Demo, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(demo.current / table).to_pylist()
    return rows


def test_three_runs_ended_well(demo: Demo) -> None:
    flows = [(o["flow"], o["exit"]) for o in demo.answer["outcomes"]]
    assert [flow for flow, _ in flows] == ["daily", "daily", "backfill"]
    assert {code for _, code in flows} <= {0, 3}
    assert {(r["flow"], r["status"]) for r in _rows(demo, "runs")} <= {
        ("daily", "done"), ("daily", "partial"), ("backfill", "done"), ("backfill", "partial"),
    }  # fmt: skip


def test_every_story_is_there_once_and_the_correction_twice(demo: Demo) -> None:
    expected = {f"http://{c['site']}{c['path']}" for c in ARTICLES.values()}
    versions = Counter(r["url"].partition("?")[0] for r in _rows(demo, "articles")
                       if r["url"].startswith("http"))  # fmt: skip
    assert expected <= set(versions)
    assert max(versions.values()) == 2
    changed = [r for r in _rows(demo, "articles") if r["version"] == 2]
    assert changed
    assert all(row["change"] for row in changed)


def test_what_did_not_change_was_not_sent_again(demo: Demo) -> None:
    statuses = Counter(row["status"] for row in _rows(demo, "fetches"))
    assert statuses[304] > 30
    assert statuses[404] >= 1


def test_what_robots_txt_forbids_was_not_fetched(demo: Demo) -> None:
    forbidden = {f"http://{case['site']}{case['path']}" for case in FORBIDDEN}
    asked = [r for r in _rows(demo, "fetches") if r["url"].partition("?")[0] in forbidden]
    assert forbidden
    assert {(r["status"], r["error"], r["robots"]) for r in asked} == {
        (0, "blocked-by-robots", "disallowed")
    }


def test_kept_moved_and_removed_are_all_blocks_of_every_page(demo: Demo) -> None:
    """DuckDB finds no page whose blocks have a gap, a double or an end before the last number."""
    blocks, removals = (f"'{demo.current / name}/*.parquet'" for name in ("blocks", "removals"))
    query = f"""
        WITH fate AS (
            SELECT article_id, version, block_index FROM {blocks}
            UNION ALL SELECT article_id, version, block_index FROM {removals})
        SELECT article_id, version, count(*) AS n, max(block_index) AS last
        FROM fate GROUP BY ALL
        HAVING n <> last + 1 OR count(DISTINCT block_index) <> n"""  # noqa: S608  our own paths
    assert duckdb.execute(query).fetchall() == []
    counted = sum(o["counts"]["removed"] for o in demo.answer["outcomes"][1:])
    assert counted >= len(_rows(demo, "removals")) > 0


def test_removed_spans_fit_the_extracted_text(demo: Demo) -> None:
    """Removals of a page are in order, apart by the separator at least, and as long as they say."""
    by_page = defaultdict(list)
    for row in _rows(demo, "removals"):
        by_page[row["article_id"], row["version"]].append(row)
        assert row["end_char"] - row["start_char"] == len(row["text"])
        assert row["rule"]
        assert row["evidence"]
    for rows in by_page.values():
        ordered = sorted(rows, key=lambda row: row["block_index"])
        pairs = pairwise(ordered)
        assert all(a["end_char"] + 2 <= b["start_char"] for a, b in pairs)


def test_every_row_leads_to_its_raw_bytes(demo: Demo) -> None:
    for row in _rows(demo, "articles"):
        assert (demo.data / "captures" / row["warc_file"]).is_file()
        assert row["warc_offset"] >= 0


def test_runs_and_report_tell_the_same(demo: Demo) -> None:
    runs = {row["run_id"]: row for row in _rows(demo, "runs")}
    for outcome in demo.answer["outcomes"]:
        row = runs[outcome["run_id"]]
        assert {name: row[name] for name in outcome["counts"]} == outcome["counts"]
        assert json.loads(row["versions"])["trafilatura"]
        report = Path(outcome["report"])
        assert report.stem == outcome["run_id"]
        html = report.read_text(encoding="utf-8")
        assert html.startswith("<!doctype html>")
        links = re.findall(rf'href="({report.stem}-review/index\.html)#', html)
        assert links
        assert all((report.parent / link).is_file() for link in links)


def test_no_server_and_no_traceback_stay_behind(demo: Demo) -> None:
    assert "Traceback" not in demo.said
    assert (demo.data / "prefect" / "server.log").is_file()
    assert not _processes_of(demo.data)


def _processes_of(data: Path) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"PREFECT_HOME={data}/prefect".encode() in environ:
            found.append(folder.name)
    return found


@pytest.fixture(scope="session")
def newest(demo: Demo) -> dict[str, dict[str, Any]]:
    rows = sorted(_rows(demo, "articles"), key=lambda row: row["version"])
    return {row["url"].partition("?")[0]: row for row in rows}


@pytest.mark.parametrize("name", sorted(ARTICLES))
def test_a_story_comes_out_as_its_writer_meant(
    name: str, newest: dict[str, dict[str, Any]]
) -> None:
    case = ARTICLES[name]
    row = newest[f"http://{case['site']}{case['path']}"]
    text = _plain(row["text"])
    missing = [s for s in [case["first"], case["last"], *case["keep"]] if _plain(s) not in text]
    furniture = CASES["furniture"].get(case["site"], [])
    leaked = [s for s in [*case["drop"], *furniture] if _plain(s) in text]
    wrong = {} if _plain(row["title"]) == _plain(case["title"]) else {"title": row["title"]}
    if sorted(row["authors"]) != sorted(case["authors"]):
        wrong["authors"] = row["authors"]
    if row["lang"] != case["lang"]:
        wrong["lang"] = row["lang"]
    assert (missing, leaked, wrong) == ([], [], {})


def _plain(text: str) -> str:
    """Return `text` for comparing: NFC, white space single; list marks as they are printed."""
    return " ".join(unicodedata.normalize("NFC", text).split())
