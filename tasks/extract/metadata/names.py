"""From a byline to names: what introduces it is cut, lists are split, what is no person is refused.

Works on one line of text, knows no page. Names keep their dots, their case and their order.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

from tasks.extract.metadata.months import MONTHS
from tasks.extract.metadata.words import (
    AGENCIES,
    AND_WORDS,
    BYLINE_WORDS,
    DATE_WORDS,
    DESK_WORDS,
    ENDING_WORDS,
    GLUED_WORDS,
    NO_PEOPLE,
    NO_PERSON_WORDS,
    PREPOSITIONS,
    ROLES,
    STRONG_AND_WORDS,
)
from tasks.text import key

MAX_NAME_CHARS: Final = 60
MAX_NAME_WORDS: Final = 6
MAX_BYLINE_CHARS: Final = 400
MAX_NAMES: Final = 30

_DIGIT = re.compile(r"(?<![\w.])\d")
_HAN_NAME = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af・]{2,8}")
_LOGIN = re.compile(r"[a-z]{1,3}|[A-Z]{1,2}|[a-z0-9]+[._][a-z0-9._]+|.*\b[\w-]+\.(?:com|de|org|net|at|ch|fr|it|tv|co|info)\b.*")

_LEAD = re.compile(
    # a byline word, then a colon or a space (the longest word first, so "written by" beats "by")
    rf"(?:{'|'.join(re.escape(w) for w in sorted(set(BYLINE_WORDS), key=len, reverse=True))})(?:\s*[:：]\s*|\s+)",
    re.IGNORECASE,
)
_GLUED = re.compile(rf"(?:{'|'.join(sorted(GLUED_WORDS, key=len, reverse=True))})\s*[:：/／・·=＝]\s*")
_ENDING = re.compile(rf"(?:{'|'.join(re.escape(w) for w in sorted(ENDING_WORDS, key=len, reverse=True))})$")
_ASIDE = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,80}[)\]）】]")  # "(dpa)", "[Reuters]"
_ADDRESS = re.compile(r"\S{1,64}@\S{1,100}|https?://\S{1,300}|www\.\S{1,300}|(?<!\w)@\w{1,30}")
_HARD = re.compile(r"\s*[;|•·●◆►»/／、，؛،\n\t]\s*|\s+[-–—&+]\s+|\s*,\s*(?=(?:and|und|y|et)\s)")
_AND = re.compile(rf"\s+({'|'.join(re.escape(w) for w in AND_WORDS)})\s+", re.IGNORECASE)
_PLACE = re.compile(r"\s+(?:for|of|at|from|in|aus|für|bei|pour|para|nach|via|on)\s.*$")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv)\.?", re.IGNORECASE)
_DEGREE = re.compile(r"(?:ph\.?\s?d|m\.?d|m\.?a|m\.?b\.?a|esq|d\.?o|r\.?n|r\.?d|mph|msc|bsc|cpa|j\.?d)\.?", re.IGNORECASE)
_LINKS = frozenset("von van de der den del della di da dos du la le el al bin ibn ben y e und zu zur af av ten ter".split())


def split_names(text: str, outlets: Collection[str] = ()) -> tuple[str, ...]:
    """Return the people a byline names, in order, each once.

    `outlets` are names of the site as `squashed` writes them: they are no people.

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
    names: dict[str, str] = {}
    for part in _parts(text, outlets):
        name = _tidy(part)
        if is_person(name, outlets):
            names.setdefault(key(name), name)
    return tuple(names.values())[:MAX_NAMES]


def split_outlets(text: str, outlets: Collection[str] = ()) -> tuple[str, ...]:
    """Return the organisations a byline names: agencies, the outlet itself, its desks.

    >>> split_outlets("By Jane Roe, Associated Press"), split_outlets("AOL Staff")
    (('Associated Press',), ('AOL Staff',))
    """
    found: dict[str, str] = {}
    text = _before_date(without_lead(" ".join(text.split())[:MAX_BYLINE_CHARS]))
    for part in (p for hard in _HARD.split(text) for p in hard.split(",")):
        name = without_lead(part.strip(" \u00a0,:-–—_()[]"))
        words = key(name).split()
        if (
            2 <= len(name) <= MAX_NAME_CHARS
            and len(words) <= MAX_NAME_WORDS
            and (is_agency(name) or _is_outlet(name, outlets) or DESK_WORDS.intersection(words))
        ):
            found.setdefault(key(name), name)
    return tuple(found.values())


def is_person(name: str, outlets: Collection[str] = ()) -> bool:
    """Say whether `name` may be a person's: not an outlet, an agency, a role, an address, a phrase.

        >>> is_person("Voice Of Europe"), is_person("MrZorg"), is_person("Published: 3 May")
        (True, True, False)
    """
    plain = key(name).strip(" .")
    words = plain.replace(",", " ").split()
    return (
        2 <= len(name) <= MAX_NAME_CHARS
        and len(words) <= MAX_NAME_WORDS
        and name[0].isalpha()
        and plain not in NO_PEOPLE
        and plain not in AGENCIES
        and plain not in ROLES
        and plain not in BYLINE_WORDS
        and not NO_PERSON_WORDS.intersection(words)
        and not any(c in name for c in '@?!:<>{}[]="|#%*…')
        and not _has_number(name)
        and not (len(words) > 3 and name.islower())
        and not _LOGIN.fullmatch(name)
        and not _is_outlet(name, outlets)
    )


def _is_outlet(name: str, outlets: Collection[str]) -> bool:
    """Say whether `name` is the site's own: "Landesspiegel", "von Landesspiegel", "CNN Business"."""
    first, _, rest = name.partition(" ")
    return (
        squashed(name) in outlets
        or (first.lower() in PREPOSITIONS and squashed(rest) in outlets)
        or (first.isupper() and len(first) > 2 and squashed(first) in outlets)
    )


def is_full_name(name: str) -> bool:
    """Say whether `name` is written as names are: two to five words, each with a capital but links.

    In scripts without case two words, or two to five characters of a script without spaces, do.

    >>> is_full_name("Ursula von der Leyen"), is_full_name("王建宏"), is_full_name("Read it now")
    (True, True, False)
    """
    words = name.split()
    if len(words) == 1:
        return bool(_HAN_NAME.fullmatch(name))
    return len(words) <= 5 and all(w[0].isupper() or w.lower() in _LINKS or _is_caseless(w) for w in words)


def _is_caseless(word: str) -> bool:
    return word.lower() == word.upper() and word.isalpha()


def is_agency(name: str) -> bool:
    """Say whether `name` is a news or picture agency's.

    >>> is_agency("dpa"), is_agency("The Associated Press"), is_agency("Jane Roe")
    (True, True, False)
    """
    return key(name).strip(" .()") in AGENCIES


def squashed(name: str) -> str:
    """Return only the letters and digits of `name`, for comparing outlets with host names.

    >>> squashed("The Berliner-Zeitung")
    'berlinerzeitung'
    """
    return "".join(c for c in key(name).removeprefix("the ") if c.isalnum())


def without_lead(text: str) -> str:
    """Return `text` without what introduces a byline.

    >>> without_lead("Written by: Jane Roe"), without_lead("作者：王建宏"), without_lead("Byron Day")
    ('Jane Roe', '王建宏', 'Byron Day')
    """
    for _ in range(3):
        cut = _GLUED.match(text) or _LEAD.match(text)
        rest = text[cut.end() :].lstrip(" :：·-–—/") if cut else ""
        word = cut[0].strip(" :：").lower() if cut else ""
        if not rest or (word in PREPOSITIONS and not _may_follow(rest)):
            break
        text = rest
    return text


def _may_follow(rest: str) -> bool:
    """Say whether a preposition may introduce `rest`: two words with a capital, agency or desk."""
    if rest[0].isupper() and " " in rest:
        return True
    return is_agency(rest) or key(rest) in DESK_WORDS


def has_lead(text: str) -> bool:
    """Say whether `text` begins like a byline: "By Jane Roe", "Von Anna Martel".

    The words that are also prepositions of running text count only before a capital.

    >>> has_lead("By Jane Roe"), has_lead("By the way"), has_lead("Rain fell")
    (True, False, False)
    """
    rest = without_lead(text)
    return rest != text and bool(rest) and (rest[0].isupper() or not rest[0].isascii())


def _parts(text: str, outlets: Collection[str]) -> Iterator[str]:
    """Yield the pieces of a byline that may be one name each."""
    text = _ADDRESS.sub(" ", _ASIDE.sub(" ", " ".join(text.split())[:MAX_BYLINE_CHARS]))
    text = _before_date(text)
    for hard in _HARD.split(without_lead(text.strip())):
        for soft in _split_and(hard):
            yield from _split_commas(soft, outlets)


def _before_date(text: str) -> str:
    """Return what stands before a date in `text`, when that may be a name; else `text`."""
    digit = _DIGIT.search(text)
    if digit is None:
        return text
    words = text[: digit.start()].split()
    while words and (last := words[-1].strip(".,:;|-–—·•").lower()) in DATE_WORDS | MONTHS.keys() | {""}:
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

    After a full name a single word is a place ("Anna Martel, Nairobi") and is left out.
    """
    parts = [part.strip() for part in text.split(",")]
    parts = [part for part in parts if part and not _DEGREE.fullmatch(part)]
    while len(parts) > 1 and _SUFFIX.fullmatch(parts[1]):
        parts[:2] = [f"{parts[0]} {parts[1]}"]
    if len(parts) == 2 and not any(" " in part for part in parts) and is_person(parts[0], outlets):
        yield f"{parts[1]} {parts[0]}"
        return
    if len(parts) > 1 and not is_person(parts[0], outlets):  # "hessenschau.de, Frankfurt, Germany"
        parts = [part for part in parts if " " in part]
    full = bool(parts) and " " in parts[0]
    yield from (part for i, part in enumerate(parts) if i == 0 or not full or " " in part)


def _tidy(part: str) -> str:
    name = without_lead(part.strip(" \u00a0,.:-–—_'\"“”„«»‘’*")) if part else ""
    name = _ENDING.sub("", name).strip()
    if len(_PLACE.sub("", name).split()) >= 2:
        name = _PLACE.sub("", name)
    for cut in (3, 2, 1):  # "Jane Roe Associated Press"
        words = name.split()
        if len(words) > cut + 1 and is_agency(" ".join(words[-cut:])) and (cut > 1 or words[-1].isupper()):
            name = " ".join(words[:-cut])
    last = name.rpartition(" ")[2]
    has_dot = part.rstrip().endswith(f"{last}.") and (_SUFFIX.fullmatch(last) or len(last) == 1)
    return name + "." if has_dot and " " in name else name


def _has_number(name: str) -> bool:
    digits = sum(c.isdigit() for c in name)
    return digits > 4 or (digits > 0 and " " in name)
