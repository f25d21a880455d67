"""What a reader sees around the headline: headings, byline elements, the lines above and below it.

Elements inside comment threads, related lists, sidebars and footers are not looked at. The tree
is read, never changed.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

from lxml import etree
from lxml.html import HtmlElement

from tasks.extract.metadata.head import one_line
from tasks.extract.metadata.marks import Marks
from tasks.text import key

MAX_LINES: Final = 25
MAX_ABOVE: Final = 8
MIN_HEADING_CHARS: Final = 12
MAX_CLIMBED: Final = 3
"""How many levels above the headline are looked at for lines over it."""
MAX_LINE_CHARS: Final = 300
MAX_MARKED: Final = 60
MAX_NOTE_CHARS: Final = 200

_WITHOUT_RUBY = etree.XPath(".//text()[not(ancestor::rt or ancestor::rp)]")
_ELSEWHERE: Final = tuple(
    "comment related sidebar side-bar recommend teaser widget popular trending most- footer "
    "respond disqus promo newsletter readnext read-next up-next next-post prev-post more-from "
    "latest cookie breadcrumb navigation menu card- listing".split()
)
"""In class or id of what stands beside the article: threads, teasers, boxes, page foot."""


_TITLE = re.compile(r"tit(?:le|el|ulo|olo|re)|headline")
_THREAD: Final = tuple("comment respond disqus related recommend newsletter more-from".split())
_BESIDE = frozenset({"aside", "nav", "figure", "figcaption"})
_WITHIN = ("article", "header", "main")
"""A footer inside one of these is the article's own, elsewhere it is the page's."""
_NOT_SHOWN = frozenset({"body", "html", "meta", "link", "script", "img", "article", "main"})
_SKIPPED = frozenset({"script", "style", "noscript", "svg", "template", "select"})
_INLINE = frozenset({"a", "b", "strong", "em", "i", "span", "abbr", "font", "u", "small", "time"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the headline stands, and the lines a reader sees around it."""

    headline: HtmlElement | None
    spine: frozenset[HtmlElement]  # the headline's ancestors: never "elsewhere"
    above: tuple[str, ...]  # the nearest first
    below: tuple[str, ...]


def titled(tree: HtmlElement, titles: Iterable[str]) -> list[HtmlElement]:
    """Return the elements that may be the headline on a page that marks none, in page order.

    That are those whose class speaks of a title, and whose words stand in one of `titles`, the
    page's own for machines.
    """
    found: list[HtmlElement] = []
    wanted = [key(title) for title in titles if title]
    for element in tree.iter("*"):
        if element.tag not in _NOT_SHOWN and _TITLE.search(element.get("class", "").lower()):
            text = key(text_of(element))
            if len(text) >= MIN_HEADING_CHARS and any(text in title for title in wanted):
                found.append(element)
    return found


def place(found: Sequence[HtmlElement], title: str) -> Place:
    """Return where the heading that reads `title` stands; the first heading when none does."""
    wanted = key(title)
    texts = [(element, key(text_of(element))) for element in found]
    headline = next((e for e, text in texts if text == wanted), None)
    if headline is None:
        headline = next(
            (e for e, text in texts if text and (text in wanted or wanted in text)), None
        )
    if headline is None:
        headline = next((e for e, text in texts if text), None)
    if headline is None:
        return Place(None, frozenset(), (), ())
    return Place(
        headline,
        frozenset(headline.iterancestors()),
        lines_above(headline),
        lines_below(headline),
    )


def text_of(element: HtmlElement) -> str:
    """Return the element's text in one line, parts parted by spaces, readings (ruby) left out."""
    if next(element.iter("rt"), None) is not None:
        return one_line(" ".join(_WITHOUT_RUBY(element)).replace(" ", ""))
    return one_line(" ".join(element.itertext()))


def is_elsewhere(element: HtmlElement, place: Place, known: dict[HtmlElement, bool]) -> bool:
    """Say whether the element stands in a part of the page that is not the article.

    `known` keeps the answers for its ancestors: elements of one thread or list share theirs.
    """
    climbed: list[HtmlElement] = []
    answer = False
    for ancestor in element.iterancestors():
        if ancestor in known or ancestor in place.spine:
            answer = known.get(ancestor, False)
            break
        climbed.append(ancestor)
        if is_beside(ancestor):
            answer = True
            break
    known.update(dict.fromkeys(climbed, answer))
    return answer


def is_beside(element: HtmlElement) -> bool:
    """Say whether the element itself, by its tag or its class, stands beside the article."""
    if element.tag in _BESIDE and not is_note(element):
        return True
    if element.tag == "footer" and next(element.iterancestors(*_WITHIN), None) is None:
        return True
    return _is_beside_name(f"{element.get('class') or ''} {element.get('id') or ''}")


def is_note(element: HtmlElement) -> bool:
    """Say whether an aside is the article's own line of author and date: short, with one date."""
    if element.tag != "aside" or len(list(islice(element.iter("time"), 2))) != 1:
        return False
    return len(text_of(element)) <= MAX_NOTE_CHARS


def is_apart(element: HtmlElement) -> bool:
    """Say whether the element is surely no part of the article: a thread, a menu, the page's foot.

    Fewer classes count than in `is_beside`: themes put "card" or "widget" around whole articles.
    """
    if element.tag in _BESIDE or (element.tag == "footer" and is_beside(element)):
        return True
    return _is_thread(element)


def _is_thread(element: HtmlElement) -> bool:
    return _is_thread_name(f"{element.get('class') or ''} {element.get('id') or ''}")


@lru_cache(maxsize=20_000)
def _is_thread_name(names: str) -> bool:
    return any(map(names.lower().__contains__, _THREAD))


@lru_cache(maxsize=20_000)  # sites repeat their classes on every page
def _is_beside_name(names: str) -> bool:
    small = names.lower()
    return small.startswith("aside") or any(map(small.__contains__, _ELSEWHERE))


def lines_below(element: HtmlElement, limit: int = MAX_LINES) -> tuple[str, ...]:
    """Return the page's lines after `element`, at most `limit`, each cut to 300 characters."""
    return tuple(islice(_below(element), limit))


def _below(element: HtmlElement) -> Iterator[str]:
    """Yield the lines after `element`; what stands right beside it is its own, but for threads."""
    node: HtmlElement | None = element
    while node is not None:
        run = [node.tail or ""]
        for sibling in node.itersiblings():
            if sibling.tag in _INLINE:
                run.append(text_of(sibling)[:MAX_LINE_CHARS])
            else:
                yield from _joined(run)
                run = []
                near = node is element and not _is_thread(sibling)
                if isinstance(sibling.tag, str) and (near or not is_apart(sibling)):
                    yield from _lines(sibling)
            run.append((sibling.tail or "")[:MAX_LINE_CHARS])
        yield from _joined(run)
        node = node.getparent()


def lines_above(element: HtmlElement, limit: int = MAX_ABOVE) -> tuple[str, ...]:
    """Return up to `limit` lines that stand just above `element`, the nearest first."""
    lines: list[str] = []
    node: HtmlElement | None = element
    for _ in range(MAX_CLIMBED):
        if node is None or node.tag == "body":
            break
        for sibling in node.itersiblings(preceding=True):
            if isinstance(sibling.tag, str) and not is_apart(sibling):
                lines.extend(reversed(list(_lines(sibling))[-limit:]))
            if len(lines) >= limit:
                return tuple(lines[:limit])
        node = node.getparent()
    return tuple(lines)


def lines_of(element: HtmlElement) -> list[str]:
    """Return the element's lines, split where a reader sees a new line."""
    return list(_lines(element))


def _lines(element: HtmlElement) -> Iterator[str]:
    """Yield the element's lines: text between block borders, inline elements joined.

    Scripts, menus and what stands beside the article are left out.
    """
    run: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        if node.tag not in _INLINE:
            yield from _joined(run)
            run = []
        text = node.text if event == "start" else node.tail if node is not element else None
        if event == "start" and (node.tag in _SKIPPED or (node is not element and is_apart(node))):
            walk.skip_subtree()
        elif text and not text.isspace():
            run.append(text[:MAX_LINE_CHARS])
    yield from _joined(run)


def _joined(run: list[str]) -> Iterator[str]:
    """Yield the line these pieces make, nothing when they hold no text."""
    if run and (line := one_line(" ".join(run)[:MAX_LINE_CHARS])):
        yield line


def marked_elements(marks: Marks, place: Place) -> tuple[list[HtmlElement], list[HtmlElement]]:
    """Return the elements marked as byline or author, and those marked as date or time.

    Page order, outside comments and sidebars, at most 60 of each.
    """
    bylines: list[HtmlElement] = []
    times: list[HtmlElement] = []
    known: dict[HtmlElement, bool] = {}
    for element, is_byline, is_time in marks.dated:
        if is_elsewhere(element, place, known):
            continue
        if is_byline and len(bylines) < MAX_MARKED:
            bylines.append(element)
        if is_time and len(times) < MAX_MARKED:
            times.append(element)
    return bylines, times
