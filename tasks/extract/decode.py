"""From bytes to HTML in UTF-8: charset, and text that was decoded wrongly before it reached us.

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

_C1: Final = re.compile(b"\xc2[\x80-\x9f]")
"""A C1 character in UTF-8: found by its first byte, several times as fast as in a string."""

_MOJIBAKE: Final = re.compile("[ÂÃâÐÑåæçèéïãà][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""A lead byte of UTF-8 read as Latin-1 or Windows-1252, and a continuation byte read likewise.

Rare in real text, certain in mojibake; ftfy judges, this only says when it is worth asking."""

_NO_ASCII: Final = bytes(range(128, 256)).rjust(256)
"""A table for `bytes.translate`: a space for each ASCII byte."""

_MARKUP: Final = re.compile(rb"<[a-zA-Z!/?]")
_NUL_SHARE: Final = 0.01
_SAMPLE_BYTES: Final = 100_000
_WINDOWS: Final = {number: bytes([number]).decode("cp1252", "ignore") for number in range(128, 160)}


def decode(body: bytes, charset: str = "") -> bytes:
    """Return the page in UTF-8, mojibake repaired; `body` itself where nothing was to be done.

    Args:
        body: the response as received, content decoding undone.
        charset: of the HTTP header, if it had one.

    Raises:
        PageError: "empty", "not-html" (binary, or no markup at all), "encoding".
    """
    if not body or body.isspace():
        raise PageError("empty")
    source = check(body if _is_utf8(body) else _encoded(to_text(body, charset)))
    return _encoded(repair(source.decode())) if _is_suspect(source) else source


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


def check(source: bytes) -> bytes:
    """Return `source`, which is UTF-8, without zeros if it can be a page.

    Raises:
        PageError: "not-html" if it is binary data or holds no markup.
    """
    if b"\0" in source:
        if source.count(b"\0", 0, _SAMPLE_BYTES) > _NUL_SHARE * min(len(source), _SAMPLE_BYTES):
            raise PageError("not-html", "the body is binary data")
        source = source.replace(b"\0", b"")
    if not _MARKUP.search(source, 0, _SAMPLE_BYTES):
        raise PageError("not-html", "the body holds no markup")
    return source


def repair(text: str) -> str:
    r"""Return `text` with mojibake undone and stray C1 characters read as Windows-1252.

    ftfy works line by line, so only lines under suspicion are handed to it.

    >>> repair("it â€œrainedâ€\x9d, then “stopped”"), repair("a\x93b\x94")
    ('it “rained”, then “stopped”', 'a“b”')
    """
    if text.isascii():
        return text
    if _MOJIBAKE.search(text):
        text = "\n".join(
            ftfy.fix_encoding(line) if _MOJIBAKE.search(line) else line for line in text.split("\n")
        )
    return text.translate(_WINDOWS) if _C1.search(_encoded(text)) else text


def _is_suspect(source: bytes) -> bool:
    """Say whether `source`, which is UTF-8, holds mojibake or C1 characters.

    What the patterns name has no ASCII in it, so the different runs of other characters are
    searched for the whole.
    """
    if source.isascii():
        return False
    runs = b" ".join({*source.translate(_NO_ASCII).split()})
    if _C1.search(runs):
        return True
    return _MOJIBAKE.search(runs.decode("utf-8", "surrogatepass")) is not None


def _is_utf8(body: bytes) -> bool:
    """Say whether `body` is UTF-8 without a byte order mark."""
    if read_bom(body)[0]:
        return False
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


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
