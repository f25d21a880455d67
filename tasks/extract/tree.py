"""A page's tree: HTML parsed, and elements taken out of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from lxml import etree, html
from lxml.html import HtmlElement

from tasks.errors import PageError

PARSER = html.HTMLParser(
    collect_ids=False, default_doctype=False, encoding="utf-8", remove_comments=True,
    remove_pis=True, huge_tree=False, recover=True,
)  # fmt: skip
"""Comments are removed while parsing: the text after one belongs to the text before it."""

PARSER.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
"""lxml asks Python for the class of every element otherwise, a million times in 200 pages."""

UNREAD: Final = ("head", "svg", "iframe", "noscript", "select", "canvas", "video", "audio")
"""Elements that nobody reads once metadata and blocks are known; copying them costs time."""

_GONE: Final = "cleancopy-gone"


def parse(source: bytes | str) -> HtmlElement:
    """Return the tree of an HTML string, or of one in UTF-8.

    Raises:
        PageError: "parse" if there is no element in it.
    """
    try:
        source = source if isinstance(source, bytes) else source.encode("utf-8", "replace")
        tree = html.document_fromstring(source, parser=PARSER)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise PageError("parse", str(error)) from error
    return tree


def drop(tree: HtmlElement, elements: Sequence[HtmlElement]) -> None:
    """Take the elements out of `tree`, keeping the text that follows each.

    libxml2 moves that text; lxml's own ``drop_tree`` refuses to when it holds control characters.
    """
    for element in elements:
        element.tag = _GONE
    etree.strip_elements(tree, _GONE, with_tail=False)


@contextmanager
def set_aside(elements: Sequence[HtmlElement]) -> Iterator[None]:
    """Take the elements, with the text that follows each, out of their tree for a while."""
    stand_ins = []
    for element in elements:
        parent = element.getparent()
        if parent is not None:
            stand_ins.append((parent, element, etree.Element(_GONE)))
            parent.replace(element, stand_ins[-1][2])
    try:
        yield
    finally:
        for parent, element, stand_in in stand_ins:
            parent.replace(stand_in, element)


def pare(tree: HtmlElement, elements: Sequence[HtmlElement]) -> HtmlElement:
    """Return `tree` without the elements and without what nobody reads; it is changed."""
    drop(tree, elements)
    etree.strip_elements(tree, *UNREAD, with_tail=False)
    return tree
