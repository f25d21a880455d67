"""Merge the dataset's small files by month, as a new snapshot; nothing is fetched or cleaned.

By hand:      ``cleancopy data compact``, without Prefect
On schedule:  deployment "compact" in prefect.yaml, entrypoint ``flows.compact.compact``
"""

import datetime as dt
from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks import steps
from tasks.runs import Outcome, begin


@flow(
    name="compact",
    flow_run_name=steps.run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[steps.tag],
    persist_result=False,
)
def compact(
    before: dt.date | None = None,
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Merge small files; readers keep reading, and the rows stay the same.

    Args:
        before: Files of days before this one are merged; the newest day's stay if left empty.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("compact", data, config)
    options = {"before": str(before or "")}
    return steps.finish(run, [steps.one(steps.compact, "all", run, options)])
