"""HTML that holds what strangers wrote: nothing on a page of ours may run or load what is not ours.

Three walls, each enough alone: everything is escaped by default; data for our script stands in a
JSON island in which no character can end the element; and a Content-Security-Policy allows the
one script and the one style by their hashes, and nothing else (no image, no frame, no form, no
connection). Characters that change what stands around them, or that nobody sees, are shown by name.
"""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

HERE: Final = Path(__file__).parent

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
"""Controls, marks of direction, joiners and fillers without a width, what is no character. ZWJ and
ZWNJ, which words of many scripts need, are not among them."""


def environment(*folders: Path) -> Environment:
    """Return the templates of these folders and of this one: escaping, strict, with our filters."""
    made = Environment(
        loader=FileSystemLoader([*folders, HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "visible": visible,
        "island": island,
        "web": web,
        "count": count,
        "share": share,
    }
    return made


def visible(text: str) -> Markup:
    r"""Return text as HTML in which characters that hide are named.

    >>> visible("a\u202e<b>\x00")
    Markup('a<i class="unseen">U+202E</i>&lt;b&gt;<i class="unseen">U+0000</i>')
    """
    ours = _without_ours(text)
    if not _UNSEEN.search(ours):
        return escape(ours)
    shown = _UNSEEN.sub(lambda match: f"\ue000{ord(match[0]):04X}\ue001", ours)
    safe = str(escape(shown))
    safe = re.sub("\ue000([0-9A-F]+)\ue001", r'<i class="unseen">U+\1</i>', safe)
    return Markup(safe)  # noqa: S704  escaped above


def island(data: object) -> Markup:
    r"""Return data as JSON that may stand in a script element: ASCII, without <, > and &.

    >>> island({"a": "</script>"})
    Markup('{"a": "\\u003c/script\\u003e"}')
    """
    text = json.dumps(data, ensure_ascii=True)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704  no character of HTML is left


def web(url: str) -> str:
    """Return the URL if a browser may be led there: an address of the web; else "".

    >>> web("https://example.org/a"), web("javascript:alert(1)"), web(" data:text/html,x")
    ('https://example.org/a', '', '')
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def count(number: float) -> str:
    """Return a number with thin spaces between thousands.

    >>> count(12345)
    '12\u202f345'
    """
    return f"{number:,.0f}".replace(",", "\u202f")


def share(part: float) -> str:
    """Return a share as a percentage that tells something from nothing.

    >>> share(0.126), share(0.002), share(0)
    ('13%', '<1%', '0%')
    """
    return "<1%" if 0 < part < 0.005 else f"{part:.0%}"  # noqa: PLR2004  rounds to 0


def own(*names: str, folder: Path = HERE) -> Markup:
    """Return files of ours, joined: style or script that stands in the page as it is."""
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
    return Markup(text)  # noqa: S704  ours


def policy(style: str, script: str = "") -> str:
    """Return the Content-Security-Policy of a page with this style and, at most, this script."""
    rules = ["default-src 'none'", f"style-src '{_digest(style)}'"]
    if script:
        rules += [f"script-src '{_digest(script)}'", "require-trusted-types-for 'script'"]
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def anchor(name: str) -> str:
    """Return an id for `name` that may stand in a URL as it is; different names, different ids.

    >>> anchor("harbour-courier.example")
    'harbour-courier.example'
    >>> anchor("Ö & co")[:6]
    'co-96e'
    """
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")
    if plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}".strip("-")


def encoded(page: str) -> bytes:
    """Return the page's bytes; half a surrogate pair becomes a question mark."""
    return page.encode("utf-8", "replace")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _without_ours(text: str) -> str:
    """Return text without the two private characters that `visible` uses."""
    return text.replace("\ue000", "\ufffd").replace("\ue001", "\ufffd")
