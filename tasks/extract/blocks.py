"""The whole page as text blocks in order: what a reader sees as one unit each, and where it stands.

Every visible piece of text belongs to exactly one block, article and furniture alike; which is
which is not decided here. A block knows the chain of elements it stands in (`Place`), because the
same chain, with classes and ids that stay the same from page to page, marks the same part of a
site. White space is collapsed as a browser does it (ASCII only: no-break spaces, joiners and
direction marks are text and survive to `tasks.normalise`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.token import named
from tasks.extract.whole import NO_WHOLES, Whole
from tasks.markup import KINDS, MIN_PROSE_CHARS, SIGNATURE
from tasks.schema import Kind
from tasks.text import width

BLOCK_TAGS: Final = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav "
    "noscript object ol optgroup option p pre section summary table tbody td tfoot th thead tr ul "
    "video audio button label iframe amp-iframe search listing xmp plaintext".split()
)
SKIP_TAGS: Final = frozenset(
    "script style template head title svg math embed applet iframe select textarea input "
    "canvas map noframes noembed datalist rp rt audio video source track param img picture "
    "noscript".split()
)
"""Never shown as text, or shown only where the page cannot do what it wants to.

noscript repeats lazily loaded pictures and asks for JavaScript; real text in it was not met. Inside
an object stands what browsers show now that plug-ins are gone: players have captions there."""

_VISIBLE: Final = re.compile(r"[^\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")
_HIDDEN: Final = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
_SENTENCE_END: Final = re.compile("[.!?…:;。！？؟।][\"'”’»)\\]]*$")
_BREAK: Final = "\x00"
_LISTS: Final = frozenset(("ul", "ol", "dl"))
_NAMELESS: Final[tuple[tuple[str, ...], tuple[str, ...], str, bool, bool]] = (
    (), (), "", False, False,
)  # fmt: skip
MAX_PROSE_LINKS: Final = 0.3
MAX_CELL_CHARS: Final = 300
"""A longer cell is layout, not data, and is read as blocks of its own."""

MIN_LINE_CHARS: Final = 60
"""A line before a single <br> that ends a sentence and is this long ends a paragraph."""


@dataclass(slots=True, eq=False)
class Place:
    """An element blocks stand in, and what is inherited from the elements around it.

    Nobody changes one; it is not frozen because a page has hundreds, and freezing costs as much
    as the rest of making them.
    """

    index: int  # among the page's places, from 0; a parent comes before its children
    element: HtmlElement
    tag: str
    token: str  # "div.article-body"
    parent: "Place | None"
    tags: frozenset[str]  # tags of all elements around, this one included
    names: tuple[str, ...]  # classes and id of this element
    words: tuple[str, ...]  # the words in them
    has_more: bool  # attributes besides class and style
    is_hidden: bool
    depth: int
    list_level: int

    def signature(self) -> str:
        """Return the chain of the last `SIGNATURE` elements, outermost first."""
        chain: list[str] = []
        place: Place | None = self
        while place is not None and len(chain) < SIGNATURE:
            chain.append(place.token)
            place = place.parent
        return "/".join(reversed(chain))


@dataclass(slots=True, eq=False)
class Segment:
    """One text block of the page as found, before anyone has decided what it is.

    Not frozen for the same reason as a `Place`.
    """

    text: str
    kind: Kind
    level: int
    link_share: float  # of its characters, 0 to 1
    place: Place
    count: int = 1  # for how many blocks it stands


def prose_chars(segment: Segment) -> int:
    """Return the block's width in columns if it reads like prose, else 0."""
    chars = width(segment.text)
    return chars if chars >= MIN_PROSE_CHARS and segment.link_share <= MAX_PROSE_LINKS else 0


def places_of(segments: Sequence[Segment]) -> list[Place]:
    """Return the page's places by index, each block's own and all around it.

    Where an index belongs to a place without blocks the page's root stands in.
    """
    found: dict[int, Place] = {}
    for one in segments:
        place: Place | None = one.place
        while place is not None and place.index not in found:
            found[place.index] = place
            place = place.parent
    if not found:
        return []
    root = found[min(found)]
    return [found.get(index, root) for index in range(max(found) + 1)]


def signatures(segments: Sequence[Segment]) -> list[str]:
    """Return the signature of each block's place."""
    known: dict[int, str] = {}
    for found in segments:
        if found.place.index not in known:
            known[found.place.index] = found.place.signature()
    return [known[found.place.index] for found in segments]


def segment(tree: HtmlElement, wholes: Mapping[HtmlElement, Whole] = NO_WHOLES) -> list[Segment]:
    """Return the text blocks of the page in document order; the tree is not changed.

    Args:
        tree: of the page.
        wholes: elements that are one block each.
    """
    walk = _Walk(wholes)
    walk.run(tree)
    return walk.found


class _Walk:
    """One pass over the tree: text gathers in `parts` until a block begins or ends."""

    def __init__(self, wholes: Mapping[HtmlElement, Whole]) -> None:
        self.wholes = wholes
        self.found: list[Segment] = []
        self.parts: list[tuple[str, bool]] = []
        self.links = 0
        self.stack: list[HtmlElement] = []  # open block-level elements
        self.places: list[Place] = []  # of the first elements of the stack, made when needed
        self.count = 0

    def run(self, tree: HtmlElement) -> None:
        walk = etree.iterwalk(tree, events=("start", "end"))
        stack, parts = self.stack, self.parts
        for event, element in walk:
            tag = element.tag
            if event == "end":
                if stack and stack[-1] is element:
                    self._leave()
                elif tag == "a":
                    self.links = max(0, self.links - 1)
                text = element.tail
                if text and element is not tree and (parts or not text.isspace()):
                    parts.append((text, self.links > 0))
            elif tag in SKIP_TAGS or not isinstance(tag, str):
                walk.skip_subtree()
            elif tag in BLOCK_TAGS or element is tree:
                if self._begin(element, tag):
                    walk.skip_subtree()
            else:
                self._enter(element, tag)
        self._flush()

    def _begin(self, element: HtmlElement, tag: str) -> bool:
        """Begin a block-level element; say whether all of it has been read."""
        if self.parts:
            self._flush()
        self.stack.append(element)
        if element in self.wholes:
            one = self.wholes[element]
            if _is_visible(one.text):
                found = Segment(one.text, "furniture", 0, one.link_share, self._place(), one.count)
                self.found.append(found)
            return True
        if tag == "tr" and (cells := _data_row(element)):
            self._row(element, cells)
            return True
        self._add(element.text)
        return False

    def _enter(self, element: HtmlElement, tag: str) -> None:
        """Begin an inline element; links side by side, and times, get the space a browser shows."""
        text = element.text
        if tag == "br":
            if self.parts:
                self.parts.append((_BREAK, False))
        elif tag == "a":
            self.links += 1
            before = element.getprevious()
            if before is not None and before.tag == "a" and not (before.tail or "").strip():
                self._add(" ")
        elif tag == "time":
            before = element.getprevious()
            if before is not None and not before.tail:
                self._add(" ")
            if text and not element.tail and element.getnext() is not None:
                text += " "
        self._add(text)

    def _leave(self) -> None:
        """End the innermost open element."""
        if self.parts:
            self._flush()
        self.stack.pop()
        if len(self.places) > len(self.stack):
            self.places.pop()

    def _add(self, text: str | None) -> None:
        if text and (self.parts or not text.isspace()):
            self.parts.append((text, self.links > 0))

    def _row(self, row: HtmlElement, cells: list[str]) -> None:
        linked = sum(len(_collapse("".join(a.itertext()))) for a in row.iter("a"))
        text = " | ".join(cells)
        self.found.append(Segment(text, "table", 0, min(1.0, linked / len(text)), self._place()))

    def _flush(self) -> None:
        parts = self.parts.copy()
        self.parts.clear()
        whole = parts[0][0] if len(parts) == 1 else "".join([text for text, _ in parts])
        if not _is_visible(whole):
            return
        place = self._place()
        kind, level = _kind(place)
        if kind == "code":
            text = whole.replace(_BREAK, "\n").strip("\r\n")
            self.found.append(Segment(text, kind, level, 0.0, place))
            return
        for paragraph in _paragraphs(parts) if _BREAK in whole else (parts,):
            text = _collapse("".join([text for text, _ in paragraph]))
            if _is_visible(text):
                linked = sum([len(text.strip()) for text, in_link in paragraph if in_link])
                share = min(1.0, linked / len(text)) if linked else 0.0
                self.found.append(Segment(text, kind, level, share, place))

    def _place(self) -> Place:
        """Return the place of the innermost open element; places are made only where text is."""
        for element in self.stack[len(self.places) :]:
            parent = self.places[-1] if self.places else None
            self.places.append(_place(element, parent, self.count))
            self.count += 1
        return self.places[-1]


def _paragraphs(parts: list[tuple[str, bool]]) -> list[list[tuple[str, bool]]]:
    """Split where a reader sees a new paragraph.

    That is at two line breaks, or at one after a full sentence, or at one with nothing but links
    on one side of it and none on the other: buttons under a byline, a link under a sentence.
    """
    paragraphs: list[list[tuple[str, bool]]] = [[]]
    line: list[tuple[str, bool]] = []
    for breaks, found in _lines(parts):
        if _is_border(paragraphs[-1], line, found, breaks):
            paragraphs.append([])
        elif line:
            paragraphs[-1].append((" ", False))
        paragraphs[-1] += found
        line = found
    return paragraphs


def _lines(parts: list[tuple[str, bool]]) -> Iterator[tuple[int, list[tuple[str, bool]]]]:
    """Yield each line that holds text, and the line breaks before it."""
    breaks = 0
    for is_break, run in groupby(parts, key=lambda part: part[0] is _BREAK):
        found = list(run)
        if is_break:
            breaks += len(found)
        elif any(text.strip(" \t\r\n\f") for text, _ in found):
            yield breaks, found
            breaks = 0


def _is_border(
    paragraph: list[tuple[str, bool]],
    above: list[tuple[str, bool]],
    below: list[tuple[str, bool]],
    breaks: int,
) -> bool:
    """Say whether a paragraph ends at the line breaks between two lines of text."""
    if not above or breaks != 1:
        return breaks > 1
    text = _collapse("".join(text for text, _ in paragraph))
    if len(text) >= MIN_LINE_CHARS and _SENTENCE_END.search(text):
        return True
    return {_in_links(above), _in_links(below)} == {True, False}


def _in_links(line: list[tuple[str, bool]]) -> bool | None:
    """Say whether all text of a line is in links, or none; None for some."""
    found = {in_link for text, in_link in line if text.strip()}
    return found.pop() if len(found) == 1 else None


def _collapse(text: str) -> str:
    for space in "\n\t\r\f":
        text = text.replace(space, " ")
    return " ".join(filter(None, text.split(" "))) if "  " in text else text.strip(" ")


def _is_visible(text: str) -> bool:
    if text.isascii():
        return text != "" and not text.isspace()
    return _VISIBLE.search(text) is not None


def _kind(place: Place) -> tuple[Kind, int]:
    """Return kind and level by the nearest element that has a say."""
    here: Place | None = place
    for _ in range(4):
        if here is None:
            break
        if here.tag in KINDS:
            kind = KINDS[here.tag]
            if kind == "subheading":
                return kind, int(here.tag[1])
            return kind, max(1, place.list_level) if kind == "list_item" else 0
        here = here.parent
    return "paragraph", 0


def _data_row(row: HtmlElement) -> list[str]:
    """Return the texts of a row's cells if it is a row of data, else nothing (it is layout)."""
    cells = [cell for cell in row if cell.tag in ("td", "th")]
    if len(cells) < 2:  # noqa: PLR2004  one cell is a box, not a row
        return []
    texts: list[str] = []
    for cell in cells:
        if any(
            child.tag in ("table", "ul", "ol", "form", "h1", "h2", "script")
            for child in cell.iter()
        ):
            return []
        text = _collapse(" ".join(cell.itertext()))
        if len(text) > MAX_CELL_CHARS:
            return []
        if text:
            texts.append(text)
    return texts if _is_visible("".join(texts)) else []


def _place(element: HtmlElement, parent: Place | None, index: int) -> Place:
    tag = str(element.tag)
    names, words, tokens, hidden, has_more = _NAMELESS
    if shown := element.keys():
        get = element.get
        names, words, tokens = named(get("class", ""), get("id", ""))
        hidden = (
            "hidden" in shown
            or ("aria-hidden" in shown and get("aria-hidden") == "true")
            or ("style" in shown and _HIDDEN.search(get("style", "")) is not None)
        )
        has_more = len(shown) > ("class" in shown) + ("style" in shown)
    is_list = tag in _LISTS
    if parent is None:
        tags, depth, list_level = frozenset((tag,)), 0, int(is_list)
    else:
        tags = parent.tags if tag in parent.tags else parent.tags | {tag}
        depth, list_level = parent.depth + 1, parent.list_level + is_list
        hidden = hidden or parent.is_hidden
    return Place(
        index, element, tag, tag + tokens, parent, tags, names, words, has_more, hidden, depth,
        list_level,
    )  # fmt: skip
