"""What is a person's name, what an agency's or an outlet's: judgements on one name, no splitting.

`tasks.extract.metadata.bylines` cuts a line into names and asks here.
"""

import re
from collections.abc import Collection
from typing import Final

from tasks.extract.metadata.words import (
    AGENCIES,
    BYLINE_WORDS,
    DESK_WORDS,
    NO_PEOPLE,
    NO_PERSON_WORDS,
    PREPOSITIONS,
    ROLES,
)
from tasks.text import key

MIN_NAME_CHARS: Final = 2
MAX_NAME_CHARS: Final = 60
MAX_NAME_WORDS: Final = 6
MAX_PERSON_WORDS: Final = 5
MAX_LOWER_WORDS: Final = 3
"""More words all in lower case are a phrase: "center-right perspective", no name."""
MAX_DIGITS: Final = 4
"""A nickname may end in a few digits; more are a number, and one beside a space is no name."""

_NEVER_NAMES: Final = NO_PEOPLE | AGENCIES | ROLES | frozenset(BYLINE_WORDS)
_NO_NAME_CHARS: Final = frozenset('@?!:<>{}[]="|#%*…')
_HAN_NAME = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af・]{2,8}")
_LOGIN = re.compile(
    r"[a-z]{1,3}|[A-Z]{1,2}"  # an editor's initials
    r"|[a-z0-9]+[._][a-z0-9._]+"  # an account: "jane.roe"; no two parts can match the same text
)
_DOMAIN = re.compile(r"\w\.(?:com|de|org|net|at|ch|fr|it|tv|co|info)\b")
_LINKS: Final = frozenset({
    "von", "van", "de", "der", "den", "del", "della", "di", "da", "dos", "du", "la", "le", "el",
    "al", "bin", "ibn", "ben", "y", "e", "und", "zu", "zur", "af", "av", "ten", "ter", "das",
    "dalla",
})  # fmt: skip
"""Words inside names that are written small."""


def is_person(name: str, outlets: Collection[str] = ()) -> bool:
    """Say whether `name` may be a person's: not an outlet, an agency, a role, an address, a phrase.

    `outlets` are the site's own names as `squashed` writes them.

    >>> is_person("Voice Of Europe"), is_person("MrZorg"), is_person("Published: 3 May")
    (True, True, False)
    >>> is_person("Harbour Courier", {"harbourcourier"}), is_person("Reuters"), is_person("Staff")
    (False, False, False)
    """
    plain = key(name).strip(" .")
    words = plain.replace(",", " ").split()
    return (
        MIN_NAME_CHARS <= len(name) <= MAX_NAME_CHARS
        and len(words) <= MAX_NAME_WORDS
        and name[0].isalpha()
        and plain not in _NEVER_NAMES
        and NO_PERSON_WORDS.isdisjoint(words)
        and _NO_NAME_CHARS.isdisjoint(name)
        and not (len(words) > MAX_LOWER_WORDS and name.islower())
        and (words[-1] not in PREPOSITIONS or len(words) == 1)
        and not _is_account(name)
        and not is_outlet(name, outlets)
        and not _is_title(name)
    )


def is_full_name(name: str) -> bool:
    """Say whether `name` is written as names are: two to five words, each with a capital but links.

    In scripts without case two words, or two to eight characters of a script without spaces, do.

    >>> is_full_name("Ursula von der Leyen"), is_full_name("王建宏"), is_full_name("Read it now")
    (True, True, False)
    """
    words = name.split()
    if len(words) == 1:
        return bool(_HAN_NAME.fullmatch(name))
    return len(words) <= MAX_PERSON_WORDS and all(
        w[0].isupper() or w.lower() in _LINKS or _is_caseless(w) for w in words
    )


def is_outlet(name: str, outlets: Collection[str]) -> bool:
    """Say whether `name` is the site's own.

    >>> is_outlet("von Landesspiegel", {"landesspiegel"}), is_outlet("CNN Business", {"cnn"})
    (True, True)
    """
    first, _, rest = name.partition(" ")
    return (
        squashed(name) in outlets
        or (first.lower() in PREPOSITIONS and squashed(rest) in outlets)
        or (first.isupper() and len(first) > MIN_NAME_CHARS and squashed(first) in outlets)
    )


def is_agency(name: str) -> bool:
    """Say whether `name` is a news or picture agency's.

    >>> is_agency("dpa"), is_agency("The Associated Press"), is_agency("Jane Roe")
    (True, True, False)
    """
    return key(name).strip(" .()") in AGENCIES


def is_organisation(name: str, outlets: Collection[str] = ()) -> bool:
    """Say whether `name` is an agency's, the outlet's own, or that of one of its desks.

    >>> is_organisation("AFP"), is_organisation("AOL Staff"), is_organisation("Jane Roe")
    (True, True, False)
    """
    words = key(name).split()
    return (
        MIN_NAME_CHARS <= len(name) <= MAX_NAME_CHARS
        and len(words) <= MAX_NAME_WORDS
        and (is_agency(name) or is_outlet(name, outlets) or not DESK_WORDS.isdisjoint(words))
    )


def squashed(name: str) -> str:
    """Return only the letters and digits of `name`, for comparing outlets with host names.

    >>> squashed("The Berliner-Zeitung")
    'berlinerzeitung'
    """
    return "".join(filter(str.isalnum, key(name).removeprefix("the ")))


def _is_caseless(word: str) -> bool:
    return word.lower() == word.upper() and word.isalpha()


def _is_title(name: str) -> bool:
    """Say whether `name` is a paper's or a desk's: "The American Spectator", "MM-Redaktion"."""
    return name.startswith("The ") or name.lower().endswith(("-redaktion", " redaktion"))


def _is_account(name: str) -> bool:
    """Say whether `name` is a login, a domain or a number rather than a name."""
    digits = sum(c.isdigit() for c in name)
    has_number = digits > MAX_DIGITS or (digits > 0 and " " in name)
    return has_number or bool(_LOGIN.fullmatch(name)) or bool(_DOMAIN.search(name.lower()))
