"""Links of a page found without building a tree, in time that grows with its length alone.

A parser that follows the HTML standard takes minutes for two megabytes of ``<div>``, because each
tag asks all that are open; what a crawl looks at between two requests must not. Scripts, styles
and comments are passed over, so that markup within them is no link.
"""

import html
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

MAX_BYTES: Final = 2 * 1024 * 1024

_TAG: Final = re.compile(r"<(a|link|html)(?=[\s/>])([^<>]{0,4096})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""([a-z-]{1,20})\s{0,20}=\s{0,20}(?:"([^"]{0,4096})"|'([^']{0,4096})'|([^\s"'<>]{1,4096}))""",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(r"<!--|<(script|style|template|textarea)(?=[\s/>])", re.IGNORECASE)
_MARKUP: Final = re.compile(r"<[^<>]{0,4096}>")
_MAX_TEXT: Final = 300
_MAX_TAGS: Final = 20_000


def tags(body: bytes, *names: str) -> Iterator[tuple[dict[str, str], str]]:
    """Yield the attributes of the tags of these names, and for ``a`` the text behind each.

    >>> list(tags(b'<!-- <a href=x> --><A HREF="/b?c&amp;d">the <b>news</b></a>', "a"))
    [({'href': '/b?c&d'}, 'the news')]
    """
    page = _shown(body[:MAX_BYTES].decode("utf-8", "replace"))
    wanted = (found for found in _TAG.finditer(page) if found[1].lower() in names)
    for found in islice(wanted, _MAX_TAGS):
        fields: dict[str, str] = {}
        for key, *values in _ATTRIBUTE.findall(found[2]):
            fields.setdefault(key.lower(), html.unescape("".join(values)).strip())
        yield fields, _text(page, found.end()) if found[1] in "aA" else ""


def _shown(page: str) -> str:
    """Return `page` without comments and elements whose content is no markup."""
    lower, kept, start = page.lower(), [], 0
    while (hidden := _HIDDEN.search(page, start)) is not None:
        kept.append(page[start : hidden.start()])
        close = f"</{hidden[1].lower()}" if hidden[1] else "-->"
        end = lower.find(close, hidden.end())
        if end < 0:
            return "".join(kept)
        start = end + len(close)
    return "".join([*kept, page[start:]])


def _text(page: str, start: int) -> str:
    """Return the text of a link that begins at `start`."""
    inside = page[start : start + _MAX_TEXT]
    end = inside.lower().find("</a")
    shown = _MARKUP.sub(" ", inside[: end if end >= 0 else None])
    return " ".join(html.unescape(shown).split())
