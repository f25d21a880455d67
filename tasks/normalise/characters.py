"""Characters and spaces of one block: what a reader cannot see or would not type is put right.

Every pass is a pattern, a replacement and a name; `PASSES` is the order they run in, and each
change becomes an `Edit` that can be undone. Quotes and dashes are the author's and stay. So do
ZWNJ and ZWJ (Persian, Indic scripts, emoji), and direction marks in right-to-left text.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.schema import Edit, Kind

Replace = Callable[[re.Match[str]], str]

_LATIN_LIGATURES: Final = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
}
_RTL: Final = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_SOUTH_EAST: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_EAST_ASIAN: Final = "\u3001-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff01-\uffef"
_MAX_ROUNDS: Final = 4


_ENTITY: Final = re.compile(
    r"&(?:amp|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip|[lg]t|#\d{2,6}|#x[\da-fA-F]{2,5});"
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
_ZERO_WIDTH: Final = re.compile(
    f"[\u2060-\u2064\ufeff]+|(?<![{_SOUTH_EAST}])\u200b+(?![{_SOUTH_EAST}])"
)
_EXOTIC_SPACE: Final = re.compile(
    f"[\u00a0\u1680\u2000-\u200a\u202f\u205f]|(?<![{_EAST_ASIAN}])\u3000|\u3000(?![{_EAST_ASIAN}])"
)
_SENTENCE_BORDER: Final = re.compile(
    # the stop comes first, so that the search runs from stop to stop
    r"([.!?](?<=[a-zà-ÿ]{3}.)[”»]?)(?!(?:Js|Net|Com|Org)\b)(?=[A-ZÀ-ÖØ-Þ][a-zà-ÿ]+ )"
)
_SPECIAL: Final = re.compile(
    # what the passes between entity and ligature look for
    r"[&\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u2000-\u200b\u200e-\u200f\u2028-\u202f"
    r"\u205f-\u2069\u3000\ufb00-\ufb06\ufdd0-\ufdef\ufeff\ufffe\uffff]|  "
)


@dataclass(frozen=True, slots=True)
class Pass:
    """One kind of change: wherever `pattern` matches, `replace` says what stands there instead."""

    rule: str
    pattern: re.Pattern[str]
    replace: Replace
    verbatim: bool = False  # also in code and tables, where line ends and spaces mean something
    is_done: Callable[[str], bool] | None = None  # a quick look that tells there is nothing to do


def _entity(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _composed(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", match[0])


def _lacks(*signs: str) -> Callable[[str], bool]:
    return lambda text: not any(sign in text for sign in signs)


PASSES: Final = (
    # An entity that is still there after parsing was escaped twice by its CMS.
    Pass("text.entity", _ENTITY, _entity, is_done=_lacks("&")),
    # C0 without tab and line end, DEL, C1, noncharacters: no text contains them.
    Pass(
        "text.control",
        _CONTROL,
        lambda m: " " if "\r" in m[0] else "",
        verbatim=True,
        is_done=str.isprintable,
    ),
    Pass(
        "text.soft_hyphen",
        re.compile("\u00ad+"),
        lambda _: "",
        verbatim=True,
        is_done=_lacks("\u00ad"),
    ),
    # Zero-width space marks word borders in scripts of South East Asia; elsewhere it is debris.
    Pass(
        "text.zero_width",
        _ZERO_WIDTH,
        lambda _: "",
        verbatim=True,
        is_done=_lacks(*"\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"),
    ),
    Pass(
        "text.bidi_control",
        re.compile("[\u202a-\u202e\u2066-\u2069]+"),
        lambda _: "",
        verbatim=True,
        is_done=_lacks(*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
    ),
    Pass(
        "text.line_separator",
        re.compile("[\u0085\u2028\u2029]+"),
        lambda _: "\n",
        verbatim=True,
        is_done=_lacks(*"\u0085\u2028\u2029"),
    ),
    # The ideographic space is the ordinary one between two East Asian characters.
    Pass("text.space", _EXOTIC_SPACE, lambda _: " ", verbatim=True, is_done=str.isprintable),
    Pass("text.line_break", re.compile(r"[ \t]*\n\s*"), lambda _: " ", is_done=_lacks("\n")),
    Pass("text.spaces", re.compile(r"\t+ *| {2,}\t*"), lambda _: " ", is_done=_lacks("  ", "\t")),
    Pass("text.ligature", re.compile("[ﬀ-ﬆ]"), lambda m: _LATIN_LIGATURES[m[0]], verbatim=True),
    # ASCII never composes with what follows it, so the runs between can be composed one by one.
    Pass(
        "text.nfc",
        re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+"),
        _composed,
        verbatim=True,
        is_done=lambda text: unicodedata.is_normalized("NFC", text),
    ),
    # Two sentences glued at an inline border: "raining.Then". Three letters keep "St.Petersburg".
    Pass("text.sentence_border", _SENTENCE_BORDER, lambda m: m[1] + " "),
    Pass(
        "text.edge",
        re.compile(r"\A\s+|\s+\Z"),
        lambda _: "",
        is_done=lambda text: text == text.strip(),
    ),
)

_DIRECTION_MARKS: Final = Pass(
    "text.direction_mark",
    re.compile("[\u200e\u200f\u061c]+"),
    lambda _: "",
    is_done=_lacks(*"\u200e\u200f\u061c"),
)
_HAS_RTL: Final = re.compile(f"[{_RTL}]")
_LIST_MARKER: Final = Pass(
    "text.list_marker",
    re.compile(r"\A\s*(?:[•◦▪■●‣⁃∙·►▶⇒→➔➤✓✔*]|[-–—](?=\s))\s*(?=\S)"),
    lambda _: "",
)
_ALWAYS: Final = ("text.nfc", "text.sentence_border", "text.edge", "text.list_marker")
"""Passes that also look at texts without special characters."""


def normalise_block(text: str, kind: Kind, block: int) -> tuple[str, tuple[Edit, ...]]:
    """Return the block's text put right, and the edits in the order they were made.

    >>> text, edits = normalise_block("It\u00a0rained&amp;poured.", "paragraph", 0)
    >>> text, undo(text, edits) == "It\u00a0rained&amp;poured."
    ('It rained&poured.', True)
    """
    if _is_right(text, kind):
        return text, ()
    passes = list(PASSES)
    if kind in ("code", "table"):
        passes = [one for one in PASSES if one.verbatim]
    if not _HAS_RTL.search(text):
        passes.append(_DIRECTION_MARKS)
    if kind == "list_item":
        passes.append(_LIST_MARKER)
    if not _has_special(text):
        passes = [one for one in passes if one.rule in _ALWAYS]
    edits: list[Edit] = []
    for _ in range(_MAX_ROUNDS):
        before = len(edits)
        for one in passes:
            text, made = substitute(text, one, block)
            edits += made
        if len(edits) == before:
            break
    return text, tuple(edits)


def _is_right(text: str, kind: Kind) -> bool:
    """Return whether no pass can change the block, as is true of nearly all; a quick look."""
    return (
        not _has_special(text)
        and (text.isascii() or unicodedata.is_normalized("NFC", text))
        and not _SENTENCE_BORDER.search(text)
        and text == text.strip()
        and not (kind == "list_item" and _LIST_MARKER.pattern.match(text))
    )


def _has_special(text: str) -> bool:
    """Return whether `_SPECIAL` finds something; all it looks for but four is not printable."""
    if not text.isprintable():
        return _SPECIAL.search(text) is not None
    if "&" in text or "  " in text:
        return True
    return not text.isascii() and any(sign in text for sign in _LATIN_LIGATURES)


def substitute(text: str, one: Pass, block: int) -> tuple[str, list[Edit]]:
    """Return `text` after one pass, and an edit for each change, left to right."""
    if one.is_done is not None and one.is_done(text):
        return text, []
    out: list[str] = []
    edits: list[Edit] = []
    length = copied = 0
    for match in one.pattern.finditer(text):
        old, new = match[0], one.replace(match)
        if old == new:
            continue
        out += (text[copied : match.start()], new)
        length += match.start() - copied
        edits.append(Edit(block, length, old, new, one.rule))
        length += len(new)
        copied = match.end()
    if not edits:
        return text, edits
    out.append(text[copied:])
    return "".join(out), edits


def undo(text: str, edits: Sequence[Edit]) -> str:
    """Return the text the edits were made on.

    Raises:
        ValueError: an edit does not fit the text.
    """
    for edit in reversed(edits):
        end = edit.offset + len(edit.inserted)
        if text[edit.offset : end] != edit.inserted:
            raise ValueError(f"{edit.rule}: {edit.inserted!r} is not at {edit.offset}")
        text = text[: edit.offset] + edit.deleted + text[end:]
    return text
