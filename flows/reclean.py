"""Make everything again from the stored captures, after a change of rules; no network is used.

By hand:  ``cleancopy reclean`` or a run of the deployment "reclean"
"""

from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks.runs import Outcome, begin
from tasks.steps import finish, one, refine, release, replay, run_name, tag
from tasks.store.layout import Layout


@flow(
    name="reclean",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[tag],
    persist_result=False,
)
def reclean(
    partitions: list[str] | None = None,
    against: Path | None = None,
    accept: bool = False,  # noqa: FBT001, FBT002  Prefect's forms know parameters by name
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Make all again from stored captures under the rules as they are now, and publish.

    Parts that the rules, options and code of today have made already are not made again.

    Args:
        partitions: Names of partitions, such as 2026-11-24; all that have captures if left empty.
        against: Folder of the rules before the change; with it the stored pages are first replayed
            under both, and on a regression nothing is made again.
        accept: Go on in spite of a regression; the report is written all the same.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("reclean", data, config)
    results = []
    if against is not None:
        options = {"before": against, "partitions": partitions or (), "accept": accept}
        results.append(one(replay, "all", run, options))
        if results[0].exit:
            return finish(run, results)
    refined = refine(partitions or Layout(run.data).partitions("captures"), run)
    results += [*refined, *release(run, refined)]
    return finish(run, results)
