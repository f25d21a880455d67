"""The course of a site: its days in order, each judged by the healthy ones before it.

A day is judged by earlier days alone, so later ones change nothing about it. Healthy days teach;
days with an alarm do not, so a site that has changed stays in alarm until it is as before, or
until someone releases its days: then it is learnt anew from these on.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

from tasks.health.cause import cause
from tasks.health.days import Day, urls_of
from tasks.health.judge import CONTENT, LIMIT_Z, SECOND_Z, Finding, judge
from tasks.health.usual import WINDOW_DAYS, Tally, Usual, tally
from tasks.markup import familiar
from tasks.sources import Expectations
from tasks.store.decisions import Decision

Status = Literal["learning", "ok", "changed", "alarm", "released", "dropped"]

EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """One day of a site and what became of it."""

    tally: Tally
    status: Status
    worst: Finding | None = None
    out: tuple[Finding, ...] = ()
    cause: str = ""
    since: date | None = None
    held: bool = False
    familiar_share: float | None = None

    @property
    def day(self) -> Day:
        """The day."""
        return self.tally.day


def course(
    days: Sequence[Day],
    expect: Expectations,
    decisions: Sequence[Decision] = (),
    known: Sequence[Tally] = (),
) -> list[Judged]:
    """Return the days of one site, oldest first, each judged; `known` are healthy days before."""
    found: list[Judged] = []
    window = list(known)
    quiet: list[Day] = []
    for day in days:
        decision = _last(decisions, day)
        if decision and decision.verb == "release" and not decision.once:
            window = [one for one in window if one.day.day >= decision.since]
        one = _judged(day, window, quiet, expect)
        one = _decided(_since(one, found), decision)
        if one.status not in ("alarm", "dropped"):
            window = [*window, one.tally][-WINDOW_DAYS:]
        is_quiet = not day.articles and day.asked.lists > 0
        quiet = [*quiet, day][-WINDOW_DAYS:] if is_quiet else []
        found.append(one)
    return found


def _judged(
    day: Day, window: Sequence[Tally], quiet: Sequence[Day], expect: Expectations
) -> Judged:
    usual = Usual(tuple(window))
    findings = judge(day, window, quiet, expect)
    out = _out(findings)
    familiar = _familiar_share(day, usual)
    status: Status = "ok" if usual.is_known else "learning"
    if out:
        status = "changed" if {f.metric for f in out} == {"unfamiliar"} else "alarm"
    return Judged(
        tally=tally(day, usual),
        status=status,
        worst=_worst(out) or _worst(findings),
        out=tuple(out),
        cause=cause(out, day, familiar),
        held=status == "alarm" and any(f.metric in CONTENT for f in out),
        familiar_share=familiar,
    )


def _out(findings: Sequence[Finding]) -> list[Finding]:
    """Return what is out of its range; where the markup is new, lesser signs of it count too."""
    is_new = any(f.metric == "unfamiliar" and f.is_out(LIMIT_Z) for f in findings)
    return [
        f for f in findings if f.is_out(SECOND_Z if is_new and f.metric in CONTENT else LIMIT_Z)
    ]


def _worst(findings: Sequence[Finding]) -> Finding | None:
    """Return the finding farthest out; what is out of the text's own metrics goes first."""
    return max(findings, key=lambda f: (f.is_large, f.metric in CONTENT, abs(f.z)), default=None)


def _familiar_share(day: Day, usual: Usual) -> float | None:
    """Return the share of the day's text that stands in known markup."""
    chars = [row for page in day.texts for row in page.paths]
    return familiar(chars, usual.known) if usual.known and chars else None


def _since(one: Judged, before: Sequence[Judged]) -> Judged:
    """Say since when: the first of the days in alarm that lead up to this one."""
    if one.status != "alarm":
        return one
    last = before[-1] if before else None
    goes_on = last is not None and last.status in ("alarm", "dropped") and last.since is not None
    return replace(one, since=last.since if goes_on and last else one.day.day)


def _decided(one: Judged, decision: Decision | None) -> Judged:
    if decision is None:
        return one
    if decision.verb == "release":
        return replace(one, status="released", held=False)
    if decision.verb == "drop" and one.status == "alarm":
        return replace(one, status="dropped")
    return one


def _last(decisions: Sequence[Decision], day: Day) -> Decision | None:
    found = [one for one in decisions if one.covers(day.site, day.day)]
    return found[-1] if found else None


def row(one: Judged) -> dict[str, Any]:
    """Return a judged day as a row of the table ``site_health``."""
    day, worst = one.day, one.worst
    counts = {name: bad for name, (bad, _) in one.tally.counts.items()}
    paths = Counter[str]()
    for page in day.texts:
        paths.update(dict(page.paths))
    return {
        "site": day.site,
        "day": day.day,
        "pages": len(day.seen),
        "articles": day.articles,
        **counts,
        "familiar_share": one.familiar_share,
        "main_path": min(paths, key=lambda path: (-paths[path], path), default=""),
        "median_words": day.median_words,
        "removed_share": day.removed_share,
        "asked": day.asked.pages,
        "metric": worst.metric if worst else "",
        "value": worst.value if worst else None,
        "baseline": worst.baseline if worst else None,
        "z": worst.z if worst else None,
        "status": one.status,
        "cause": one.cause,
        "since": one.since,
        "held": one.held,
        "evidence": [*map(str, one.out), *_failures(one)],
        "examples": list(urls_of((p for f in one.out for p in f.pages), EXAMPLES)),
    }


def _failures(one: Judged) -> list[str]:
    """Return the commonest failures of fetching, where they are part of an alarm."""
    if not {f.metric for f in one.out} & {"failed", "articles"}:
        return []
    most = sorted(one.day.asked.failed, key=lambda pair: (-pair[1], pair[0]))
    return [f"{count} attempts: {slug}" for slug, count in most[:EXAMPLES]]
