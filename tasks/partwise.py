"""A page function over the parts of one partition: what the stages extract, clean, normalise share.

A stage plans its parts, and this room does the rest: parts that exist are done; the others are
made by the pool, whole, in any order; when all exist the partition's list of parts is closed. A
part's name is a `key` of all that decides its bytes, so nothing is done twice and nothing
stale counts: change a rule, an option, a line of the stage's code or a library, and the names
change.

`outcomes` is the one place where a page's exception becomes a `Failure`.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from tasks import pool
from tasks.dependencies import code_hash
from tasks.errors import ConfigError, ContractError, PageError
from tasks.progress import Progress, tell
from tasks.schema import Failure, Page
from tasks.store import parts as store
from tasks.store.layout import Layout, WorkStage

if TYPE_CHECKING:
    from tasks.rules import RuleBook
    from tasks.settings import Settings

LOG: Final = logging.getLogger(__name__)
UNSTORABLE: Final = (UnicodeEncodeError, OverflowError, pa.ArrowInvalid)
"""What a value raises that no column can hold, for example half a surrogate pair."""


OURS: Final = frozenset({"bug", "ledger"})
"""Slugs of failures that no page can be blamed for."""

MAX_BUGS: Final = 5
MAX_BUG_SHARE: Final = 0.1
"""Of a partition's pages; beyond both, its parts are not listed and so never published."""


class HasPage(Protocol):
    """A page on its way: it knows which page it is."""

    @property
    def page(self) -> Page:
        """Which page this is."""


In = TypeVar("In", bound=HasPage)
Out = TypeVar("Out")
Packed = TypeVar("Packed")
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """What is made at a time: `source`, or the records at `offsets` in it, become `target`."""

    source: Path
    target: Path
    offsets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One stage of one partition, as a worker process needs to know it."""

    partition: str
    data: Path
    config: Path
    run_id: str
    rules_version: str

    @property
    def layout(self) -> Layout:
        """The paths below the data folder."""
        return Layout(self.data)

    @property
    def rules(self) -> "RuleBook":
        """The rule book, loaded once a process.

        Raises:
            ConfigError: the rules have changed since the job was planned.
        """
        rules = _rules(self.config)
        if rules.version != self.rules_version:
            raise ConfigError(f"{self.config}: the rules changed while the run went on: run again")
        return rules

    @property
    def settings(self) -> "Settings":
        """The settings, loaded once a process."""
        return _settings(self.config)


Make = Callable[[Job, Part, pool.Tick, pool.Bad], Counts]
"""Makes one part and returns its counts; named by its module, so that workers can import it."""

Warm = Callable[[Job], object]
"""Loads, once for all workers, what making needs."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of a stage found and did; counts are of the whole partition."""

    stage: str
    partition: str
    parts: int
    made: int  # in this run; the other parts existed
    counts: dict[str, int]
    rules_version: str


def job(partition: str, data: Path, config: Path, run_id: str) -> Job:
    """Return the job of `partition` under the rules as they are now.

    Raises:
        ConfigError: rules or settings cannot be used.
    """
    return Job(partition, data, config, run_id, _rules(config).version)


def key(job: Job, module: str, source: Sequence[object], packages: Sequence[str] = ()) -> str:
    """Return the name of a part: 24 hex digits of all that decides its bytes.

    Args:
        job: gives the options.
        module: which makes it; its code counts, and that of all it imports.
        source: what it is made of, and by which version of the rules, if by any.
        packages: distributions whose version matters.
    """
    facts = [
        module,
        list(source),
        job.settings.output.model_dump(),
        code_hash(module),
        {name: version(name) for name in packages},
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:24]


def run(
    job: Job, stage: str, kind: WorkStage, parts: Sequence[Part], make: Make, warm: Warm
) -> int:
    """Make the parts that do not exist, list all as the partition's; return how many were made.

    Raises:
        ContractError: too many pages failed by a bug of ours; the earlier list of parts stays.
        EnvironmentFault: disk or processes are not as needed; what was made stays.
    """
    missing = [part for part in parts if not part.target.exists()]
    work, output = job.settings.work, job.settings.output
    meter = _Meter(stage, job.partition, missing)
    results = pool.run(
        partial(make, job),
        missing,
        workers=min(work.worker_count, len(missing)),
        page_limit_s=output.page_limit_s,
        memory_limit_mb=output.memory_limit_mb,
        recycle_pages=work.recycle_pages,
        on_item=meter.at,
        warm=partial(warm, job),
    )
    with closing(results):
        for index, counts in results:
            meter.finished(index)
            done = f"{len(parts) - len(missing) + index + 1} of {len(parts)} parts"
            LOG.info("%s %s: %s; this one: %s", stage, job.partition, done, dict(counts))
    _refuse_bugs(stage, job.partition, parts)
    store.close(job.layout, kind, job.partition, [part.target.name for part in parts])
    return len(missing)


class _Meter:
    """How many pages of the parts to be made are done, as workers say."""

    def __init__(self, stage: str, partition: str, missing: Sequence[Part]) -> None:
        self._stage, self._partition = stage, partition
        self._sizes = [_size(part) for part in missing]
        self._total = sum(self._sizes)
        self._items = [0] * len(missing)
        self._done = 0

    def at(self, index: int, item: int) -> None:
        """A worker has come to page `item` of part `index`; perhaps once more."""
        further = min(item, self._sizes[index]) - self._items[index]
        if further > 0:
            self._items[index] += further
            self._done += further
        tell(Progress(self._stage, self._partition, self._done, self._total, "pages"))

    def finished(self, index: int) -> None:
        """Part `index` is made."""
        self.at(index, self._sizes[index])


def _size(part: Part) -> int:
    """Return how many pages a part has: those its source has, unless it names some."""
    rows: int = len(part.offsets) or pq.read_metadata(part.source).num_rows
    return rows


def _refuse_bugs(stage: str, partition: str, parts: Sequence[Part]) -> None:
    """Raise if a bug of ours, not the pages, emptied the parts: they must not replace good ones."""
    pages = bugs = 0
    for part in parts:
        slugs = _slugs(part.target)
        pages += len(slugs)
        bugs += sum(slug in OURS for slug in slugs)
    if bugs > MAX_BUGS and bugs > MAX_BUG_SHARE * pages:
        raise ContractError(
            f"{stage} {partition}: {bugs} of {pages} pages failed by a bug of ours (the log has "
            "the tracebacks); what was finished before stays published"
        )


def _slugs(target: Path) -> list[str | None]:
    """Return why each page of a part failed, None for those that did not; [] if it has no pages.

    Raises:
        ContractError: the part is torn.
    """
    try:
        return _read_slugs(target)
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{target}: torn ({error}): remove it and run the same command again"
        raise ContractError(msg) from error


def _read_slugs(target: Path) -> list[str | None]:
    if target.is_dir():
        table = pq.read_table(target / "quarantine.parquet", columns=["slug"])
        failed: list[str | None] = table["slug"].to_pylist()
        return failed + [None] * pq.read_metadata(target / "articles.parquet").num_rows
    if "failure" not in pq.read_schema(target).names:
        return []
    failures = pq.read_table(target, columns=["failure"])["failure"].to_pylist()
    return [failure and failure["slug"] for failure in failures]


def outcomes(
    pages: Iterator[In | Failure],
    call: Callable[[In], Out],
    stage: str,
    tick: pool.Tick,
    bad: pool.Bad,
) -> list[Out | Failure]:
    """Return what `call` makes of each page, in order; a page that fails becomes a `Failure`.

    Failures of earlier stages pass through. A page is read after its `tick`, so that a record
    which cannot be read is not blamed on the page before it.
    """
    found: list[Out | Failure] = []
    for index in count():
        tick(index)
        page = next(pages, None)
        if page is None:
            return found
        found.append(page if isinstance(page, Failure) else _one(page, call, stage, bad.get(index)))
    raise AssertionError("unreachable: count() does not end")


def storable(
    pages: Sequence[Out | Failure], pack: Callable[[list[Any]], Packed], stage: str
) -> tuple[list[Out | Failure], Packed]:
    """Return `pages` and what `pack` makes of them, made once.

    Pages that it cannot store, for text that is no Unicode, become Failures.
    """
    found = list(pages)
    try:
        return found, pack(found)
    except UNSTORABLE:
        found = [_storable(page, pack, stage) for page in pages]
        return found, pack(found)


def _one(page: In, call: Callable[[In], Out], stage: str, error: PageError | None) -> Out | Failure:
    if error is None:
        try:
            return call(page)
        except PageError as found:
            error = found
        except (MemoryError, ConfigError):
            raise
        except Exception as bug:
            LOG.exception("%s: %s", stage, page.page.url)
            error = PageError("bug", f"{type(bug).__name__}: {bug}")
    message = error.message.encode("utf-8", "backslashreplace").decode()
    return Failure(page.page, stage, error.slug, message)


def _storable(page: Any, pack: Callable[[list[Any]], object], stage: str) -> Any:  # noqa: ANN401
    try:
        pack([page])
    except UNSTORABLE as error:
        return Failure(page.page, stage, "encoding", f"{type(error).__name__}: no column holds it")
    return page


@cache
def _rules(config: Path) -> "RuleBook":
    from tasks.rules import load_rules  # noqa: PLC0415  workers of some stages need no rules

    return load_rules(config)


@cache
def _settings(config: Path) -> "Settings":
    from tasks.settings import load_settings  # noqa: PLC0415  nor settings

    return load_settings(config)
