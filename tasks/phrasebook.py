"""Whole-line phrases, looked up: which of some thousands of phrases a line is.

A phrase is a whole line. It may hold placeholders:

- ``{}``  a short run: 1 to `MAX_RUN_CHARS` characters without the end of a sentence;
- ``{n}`` a number, as in "12 comments" or "1.2k";
- ``{*}`` any text at all, for lines that end in somebody's headline.

Phrases and lines are compared by `phrase_key`: without case, and without the signs that stand
around a label ("» Read more …", "[Read more]"). A line is prepared once: plain phrases are one
dictionary look-up, the others are sorted by their first or last three characters.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from tasks.text import key

MAX_RUN_CHARS: Final = 60

MAX_CHARS: Final = 300
"""Longer lines are no phrases, which also bounds the time a look-up can take. The longest phrase
without ``{*}`` has 213 characters (a media player's error)."""

_HOLES: Final = {"{}": "\ue000", "{n}": "\ue001", "{*}": "\ue002"}
_HOLE: Final = re.compile("([\ue000\ue001\ue002])")
_NUMBER: Final = re.compile(r"\d[\d.,]{0,9} ?[km]?")
_SENTENCE_END: Final = re.compile(r"[.!?…。！？] \S|[。！？]")
_LABEL_SIGNS: Final = frozenset("«»‹›!.,:;…|*·•-–—()[]<>/\\#@&_+=~^،؛।。、：！」「『』【】")
_EDGE_CHARS: Final = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of one rule."""

    rule: str  # id
    language: str  # BCP 47
    text: str  # as written in the file
    parts: tuple[str, ...]  # prepared by `split`


Candidate = tuple[str, str, Phrase]
"""End and longest literal of a phrase with placeholders, which a line must hold, and the phrase."""

Edges = tuple[dict[str, tuple[int, ...]], dict[str, tuple[Candidate, ...]]]
"""Phrases by one of their edges: the lengths of the edges that begin (or end) with some characters,
and the phrases of each whole edge."""


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Phrases prepared for `find`. Made by `prepare`."""

    plain: dict[str, tuple[Phrase, ...]] = field(default_factory=dict)
    heads: Edges = ({}, {})
    tails: Edges = ({}, {})  # of phrases without a head

    def find(self, line: str) -> tuple[Phrase, ...]:
        """Return every phrase the line is, plain ones first, else in order of preparation."""
        if len(line) > MAX_CHARS:
            return ()
        prepared = phrase_key(line)
        if not prepared:
            return ()
        found = self.plain.get(prepared, ())
        for candidates in self._near(prepared):
            for tail, literal, phrase in candidates:
                if (
                    literal in prepared
                    and prepared.endswith(tail)
                    and _matches(phrase.parts, prepared)
                ):
                    found += (phrase,)
        return found

    def _near(self, prepared: str) -> Iterator[tuple[Candidate, ...]]:
        """Yield the phrases whose head, or without one whose tail, the line has."""
        lengths, by_head = self.heads
        for size in range(1, _EDGE_CHARS + 1):
            for length in lengths.get(prepared[:size], ()):
                if near := by_head.get(prepared[:length]):
                    yield near
        lengths, by_tail = self.tails
        for size in range(_EDGE_CHARS + 1):
            start = len(prepared) - size
            for length in lengths.get(prepared[start:], ()):
                if near := by_tail.get(prepared[len(prepared) - length :]):
                    yield near


def prepare(phrases: Iterable[Phrase]) -> PhraseBook:
    """Return the phrases ready for look-up; of a phrase given twice by a rule, the first stays."""
    plain: dict[str, dict[str, Phrase]] = defaultdict(dict)
    by_head: dict[str, dict[tuple[str, ...], Candidate]] = defaultdict(dict)
    by_tail: dict[str, dict[tuple[str, ...], Candidate]] = defaultdict(dict)
    for phrase in phrases:
        head, tail = phrase.parts[0], phrase.parts[-1]
        if len(phrase.parts) == 1:
            plain[head].setdefault(phrase.rule, phrase)
            continue
        candidate = (tail, max(phrase.parts[::2], key=len), phrase)
        near = by_head[head] if head else by_tail[tail]
        near.setdefault((phrase.rule, *phrase.parts), candidate)
    return PhraseBook(
        {prepared: tuple(found.values()) for prepared, found in plain.items()},
        _edges(by_head, lambda edge: edge[:_EDGE_CHARS]),
        _edges(by_tail, lambda edge: edge[-_EDGE_CHARS:]),
    )


def _edges(
    found: dict[str, dict[tuple[str, ...], Candidate]], outer: Callable[[str], str]
) -> Edges:
    lengths: dict[str, set[int]] = defaultdict(set)
    for edge in found:
        lengths[outer(edge)].add(len(edge))
    return (
        {start: tuple(sorted(sizes)) for start, sizes in lengths.items()},
        {edge: tuple(candidates.values()) for edge, candidates in found.items()},
    )


def phrase_key(text: str) -> str:
    """Return `text` as phrases are compared: `key`, without the signs around a label.

    A question mark, quotation marks, currency signs and © belong to the words and stay.

        >>> phrase_key("» Read more …"), phrase_key("[READ MORE]"), phrase_key("★ Home ★")
        ('read more', 'read more', 'home')
        >>> phrase_key("“Home”")
        '“home”'
    """
    prepared = key(text)
    start, stop = 0, len(prepared)
    while start < stop and _is_sign(prepared[start]):
        start += 1
    while stop > start and _is_sign(prepared[stop - 1]):
        stop -= 1
    return prepared[start:stop]


def split(text: str) -> tuple[str, ...]:
    """Return the phrase as literals and placeholders by turns, literals first and last.

    >>> split("{n} Comments") == ("", "\ue001", " comments")
    True

    Raises:
        ValueError: the phrase is empty, all placeholders, or has two side by side.
    """
    if "{" in text:
        for written, sign in _HOLES.items():
            text = text.replace(written, sign)
        parts = tuple(_HOLE.split(phrase_key(text)))
    else:
        parts = (phrase_key(text),)
    if not any(part.strip() for part in parts[::2]):
        raise ValueError("a phrase must hold words")
    if not all(parts[2:-1:2]):
        raise ValueError("two placeholders stand side by side")
    return parts


def _is_sign(char: str) -> bool:
    if char.isalnum() or char == "©":
        return False
    return char in _LABEL_SIGNS or char == " " or unicodedata.category(char) in ("So", "Sk", "Sm")


def _matches(parts: tuple[str, ...], line: str) -> bool:
    """Return whether `line` is `parts`; the first way to place the literals counts."""
    head, tail = parts[0], parts[-1]
    stop = len(line) - len(tail)
    if not line.startswith(head) or not line.endswith(tail) or stop <= len(head):
        return False
    at = len(head)
    for hole, literal in zip(parts[1::2], (*parts[2:-1:2], ""), strict=True):
        found = line.find(literal, at + 1, stop) if literal else stop
        if found < 0 or not _fits(hole, line[at:found]):
            return False
        at = found + len(literal)
    return True


def _fits(hole: str, run: str) -> bool:
    if not run:
        return False
    if hole == _HOLES["{n}"]:
        return _NUMBER.fullmatch(run) is not None
    if hole == _HOLES["{*}"]:
        return True
    return len(run) <= MAX_RUN_CHARS and _SENTENCE_END.search(run) is None
