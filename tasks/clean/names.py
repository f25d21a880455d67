"""What a line says of a person: a name on its own line, a sentence about an author."""

import re
from typing import Final

MAX_NAME_CHARS: Final = 40
MIN_NAME_WORDS: Final = 2
MAX_NAME_WORDS: Final = 4
MAX_BIO_CHARS: Final = 400

_PARTICLES: Final = frozenset(
    ["al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "ibn"]
) | {"la", "le", "van", "von", "y", "zu"}
_NAME_WORD: Final = re.compile(r"[^\W\d_][\w’'.\-]*")
_NAME_ENDS: Final = "!?:;,"

# Nouns by which people describe themselves under an article; a bio needs one of them.
_BIO_WORDS: Final = re.compile(
    r"\b(?:journalist(?:in|e|a)?|reporter(?:in)?|writers?|editor(?:in)?|bloggers?|correspondent(?:in)?"
    r"|columnist|author|freelance(?:r)?|contributor|producer|photographer|podcaster"
    r"|redakteur(?:in)?|redaktor(?:ka)?|autor(?:in|a|ka)?|korrespondent(?:in)?|volont[aä]r(?:in)?"
    r"|journaliste|r[ée]dact(?:eur|rice)|correspondante?|chroniqueu(?:r|se)"
    r"|periodista|redactora?|corresponsal|columnista|comunicadora?|jornalista|rep[óo]rter|colunista"
    r"|giornalista|redattore|redattrice|autrice|scrittore|scrittrice|journalis|verslaggever|redacteur"
    r"|dziennikarz|dziennikarka|novinář(?:ka)?|журналист(?:ка)?|корреспондент|редактор|автор"
    r"|журналіст(?:ка)?|gazeteci|muhabir|wartawan|jurnalis|penulis|mwandishi|новинар|novinar(?:ka)?"
    r"|újságíró|toimittaja|skribent)\b",
    re.IGNORECASE,
)

# "X is a reporter", "covers politics for": third person, present tense.
_THIRD_PERSON: Final = re.compile(
    r"\b(?:is|was|has been|works|covers|writes|reports|joined|ist|schreibt|arbeitet|berichtet"
    r"|est|écrit|travaille|es|escribe|trabaja|cubre|é|escreve|cobre|trabalha|è|scrive|lavora|is|schrijft)\b"
)


def is_name(text: str) -> bool:
    """Return whether the line may be a person's name and nothing else.

    >>> is_name("Ada Quill"), is_name("Jan van der Meer"), is_name("Storm strands ferry")
    (True, True, False)
    """
    words = text.split()
    if not MIN_NAME_WORDS <= len(words) <= MAX_NAME_WORDS or len(text) > MAX_NAME_CHARS:
        return False
    if text[-1] in _NAME_ENDS:
        return False
    return all(
        word.casefold() in _PARTICLES or (word[0].isupper() and _NAME_WORD.fullmatch(word))
        for word in words
    )


def has_bio_words(text: str) -> bool:
    """Return whether the line holds a noun by which authors describe themselves."""
    return _BIO_WORDS.search(text) is not None


def is_bio(text: str, name: str) -> bool:
    """Return whether the line is about the person `name` of the line above it.

    It must hold a word such as "reporter", and either repeat a part of the name, speak in the
    third person, or be no sentence at all.

        >>> is_bio("Journalist, diver and gardener in Vell", "Ada Quill")
        True
        >>> is_bio("Ada Quill covers the harbour as a reporter.", "Ada Quill")
        True
        >>> is_bio("The reporter was told to leave the room.", "Storm strands ferry")
        False
    """
    if len(text) > MAX_BIO_CHARS or not is_name(name) or not has_bio_words(text):
        return False
    starts_with_name = text.casefold().startswith(name.split(maxsplit=1)[0].casefold())
    is_label = not re.search(r"[.!?]", text)
    return starts_with_name or is_label or _THIRD_PERSON.search(text) is not None
