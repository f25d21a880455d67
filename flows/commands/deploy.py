"""``cleancopy deploy``: the flows of prefect.yaml, checked, on a Prefect server."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.commands.common import Common, note, out, out_json
from flows.deployments import FILE, POOL, Deployment, check
from flows.server import Server, settings
from tasks.errors import ConfigError, EnvironmentFault, Exit
from tasks.process import environment
from tasks.settings import PROJECT
from tasks.store.atomic import make_folder
from tasks.store.layout import Layout

ANSWER_LIMIT_S = 15.0
"""A server that is asked to take deployments is up already."""


def deploy(
    *,
    file: Path = FILE,
    check_only: Annotated[bool, Parameter(name="--check", negative="")] = False,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Check prefect.yaml and put its flows on the Prefect server of PREFECT_API_URL.

    Running it again changes nothing. Deployments that stand no longer in the file stay on the
    server until you delete them there.

    Args:
        file: Another file than the project's prefect.yaml.
        check_only: Check the file; change nothing and ask no server.
        common: Where to work and how to print.
    """
    home = Layout(common.data_folder).prefect_home
    make_folder(home)
    for name, value in settings(home).items():
        os.environ.setdefault(name, value)
    deployments = check(file.absolute())
    url = os.environ.get("PREFECT_API_URL", "")
    if not check_only:
        _apply(url, home, file.absolute())
    if common.json:
        out_json({"server": "" if check_only else url, "deployments": deployments})
        return Exit.DONE
    for one in deployments:
        out(f"{one.name:9} {one.entrypoint:24} {_when(one)}")
    if not check_only:
        out(f"deployed to {url}; what runs them: prefect worker start --pool {POOL}")
    return Exit.DONE


def _apply(url: str, home: Path, file: Path) -> None:
    """Make on the server what the flows need, and the deployments.

    Raises:
        ConfigError: no server is named.
        EnvironmentFault: it does not answer, or refuses.
    """
    if not url:
        raise ConfigError(
            "PREFECT_API_URL is not set: start a server (prefect server start) and set it, for "
            "example to http://127.0.0.1:4200/api"
        )
    Server(url, home / "server.log").wait(ANSWER_LIMIT_S)
    from flows.deployed import prepare  # noqa: PLC0415  imports Prefect

    asyncio.run(prepare())
    _prefect(["deploy", "--all", "--prefect-file", str(file)])


def _when(one: Deployment) -> str:
    """Return a deployment's schedule for people."""
    said = []
    for schedule in one.schedules:
        rule = schedule.cron or schedule.rrule or f"every {schedule.interval:g} s"
        said.append(f"{rule} {schedule.timezone}" + ("" if schedule.active else " (not active)"))
    return "; ".join(said) or "when it is started"


def _prefect(arguments: list[str]) -> None:
    """Run one command of Prefect's own command line in the project's folder.

    Raises:
        EnvironmentFault: it failed; what it said is in the message.
    """
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", *arguments]
    where = environment() | {"CLEANCOPY_HOME": str(PROJECT)}
    done = subprocess.run(  # noqa: S603  our own arguments
        command, cwd=PROJECT, env=where, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()[-1500:]
        raise EnvironmentFault(f"prefect {' '.join(arguments[:2])} failed:\n{said}")
    note(f"prefect {' '.join(arguments[:2])}: done")
