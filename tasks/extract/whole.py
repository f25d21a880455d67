"""An element of a page as one block, whatever it holds: all its text in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

_UNSHOWN: Final = ("title", "desc", "text", "option", "textarea", "noscript", "rp")
"""Elements whose text readers do not see; `title` and two more stand in drawings."""

_TEXTS: Final = etree.XPath("descendant::text()", smart_strings=False)
_LINKED: Final = etree.XPath("descendant::a/descendant::text()", smart_strings=False)
_SHOWN: Final = etree.XPath(
    f"descendant::text()[not({' or '.join(f'parent::{tag}' for tag in _UNSHOWN)})]",
    smart_strings=False,
)
"""Four times as slow as all texts."""


@dataclass(frozen=True, slots=True)
class Whole:
    """An element that is one block, although it holds many."""

    text: str  # in one line
    link_share: float  # of its characters, 0 to 1
    count: int  # pieces of text in it

    @property
    def plain_chars(self) -> float:
        """Return its characters outside links."""
        return len(self.text) * (1 - self.link_share)


NO_WHOLES: Final[Mapping[HtmlElement, Whole]] = {}


def whole(element: HtmlElement) -> Whole:
    """Return an element as one block."""
    has_unshown = next(element.iter(*_UNSHOWN), None) is not None
    texts = (_SHOWN if has_unshown else _TEXTS)(element)
    text, linked = (" ".join(" ".join(some).split()) for some in (texts, _LINKED(element)))
    count = len(texts) - sum(map(str.isspace, texts))
    return Whole(text, min(1.0, len(linked) / max(1, len(text))), max(1, count))
