"""Fetch what the sources published, and nothing after it: the next daily run cleans it.

By hand:      ``cleancopy fetch``, without Prefect
On schedule:  deployment "fetch" in prefect.yaml, entrypoint ``flows.fetch.fetch``
"""

import datetime as dt
from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks import steps
from tasks.runs import Outcome, begin
from tasks.sources import FetchOptions


@flow(
    name="fetch",
    flow_run_name=steps.run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[steps.tag],
    persist_result=False,
)
def fetch(
    date: dt.date | None = None,
    options: FetchOptions = FetchOptions(),  # noqa: B008  frozen
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Fetch and capture what is new; clean and publish nothing.

    For sources whose feeds forget within hours. The captures wait for the next daily run.

    Args:
        date: Day whose partition the captures go to; today (UTC) if left empty.
        options: What to fetch; as it stands, all that is new on all enabled sources.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("fetch", data, config)
    today = str(date or run.started_at.date())
    return steps.finish(run, [steps.one(steps.fetch, today, run, options.model_dump(mode="json"))])
