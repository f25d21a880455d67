"""What a run shows on Prefect's screens: tags, progress while it runs, artifacts, assets.

All of it is for people. A server that does not take it costs a line in the log and not the run:
what a run did is in the dataset and in its report.
"""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from httpx import HTTPError
from prefect import Flow, State
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.assets import Asset, AssetProperties, add_asset_metadata
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run as runtime

from tasks.edge.log import LOG
from tasks.edge.overview import markdown, short, table
from tasks.progress import Progress
from tasks.runs import Outcome, Result, Run
from tasks.schema import TABLES
from tasks.store.layout import Layout

PROGRESS_S: Final = 5.0
"""A progress artifact is written no more than once in so many seconds, and at its end."""

NAMED: Final = 3
"""Sources, files or partitions that stand in the name of a run."""

MOST_TAGS: Final = 8
"""Of them, so many are tags."""

_BANNED: Final = re.compile(r"""[\s\0#?&%"'<>\[\]{}|\\^`]""")
"""What Prefect allows in no key of an asset."""

UNSENT: Final = (PrefectException, HTTPError, OSError)
"""What sending may raise: a server that is gone or refuses. httpx is Prefect's own client."""


class ProgressBar:
    """A listener that shows how far one stage of one partition is, as a progress artifact.

    Quick stages have none: the first is written after `PROGRESS_S`.
    """

    def __init__(self, stage: str, partition: str, every_s: float = PROGRESS_S) -> None:
        self._about = (stage, partition)
        self._every_s = every_s
        self._next = time.monotonic() + every_s
        self._artifact: UUID | None = None
        self._is_off = False

    def __call__(self, progress: Progress) -> None:
        """Show `progress`, if it is ours and it is time."""
        now = time.monotonic()
        if (
            (progress.stage, progress.partition) != self._about
            or self._is_off
            or not progress.total
        ):
            return
        if now < self._next and not (self._artifact and progress.is_complete):
            return
        self._next = now + self._every_s
        share = min(100.0, 100 * progress.done / progress.total)
        said = f"{progress.done} of {progress.total} {progress.what}"
        self._is_off = not _send(lambda: self._write(share, said))

    def _write(self, share: float, said: str) -> None:
        stage, partition = self._about
        if self._artifact is None:
            made = create_progress_artifact(
                share, key=key(f"{stage}-{partition}"), description=f"{stage} {partition}: {said}"
            )
            self._artifact = _uuid(made)
        else:
            update_progress_artifact(
                self._artifact, share, description=f"{stage} {partition}: {said}"
            )


def run_name() -> str:
    """Return a flow run's name: the flow, the date, and the sources, files or partitions."""
    given = runtime.parameters
    about = [*(given.get("partitions") or ()), *_sources(given)]
    if not about:
        about = [Path(path).name for path in _field(given.get("files"), "paths") or ()]
    about += [url.partition("//")[2] for url in given.get("urls") or ()]
    date = given.get("date") or datetime.now(UTC).date()
    more = f" and {len(about) - NAMED} more" if len(about) > NAMED else ""
    return f"{runtime.flow_name} {date} {', '.join(about[:NAMED]) or 'all'}{more}"


def tag(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Tag a flow run that begins with its flow, its sources and its partitions (a hook)."""
    del state
    given = flow_run.parameters
    partitions = given.get("partitions") or [given.get("date")]
    tags = {"cleancopy", flow.name, *flow_run.tags}
    tags |= {f"source:{source}" for source in _sources(given)[:MOST_TAGS]}
    tags |= {f"partition:{partition}" for partition in partitions[:MOST_TAGS] if partition}

    def send() -> None:
        with get_client(sync_client=True) as client:
            client.update_flow_run(flow_run.id, tags=sorted(tags))

    _send(send)


def _sources(given: Mapping[str, Any]) -> list[str]:
    """Return the sources that a run's parameters name."""
    name = _field(given.get("files"), "name")
    return [name] if name else list(_field(given.get("options"), "sources") or ())


def _field(model: Any, name: str) -> Any:  # noqa: ANN401
    """Return a field of a model, or of the mapping that was sent for one, or None."""
    return model.get(name) if isinstance(model, dict) else getattr(model, name, None)


def show(run: Run, outcome: Outcome, results: Sequence[Result]) -> None:
    """Write a run's two artifacts: what it did as Markdown, and its sources as a table."""
    said, rows = markdown(run, outcome, results), table(results)

    def send() -> None:
        about = short(outcome.line)
        create_markdown_artifact(said, key=key(f"{run.flow}-run"), description=about)
        about = "What each source gave, and what became of it"
        create_table_artifact(rows, key=key(f"{run.flow}-sources"), description=about)

    _send(send)


def datasets(data: Path) -> list[Asset]:
    """Return the dataset's tables below `data` as Prefect's assets."""
    current = Layout(data).current
    return [
        Asset(
            key=_asset_key(current / name),
            properties=AssetProperties(
                name=f"cleancopy {name}", description=f"Table {name} of the dataset {current}"
            ),
        )
        for name in TABLES
    ]


def captures(data: Path) -> Asset:
    """Return what the dataset is made from, as an asset."""
    return Asset(key=_asset_key(data / "captures"))


def describe_datasets(data: Path, report: dict[str, Any]) -> None:
    """Say with the assets what was published; called in the task that publishes."""
    for asset, name in zip(datasets(data), TABLES, strict=True):
        rows = report.get("rows", {}).get(name, 0)
        about = {"rows": rows, "snapshot": report.get("snapshot", "")}
        add_asset_metadata(asset, about)


def key(name: str) -> str:
    """Return `name` as a key of an artifact: lower case, digits and dashes.

    >>> key("extract-Backfill_4f2a.v1")
    'extract-backfill-4f2a-v1'
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _asset_key(path: Path) -> str:
    return "file://" + _BANNED.sub("_", path.absolute().as_posix())


def _uuid(made: object) -> UUID:
    """Return an artifact's id; Prefect's types allow a coroutine where none can be."""
    if not isinstance(made, UUID):
        raise TypeError(f"no artifact id: {made!r}")
    return made


def _send(send: Callable[[], None]) -> bool:
    """Send something for people; tell whether the server took it."""
    try:
        send()
    except UNSENT as error:
        LOG.warning("not shown in Prefect: %s: %s", type(error).__name__, str(error)[:200])
        return False
    return True
