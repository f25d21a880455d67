"""The edge to Prefect: each stage as a task. Beside it, only ``tasks/edge/`` imports Prefect.

Retries, time limits and concurrency are set here and nowhere else. A step starts
``python -m tasks <stage> <partition>`` and waits for its report (`tasks.edge.stage`); where the
steps of many partitions run, on this machine or on a cluster, says `tasks.edge.engine`; what
people see of it, `tasks.edge.shown`.

Steps exchange partition names and counts. Text stays on disk. Prefect's own cache and stored
results are off: what is done is known by the files that exist.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from prefect import State, Task, task
from prefect.assets import materialize
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, Failed

from tasks.edge import events
from tasks.edge.engine import Local, engine
from tasks.edge.log import LOG
from tasks.edge.shown import ProgressBar, captures, datasets, describe_datasets, run_name, show, tag
from tasks.edge.stage import FAULTS, Options, Report, StageFailed, run_stage
from tasks.errors import Exit
from tasks.progress import listening
from tasks.runs import Outcome, Result, Run, outcome, row
from tasks.settings import load_settings

__all__ = ["run_name", "tag"]

RETRY_DELAY_S: Final = 10.0


class RunFailed(Exception):  # noqa: N818  reads as a state, like Prefect's own
    """A run came to its end and published nothing, or met a bug; the message says why.

    Prefect wants an exception in a failed state: it raises it where a worker started the run.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.line)
        self.outcome = outcome


def _may_pass(_task: object, _run: object, state: State[Any]) -> bool:
    """Tell whether trying again can help: not against a wrong configuration or a full disk."""
    return isinstance(state.data, StageFailed) or "StageFailed" in (state.message or "")


def _step(stage: str, retries: int = 0) -> Task[..., Report]:
    """Return the Prefect task that runs `stage` for a partition and returns its report.

    Tasks carry no tags, runs do: for tagged tasks Prefect asks the server for a slot before each,
    a write that its SQLite refuses while an event is stored, and tries again two seconds later.
    """

    @task(
        name=stage,
        task_run_name=f"{stage} {{partition}}",
        description=f"The stage {stage} for one partition, in a process of its own.",
        retries=retries,
        retry_delay_seconds=RETRY_DELAY_S,
        retry_condition_fn=_may_pass,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def step(partition: str, run: Run, options: Options) -> Report:
        with listening(ProgressBar(stage, partition)):
            return run_stage(stage, partition, run, options)

    return step


fetch = _step("fetch", retries=2)
capture = _step("capture")
extract = _step("extract")
remember = _step("remember")
clean = _step("clean")
normalise = _step("normalise")
dedup = _step("dedup")
health = _step("health")
compact = _step("compact")
report = _step("report")
replay = _step("replay")


def publish(run: Run) -> Task[..., Report]:
    """Return the task that publishes; the tables it writes are Prefect's assets."""

    @materialize(
        *datasets(run.data),
        by="cleancopy",
        name="publish",
        task_run_name="publish {partition}",
        description="The stage publish: what is finished becomes the current snapshot.",
        asset_deps=[captures(run.data)],
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def step(partition: str, run: Run, options: Options) -> Report:
        with listening(ProgressBar("publish", partition)):
            found = run_stage("publish", partition, run, options)
        describe_datasets(run.data, found)
        return found

    return step


def refine(partitions: Iterable[str], run: Run) -> list[Result]:
    """Extract and remember every partition, then clean and normalise each with all remembered.

    Stage after stage over all partitions, on the engine of the settings. A stage that fails ends
    its partition only.
    """
    results: list[Result] = []
    left = list(partitions)
    with engine(load_settings(run.config).work) as workers:
        for step in (extract, remember, clean, normalise):
            calls = [{"partition": name, "run": run, "options": {}} for name in left]
            ends = zip(left, workers.run(step, calls), strict=True)
            found = [_result(step.name, name, end) for name, end in ends]
            results += found
            left = [result.partition for result in found if not result.exit]
    return results


def release(run: Run, results: Sequence[Result]) -> list[Result]:
    """Mark duplicates and versions, judge sites, publish what is finished, write the report."""
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
    released: list[Result] = []
    for step in (dedup, health, publish(run), report):
        released.append(one(step, about, run, options.get(step.name, {})))
        if step is health:
            events.tell(dict(released[-1].report))
        if released[-1].exit:
            break
    return released


def one(step: Task[..., Report], partition: str, run: Run, options: Options) -> Result:
    """Run one step here; however it ends, the flow goes on and knows."""
    call = {"partition": partition, "run": run, "options": options}
    (end,) = Local().run(step, [call])
    return _result(step.name, partition, end)


def _result(stage: str, partition: str, end: object) -> Result:
    """Return how a stage ended, from what its task returned or raised."""
    if isinstance(end, dict):
        return Result(stage, partition, end)
    for code, kind in FAULTS.items():
        if isinstance(end, kind):
            return Result(stage, partition, exit=Exit(code), reason=str(end))
    if isinstance(end, StageFailed):
        last = str(end).strip().splitlines()[-1]
        return Result(stage, partition, exit=Exit.BUG, reason=f"{last} (a bug; see the log)")
    if isinstance(end, BaseException):
        raise end
    raise TypeError(f"{stage} {partition} ended with {end!r}")


def finish(run: Run, results: Sequence[Result]) -> State[Outcome]:
    """Return the state a flow run ends in; its data is the `Outcome`, or `RunFailed` with it."""
    ended = outcome(run, results)
    LOG.info("%s", ended.line)
    show(run, ended, results)
    if ended.status == "failed":
        return Failed(message=ended.line, data=RunFailed(ended))
    name = "Partial" if ended.status == "partial" else "Completed"
    return Completed(name=name, message=ended.line, data=ended)
