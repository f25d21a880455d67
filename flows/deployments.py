"""What ``prefect.yaml`` says, checked before a server hears of it.

Prefect applies a file with a misspelt entrypoint or time zone and fails when the run is due, at
five in the morning. `check` finds it first, and names the line. It imports Prefect and the flows.
"""

from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from tasks.errors import ConfigError
from tasks.settings import PROJECT
from tasks.yamlfile import Locate, did_you_mean, load, validate

FILE: Final = PROJECT / "prefect.yaml"
POOL: Final = "cleancopy"
QUEUES: Final[dict[str, int | None]] = {"fetching": 1, "default": None}
"""Work queues of the pool, and how many runs of each may be under way at once."""


class _Part(BaseModel):
    """Keys that are not ours to check are Prefect's."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Schedule(_Part):
    """When a deployment runs by itself."""

    cron: str = ""
    interval: float | None = None
    rrule: str = ""
    timezone: str = "UTC"
    active: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)


class Pool(_Part):
    """Where its runs wait for a worker."""

    name: str
    work_queue_name: str = "default"


class Deployment(_Part):
    """One flow with its schedule and parameters."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    entrypoint: str
    description: str = Field(min_length=10)
    parameters: dict[str, Any] = Field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    work_pool: Pool


class File(_Part):
    """``prefect.yaml``."""

    deployments: tuple[Deployment, ...] = Field(min_length=1)


def check(path: Path = FILE) -> tuple[Deployment, ...]:
    """Return the deployments of `path`, which can all be run as they stand.

    Raises:
        ConfigError: one line for each complaint, with file, line and column.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    data, locate = load(path)
    deployments = validate(data, File, locate).deployments
    complaints = []
    for index, one in enumerate(deployments):
        where = ("deployments", index)
        complaints += _entrypoint(one, locate, where)
        complaints += _place(one, locate, where)
        for number, schedule in enumerate(one.schedules):
            complaints += _schedule(schedule, locate, (*where, "schedules", number))
    names = [one.name for one in deployments]
    for index, name in enumerate(names):
        if name in names[:index]:
            at = locate(("deployments", index, "name"))
            complaints.append(f"{at}: the deployment {name!r} stands twice")
    if complaints:
        raise ConfigError("\n".join(complaints))
    return deployments


def _entrypoint(one: Deployment, locate: Locate, where: tuple[str | int, ...]) -> list[str]:
    """Complain of an entrypoint that is no flow of ours, or of parameters that do not fit it."""
    from prefect import Flow  # noqa: PLC0415  imports Prefect, which `--help` need not wait for
    from prefect.exceptions import PrefectException  # noqa: PLC0415
    from prefect.utilities.importtools import import_object  # noqa: PLC0415

    at = locate((*where, "entrypoint"))
    if "/" in one.entrypoint or ":" in one.entrypoint:
        return [f"{at}: {one.entrypoint!r} is a path: write it with dots, as flows.daily.daily"]
    try:
        flow = import_object(one.entrypoint)
    except (ImportError, AttributeError, ValueError) as error:
        return [f"{at}: {one.entrypoint!r} cannot be imported: {error}"]
    if not isinstance(flow, Flow):
        return [f"{at}: {one.entrypoint!r} is no flow"]
    found = []
    given = [("parameters", one.parameters)]
    given += [("schedules", one.parameters | s.parameters) for s in one.schedules]
    for key, parameters in given:
        try:
            flow.validate_parameters(parameters)
        except (PrefectException, TypeError, ValueError) as error:
            said = " ".join(str(error).split())
            found.append(f"{locate((*where, key))}: {said}")
    return list(dict.fromkeys(found))


def _schedule(one: Schedule, locate: Locate, where: tuple[str | int, ...]) -> list[str]:
    """Complain of a schedule that Prefect could not read when it is due."""
    from zoneinfo import available_timezones  # noqa: PLC0415  reads the whole database

    from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415

    zones = available_timezones()
    if one.timezone not in zones:
        hint = did_you_mean(one.timezone, zones)
        return [f"{locate((*where, 'timezone'))}: no time zone {one.timezone!r}{hint}"]
    if sum(map(bool, (one.cron, one.interval, one.rrule))) != 1:
        return [f"{locate(where)}: a schedule needs one of cron, interval and rrule"]
    if one.cron:
        try:
            CronSchedule(cron=one.cron, timezone=one.timezone)
        except ValueError:
            return [f"{locate((*where, 'cron'))}: {one.cron!r} is no cron line of five fields"]
    return []


def _place(one: Deployment, locate: Locate, where: tuple[str | int, ...]) -> list[str]:
    """Complain of a pool or queue that `cleancopy deploy` does not make."""
    pool, at = one.work_pool, (*where, "work_pool")
    if pool.name != POOL:
        return [f"{locate((*at, 'name'))}: the work pool is {POOL!r}, not {pool.name!r}"]
    if pool.work_queue_name not in QUEUES:
        hint = did_you_mean(pool.work_queue_name, QUEUES)
        return [f"{locate((*at, 'work_queue_name'))}: no queue {pool.work_queue_name!r}{hint}"]
    return []
