"""Where partitions are worked on: in the flow's own thread, on a Dask cluster, or on Ray.

`engine: local | dask | ray` in config/pipeline.yaml. Distributing is Dask's and Ray's work, through
Prefect's task runners; nothing here knows machines. The stages of one partition are the same
commands on all of them, so data and config folders must be seen under the same path by
every worker (NFS or the like), and what comes out is the same bytes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final, Protocol

from prefect import Task
from prefect.task_runners import TaskRunner

from tasks.edge.extras import require
from tasks.edge.stage import FAULTS, StageFailed
from tasks.errors import EnvironmentFault
from tasks.settings import Work

_SAID: Final[tuple[type[Exception], ...]] = (StageFailed, *FAULTS.values())
"""What a stage itself may end with; anything else is the cluster's."""

Call = Mapping[str, Any]
"""The parameters of one run of a task."""


class Engine(Protocol):
    """Runs a task once for each set of parameters."""

    def run(self, task: Task[..., Any], calls: Sequence[Call]) -> Iterator[Any]:
        """Yield what the task returned, or the exception it raised, in the order of `calls`."""


class Local:
    """One after another in the flow's own thread: a stage uses all cores; Ctrl-C reaches it."""

    def run(self, task: Task[..., Any], calls: Sequence[Call]) -> Iterator[Any]:
        """Yield what the task returned, or the exception it raised, in the order of `calls`."""
        end: object
        for parameters in calls:
            try:
                end = task(**parameters)
            except Exception as error:  # noqa: BLE001  the caller knows which he expects
                end = error
            yield end


class Cluster:
    """All at once, on what a task runner of Prefect reaches."""

    def __init__(self, runner: TaskRunner[Any]) -> None:
        self._runner = runner

    def run(self, task: Task[..., Any], calls: Sequence[Call]) -> Iterator[Any]:
        """Yield what the task returned, or the exception it raised, in the order of `calls`."""
        futures = [self._runner.submit(task, dict(parameters)) for parameters in calls]
        for future in futures:
            end = future.result(raise_on_failure=False)
            is_lost = isinstance(end, BaseException) and not isinstance(end, _SAID)
            yield EnvironmentFault(f"the cluster lost it: {end}") if is_lost else end


@contextmanager
def engine(work: Work) -> Iterator[Engine]:
    """Give the engine that the settings name, and its cluster, if it is to be made, with it.

    Raises:
        EnvironmentFault: the library it needs is missing, or its cluster does not answer.
    """
    if work.engine == "local":
        yield Local()
        return
    require(work)
    make = {"dask": _dask, "ray": _ray}[work.engine]
    with ExitStack() as stack:
        try:
            runner = stack.enter_context(make(work))
            getattr(runner, "client", None)  # Dask connects when it is first asked
        except OSError as error:
            raise EnvironmentFault(
                f"the {work.engine} cluster {work.address or 'of this machine'} cannot be used: "
                f"{error} (work.address in pipeline.yaml)"
            ) from error
        yield Cluster(runner)


def _dask(work: Work) -> TaskRunner[Any]:
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415  an extra

    if work.address:
        return DaskTaskRunner(address=work.address)
    here = {"n_workers": work.worker_count, "threads_per_worker": 1, "dashboard_address": None}
    return DaskTaskRunner(cluster_kwargs=here)


def _ray(work: Work) -> TaskRunner[Any]:
    from prefect_ray import RayTaskRunner  # noqa: PLC0415  an extra

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    here = {"num_cpus": work.worker_count, "include_dashboard": False}
    runner: TaskRunner[Any] = RayTaskRunner(
        address=work.address or None, init_kwargs={} if work.address else here
    )
    return runner
