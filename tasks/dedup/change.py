"""What changed from one version of an article to the next: one class, the gravest that fits.

    retraction   the article is taken back: a notice says so
    access       a paywall closed or opened
    correction   a correction or editor's note appeared that was not there
    headline     only the headline changed
    typo         a few words changed to similar words
    update       anything else

Notices are blocks of kind ``correction``; a headline may carry "RETRACTED:" as its label.
"""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from tasks.text import key, words

SCHEME: Final = "1"
"""Raise it with every change of the rules below: stored answers of another scheme are not used."""

MAX_TYPO_WORDS: Final = 6
"""More changed words than this are an update, however small each change."""

_MAX_COMPARED_WORDS: Final = 4000
"""Between the first and last difference; more would cost seconds, and is no typo."""

_RETRACTED: Final = re.compile(
    # one line a language; compared with keys, so lower case
    r"\b(?:retract(?:ed|s|ion)|withdrawn|has been removed)\b"
    r"|\b(?:zurückgezogen|depubliziert)\b"
    r"|\b(?:rétract(?:é|ée|ation)|dépublié)\b"
    r"|\b(?:retractado|retirado|retractación)\b"
    r"|\b(?:ritirato|ritrattazione)\b"
    r"|\b(?:отозван[ао]?|удален[ао] редакцией)\b"
    r"|撤回|撤稿|撤下"
)
_LABEL_END: Final = re.compile(r"[:\]\)–—-]|：")
"""Ends a label before a headline ("RETRACTED: ..."); "Troops withdrawn" is news, no label."""


@dataclass(frozen=True, slots=True)
class State:
    """What of one version is compared."""

    title: str
    text: str
    access: str
    notices: tuple[str, ...] = ()  # texts of its blocks of kind correction


def classify(before: State, after: State) -> str:
    """Return the class of the change from `before` to `after`.

    >>> classify(State("A", "It raned.", "full"), State("A", "It rained.", "full"))
    'typo'
    """
    new_notices = {key(notice) for notice in after.notices} - {key(n) for n in before.notices}
    if _is_retracted(after, new_notices) and not _is_retracted(before, set()):
        return "retraction"
    if before.access != after.access:
        return "access"
    if new_notices:
        return "correction"
    if before.text == after.text:
        return "headline"
    return "typo" if _is_typo(words(before.text), words(after.text)) else "update"


def _is_retracted(state: State, notices: set[str]) -> bool:
    label, end, _ = _LABEL_END.sub("\0", key(state.title), count=1).partition("\0")
    is_labelled = bool(end) and bool(_RETRACTED.fullmatch(label.strip(" [(")))
    return is_labelled or any(_RETRACTED.search(notice) for notice in notices)


def _is_typo(before: list[str], after: list[str]) -> bool:
    """Tell whether only a few words differ, each from a word like it (or by one small word)."""
    before, after = _differing(before, after)
    if max(len(before), len(after)) > _MAX_COMPARED_WORDS or _are_other_words(before, after):
        return False
    changed = 0
    for tag, i, j, k, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        changed += max(j - i, m - k)
        if changed > MAX_TYPO_WORDS or not _is_slip(before[i:j], after[k:m]):
            return False
    return True


def _are_other_words(before: list[str], after: list[str]) -> bool:
    """Tell whether more words are gone or new than a typo may change, wherever they stand.

    Aligning two texts takes a hundred times as long as counting their words.
    """
    old, new = Counter(before), Counter(after)
    return max((old - new).total(), (new - old).total()) > MAX_TYPO_WORDS


def _differing(before: list[str], after: list[str]) -> tuple[list[str], list[str]]:
    """Cut what both lists begin and end with."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    before, after = before[start:], after[start:]
    end = 0
    while end < min(len(before), len(after)) and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[: len(before) - end], after[: len(after) - end]


def _is_slip(old: list[str], new: list[str]) -> bool:
    """Tell whether `new` is `old` respelled. Figures are facts: a changed figure is no slip."""
    left, right = " ".join(old), " ".join(new)
    if re.sub(r"\D", "", left) != re.sub(r"\D", "", right):
        return False
    if not old or not new:
        return len(left + right) <= 4  # noqa: PLR2004  a doubled or forgotten "the", "of", "is"
    return SequenceMatcher(a=left.casefold(), b=right.casefold(), autojunk=False).ratio() >= 0.6  # noqa: PLR2004
