"""One run of a flow: who it is, what its stages reported, and how it ended.

Nothing here knows Prefect. A stage's end is a `Result`: its report, or why there is none. A
flow's end is an `Outcome`, made from all results; it is what the command line prints, what the
table ``runs`` holds, and what decides the exit status.
"""

import contextlib
import json
import secrets
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal

from tasks.errors import Exit
from tasks.settings import default_folder
from tasks.store.layout import Layout

VERSIONED: Final = ("cleancopy", "trafilatura", "lxml", "ftfy", "pyarrow", "pandas", "prefect")
ACROSS: Final = frozenset({"dedup", "health", "publish", "compact", "report", "replay"})
"""Stages that look at all partitions."""

_STATUS: Final[dict[Exit, Literal["done", "partial"]]] = {
    Exit.DONE: "done",
    Exit.PARTIAL: "partial",
}
COUNTS: Final = ("fetched", "pages", "articles", "kept", "moved", "removed", "quarantined")


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has begun, and where it works."""

    run_id: str  # sorts by start
    flow: str
    started_at: datetime
    data: Path
    config: Path


@dataclass(frozen=True, slots=True)
class Result:
    """How one stage ended for one partition: with a report, or with an exit status and a reason."""

    stage: str
    partition: str
    report: Mapping[str, Any] = field(default_factory=dict)
    exit: Exit = Exit.DONE
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: counts over its partitions, and what went wrong where."""

    run_id: str
    flow: str
    status: Literal["done", "partial", "failed"]
    exit: int
    partitions: tuple[str, ...]
    counts: dict[str, int]
    snapshot: str
    rows: dict[str, int]  # of the snapshot, by table
    marks: dict[str, int]  # of all articles: versions, changed, duplicates
    report: str  # path of the report, or of the replay's
    rules_version: str
    problems: tuple[str, ...]
    seconds: float
    replayed: str = ""  # what a replay of two rule books found, for people

    @property
    def line(self) -> str:
        """The outcome in one line, for logs and for Prefect's list of runs."""
        told = [f"{self.counts[name]} {name}" for name in COUNTS if self.counts[name]]
        told += [self.replayed] if self.replayed else []
        return f"{self.status}: {', '.join(told) or 'nothing to do'}" + "".join(
            f"; {problem}" for problem in self.problems
        )


def begin(flow: str, data: Path | None, config: Path | None) -> Run:
    """Return a new run of `flow` over these folders; None stands for `default_folder`."""
    now = datetime.now(UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    where = data or default_folder("data"), config or default_folder("config")
    return Run(run_id, flow, now, *(path.absolute() for path in where))


def waiting(data: Path) -> list[str]:
    """Name the partitions with captures newer than their finished parts, oldest name first.

    A run that was killed leaves such partitions; the next run finishes them.
    """
    layout = Layout(data)
    return [name for name in layout.partitions("captures") if _is_waiting(layout, name)]


def _is_waiting(layout: Layout, partition: str) -> bool:
    files = [path for path in layout.captures(partition).iterdir() if ".warc" in path.name]
    if not files:
        return False
    listing = layout.work("finished", partition) / "parts.json"
    newest = max(path.stat().st_mtime_ns for path in files)
    return not listing.exists() or listing.stat().st_mtime_ns < newest


def row(run: Run, results: Sequence[Result]) -> dict[str, Any]:
    """Return the run's row of the table ``runs``, in JSON's types, as known before publishing."""
    counts = _counts(results)
    is_partial = _is_partial(results, counts)
    return {
        "run_id": run.run_id,
        "flow": run.flow,
        "started_at": run.started_at.isoformat(),
        "status": "partial" if is_partial else "done",
        "partitions": list(_partitions(results)),
        **{name: counts[name] for name in COUNTS},
        "rules_version": _rules_version(results),
        "versions": json.dumps(versions()),
    }


def outcome(run: Run, results: Sequence[Result]) -> Outcome:
    """Return how `run` ended.

    What was published decides: a run that published is no failure. A run that only fetches has
    done its work when a fetch came to its end.
    """
    counts = _counts(results)
    problems = [f"{r.stage} {r.partition}: {r.reason}" for r in results if r.reason]
    if counts["failed"]:
        problems.append(f"{counts['failed']} fetches failed (table fetches)")
    problems += [
        f"{alarm['site']} is in alarm since {alarm['since']}: {alarm['cause']}"
        for alarm in _report_of("health", results).get("alarms", ())
    ]
    replay = _report_of("replay", results)
    published = _report_of("publish", results) or _report_of("compact", results)
    code = Exit.PARTIAL if _is_partial(results, counts) else Exit.DONE
    is_to_publish = any(r.stage in ACROSS - {"replay"} for r in results)
    if not (published if is_to_publish else any(r.report for r in results)):
        code = next((r.exit for r in reversed(results) if r.exit), Exit.BUG)
    if any(r.exit == Exit.BUG for r in results):
        code = Exit.BUG
    return Outcome(
        run_id=run.run_id,
        flow=run.flow,
        status=_STATUS.get(code, "failed"),
        exit=int(code),
        partitions=_partitions(results),
        counts={name: counts[name] for name in COUNTS},
        snapshot=published.get("snapshot", ""),
        rows=published.get("rows", {}),
        marks={k: v for k, v in _report_of("dedup", results).items() if isinstance(v, int)},
        report=(_report_of("report", results) or replay).get("path", ""),
        rules_version=_rules_version(results),
        problems=tuple(problems),
        seconds=round((datetime.now(UTC) - run.started_at).total_seconds(), 1),
        replayed=_replayed(replay.get("total", {})),
    )


def versions() -> dict[str, str]:
    """Return the versions of Python, of this program and of the libraries that shape its output."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in VERSIONED:
        with contextlib.suppress(PackageNotFoundError):  # a checkout that was never installed
            found[name] = version(name)
    return found


def _counts(results: Sequence[Result]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for result in results:
        if result.stage in {"fetch", "capture"}:
            counts["fetched"] += result.report.get("captured", 0)
            counts["failed"] += sum(result.report.get("errors", {}).values())
        elif result.stage == "normalise":
            counts.update(result.report.get("counts", {}))
    return counts


def _replayed(total: Mapping[str, Any]) -> str:
    return f"{total['changed']} of {total['pages']} replayed pages changed" if total else ""


def _report_of(stage: str, results: Sequence[Result]) -> dict[str, Any]:
    return next((dict(r.report) for r in results if r.stage == stage and r.report), {})


def _is_partial(results: Sequence[Result], counts: Mapping[str, int]) -> bool:
    is_ill = bool(_report_of("health", results).get("alarms"))
    return is_ill or any(r.exit for r in results) or bool(counts["quarantined"] or counts["failed"])


def _partitions(results: Sequence[Result]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.partition for r in results if r.stage not in ACROSS))


def _rules_version(results: Sequence[Result]) -> str:
    found = [str(r.report["rules_version"]) for r in results if r.report.get("rules_version")]
    return found[-1] if found else ""
