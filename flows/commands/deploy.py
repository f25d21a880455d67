"""``cleancopy deploy``: the flows of prefect.yaml on a Prefect server, with their work pool."""

import os
import subprocess
import sys
from typing import Final

from flows.commands.common import Common, note, out
from flows.server import settings
from tasks.errors import ConfigError, EnvironmentFault, Exit
from tasks.pool import environment
from tasks.settings import PROJECT
from tasks.store.layout import Layout

POOL: Final = "cleancopy"


def deploy(*, common: Common = Common()) -> int:  # noqa: B008  frozen
    """Put the flows on the Prefect server of PREFECT_API_URL; running it again changes nothing.

    Args:
        common: Where to work and how to print.
    """
    url = os.environ.get("PREFECT_API_URL")
    if not url:
        raise ConfigError(
            "PREFECT_API_URL is not set: start a server (prefect server start) and set it, for "
            "example to http://127.0.0.1:4200/api"
        )
    told = settings(Layout(common.data_folder).prefect_home) | os.environ
    where = environment() | told | {"CLEANCOPY_HOME": str(PROJECT)}
    _prefect(["work-pool", "create", POOL, "--type", "process", "--overwrite"], where)
    _prefect(["deploy", "--all", "--prefect-file", str(PROJECT / "prefect.yaml")], where)
    out(f"deployed to {url}; to run what is scheduled: prefect worker start --pool {POOL}")
    return Exit.DONE


def _prefect(arguments: list[str], where: dict[str, str]) -> None:
    """Run one command of Prefect's own command line in the project's folder.

    Raises:
        EnvironmentFault: it failed; what it said is in the message.
    """
    command = [sys.executable, "-P", "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(  # noqa: S603  our own arguments
        command, cwd=PROJECT, env=where, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()[-1500:]
        raise EnvironmentFault(f"prefect {' '.join(arguments[:2])} failed:\n{said}")
    note(f"prefect {' '.join(arguments[:2])}: done")
