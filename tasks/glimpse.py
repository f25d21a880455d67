"""What is needed of an extracted page to learn from it.

A `Glimpse` has some fields of an `Extracted`, under the same names, and is read from disk in half
the time (`tasks.pages.read`).
"""

from dataclasses import dataclass
from typing import Literal

from tasks.schema import Page


@dataclass(frozen=True, slots=True)
class Line:
    """Some of a `tasks.schema.Block`."""

    index: int
    text: str
    path: str


@dataclass(frozen=True, slots=True)
class Left:
    """Some of a `tasks.schema.Verdict`."""

    block: int
    action: str
    rule: str
    stage: str


@dataclass(frozen=True, slots=True)
class About:
    """Some of `tasks.schema.Metadata`."""

    canonical_url: str
    access: Literal["full", "partial"]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """Some of an `Extracted` page."""

    page: Page
    metadata: About
    blocks: tuple[Line, ...]
    verdicts: tuple[Left, ...]
    extractor: str
