"""What people decided about what was held back: one line of JSON each in ``decisions.jsonl``.

Publishing is a function of what is stored, and this file is stored: removing a line takes the
decision back with the next run. It is an audit too, so each line says who decided, when and why.

A target is an alarm ("site@first day", with the last day the decision is about), an article's id,
or the id of a failed page.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from tasks.errors import ContractError
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.lock import held

Verb = Literal["release", "drop", "retry"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of a person about one target."""

    verb: Verb
    target: str
    who: str
    at: datetime
    why: str
    until: date | None = None  # for alarms: the last day decided about
    once: bool = False  # for alarms: the site is as it was; do not learn it anew from these days

    @property
    def site(self) -> str:
        """The site of an alarm; else empty."""
        return self.target.rpartition("@")[0]

    @property
    def since(self) -> date:
        """The first day of an alarm."""
        return date.fromisoformat(self.target.rpartition("@")[2])

    def covers(self, site: str, day: date) -> bool:
        """Tell whether a day of a site is decided about."""
        return self.until is not None and self.site == site and self.since <= day <= self.until


def read_decisions(layout: Layout) -> tuple[Decision, ...]:
    """Return all decisions, oldest first; of two about one thing the later counts.

    Raises:
        ContractError: a line cannot be read; nothing is guessed where people decided.
    """
    path = layout.decisions
    if not path.exists():
        return ()
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_parsed(line, path, i) for i, line in enumerate(lines, 1) if line.strip())


def record(layout: Layout, decisions: Iterable[Decision]) -> None:
    """Add decisions to the file, whole and durable.

    Raises:
        EnvironmentFault: the disk or folder does not let us write.
    """
    with held(layout.lock("decisions"), who="a decision"):
        before = layout.decisions.read_bytes() if layout.decisions.exists() else b""
        if before and not before.endswith(b"\n"):
            before += b"\n"
        lines = "".join(json.dumps(_plain(one), ensure_ascii=False) + "\n" for one in decisions)
        write_bytes(before + lines.encode(), layout.decisions)


def page_id(warc_file: str, warc_offset: int, url: str) -> str:
    """Return the id of a failed page: 12 hex digits of where its bytes are.

    >>> page_id("2026-11-24/a.warc.gz", 1234, "https://courier.example/a")
    'be51793bf94a'
    """
    return hashlib.sha256(f"{warc_file}\n{warc_offset}\n{url}".encode()).hexdigest()[:12]


def _plain(decision: Decision) -> dict[str, Any]:
    values = asdict(decision)
    values["at"] = decision.at.isoformat(timespec="seconds")
    values["until"] = decision.until.isoformat() if decision.until else None
    return {name: value for name, value in values.items() if value not in (None, False)}


def _parsed(line: str, path: Path, number: int) -> Decision:
    try:
        values = json.loads(line)
        values["at"] = datetime.fromisoformat(values["at"])
        if values.get("until"):
            values["until"] = date.fromisoformat(values["until"])
        decision = Decision(**values)
        if decision.until is not None:
            _ = decision.since
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path}:{number}: not a decision ({error}): mend or remove the line"
        raise ContractError(msg) from error
    return decision
