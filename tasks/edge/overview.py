"""A run in words and figures for Prefect's screens: pure functions of its results.

No text of a page is in them: counts, names of partitions, sources, rules' classes and slugs, and
what stages said of their problems, each cut to a line.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tasks.runs import Outcome, Result, Run

PAGE_STAGES: Final = frozenset({"extract", "remember", "clean", "normalise"})
"""Stages that work on pages one by one; their CPU seconds are what a page costs."""

LONGEST: Final = 20
"""Rows of a list that are shown, and problems that are told."""

LINE: Final = 300
"""Characters of a problem that are shown."""

Row = dict[str, str | int | float]


def rate(results: Iterable[Result]) -> float:
    """Return pages per second of one core, over what the run itself made; 0 if it made nothing.

    A partition counts when all its parts were made in this run: the CPU seconds of a run that
    found half of them done say nothing about the pages.
    """
    pages = cpu_s = 0.0
    by_partition: dict[str, dict[str, Mapping[str, Any]]] = {}
    for result in results:
        if result.stage in PAGE_STAGES and result.report:
            by_partition.setdefault(result.partition, {})[result.stage] = result.report
    for stages in by_partition.values():
        counts = stages.get("normalise", {}).get("counts", {})
        whole = [r for r in stages.values() if r.get("parts") == r.get("made")]
        if len(whole) == len(PAGE_STAGES) and counts:
            pages += counts.get("pages", 0)
            cpu_s += sum(r.get("cpu_s", 0.0) for r in whole)
    return round(pages / cpu_s, 1) if cpu_s else 0.0


def table(results: Sequence[Result]) -> list[Row]:
    """Return a row for each source of the run, and their sum: what it gave and what became of it.

    A run that ended before its report has one row for each stage and partition instead.
    """
    sources: list[Row] = report_of(results).get("by_source", [])
    if not sources:
        return [
            {
                "stage": r.stage,
                "partition": r.partition,
                "exit": int(r.exit),
                "seconds": _seconds(r),
            }
            for r in results[:1000]
        ]
    rows: list[Row] = [
        {"source": str(row["name"]), **{k: v for k, v in row.items() if k != "name"}}
        for row in sources
    ]
    total = {k: sum(int(row[k]) for row in rows) for k in rows[0] if k != "source"}
    return [*rows, {"source": "all", **total}] if len(rows) > 1 else rows


def markdown(run: Run, outcome: Outcome, results: Sequence[Result]) -> str:
    """Return what a run did, as a page of Markdown."""
    found = report_of(results)
    parts = [
        f"# {outcome.flow}: {outcome.status}",
        _figures(outcome, found, rate(results)),
        _links(run, outcome),
        _problems(outcome),
        _list("Blocks removed, by class", "class", found.get("removed_by_class", {})),
        _list("Pages in quarantine, by reason", "slug", found.get("quarantined", {})),
        _list("Fetches that failed, by reason", "slug", _errors(results)),
        _stages(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def report_of(results: Sequence[Result]) -> Mapping[str, Any]:
    """Return the figures of the stage report, {} without it."""
    return next((r.report for r in results if r.stage == "report" and r.report), {})


def _figures(outcome: Outcome, found: Mapping[str, Any], pages_per_s: float) -> str:
    rows: list[tuple[str, object]] = [
        (name, f"{count:,}") for name, count in outcome.counts.items() if count or name == "pages"
    ]
    if found:
        rows += [("new versions", f"{found['versions']:,}"),
                 ("unchanged", f"{found['unchanged']:,}"),
                 ("duplicates", f"{found['duplicates']:,}")]  # fmt: skip
    rows += [("seconds", f"{outcome.seconds:,.0f}")]
    if pages_per_s:
        rows += [("pages per second per core", f"{pages_per_s:g}")]
    return _table(("what", "how many"), rows)


def _links(run: Run, outcome: Outcome) -> str:
    report = outcome.report and f"- report: [{outcome.report}]({Path(outcome.report).as_uri()})"
    if not outcome.snapshot:
        told = "Nothing was published; what was current stays current."
        return f"{told}\n\n{report}" if report else told
    current = run.data / "current"
    lines = [f"- dataset: [{current}]({current.as_uri()}), snapshot `{outcome.snapshot}`"]
    lines += [report] if report else []
    lines.append(f"- run `{outcome.run_id}`, partitions: {_names(outcome.partitions)}")
    return "\n".join(lines)


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - LONGEST} more" if len(names) > LONGEST else ""
    return ", ".join(f"`{name}`" for name in names[:LONGEST]) + more


def _problems(outcome: Outcome) -> str:
    if not outcome.problems:
        return ""
    lines = [f"- {short(problem)}" for problem in outcome.problems[:LONGEST]]
    if len(outcome.problems) > LONGEST:
        lines.append(f"- and {len(outcome.problems) - LONGEST} more")
    return "## Problems\n\n" + "\n".join(lines)


def _errors(results: Sequence[Result]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for result in results:
        if result.stage in {"fetch", "capture"}:
            for slug, count in result.report.get("errors", {}).items():
                found[slug] = found.get(slug, 0) + count
    return found


def _list(title: str, name: str, counts: Mapping[str, int]) -> str:
    if not counts:
        return ""
    ordered = sorted(counts.items(), key=_most)
    rest = sum(count for _, count in ordered[LONGEST:])
    shown = ordered[:LONGEST] + ([("others", rest)] if rest else [])
    return f"## {title}\n\n" + _table((name, "how many"), [(k, f"{n:,}") for k, n in shown])


def _stages(results: Sequence[Result]) -> str:
    rows: dict[str, tuple[int, float, float]] = {}
    for result in results:
        n, wall_s, cpu_s = rows.get(result.stage, (0, 0.0, 0.0))
        cpu_s += float(result.report.get("cpu_s", 0.0))
        rows[result.stage] = (n + 1, wall_s + _seconds(result), cpu_s)
    shown = [(s, n, f"{wall:.1f}", f"{cpu:.1f}") for s, (n, wall, cpu) in islice(rows.items(), 20)]
    return "## Stages\n\n" + _table(("stage", "partitions", "seconds", "CPU seconds"), shown)


def _seconds(result: Result) -> float:
    return float(result.report.get("seconds", 0.0))


def short(text: str) -> str:
    """Return a line of at most `LINE` characters that Markdown takes as it stands."""
    line = " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
    return line if len(line) <= LINE else line[: LINE - 1] + "…"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(short(str(cell)) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
