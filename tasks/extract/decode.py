"""From bytes to the HTML string: charset, and text that was decoded wrongly before it reached us.

The order is: byte order mark, strict UTF-8, the HTTP header, the page's own declaration, detection.
UTF-8 comes before what is declared because text in another charset hardly ever is valid UTF-8,
while a wrong declaration is common. Mojibake is repaired here, on the string and before parsing:
parsers delete C1 control characters, and with them the evidence (measured: word F1 .844 -> .855 on
pages that have it; repaired afterwards: no gain). Quotes are never straightened.
"""

import re
from typing import Final

import charset_normalizer
import ftfy
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

from tasks.errors import PageError

_C1: Final = re.compile("[\x80-\x9f]")
_MOJIBAKE: Final = re.compile("[ÂÃâÐÑåæçèéïãà][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""A lead byte of UTF-8 read as Latin-1 or Windows-1252, and a continuation byte read likewise.

Rare in real text, certain in mojibake; ftfy judges, this only says when it is worth asking."""

_NO_ASCII: Final = bytes(range(128, 256)).rjust(256)
"""A table for `bytes.translate`: a space for each ASCII byte."""

_MARKUP: Final = re.compile(r"<[a-zA-Z!/?]")
_NUL_SHARE: Final = 0.01
_SAMPLE_CHARS: Final = 100_000
_WINDOWS: Final = {number: bytes([number]).decode("cp1252", "ignore") for number in range(128, 160)}


def decode(body: bytes, charset: str = "") -> str:
    """Return the page as a string, mojibake repaired.

    Args:
        body: the response as received, content decoding undone.
        charset: of the HTTP header, if it had one.

    Raises:
        PageError: "empty", "not-html" (binary, or no markup at all), "encoding".
    """
    if not body.strip():
        raise PageError("empty")
    return repair(check(to_text(body, charset)))


def to_text(body: bytes, charset: str = "") -> str:
    r"""Return `body` as a string; the charset is chosen in the order the module names.

    >>> to_text(b"caf\xc3\xa9"), to_text("кофе".encode("koi8-r"), "koi8-r")
    ('café', 'кофе')
    """
    bom, mark = read_bom(body)
    if bom and mark:
        return body[len(mark) :].decode(bom, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = [charset, html_body_declared_encoding(body[:20_000]) or ""]
    for name in filter(None, map(resolve_encoding, filter(None, declared))):
        if name == "utf-8" and _nearly_utf8(body):
            return body.decode("utf-8", "replace")
        text = _strictly(body, name)
        if text is not None:
            return text
    return _detect(body, declared)


def check(text: str) -> str:
    """Return `text` if it can be a page.

    Raises:
        PageError: "not-html" if it is binary data or holds no markup.
    """
    if "\0" in text:
        if text.count("\0", 0, _SAMPLE_CHARS) > _NUL_SHARE * min(len(text), _SAMPLE_CHARS):
            raise PageError("not-html", "the body is binary data")
        text = text.replace("\0", "")
    if not _MARKUP.search(text, 0, _SAMPLE_CHARS):
        raise PageError("not-html", "the body holds no markup")
    return text


def repair(text: str) -> str:
    r"""Return `text` with mojibake undone and stray C1 characters read as Windows-1252.

    ftfy works line by line, so only lines under suspicion are handed to it. What the patterns
    name has no ASCII in it, so the different runs of other characters are searched for the whole.

    >>> repair("it â€œrainedâ€\x9d, then “stopped”"), repair("a\x93b\x94")
    ('it “rained”, then “stopped”', 'a“b”')
    """
    if text.isascii():
        return text
    runs = _runs(text)
    if _MOJIBAKE.search(runs):
        text = "\n".join(
            ftfy.fix_encoding(line) if _MOJIBAKE.search(line) else line for line in text.split("\n")
        )
        runs = _runs(text)
    return text.translate(_WINDOWS) if _C1.search(runs) else text


def _runs(text: str) -> str:
    """Return the different runs of characters that are not ASCII, in any order.

    >>> _runs("größer, größte")
    'öß'
    """
    body = text.encode("utf-8", "surrogatepass").translate(_NO_ASCII)
    return b" ".join({*body.split()}).decode("utf-8", "surrogatepass")


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _nearly_utf8(body: bytes) -> bool:
    """Say whether a few broken bytes are all that keeps `body` from being UTF-8.

    Text in another charset has broken sequences and hardly a sound one; a cut or patched UTF-8
    page has it the other way round.
    """
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return len(text) - len(text.encode("ascii", "ignore")) > 5 * broken


def _detect(body: bytes, declared: list[str]) -> str:
    """Return the detector's reading, or the declared charset with replacement characters."""
    if _nearly_utf8(body):
        return body.decode("utf-8", "replace")
    best = charset_normalizer.from_bytes(body[:50_000]).best()
    names = [
        best.encoding if best else "",
        *map(resolve_encoding, filter(None, declared)),
        "cp1252",
    ]
    for name in filter(None, names):
        try:
            return body.decode(name, "replace")
        except LookupError:
            continue
    raise PageError("encoding")
