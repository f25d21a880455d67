"""The edge to Prefect: each stage as a task. No other module under ``tasks/`` imports Prefect.

Retries, time limits and what ends a stage are set here and nowhere else. A step starts
``python -m tasks <stage> <partition>`` in a process group of its own and waits for its report, so
a stage that hangs or crashes costs its partition and not the flow run, and a cancelled or
interrupted run leaves no process behind. What a stage says on its standard error goes to the
run's log, line by line; how far it is goes to whoever listens (`tasks.progress`).

Steps exchange partition names and counts. Text stays on disk. Prefect's own cache and stored
results are off: what is done is known by the files that exist.
"""

import contextlib
import contextvars
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import IO, Any, Final

from prefect import State, Task, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from tasks.errors import ConfigError, ContractError, EnvironmentFault, Exit
from tasks.pool import environment
from tasks.progress import heard, tell
from tasks.runs import Outcome, Result, Run, outcome, row
from tasks.settings import load_settings

LOG: Final = logging.getLogger("cleancopy")
"""Prefect's settings of ours (`flows.server`) send what is logged here to the run's log too."""

RETRY_DELAY_S: Final = 10.0
Report = dict[str, Any]
Options = Mapping[str, Any]
_FAULTS: Final[dict[int, type[Exception]]] = {
    Exit.USAGE: ConfigError,
    Exit.CONTRACT: ContractError,
    Exit.ENVIRONMENT: EnvironmentFault,
}


class StageFailed(Exception):  # noqa: N818  reads as a state, like Prefect's own
    """A stage's command ended badly; the message is the end of its standard error."""


def _may_pass(_task: object, _run: object, state: State[Any]) -> bool:
    """Tell whether trying again can help: not against a wrong configuration or a full disk."""
    return isinstance(state.data, StageFailed) or "StageFailed" in (state.message or "")


def _step(stage: str, retries: int = 0) -> Task[..., Report]:
    """Return the Prefect task that runs `stage` for a partition and returns its report."""

    @task(
        name=stage,
        task_run_name=f"{stage} {{partition}}",
        description=f"The stage {stage} for one partition, in a process of its own.",
        tags=["cleancopy"],
        retries=retries,
        retry_delay_seconds=RETRY_DELAY_S,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def step(partition: str, run: Run, options: Options) -> Report:
        return _run_stage(stage, partition, run, options)

    return step


fetch = _step("fetch", retries=2)
capture = _step("capture")
extract = _step("extract")
remember = _step("remember")
clean = _step("clean")
normalise = _step("normalise")
dedup = _step("dedup")
publish = _step("publish")
compact = _step("compact")
report = _step("report")


def refine(partitions: Iterable[str], run: Run) -> list[Result]:
    """Extract and remember every partition, then clean and normalise each with all remembered.

    A stage that fails ends its partition only.
    """
    results: list[Result] = []
    learnt = []
    for partition in partitions:
        found = _in_turn([extract, remember], partition, run)
        results += found
        if not found[-1].exit:
            learnt.append(partition)
    for partition in learnt:
        results += _in_turn([clean, normalise], partition, run)
    return results


def release(run: Run, results: Sequence[Result]) -> list[Result]:
    """Mark duplicates and versions, publish all that is finished, and write the report."""
    settings = load_settings(run.config)
    keep = settings.keep
    own = row(run, results)
    options: dict[str, Options] = {
        "dedup": {"threshold": settings.output.near_duplicate},
        "publish": {
            "keep_snapshots": keep.snapshots,
            "keep_days": keep.days,
            "run": own,
        },
        "report": {"partitions": own["partitions"]},
    }
    about = results[0].partition if results else run.run_id
    return _in_turn([dedup, publish, report], about, run, options)


def run_name() -> str:
    """Return a flow run's name: the flow, and the date, files or partitions it is about."""
    given = flow_run.parameters
    about = given.get("date") or given.get("partitions") or ""
    files = given.get("files")
    if files is not None and files.paths:
        about = files.name or files.paths[0].name
    return f"{flow_run.flow_name} {about or datetime.now(UTC).date()}"


def one(step: Task[..., Report], partition: str, run: Run, options: Options) -> Result:
    """Run one step; however it ends, the flow goes on and knows."""
    try:
        return Result(step.name, partition, step(partition, run, options))
    except tuple(_FAULTS.values()) as error:
        code = Exit(next(code for code, kind in _FAULTS.items() if isinstance(error, kind)))
        return Result(step.name, partition, exit=code, reason=str(error))
    except StageFailed as error:
        last = str(error).strip().splitlines()[-1]
        return Result(step.name, partition, exit=Exit.BUG, reason=f"{last} (a bug; see the log)")


def finish(run: Run, results: Sequence[Result]) -> State[Outcome]:
    """Return the state a flow run ends in; its data is the `Outcome`."""
    ended = outcome(run, results)
    LOG.info("%s", ended.line)
    if ended.status == "failed":
        return Failed(message=ended.line, data=ended)
    name = "Partial" if ended.status == "partial" else "Completed"
    return Completed(name=name, message=ended.line, data=ended)


def _in_turn(
    steps: Sequence[Task[..., Report]],
    partition: str,
    run: Run,
    options: Mapping[str, Options] | None = None,
) -> list[Result]:
    results: list[Result] = []
    for step in steps:
        results.append(one(step, partition, run, (options or {}).get(step.name, {})))
        if results[-1].exit:
            break
    return results


def _run_stage(stage: str, partition: str, run: Run, options: Options) -> Report:
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
    raise _FAULTS.get(code, StageFailed)(message)


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
            process.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            said.append(f"stopped: it ran for {limit_s:g} s")
        finally:
            _end(process)
        listener.join(timeout=5)
        answer.seek(0)
        return process.returncode, answer.read(), list(said)


def _listen(stream: IO[str], said: deque[str], is_progress: Callable[[str], bool]) -> None:
    """Log what a stage says, line by line, and remember the end of it."""
    for line in stream:
        if is_progress(line):
            continue
        said.append(line.rstrip())
        LOG.info("%s", said[-1])


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its group, if it runs: it gets ten seconds to close its files."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
