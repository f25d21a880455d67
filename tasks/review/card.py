"""What a review page shows of one article: its blocks in page order, each with its fate and reason.

Cards are made from the published tables (`tasks.review.read`) or, by ``explain``, from a page just
cleaned. Nothing here reads or writes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from tasks.schema import Considered

Fate = Literal["kept", "moved", "removed"]

FATES: Final[tuple[Fate, ...]] = ("kept", "moved", "removed")

SURE: Final = 1.0
"""The confidence of a card on which nothing was removed."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The rule that moved or removed a block, and what it saw."""

    rule: str
    version: int
    cls: str
    stage: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One block of the page."""

    index: int
    fate: Fate
    kind: str
    text: str  # as published
    before: str  # as extracted: differs from `text` where normalising edited it
    section: int = 0
    moved_to: str = ""
    reason: Reason | None = None
    edits: tuple[str, ...] = ()  # rules of the edits, in order
    considered: tuple[Considered, ...] = ()
    path: str = ""  # where on the page it stood, if known

    @property
    def confidence(self) -> float:
        """How sure the rule was; `SURE` for kept blocks."""
        return self.reason.confidence if self.reason else SURE


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of metadata: a candidate for a field, or a field's value."""

    name: str
    value: str
    found_in: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One version of one article."""

    article_id: str
    version: int
    url: str
    site: str
    title: str
    lang: str
    rows: tuple[Row, ...]
    facts: tuple[Fact, ...] = ()
    candidates: tuple[Fact, ...] = ()
    is_explained: bool = False  # rows carry all rules that were considered

    @property
    def confidence(self) -> float:
        """The least sure removal's confidence."""
        return min((row.confidence for row in self.rows if row.fate == "removed"), default=SURE)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that decided a block, by name."""
        return tuple(sorted({row.reason.rule for row in self.rows if row.reason}))

    def count(self, fate: Fate) -> int:
        """Return how many blocks ended so."""
        return sum(row.fate == fate for row in self.rows)


def unedited(text: str, edits: Iterable[dict[str, Any]]) -> str:
    """Return a block's extracted text: its `edits`, rows of that table, undone last to first.

    >>> unedited("He said no.", [{"edit_index": 0, "start_char": 3, "deleted": "sayd",
    ...                           "inserted": "said"}])
    'He sayd no.'
    """
    for edit in sorted(edits, key=lambda edit: -int(edit["edit_index"])):
        start = int(edit["start_char"])
        text = text[:start] + edit["deleted"] + text[start + len(edit["inserted"]) :]
    return text


def sites(cards: Sequence[Card]) -> list[str]:
    """Return the cards' sites, each once, by name."""
    return sorted({card.site for card in cards})
