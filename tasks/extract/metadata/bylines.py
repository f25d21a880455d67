"""From a byline to names: what introduces it is cut, lists are split, roles and places left out.

Works on one line of text, knows no page. Names keep their dots, their case and their order.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Final

from tasks.extract.metadata.months import MONTHS
from tasks.extract.metadata.names import is_agency, is_organisation, is_person
from tasks.extract.metadata.words import (
    AND_WORDS,
    BYLINE_WORDS,
    DATE_WORDS,
    DESK_WORDS,
    ENDING_WORDS,
    GLUED_WORDS,
    PREPOSITIONS,
    STRONG_AND_WORDS,
)
from tasks.text import key

MAX_BYLINE_CHARS: Final = 400
MAX_NAMES: Final = 30
KEPT_BYLINES: Final = 4096
"""Lines whose names are remembered, 4 MB at most: a page prints its byline in several places, and
an author's is on many pages of a site."""

MAX_LEADS: Final = 3
"""Introductions may be nested: "Text: Von Anna Martel"."""


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern of `words`, the longest first, so that "written by" beats "by"."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


_LEAD = re.compile(
    # a byline word, then a colon or a space
    rf"(?:{_any_of(BYLINE_WORDS)})(?:\s*[:：]\s*|\s+)",
    re.IGNORECASE,
)
_LEAD_STARTS: Final = frozenset(word[:2].lower() for word in BYLINE_WORDS)
_GLUED = re.compile(
    # a byline word of a script without spaces, then a sign
    rf"(?:{_any_of(GLUED_WORDS)})\s*[:：/／・·=＝]\s*"
)
_ENDING = re.compile(rf"(?:{_any_of(ENDING_WORDS)})$")
_ASIDE = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,80}[)\]）】]")  # "(dpa)", "[Reuters]"
_ADDRESS = re.compile(r"\S{1,64}@\S{1,100}|https?://\S{1,300}|www\.\S{1,300}|(?<!\w)@\w{1,30}")
_HARD = re.compile(
    # a sign that never stands in a name; a dash or plus between spaces; ", and"
    r"\s*[;|•·●◆►»/／、，؛،]\s*|\s+[-–—&+]\s+|\s*,\s*(?=(?:and|und|y|et)\s)"
)
_AND = re.compile(rf"\s+({_any_of(AND_WORDS)})\s+", re.IGNORECASE)
_PLACE = re.compile(r"\s(?:for|of|at|from|in|aus|für|bei|pour|para|nach|via|on)\s.*$")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_DEGREE = re.compile(
    r"(?:ph\.?\s?d|m\.?d|m\.?a|m\.?b\.?a|esq|d\.?o|r\.?n|r\.?d|mph|msc|bsc|cpa|j\.?d)\.?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"(?<![\w.])\d")
_BETWEEN: Final = DATE_WORDS | MONTHS.keys() | {""}


def split_names(text: str, outlets: Collection[str] = ()) -> tuple[str, ...]:
    """Return the people a byline names, in order, each once.

    `outlets` are names of the site as `names.squashed` writes them: they are no people.

        >>> split_names("By J. R. Ewing and Sue Ellen Shepard, Dallas Herald", {"dallasherald"})
        ('J. R. Ewing', 'Sue Ellen Shepard')
        >>> split_names("Von Anna Martel und Lea Wagner (dpa)")
        ('Anna Martel', 'Lea Wagner')
        >>> split_names("José Ortega y Gasset"), split_names("Ana Gil Ruiz y Luis Mora Paz")
        (('José Ortega y Gasset',), ('Ana Gil Ruiz', 'Luis Mora Paz'))
        >>> split_names("文・山田太郎、佐藤花子"), split_names("홍길동 기자")
        (('山田太郎', '佐藤花子'), ('홍길동',))
        >>> split_names("By Reuters Staff"), split_names("admin"), split_names("https://a.example/me")
        ((), (), ())
        >>> split_names("Martin Luther King, Jr."), split_names("Jane Roe, PhD, Staff Writer")
        (('Martin Luther King Jr.',), ('Jane Roe',))
    """
    return _split_names(_one_line(text), frozenset(outlets))


@lru_cache(maxsize=KEPT_BYLINES)
def _split_names(line: str, outlets: frozenset[str]) -> tuple[str, ...]:
    names: dict[str, str] = {}
    for part in _parts(line, outlets):
        name = _tidy(part)
        if is_person(name, outlets):
            names.setdefault(key(name), name)
    return tuple(names.values())[:MAX_NAMES]


def split_outlets(text: str, outlets: Collection[str] = ()) -> tuple[str, ...]:
    """Return the organisations a byline names: agencies, the outlet itself, its desks.

    >>> split_outlets("By Jane Roe, Associated Press"), split_outlets("AOL Staff")
    (('Associated Press',), ('AOL Staff',))
    """
    return _split_outlets(_one_line(text), frozenset(outlets))


@lru_cache(maxsize=KEPT_BYLINES)
def _split_outlets(line: str, outlets: frozenset[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    line = _before_date(without_lead(line))
    for part in (part for hard in _HARD.split(line) for part in hard.split(",")):
        name = without_lead(part.strip(" \u00a0,:-–—_()[]"))
        if is_organisation(name, outlets):
            found.setdefault(key(name), name)
    return tuple(found.values())


def without_lead(text: str) -> str:
    """Return `text` without what introduces a byline.

    >>> without_lead("Written by: Jane Roe"), without_lead("作者：王建宏")
    ('Jane Roe', '王建宏')
    >>> without_lead("Byron Day"), without_lead("De Jong"), without_lead("von dpa")
    ('Byron Day', 'De Jong', 'dpa')
    """
    for _ in range(MAX_LEADS):
        lead = _GLUED.match(text) or _lead(text)
        rest = text[lead.end() :].lstrip(" :：·-–—/") if lead else ""
        word = lead[0].strip(" :：").lower() if lead else ""
        if not rest or (word in PREPOSITIONS and not _may_follow(rest)):
            break
        text = rest
    return text


def _lead(text: str) -> re.Match[str] | None:
    """Return the byline word that `text` begins with; nearly all lines begin otherwise."""
    start = text[:2].lower()
    is_likely = start in _LEAD_STARTS or start[:1] in _LEAD_STARTS
    return _LEAD.match(text) if is_likely else None


def has_lead(text: str) -> bool:
    """Say whether `text` begins like a byline: a byline word, and no small letter after it.

    >>> has_lead("By Jane Roe"), has_lead("By the way"), has_lead("Rain fell")
    (True, False, False)
    """
    rest = without_lead(text)
    return rest != text and (rest[0].isupper() or not rest[0].isascii())


def _may_follow(rest: str) -> bool:
    """Say whether a preposition may introduce `rest`: two words with a capital, agency or desk."""
    if rest[0].isupper() and " " in rest:
        return True
    return is_agency(rest) or key(rest) in DESK_WORDS


def _one_line(text: str) -> str:
    return " ".join(text.split())[:MAX_BYLINE_CHARS]


def _parts(line: str, outlets: Collection[str]) -> Iterator[str]:
    """Yield the pieces of a byline that may be one name each."""
    line = _before_date(_ADDRESS.sub(" ", _ASIDE.sub(" ", line)))
    for hard in _HARD.split(without_lead(line.strip())):
        for soft in _split_and(hard):
            yield from _split_commas(soft, outlets)


def _before_date(text: str) -> str:
    """Return what stands before a date in `text`; `text` itself when nothing does."""
    digit = _DIGIT.search(text)
    if digit is None:
        return text
    words = text[: digit.start()].split()
    while words and words[-1].strip(".,:;|-–—·•").lower() in _BETWEEN:
        words.pop()
    return " ".join(words) if words else text


def _split_and(text: str) -> Iterator[str]:
    """Split at "and" in many languages; a short one ("y", "e", "i") wants two words either side."""
    start = 0
    for match in _AND.finditer(text):
        left, right = text[start : match.start()], text[match.end() :]
        two = len(left.split(",")[-1].split()) > 1 and len(right.split(",")[0].split()) > 1
        if two or match[1].lower() in STRONG_AND_WORDS:
            yield left
            start = match.end()
    yield text[start:]


def _split_commas(text: str, outlets: Collection[str]) -> Iterator[str]:
    """Split at commas, but keep "King, Jr." and turn "Doe, Jane" round.

    After a full name a single word is a place ("Anna Martel, Nairobi") and is left out; so are
    the single words after what is no person ("courier.example, Harbour, England").
    """
    parts = [part.strip() for part in text.split(",")]
    parts = [part for part in parts if part and not _DEGREE.fullmatch(part)]
    while len(parts) > 1 and _SUFFIX.fullmatch(parts[1]):
        parts[:2] = [f"{parts[0]} {parts[1]}"]
    if len(parts) <= 1:
        yield from parts
        return
    is_named = is_person(parts[0], outlets)
    if is_named and not any(" " in part for part in parts):
        yield from [f"{parts[1]} {parts[0]}"] if len(parts) == len(("last", "first")) else parts
        return
    yield from (part for i, part in enumerate(parts) if " " in part or (i == 0 and is_named))


def _tidy(part: str) -> str:
    """Return the name in a piece of a byline, without marks, places, agencies around it."""
    name = without_lead(part.strip(" \u00a0,.:-–—_'\"“”„«»‘’*"))
    name = _ENDING.sub("", name).strip()
    short = _PLACE.sub("", name)
    name = _without_agency(short if " " in short else name)
    last = name.rpartition(" ")[2]
    has_dot = part.rstrip().endswith(f"{last}.") and (_SUFFIX.fullmatch(last) or len(last) == 1)
    return name + "." if has_dot and " " in name else name


def _without_agency(name: str) -> str:
    """Return `name` without an agency's after it.

    >>> _without_agency("Jane Roe The Associated Press"), _without_agency("Jane Roe Reuters")
    ('Jane Roe', 'Jane Roe')
    """
    words = name.split()
    for cut in (3, 2, 1):
        if len(words) > cut + 1 and is_agency(" ".join(words[-cut:])):
            return " ".join(words[:-cut])
    return name
