"""Opt-out signals of one page: recorded with every capture, decided upon by whoever publishes.

Headers: ``X-Robots-Tag`` (also per agent) and the TDM reservation protocol. Pages: ``<meta
name=robots>`` and ``<meta name=tdm-reservation>``, read from the first bytes without a parser.
"""

import re
from collections.abc import Iterable
from typing import Final

OPT_OUTS: Final = (
    "noai",
    "noimageai",
    "noindex",
    "nosnippet",
    "noarchive",
    "none",
    "unavailable_after",
)
"""Directives that take something out of use; "index, follow" and the like are no signal."""

_SCANNED: Final = 32 * 1024
_META = re.compile(rb"<meta\s[^>]{0,500}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"""([a-z-]{1,20})\s*=\s*(?:"([^"]{0,300})"|'([^']{0,300})'|([^\s"'>]{1,300}))""",
    re.IGNORECASE,
)
_NAMES: Final = {"robots", "tdm-reservation", "tdm-policy"}


def of_headers(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the signals in header fields (names in lower case), in order, once each.

    >>> of_headers([("x-robots-tag", "noai, noimageai"), ("tdm-reservation", "1"), ("etag", "x")])
    ('x-robots-tag: noai', 'x-robots-tag: noimageai', 'tdm-reservation: 1')
    """
    found: list[str] = []
    for name, value in headers:
        if name == "x-robots-tag":
            found += [f"{name}: {directive}" for directive in _directives(value)]
        elif name == "tdm-reservation" and value.strip() != "0":
            found.append(f"{name}: {value.strip()[:100]}")
        elif name == "tdm-policy":
            found.append(f"{name}: {value.strip()[:300]}")
    return tuple(dict.fromkeys(found))


def of_page(start: bytes, agent: str) -> tuple[str, ...]:
    """Return the signals in the meta elements of a page's first bytes.

    >>> of_page(b'<meta name="robots" content="index, noai"><meta content=1 name=tdm-policy>', "x")
    ('meta robots: noai', 'meta tdm-policy: 1')
    """
    found: list[str] = []
    for meta in _META.findall(start[:_SCANNED]):
        pairs = _ATTRIBUTE.findall(meta)
        fields = {key.lower().decode(): b"".join(value).decode("latin-1") for key, *value in pairs}
        name, content = fields.get("name", "").lower(), fields.get("content", "")
        if name in {"robots", agent.lower()}:
            found += [f"meta {name}: {directive}" for directive in _directives(content)]
        elif name in _NAMES and content.strip() not in {"", "0"}:
            found.append(f"meta {name}: {content.strip()[:300]}")
    return tuple(dict.fromkeys(found))


def _directives(value: str) -> list[str]:
    """Return the opt-outs among comma-separated directives, an agent's name kept before them."""
    parts = [part.strip().lower() for part in value.split(",")]
    return [
        p[:100]
        for p in parts
        if any(word.split("=")[0] in OPT_OUTS for word in re.split(r"[:\s]+", p))
    ]
