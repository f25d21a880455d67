"""Compare two rule books on stored pages; nothing is published, and no network is used.

By hand:  ``cleancopy diff --before RULES --after RULES``, without Prefect
As a flow: ``flows.replay.replay``; a regression makes the run fail
"""

from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks import steps
from tasks.runs import Outcome, begin
from tasks.store.options import ReplayOptions


@flow(
    name="replay",
    flow_run_name=steps.run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[steps.tag],
    persist_result=False,
)
def replay(
    options: ReplayOptions = ReplayOptions(),  # noqa: B008  frozen
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Clean stored pages under both rule books, and write what the second one changes.

    Args:
        options: Folders of the two books, gold pages, partitions.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("replay", data, config)
    chosen = options.model_dump(mode="json")
    return steps.finish(run, [steps.one(steps.replay, "all", run, chosen)])
