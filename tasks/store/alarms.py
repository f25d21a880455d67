"""Alarms as people handle them: the days of a site that are out of range, as one thing with an id.

An alarm's id is "site@first day". It is open while its last day is in alarm; a released or
dropped day belongs to no open alarm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Alarm:
    """Some days of one site; `rows` are its rows of ``site_health``, oldest first."""

    site: str
    since: date
    rows: tuple[Row, ...]
    is_current: bool  # the site's last day is one of them

    @property
    def id(self) -> str:
        """What commands call it."""
        return f"{self.site}@{self.since.isoformat()}"

    @property
    def until(self) -> date:
        """The last of its days."""
        last: date = self.rows[-1]["day"]
        return last

    @property
    def cause(self) -> str:
        """The likely cause, as of its last day."""
        return str(self.rows[-1]["cause"])

    @property
    def held_days(self) -> frozenset[date]:
        """Days whose articles are held back."""
        return frozenset(row["day"] for row in self.rows if row["held"])


def alarms(health: pa.Table) -> list[Alarm]:
    """Return the alarms in a table ``site_health`` that nobody has decided about.

    The ones that go on come first; an alarm that is over is listed while it holds articles back.
    """
    by_site: dict[str, list[Row]] = {}
    for row in health.sort_by([("site", "ascending"), ("day", "ascending")]).to_pylist():
        by_site.setdefault(row["site"], []).append(row)
    found = [alarm for rows in by_site.values() for alarm in _of_site(rows)]
    open_ones = [one for one in found if one.is_current or one.held_days]
    return sorted(open_ones, key=lambda one: (not one.is_current, one.site, one.since))


def _of_site(rows: Sequence[Row]) -> Iterator[Alarm]:
    by_since: dict[date, list[Row]] = {}
    for row in rows:
        if row["status"] == "alarm":
            by_since.setdefault(row["since"], []).append(row)
    for since, some in by_since.items():
        is_current = some[-1]["day"] == rows[-1]["day"]
        yield Alarm(rows[0]["site"], since, tuple(some), is_current)
