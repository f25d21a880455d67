"""The rule book: what a rule is, and how ``config/rules/*.yaml`` is read and checked.

A rule names boilerplate by a CMS's exact selector or by a phrase that is a whole line. It is data:
selectors serve extraction (`tasks.extract`), phrases, zones and anchors serve cleaning
(`tasks.clean`). Nothing here looks at a page.
"""

from dataclasses import dataclass

from tasks.schema import Action, Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written in its file."""

    id: str  # "comments.form.wordpress"
    version: int
    cls: str  # class of the catalogue: "comments.form"
    action: Action
    scope: frozenset[str]  # of "html", "text"
    languages: frozenset[str]  # empty: all
    selectors: tuple[str, ...]  # CSS; HTML only
    never: tuple[str, ...]  # CSS: elements that this rule's selectors must not take
    phrases: tuple[str, ...]  # whole lines; {} stands for a short run of characters
    zone: str  # "anywhere", "head", "tail", "run" ...
    moved_to: str
    kind: Kind | None
    priority: int
    confidence: float
    drops: tuple[str, ...]
    keeps: tuple[str, ...]
    source: str
