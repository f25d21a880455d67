"""The plain fields: section, tags, description, language, canonical URL, site name, lead image.

Each takes the first of its places that has a usable value; all that were found stay candidates.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final
from urllib.parse import urljoin

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.head import parts_of
from tasks.extract.metadata.names import squashed
from tasks.extract.metadata.sources import Sources
from tasks.schema import Candidate
from tasks.text import key

MAX_TAGS: Final = 40
SEPARATE_TAGS: Final = 3
"""From so many values on, each is one tag; fewer are lists that a comma parts."""
MAX_TAG_CHARS: Final = 80
MAX_SECTION_CHARS: Final = 60
MAX_CRUMB_CHARS: Final = 40
MAX_CRUMBS: Final = 8
MAX_URL_CHARS: Final = 2000
SCRIPT_CODE_CHARS: Final = 4

_LANGUAGE = re.compile(
    r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}|[A-Za-z]{2}|\d{3}))?(?:[-_][A-Za-z0-9]+)?"
)
_NO_SECTION: Final = frozenset({
    "home", "homepage", "start", "startseite", "news", "article", "articles", "artikel", "accueil",
    "inicio", "portada", "front page", "uncategorized", "allgemein",
})  # fmt: skip


def choose_plain(sources: Sources) -> tuple[dict[str, str], tuple[str, ...], list[Candidate]]:
    """Return the chosen value of each plain field that has one, the tags, and every candidate."""
    candidates = [c for c in _candidates(sources) if c.value]
    chosen: dict[str, str] = {}
    for candidate in sorted(candidates, key=lambda c: -c.confidence):
        chosen.setdefault(candidate.field, candidate.value)
    tags = _tags(sources)
    if tags:
        candidates.append(Candidate("tags", "; ".join(tags), "keywords", 0.7))
    return chosen, tags, candidates


def language(code: str) -> str:
    """Return a declared language as BCP 47, "" when it is none.

    >>> language("EN_us"), language("zh-Hant-TW"), language("english!")
    ('en-US', 'zh-Hant', '')
    """
    match = _LANGUAGE.fullmatch(code.strip())
    if match is None:
        return ""
    part = match[2] or ""
    part = part.title() if len(part) == SCRIPT_CODE_CHARS else part.upper()
    return f"{match[1].lower()}-{part}".rstrip("-")


def _candidates(sources: Sources) -> Iterator[Candidate]:
    head, article, url = sources.head, sources.article, sources.url
    sections = [
        Candidate("section", value, where, score)
        for value, where, score in _sections(sources)
        if value and len(value) <= MAX_SECTION_CHARS and _is_section(value, sources)
    ]
    yield from sections or [Candidate("section", _visible_crumb(sources), "breadcrumb", 0.5)]
    for value, where, score in (
        (head.first("og:description"), "og:description", 0.8),
        (
            head.first("description", "dc.description", "dcterms.description"),
            "meta description",
            0.75,
        ),
        (linked.first_text(article.get("description")), "json-ld", 0.7),
        (head.first("twitter:description"), "twitter:description", 0.6),
    ):
        yield Candidate("description", value, where, score)
    for value, where, score in (
        (linked.first_text(article.get("inLanguage")), "json-ld", 0.6),
        (head.lang, "html lang", 0.8),
        (head.first("og:locale"), "og:locale", 0.7),
        (head.first("content-language", "dc.language", "language"), "meta", 0.5),
        (sources.lang, "http", 0.4),
    ):
        yield Candidate("lang", language(value), where, score)
    for value, where, score in (
        (head.links.get("canonical", ""), "link canonical", 0.9),
        (head.first("og:url"), "og:url", 0.7),
        (linked.first_text(article.get("url")), "json-ld", 0.6),
    ):
        yield Candidate("canonical_url", own_address(value, url), where, score)
    for i, value in enumerate(sources.site_names):
        yield Candidate("site_name", value, "og:site_name, publisher", 0.9 - 0.1 * i)
    for value, where, score in (
        (head.first("og:image:secure_url", "og:image", "og:image:url"), "og:image", 0.9),
        (_image(article.get("image")), "json-ld", 0.8),
        (head.first("twitter:image", "twitter:image:src"), "twitter:image", 0.7),
        (head.links.get("image_src", ""), "link image_src", 0.6),
    ):
        yield Candidate("image_url", _http(value, url), where, score)


def own_address(canonical: str, url: str) -> str:
    """Return the page's canonical URL in full, "" when it is not an address of a single page.

    A canonical link to the front page is a mistake that many themes make, when the page itself
    is not the front page.

    >>> own_address("/rain", "https://a.example/rain?utm_source=x")
    'https://a.example/rain'
    >>> own_address("https://a.example/", "https://a.example/rain")
    ''
    """
    full = _http(canonical, url)
    parts = parts_of(full)
    is_front = parts.path in ("", "/") and not parts.query
    return "" if is_front and parts_of(url).path not in ("", "/") else full


def _http(value: str, url: str) -> str:
    """Return `value` as a full http address, "" when it is none."""
    if not value or len(value) > MAX_URL_CHARS:
        return ""
    try:
        full = urljoin(url if "://" in url else "", value.strip())
    except ValueError:
        return ""
    parts = parts_of(full)
    return full if parts.scheme in ("http", "https") and parts.netloc and " " not in full else ""


def _image(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl")
    return linked.first_text(value)


def _sections(sources: Sources) -> Iterator[tuple[str, str, float]]:
    yield linked.first_text(sources.article.get("articleSection")), "json-ld", 0.8
    names = ("article:section", "og:section", "parsely-section", "cxenseparse:category", "section")
    yield sources.head.first(*names), "meta", 0.85
    for node in sources.nodes:
        if "BreadcrumbList" in linked.types(node):
            yield _crumb(node.get("itemListElement")), "json-ld breadcrumb", 0.6


def _visible_crumb(sources: Sources) -> str:
    """Return the first link of a breadcrumb trail that names a section."""
    trails = sources.marks.trails
    links = dict.fromkeys(link for trail in trails for link in trail.iterdescendants("a"))
    crumbs = (visible.text_of(link) for link in islice(links, MAX_CRUMBS))
    return next((c for c in crumbs if _is_crumb(c) and _is_section(c, sources)), "")


def _is_section(value: str, sources: Sources) -> bool:
    return key(value) not in _NO_SECTION and squashed(value) not in sources.outlets


def _is_crumb(value: str) -> bool:
    return 1 < len(value) < MAX_CRUMB_CHARS


def _crumb(items: object) -> str:
    """Return the first crumb below the front page of a BreadcrumbList that has a page below it."""
    crumbs = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    names = [linked.first_text(item.get("name") or item.get("item")) for item in crumbs]
    return next((name for name in names[:-1] if name and key(name) not in _NO_SECTION), "")


def _tag_places(sources: Sources) -> Iterator[Sequence[str]]:
    meta = sources.head.meta
    yield meta.get("article:tag", ())
    yield tuple(linked.all_texts(sources.article.get("keywords")))
    yield meta.get("news_keywords", ()) or meta.get("parsely-tags", ())
    yield meta.get("keywords", ())
    yield tuple(visible.text_of(link) for link in sources.marks.tags[:MAX_TAGS])


def _tags(sources: Sources) -> tuple[str, ...]:
    """Return the page's tags, from the first place that has any: article:tag to marked links."""
    for values in _tag_places(sources):
        tags: dict[str, str] = {}
        for value in values:
            for part in re.split(r"[,;，、|]", value) if len(values) < SEPARATE_TAGS else [value]:
                tag = part.strip(" #\"'")
                if 1 < len(tag) <= MAX_TAG_CHARS:
                    tags.setdefault(key(tag), tag)
        if tags:
            return tuple(tags.values())[:MAX_TAGS]
    return ()
