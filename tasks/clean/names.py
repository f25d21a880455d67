"""What a line says of a person: a name on its own line, a sentence about an author."""

import re
from typing import Final

from tasks.text import NO_SPACE_SCRIPTS

MAX_NAME_CHARS: Final = 40
MIN_NAME_WORDS: Final = 2
MAX_NAME_WORDS: Final = 4
MAX_BIO_CHARS: Final = 400
MAX_LABEL_CHARS: Final = 120

MAX_NO_SPACE_NAME: Final = 10

NO_SPACE: Final = re.compile(f"[{NO_SPACE_SCRIPTS}]")
_LETTERS_ONLY: Final = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0dff\u200c\u200d .’'-])+")
_PARTICLES: Final = frozenset(
    ["al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "dos", "du", "el", "ibn"]
) | {"la", "le", "van", "von", "y", "zu"}
_NAME_WORD: Final = re.compile(r"[^\W\d_][\w’'.\-]*")
_NAME_ENDS: Final = "!?:;,"

_BY: Final = re.compile(
    r"(?:by|written by|words by|reported by|von|par|por|di|door|av|af|przez|text|texte|texto|testo"
    r"|автор|текст|oleh|bởi|nga)\s*:?\s+(?P<name>.+)",
    re.IGNORECASE,
)

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
_BIO_WORDS_UNCASED: Final = re.compile(
    "خبرنگار|روزنامه‌نگار|نویسنده|سردبیر|صحفي|صحافي|مراسل|كاتبة? |محرر|עיתונאי|כתב|עורכ"
    "|पत्रकार|संवाददाता|लेखक|लेखिका|রিপোর্টার|সাংবাদিক|صحافی|செய்தியாளர்|నా?విలేకరి"
    "|記者|ライター|編集|特派員|筆者|记者|编辑|作者|作家|編輯|기자|작가|편집|นักข่าว|ผู้สื่อข่าว|นักเขียน"
)
"""The same nouns in scripts without capitals."""

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


def may_be_name(text: str) -> bool:
    """Return `is_name`, or whether a line in a script without capitals is as short as a name.

    >>> may_be_name("三枝ひなの"), may_be_name("رائدة القصبي"), may_be_name("Storm strands ferry")
    (True, True, False)
    """
    if is_name(text):
        return True
    if any(char.isupper() or char.islower() for char in text) or not _LETTERS_ONLY.fullmatch(text):
        return False
    if NO_SPACE.search(text):
        return MIN_NAME_WORDS <= len(text) <= MAX_NO_SPACE_NAME
    return MIN_NAME_WORDS <= len(text.split()) <= MAX_NAME_WORDS and len(text) <= MAX_NAME_CHARS


def byline_name(text: str) -> str:
    """Return the name in a line that says by whom the article is, "" for any other line.

    >>> byline_name("By Ada Quill"), byline_name("By nightfall"), byline_name("Von Jan Hafen")
    ('Ada Quill', '', 'Jan Hafen')
    """
    found = _BY.fullmatch(text.strip())
    return found["name"] if found and is_name(found["name"]) else ""


def has_bio_words(text: str) -> bool:
    """Return whether the line holds a noun by which authors describe themselves."""
    return (_BIO_WORDS.search(text) or _BIO_WORDS_UNCASED.search(text)) is not None


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
    if len(text) > MAX_BIO_CHARS or not may_be_name(name) or not has_bio_words(text):
        return False
    starts_with_name = text.casefold().startswith(name.split(maxsplit=1)[0].casefold())
    is_label = not re.search(r"[.!?।۔]\s*\S", text) and len(text) <= MAX_LABEL_CHARS
    return starts_with_name or is_label or _THIRD_PERSON.search(text) is not None
