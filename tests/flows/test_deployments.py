"""Deployed, triggered, published: a real server and a real worker, as after reading the README."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.deployed import lost_runs
from tasks.fetch import files
from tasks.fetch.files import partition_name
from tasks.schema import SITE_HEALTH
from tasks.sources import FileOptions
from tasks.store.layout import Layout
from tasks.store.lock import held
from tests.flows.conftest import ROOT
from tests.flows.orchestra import Orchestra, orchestra, until

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(900)]

SAMPLES = ROOT / "data" / "samples"
PAGE = str(SAMPLES / "html" / "tarn-bridge-reopens.html")
STAGES = [
    "capture", "extract", "remember", "clean", "normalise", "dedup", "health", "publish", "report",
]  # fmt: skip
MISTAKE = """\
rules:
  mistake.selector:
    class: mistake
    selectors: ["article p"]
    drops: ["<article><p>x</p></article>"]
    keeps: ["A line."]
    source: "a mistake, made for this test"
"""
TEXTS = [str(SAMPLES / "texts" / f"{name}.txt") for name in ("bruecke.de", "faro.es")]


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestra]:
    with orchestra(tmp_path_factory.mktemp("prefect")) as this:
        yield this


def test_what_prefect_yaml_says_is_on_the_server(prefect: Orchestra) -> None:
    found = {d["name"]: d for d in prefect.ask("POST", "/deployments/filter", {})}
    assert set(found) == {
        "daily", "fetch", "recheck", "backfill", "reclean", "replay", "compact",
    }  # fmt: skip
    (morning,) = found["daily"]["schedules"]
    assert morning["schedule"]["cron"] == "15 5 * * *"
    assert morning["schedule"]["timezone"] == "Europe/London"
    assert morning["active"]
    assert found["daily"]["global_concurrency_limit"]["limit"] == 1
    assert found["recheck"]["parameters"] == {"options": {"recheck": "all"}}
    queues = prefect.ask("POST", "/work_pools/cleancopy/queues/filter", {})
    assert {q["name"]: q["concurrency_limit"] for q in queues} == {"default": None, "fetching": 1}
    assert [a["name"] for a in prefect.ask("POST", "/automations/filter", {})] == [
        "cleancopy: a run that fell silent has crashed"
    ]


def test_deploying_again_changes_nothing(prefect: Orchestra) -> None:
    def state() -> dict[str, Any]:
        deployments = prefect.ask("POST", "/deployments/filter", {})
        pools = prefect.ask("POST", "/work_pools/filter", {})
        automations = prefect.ask("POST", "/automations/filter", {})
        return {one["id"]: one["name"] for one in [*deployments, *pools, *automations]}

    before = state()
    done = prefect.cleancopy("deploy", "--json")
    assert done.returncode == 0, done.stderr
    assert state() == before


def test_a_run_started_on_the_command_line_publishes_the_dataset(prefect: Orchestra) -> None:
    parameters = {"files": {"paths": [PAGE], "name": "saved"}}
    done = prefect.prefect(
        "deployment", "run", "backfill/backfill", "--params", json.dumps(parameters), "--watch"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Tarn Bridge" in " ".join(_titles(prefect))


def test_a_run_started_over_http_publishes_and_says_so_on_its_page(prefect: Orchestra) -> None:
    run_id = prefect.start("backfill/backfill", files={"paths": TEXTS, "name": "archive"})
    run = prefect.ended(run_id)
    assert run["state"]["type"] == "COMPLETED", prefect.worker_log
    assert len(_titles(prefect)) >= 2
    assert re.fullmatch(r"backfill \d{4}-\d\d-\d\d archive", run["name"])
    assert {"cleancopy", "backfill", "source:archive"} <= set(run["tags"])

    own = {"flow_run_id": {"any_": [run_id]}}
    tasks = prefect.ask("POST", "/task_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
    names = [task["name"].split()[0] for task in tasks]
    assert sorted(names) == sorted(STAGES), names
    artifacts = prefect.ask("POST", "/artifacts/filter", {"artifacts": own})
    page = next(a["data"] for a in artifacts if a["key"] == "backfill-run")
    assert "# backfill: done" in page
    assert f"[{prefect.data / 'current'}]" in page
    (row,) = json.loads(next(a["data"] for a in artifacts if a["key"] == "backfill-sources"))
    assert (row["source"], row["articles"], row["versions"]) == ("archive", 2, 2)

    until(lambda: _materialized(prefect) >= {f"file://{prefect.data}/current/articles"})
    until(lambda: _stages_done(prefect, run_id) == STAGES, lambda: str(prefect.logged(run_id)))
    said = "\n".join([*prefect.logged(run_id), *(str(a["data"]) for a in artifacts)])
    lines = [x for path in TEXTS for x in Path(path).read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if len(line) > 30 and line[:30] in said] == []


def test_a_run_that_fails_says_why_and_nothing_else(prefect: Orchestra, tmp_path: Path) -> None:
    """There is nothing to compact in an empty folder: exit code 4 for people, Failed in Prefect."""
    run = prefect.ended(prefect.start("compact/compact", data=str(tmp_path / "empty")))
    assert run["state"]["type"] == "FAILED", prefect.worker_log
    assert run["state"]["message"].startswith("failed: nothing to do; compact all: ")
    assert "TypeError" not in "".join(prefect.logged(run["id"]))


def test_on_a_cluster_too_the_runs_log_has_what_stages_say(prefect: Orchestra) -> None:
    engine = {"CLEANCOPY_WORK_ENGINE": "dask", "CLEANCOPY_WORK_WORKERS": "2"}
    run_id = prefect.start("backfill/backfill", engine, files={"paths": TEXTS, "name": "cluster"})
    run = prefect.ended(run_id)
    assert run["state"]["type"] == "COMPLETED", prefect.worker_log
    until(
        lambda: sorted(_stages_done(prefect, run_id)) == sorted(STAGES),
        lambda: str(prefect.logged(run_id)),
    )


def test_a_change_of_rules_is_replayed_and_on_a_regression_nothing_is_made(
    prefect: Orchestra, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    files.run("page", data, ROOT / "config", "run-1", FileOptions(paths=(Path(PAGE),)))
    worse = tmp_path / "worse"
    for part in ("rules", "phrases", "sites"):
        shutil.copytree(ROOT / "config" / part, worse / part)
    (worse / "rules" / "mistake.yaml").write_text(MISTAKE, "utf-8")
    options: dict[str, Any] = {"after": str(worse)}

    def ended(deployment: str, **parameters: Any) -> tuple[str, str]:  # noqa: ANN401  JSON
        state = prefect.ended(prefect.start(deployment, data=str(data), **parameters))["state"]
        return state["type"], state["message"]

    same = ended("replay/replay", options={})
    assert same == ("COMPLETED", "done: 0 of 1 replayed pages changed"), prefect.worker_log[-2000:]
    kind, why = ended("replay/replay", options=options)
    assert kind == "FAILED", why
    assert "a regression, nothing is published" in why
    assert ended("replay/replay", options=options | {"accept": True})[0] == "COMPLETED"

    change = {"config": str(worse), "against": str(ROOT / "config")}
    kind, why = ended("reclean/reclean", **change)
    assert (kind, "regression" in why) == ("FAILED", True), why
    assert not (data / "current").exists()
    assert ended("reclean/reclean", **change, accept=True)[0] == "COMPLETED"
    assert (data / "current").exists()


def test_doctor_finds_server_pool_deployments_and_worker(prefect: Orchestra) -> None:
    done = prefect.cleancopy("doctor", "--json")
    found = {c["name"]: c for c in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stdout
    assert found["prefect"]["found"].startswith("server ")
    assert found["work pool"]["found"] == "cleancopy, queues default, fetching"
    assert found["deployed"]["found"] == "7; scheduled: daily"
    assert found["workers"]["found"] == "1 online"


def _stages_done(prefect: Orchestra, run_id: str) -> list[str]:
    """Return the stages whose end stands in a run's log, in its order; it comes with delay."""
    lines = prefect.logged(run_id, "cleancopy")
    return [line.split()[0] for line in lines if ": done: " in line]


def _materialized(prefect: Orchestra) -> set[str]:
    """Return the keys of the assets that runs have made."""
    wanted = {"event": {"name": ["prefect.asset.materialization.succeeded"]}}
    events = prefect.ask("POST", "/events/filter", {"filter": wanted, "limit": 50})["events"]
    return {event["resource"]["prefect.resource.id"] for event in events}


def test_cancelling_a_run_stops_its_stage(prefect: Orchestra) -> None:
    options = FileOptions(paths=(Path(PAGE),), name="cancelled")
    with _stuck(prefect, partition_name(options)) as stages:
        run_id = prefect.start("backfill/backfill", files=options.model_dump(mode="json"))
        until(stages, lambda: prefect.worker_log[-3000:])
        prefect.ask("POST", f"/flow_runs/{run_id}/set_state", {"state": {"type": "CANCELLING"}})
        assert prefect.ended(run_id)["state"]["type"] == "CANCELLED"
        until(lambda: not stages(), lambda: f"still there: {stages()}")


def test_a_run_whose_process_is_killed_is_marked_and_the_next_completes_it(
    prefect: Orchestra,
) -> None:
    options = FileOptions(paths=(Path(PAGE),), name="killed")
    parameters = options.model_dump(mode="json")
    with _stuck(prefect, partition_name(options)) as stages:
        run_id = prefect.start("backfill/backfill", files=parameters)
        until(stages, lambda: prefect.worker_log[-3000:])
        (command,) = stages().values()
        os.kill(int(re.findall(r"--end-with (\d+)", command)[0]), signal.SIGKILL)
        assert prefect.ended(run_id)["state"]["type"] == "CRASHED"
        until(lambda: not stages(), lambda: f"still there: {stages()}")
    again = prefect.ended(prefect.start("backfill/backfill", files=parameters))
    assert again["state"]["type"] == "COMPLETED", prefect.worker_log


def test_a_run_that_nobody_can_speak_for_is_marked_by_the_automation(prefect: Orchestra) -> None:
    """As when a machine goes away: the run is killed, and its worker stands still."""
    lost = lost_runs(timedelta(seconds=40)).model_dump(mode="json") | {"name": "lost, for a test"}
    automation = prefect.ask("POST", "/automations/", lost)["id"]
    options = FileOptions(paths=(Path(PAGE),), name="lost")
    try:
        with _stuck(prefect, partition_name(options)) as stages:
            run_id = prefect.start("backfill/backfill", files=options.model_dump(mode="json"))
            until(stages, lambda: prefect.worker_log[-3000:])
            until(lambda: len(_heartbeats(prefect, run_id)) > 1)
            assert prefect.run(run_id)["state"]["type"] == "RUNNING"
            (command,) = stages().values()
            os.kill(prefect.worker, signal.SIGSTOP)
            os.kill(int(re.findall(r"--end-with (\d+)", command)[0]), signal.SIGKILL)
            state = prefect.ended(run_id)["state"]
    finally:
        os.kill(prefect.worker, signal.SIGCONT)
        prefect.ask("DELETE", f"/automations/{automation}")
    assert state["type"] == "CRASHED"
    assert state["message"] == "its process or its machine has gone away"


def _heartbeats(prefect: Orchestra, run_id: str) -> list[dict[str, Any]]:
    wanted = {
        "event": {"name": ["prefect.flow-run.heartbeat"]},
        "resource": {"id": [f"prefect.flow-run.{run_id}"]},
    }
    events = prefect.ask("POST", "/events/filter", {"filter": wanted, "limit": 50})["events"]
    found: list[dict[str, Any]] = events
    return found


def test_two_runs_that_fetch_never_overlap(prefect: Orchestra) -> None:
    with _stuck(prefect, "2026-01-02") as stages:
        first = prefect.start("fetch/fetch", date="2026-01-02")
        until(stages, lambda: prefect.worker_log[-3000:])
        second = prefect.start("daily/recheck", date="2026-01-02")
        queue = prefect.ask("GET", "/work_pools/cleancopy/queues/fetching")
        until(lambda: prefect.run(second)["state"]["type"] == "SCHEDULED")
        assert queue["concurrency_limit"] == 1
        assert len(stages()) == 1
    one, two = prefect.ended(first), prefect.ended(second)
    assert one["state"]["type"] == "COMPLETED", prefect.worker_log
    assert one["end_time"] <= two["start_time"]


@contextmanager
def _stuck(prefect: Orchestra, partition: str) -> Iterator[Any]:
    """Keep every stage of a partition waiting, and give a function that finds those that wait."""

    def stages() -> dict[int, str]:
        found = prefect.processes().items()
        return {pid: command for pid, command in found if f" {partition} " in command}

    with held(Layout(prefect.data).lock(f"partition-{partition}"), who="a test"):
        yield stages


def _titles(prefect: Orchestra) -> list[str]:
    titles: list[str] = pq.read_table(prefect.data / "current" / "articles")["title"].to_pylist()
    return titles


def test_an_alarm_is_an_event_that_automations_can_wait_for(prefect: Orchestra) -> None:
    row = dict.fromkeys(SITE_HEALTH.names) | {"site": "courier.example", "cause": "redesign"}
    report = {"alarms": [row], "recovered": ["talbote.example"]}
    code = f"from tasks.edge.events import tell; tell({report!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=prefect.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    wanted = {"filter": {"event": {"prefix": ["cleancopy.site."]}}}

    def found() -> dict[str, dict[str, Any]]:
        events = prefect.ask("POST", "/events/filter", wanted)["events"]
        return {event["event"]: event for event in events}

    until(lambda: len(found()) == 2)
    alarm = found()["cleancopy.site.alarm"]
    assert alarm["resource"]["prefect.resource.id"] == "cleancopy.site.courier.example"
    assert alarm["payload"]["cause"] == "redesign"
    recovered = found()["cleancopy.site.recovered"]
    assert recovered["resource"]["prefect.resource.name"] == "talbote.example"
