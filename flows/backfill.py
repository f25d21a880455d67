"""Take in what lies on disk, or a list of URLs: saved pages, texts scraped long ago, WARC files.

By hand:  ``cleancopy backfill PATH...`` or a run of the deployment "backfill" with parameters
"""

from pathlib import Path

from prefect import State, flow
from prefect.task_runners import ThreadPoolTaskRunner

from tasks.fetch.files import partition_name
from tasks.runs import Outcome, begin
from tasks.sources import FetchOptions, FileOptions
from tasks.steps import capture, fetch, finish, one, refine, release, run_name, tag


@flow(
    name="backfill",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=1),  # type: ignore[arg-type]  # invariant in Prefect
    on_running=[tag],
    persist_result=False,
)
def backfill(
    files: FileOptions = FileOptions(paths=()),  # noqa: B008  frozen
    urls: list[str] | None = None,
    data: Path | None = None,
    config: Path | None = None,
) -> State[Outcome]:
    """Capture files and URLs, then all stages up to the report.

    The same files always make the same partition: run again, a backfill does what is missing.

    Args:
        files: Files and folders: .html, .txt, .jsonl (each also .gz), .warc and .warc.gz.
        urls: Pages to fetch, politely, besides the files.
        data: Folder of captures and datasets; the project's own if left empty.
        config: Folder of settings, sources and rules; the project's own if left empty.
    """
    run = begin("backfill", data, config)
    results = []
    if files.paths:
        results.append(one(capture, partition_name(files), run, files.model_dump(mode="json")))
    if urls:
        chosen = FetchOptions(urls=tuple(urls)).model_dump(mode="json")
        results.append(one(fetch, f"urls-{run.started_at:%Y-%m-%d}", run, chosen))
    results += refine([result.partition for result in results], run)
    results += release(run, results)
    return finish(run, results)
