"""The headline, without the site's name: candidates and the choice among them by agreement."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.names import squashed
from tasks.extract.metadata.sources import Sources
from tasks.schema import Candidate
from tasks.text import key

MAX_TITLE_CHARS: Final = 400

_JOINTS = re.compile(r"\s+[|\-–—»«•·:/]+\s+|\s*[|»｜]\s*|:\s+|_(?=\D)|：")


def choose_title(sources: Sources) -> tuple[str, list[Candidate]]:
    """Return the headline and every candidate; the headline is "" when the page has none."""
    candidates = list(_candidates(sources))
    groups: dict[str, float] = {}
    for candidate in candidates:
        groups[key(candidate.value)] = groups.get(key(candidate.value), 0.0) + candidate.confidence
    if not groups:
        return "", []
    best = max(groups, key=lambda k: groups[k])
    return next(c.value for c in candidates if key(c.value) == best), candidates


def _candidates(sources: Sources) -> Iterator[Candidate]:
    headings = [visible.text_of(e) for e in sources.headings if e.tag == "h1"]
    headings = [h for h in headings if 2 < len(h) <= MAX_TITLE_CHARS and squashed(h) not in sources.outlets]
    known = {key(h) for h in headings}
    for i, heading in enumerate(dict.fromkeys(headings)):
        yield Candidate("title", heading, "h1", (0.6 if len(headings) == 1 else 0.5 if i == 0 else 0.4))
    head = sources.head
    for value, found_in, confidence in (
        (linked.first_text(sources.article.get("headline")), "json-ld", 0.4),
        (head.first("og:title"), "og:title", 0.4),
        (head.first("twitter:title"), "twitter:title", 0.15),
        (head.first("dc.title", "dcterms.title", "parsely-title", "sailthru.title"), "meta", 0.2),
        (head.title, "title", 0.1),
    ):
        if value and (title := without_site(value, sources.outlets, known)):
            yield Candidate("title", title, found_in, confidence)


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
        if squashed(title[joint.end() :]) in outlets:
            return without_site(title[: joint.start()], outlets, known)
        if squashed(title[: joint.start()]) in outlets:
            return title[joint.end() :]
    return "" if squashed(title) in outlets else title
