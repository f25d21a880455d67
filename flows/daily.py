"""Fetch what the sources published, and everything after it, for one date's partition.

By hand:      ``cleancopy run``
On schedule:  deployment "daily" in prefect.yaml, entrypoint ``flows.daily.daily``
"""

import datetime as dt
from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks.runs import Outcome, begin, waiting
from tasks.sources import FetchOptions
from tasks.steps import fetch, finish, one, refine, release, run_name, tag


@flow(
    name="daily",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[tag],
    persist_result=False,
)
def daily(
    date: dt.date | None = None,
    options: FetchOptions = FetchOptions(),  # noqa: B008  frozen
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Fetch what is new, then all stages up to the report.

    Partitions that an interrupted run left behind are finished first. Each partition gets its turn
    even if another fails, and what is finished is published.

    Args:
        date: Day whose partition the captures go to; today (UTC) if left empty.
        options: What to fetch; as it stands, all that is new on all enabled sources.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("daily", data, config)
    today = str(date or run.started_at.date())
    results = [one(fetch, today, run, options.model_dump(mode="json"))]
    results += refine(waiting(run.data), run)
    results += release(run, results)
    return finish(run, results)
