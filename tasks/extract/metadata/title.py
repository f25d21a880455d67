"""The headline, without the site's name: candidates and the choice among them by agreement.

Measured on saved news pages: the h1 is the headline on 86 %, the JSON-LD headline on 70 %,
og:title on 65 %. What makes an h1 wrong is that it is another one: the site's name, a box's
heading. So an h1 that shares words with the other candidates outweighs them all, one that
does not counts for little.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Final

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.names import is_agency, squashed
from tasks.extract.metadata.sources import Sources
from tasks.schema import Candidate
from tasks.text import key, words

MIN_TITLE_CHARS: Final = 3
MAX_TITLE_CHARS: Final = 400
H1_WEIGHT: Final = 1.1
"""More than the other titles together weigh: they are written for search engines and networks."""
MIN_TITLE_WORDS: Final = 3
MAX_LOWER: Final = 12
"""Lower headings looked at on a page without h1."""
MIN_LOWER_CHARS: Final = 8
RELATED_SHARE: Final = 0.3
"""Share of the shorter title's words that two titles of one article have in common at least."""

_JOINTS = re.compile(
    # a sign between spaces; a bar or guillemet anywhere; ": "; "_" or "-" before Han or kana
    r"\s+[|\-–—»«•·:/]+\s+|\s*[|»｜]\s*|:\s+|_(?=\D)|：|-(?=[\u3040-\u30ff\u3400-\u9fff])"
)
_QUOTES = "\"'“”„«»"


def choose_title(sources: Sources) -> tuple[str, list[Candidate]]:
    """Return the headline and every candidate; the headline is "" when the page has none."""
    candidates = list(_candidates(sources))
    votes: dict[str, float] = {}
    for candidate in candidates:
        group = squashed(candidate.value)
        votes[group] = votes.get(group, 0.0) + candidate.confidence
    if not votes:
        return "", []
    best = max(votes, key=lambda group: votes[group])
    same = [c.value for c in candidates if squashed(c.value) == best]
    spaceless = key(same[0]).replace(" ", "")
    alike = [value for value in same if key(value).replace(" ", "") == spaceless]
    title = min(alike, key=lambda value: value.count(" "))  # inline elements make "Rain : harbour"
    return _without_kicker(title, candidates), candidates


def _candidates(sources: Sources) -> Iterator[Candidate]:
    headings = _headings(sources)
    lower = (
        visible.text_of(element) for element in islice(sources.tree.iter("h2", "h3"), MAX_LOWER)
    )
    known = {key(h) for h in headings} or {
        key(text) for text in lower if len(text) > MIN_LOWER_CHARS
    }
    others = list(_machine_titles(sources, known))
    for i, heading in enumerate(headings):
        related = any(is_related(heading, other.value) for other in others) or not others
        weight = H1_WEIGHT - 0.05 * i if related else 0.23
        yield Candidate("title", heading, "h1", weight)
    yield from others


def _headings(sources: Sources) -> list[str]:
    texts = [visible.text_of(e) for e in sources.headings]
    texts = [
        without_site(t, sources.outlets)
        for t in texts
        if MIN_TITLE_CHARS <= len(t) <= MAX_TITLE_CHARS
    ]
    return [t for t in dict.fromkeys(texts) if t]


def _machine_titles(sources: Sources, known: Collection[str]) -> Iterator[Candidate]:
    head = sources.head
    for value, found_in, confidence in (
        (linked.first_text(sources.article.get("headline")), "json-ld", 0.4),
        (_whole(head.first("og:title"), head.title), "og:title", 0.35),
        (_whole(head.first("twitter:title"), head.title), "twitter:title", 0.15),
        (head.first("dc.title", "dcterms.title", "parsely-title", "sailthru.title"), "meta", 0.15),
        (head.title, "title", 0.1),
    ):
        if len(value) <= MAX_TITLE_CHARS and (title := without_site(value, sources.outlets, known)):
            yield Candidate("title", title, found_in, confidence)


def is_related(one: str, other: str) -> bool:
    """Say whether two titles may belong to the same article: they share words.

    >>> is_related("Rain falls on the harbour", "Harbour: rain again"), is_related("Rain", "Sun")
    (True, False)
    """
    mine, theirs = set(words(one.casefold())), set(words(other.casefold()))
    return len(mine & theirs) >= RELATED_SHARE * max(1, min(len(mine), len(theirs)))


def without_site(title: str, outlets: Collection[str], known: Collection[str] = ()) -> str:
    """Return `title` without the site's name at its end or start.

    A part is cut only when it is an outlet's name, or when what remains is one of the page's
    headings (`known`, as `text.key` writes them).

        >>> without_site("Rain falls | The Harbour Courier", {"harbourcourier"})
        'Rain falls'
        >>> without_site("Rain - and more rain", {"harbourcourier"})
        'Rain - and more rain'
        >>> without_site("Rain falls - Local - Courier", (), {"rain falls"})
        'Rain falls'
    """
    joints = list(_JOINTS.finditer(title))
    for joint in joints:
        if key(title[: joint.start()]) in known:
            return title[: joint.start()]
        if key(title[joint.end() :]) in known:
            return title[joint.end() :]
    for joint in joints:
        last = title[joint.end() :]
        if squashed(last) in outlets or is_agency(last) or last.endswith("网"):
            return without_site(title[: joint.start()], outlets, known)
        if squashed(title[: joint.start()]) in outlets:
            return last
    return "" if squashed(title) in outlets else title


def _whole(title: str, document_title: str) -> str:
    """Return `title`; or the document's, when a bare quotation mark cut the attribute short."""
    rest = document_title[len(title) :].lstrip()
    is_cut = bool(title) and document_title.startswith(title) and rest[:1] in tuple(_QUOTES)
    return document_title if is_cut else title


def _without_kicker(title: str, candidates: Sequence[Candidate]) -> str:
    """Return `title` without a kicker printed in the same h1: what remains is another candidate.

    A kicker that ends in a colon is part of the headline ("Rain: harbour closed") and stays.
    """
    for other in (c.value for c in candidates if c.found_in != "h1"):
        if title.endswith(" " + other) and len(words(other)) >= MIN_TITLE_WORDS:
            kicker = title[: -len(other)].rstrip()
            if kicker[-1:].isalnum() or kicker[-1:] in "|/":
                return other
    return title
