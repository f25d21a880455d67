"""A stage's command, from its start to its report: ``python -m tasks <stage> <partition>``.

It runs in a process group of its own, so a stage that hangs or crashes costs its partition and not
the flow run, and a cancelled or interrupted run leaves no process behind: on the way out of the
wait, whatever the reason, the group is ended. What a stage says on its standard error goes to
the run's log, line by line and within bounds; how far it is goes to whoever listens.
"""

import contextlib
import contextvars
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from threading import Thread
from typing import IO, Any, Final

from tasks.edge.log import LOG, Lines
from tasks.errors import ConfigError, ContractError, EnvironmentFault, Exit
from tasks.process import environment
from tasks.progress import heard, tell
from tasks.runs import Run
from tasks.settings import load_settings

Report = dict[str, Any]
Options = Mapping[str, Any]

FAULTS: Final[dict[int, type[Exception]]] = {
    Exit.USAGE: ConfigError,
    Exit.CONTRACT: ContractError,
    Exit.ENVIRONMENT: EnvironmentFault,
}
"""What a stage's exit status stands for; anything else is `StageFailed`."""


class StageFailed(Exception):  # noqa: N818  reads as a state, like Prefect's own
    """A stage's command ended badly; the message is the end of its standard error."""


def run_stage(stage: str, partition: str, run: Run, options: Options) -> Report:
    """Run a stage's command to its end and return its report.

    Raises:
        ConfigError, ContractError, EnvironmentFault: as the stage said by its exit status.
        StageFailed: anything else, the time limit too.
    """
    command = [sys.executable, "-P", "-m", "tasks", stage, partition]
    command += ["--data", str(run.data), "--config", str(run.config), "--run-id", run.run_id]
    command += ["--options", json.dumps(options, default=str), "--end-with", str(os.getpid())]
    hear = partial(_is_progress, stage, partition)
    code, answer, said = _command(command, load_settings(run.config).work.stage_limit_s, hear)
    if code == Exit.DONE:
        found: Report = json.loads(answer)
        LOG.info("%s %s: done: %s", stage, partition, _told(found))
        return found
    message = "\n".join(said) or f"exit status {code} and not a word"
    raise FAULTS.get(code, StageFailed)(message)


def _told(report: Report) -> str:
    """Return the counts of a report for people: ``captured 41, failed 0``."""
    flat = report | report.get("counts", {}) | report.get("rows", {})
    return ", ".join(f"{name} {n}" for name, n in flat.items() if type(n) is int)


def _is_progress(stage: str, partition: str, line: str) -> bool:
    """Tell whether a line says how far the stage is; who listens has heard it then."""
    progress = heard(line, stage, partition)
    if progress is not None:
        tell(progress)
    return progress is not None


def _command(
    command: Sequence[str], limit_s: float, is_progress: Callable[[str], bool]
) -> tuple[int, str, list[str]]:
    """Return a command's exit status, its standard output, and its last lines of standard error.

    Lines that are progress count for neither the log nor the last lines.
    """
    said: deque[str] = deque(maxlen=30)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as answer:
        process = subprocess.Popen(  # noqa: S603  no shell, and the names are ours
            command, env=environment(), text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE,
        )  # fmt: skip
        listen = contextvars.copy_context().run
        listener = Thread(
            target=listen, args=(_listen, process.stderr, said, is_progress), daemon=True
        )
        listener.start()
        try:
            _wait(process, limit_s)
        except subprocess.TimeoutExpired:
            said.append(f"stopped: it ran for {limit_s:g} s")
        finally:
            _end(process)
        listener.join(timeout=5)
        answer.seek(0)
        return process.returncode, answer.read(), list(said)


def _wait(process: subprocess.Popen[str], limit_s: float) -> None:
    """Return when a process has ended.

    `Popen.wait` gives it a quarter of a second more after Ctrl-C, because a terminal sends that to
    the whole group; a stage is in another group, hears nothing, and works on meanwhile.

    Raises:
        TimeoutExpired: it runs longer than `limit_s`.
    """
    deadline, pause_s = time.monotonic() + limit_s, 0.001
    while process.poll() is None:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise subprocess.TimeoutExpired(process.args, limit_s)
        time.sleep(min(pause_s, left_s))
        pause_s = min(2 * pause_s, 0.05)


def _listen(stream: IO[str], said: deque[str], is_progress: Callable[[str], bool]) -> None:
    """Log what a stage says, line by line, and remember the end of it."""
    log = Lines()
    for line in stream:
        if is_progress(line):
            continue
        said.append(line.rstrip())
        log.say(said[-1])


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its group, if it runs: it gets ten seconds to close its files."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
