"""The stage: judge every site's every day, and leave the table ``site_health`` for publishing.

`partition` only says on whose behalf: health is of all that is stored. The table is a function of
the finished parts, the marks, the fetches, what sources expect (config/sources.yaml) and what
people decided (``decisions.jsonl``).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks import urls
from tasks.errors import ContractError
from tasks.health.course import course, row
from tasks.health.days import gather
from tasks.schema import SITE_HEALTH, columns
from tasks.settings import load_settings
from tasks.sources import Expectations, load_sources
from tasks.store.decisions import read_decisions
from tasks.store.health import write_health
from tasks.store.layout import Layout
from tasks.store.lock import held
from tasks.store.marks import read_marks


@dataclass(frozen=True, slots=True)
class Report:
    """What stands after the stage, over all partitions."""

    partition: str
    site_days: int
    statuses: dict[str, int]  # of each site's last day
    alarms: tuple[dict[str, Any], ...]  # of sites whose last day is one: its row, in JSON's types
    recovered: tuple[str, ...]  # sites whose last day is well and whose day before was not


def run(partition: str, data: Path, config: Path, run_id: str) -> Report:
    """Bring ``site_health`` up to date, and return the sites that are in alarm.

    Raises:
        ConfigError: sources or settings cannot be used.
        ContractError: nothing is marked, something is torn, or the gate is on and a site is in
            alarm: nothing is to be published then.
        EnvironmentFault: disk, folder or lock.
    """
    layout = Layout(data)
    gate = load_settings(config).health.gate
    expect = _expectations(config)
    with held(layout.lock("publish"), who=f"health of {run_id}"):
        marks = read_marks(layout)
        if marks is None:
            msg = f"nothing is marked in {data}: run the stage dedup first"
            raise ContractError(msg)
        decisions = read_decisions(layout)
        rows = [
            row(judged)
            for site, days in gather(layout, marks).items()
            for judged in course(days, expect.get(site, Expectations()), decisions)
        ]
        write_health(layout, columns(SITE_HEALTH, rows))
    report = _report(partition, rows)
    if gate and report.alarms:
        sites = ", ".join(f"{one['site']} ({one['cause']})" for one in report.alarms)
        msg = (
            f"the health gate is broken, nothing is published: {sites}; look with cleancopy "
            "health, then cleancopy quarantine release or drop"
        )
        raise ContractError(msg)
    return report


def _expectations(config: Path) -> dict[str, Expectations]:
    """Return what is expected of each site that sources say something of."""
    return {
        urls.site(source.homepage): source.expect
        for source in load_sources(config)
        if source.expect != Expectations()
    }


def _report(partition: str, rows: list[dict[str, Any]]) -> Report:
    last: dict[str, dict[str, Any]] = {}
    before: dict[str, str] = {}
    for one in rows:  # by site and day
        if one["site"] in last:
            before[one["site"]] = last[one["site"]]["status"]
        last[one["site"]] = one
    return Report(
        partition=partition,
        site_days=len(rows),
        statuses=dict(sorted(Counter(one["status"] for one in last.values()).items())),
        alarms=tuple(_plain(one) for one in last.values() if one["status"] == "alarm"),
        recovered=tuple(
            site
            for site, one in last.items()
            if before.get(site) == "alarm" and one["status"] == "ok"
        ),
    )


def _plain(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in found.items()
    }
