"""``cleancopy run``, ``backfill``, ``reclean``: a flow, with a Prefect server while it runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from flows.commands.choice import Choice
from flows.commands.common import Common, note, out, out_json
from flows.progress import shown
from flows.server import running
from tasks.edge.extras import require
from tasks.rules import load_rules
from tasks.runs import Outcome
from tasks.settings import load_settings
from tasks.sources import FileOptions
from tasks.store.layout import Layout


def daily(
    *,
    choice: Choice = Choice(),  # noqa: B008  frozen
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Fetch what is new, clean it, publish it.

    Args:
        choice: What to fetch.
        common: Where to work and how to print.
    """
    if choice.dry_run:
        from flows.commands.fetch import show_plan  # noqa: PLC0415  a command of its own

        return show_plan(choice.options, common)

    def flow(where: dict[str, Any]) -> Any:  # noqa: ANN401  Prefect's state
        from flows.daily import daily as run  # noqa: PLC0415  imports Prefect

        return run(date=choice.date, options=choice.options, **where, return_state=True)

    return show(run_flow(flow, common), common)


def backfill(
    *paths: Path,
    url: Annotated[list[str] | None, Parameter(negative="")] = None,
    name: str = "",
    text_field: str = "text",
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Take in files, folders and URLs, clean them, publish them.

    Args:
        paths: Files and folders: .html, .txt, .jsonl (each also .gz), .warc and .warc.gz.
        url: Fetch this page too; may be given more than once.
        name: What the source of the files is called in the dataset.
        text_field: Field of a line of JSON that holds the text.
        common: Where to work and how to print.
    """
    files = FileOptions(paths=paths, name=name, text_field=text_field)

    def flow(where: dict[str, Any]) -> Any:  # noqa: ANN401  Prefect's state
        from flows.backfill import backfill as run  # noqa: PLC0415  imports Prefect

        return run(files=files, urls=url, **where, return_state=True)

    return show(run_flow(flow, common), common)


def reclean(
    *partitions: str,
    against: Path | None = None,
    accept: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Extract, clean and publish again from stored captures, under the rules of today.

    Args:
        partitions: Names of partitions, such as 2026-11-24; all if left out.
        against: Folder of the rules before the change: first replay stored pages under both, and
            on a regression stop before anything is made again (exit code 4).
        accept: Go on in spite of a regression.
        common: Where to work and how to print.
    """

    def flow(where: dict[str, Any]) -> Any:  # noqa: ANN401  Prefect's state
        from flows.reclean import reclean as run  # noqa: PLC0415  imports Prefect

        rules = against and against.absolute()
        return run(
            partitions=list(partitions) or None, against=rules, accept=accept, **where,
            return_state=True,
        )  # fmt: skip

    return show(run_flow(flow, common), common)


def run_flow(flow: Callable[[dict[str, Any]], Any], common: Common) -> Outcome:
    """Run a flow with its folders, and return how it ended.

    Raises:
        ConfigError: before anything starts, when settings or rules cannot be used.
        EnvironmentFault: the engine's library is missing, or no Prefect server can be had.
    """
    where = {"data": common.data_folder, "config": common.config_folder}
    require(load_settings(where["config"]).work)
    load_rules(where["config"])
    home = Layout(where["data"]).prefect_home
    with running(home) as server, shown(is_json=common.json):
        server.wait()
        return ended(flow(where))


def ended(state: Any) -> Outcome:  # noqa: ANN401  Prefect's state
    """Return the outcome that a flow run's last state holds.

    Raises:
        BaseException: what the flow raised, if it did not come to an outcome.
    """
    value = state.result(raise_on_failure=False)
    if isinstance(value, Outcome):
        return value
    found = getattr(value, "outcome", None)
    if isinstance(found, Outcome):
        return found
    raise value


def show(outcome: Outcome, common: Common) -> int:
    """Print how a run ended, and return its exit code."""
    if common.json:
        out_json(outcome)
        return outcome.exit
    layout = Layout(common.data_folder)
    counts = outcome.counts
    out(f"{outcome.flow} {outcome.run_id}: {outcome.status} after {outcome.seconds:g} s")
    out(
        f"  pages {counts['pages']}, articles {counts['articles']}, quarantined "
        f"{counts['quarantined']}; blocks kept {counts['kept']}, moved {counts['moved']}, "
        f"removed {counts['removed']}"
    )
    if outcome.snapshot:
        out(f"  dataset  {layout.current} (snapshot {outcome.snapshot})")
        out(f"  report   {outcome.report}")
    for problem in outcome.problems:
        note(f"cleancopy: {problem}")
    return outcome.exit
