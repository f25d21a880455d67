"""What Prefect's automations may wait for: an event when a site is in alarm, and when it is well.

``cleancopy.site.alarm`` and ``cleancopy.site.recovered``, about the resource
``cleancopy.site.<domain>``. An alarm that goes on is told again by every run.
"""

from collections.abc import Iterator
from typing import Any

from prefect.events import emit_event

from tasks.edge.stage import Report


def tell(report: Report) -> None:
    """Send the events that the report of the stage health is about."""
    for event in events(report):
        emit_event(**event)


def events(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the events of a report of the stage health, as `emit_event` takes them."""
    for row in report.get("alarms", ()):
        told = ("site", "day", "since", "cause", "metric", "value", "baseline", "z", "held",
                "evidence", "examples")  # fmt: skip
        yield _event("alarm", row["site"], {name: row[name] for name in told})
    for site in report.get("recovered", ()):
        yield _event("recovered", site, {"site": site})


def _event(what: str, site: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": f"cleancopy.site.{what}",
        "resource": {
            "prefect.resource.id": f"cleancopy.site.{site}",
            "prefect.resource.name": site,
        },
        "payload": payload,
    }
