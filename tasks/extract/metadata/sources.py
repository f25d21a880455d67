"""Everything a page offers as evidence, gathered once and handed to the rooms of the fields."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lxml.html import HtmlElement

from tasks.extract.metadata import linked, visible
from tasks.extract.metadata.head import Head, parts_of, read_head
from tasks.extract.metadata.linked import Node
from tasks.extract.metadata.marks import Marks, find_marks
from tasks.extract.metadata.names import squashed

_COMMON_LABELS: Final = frozenset({
    "www", "com", "org", "net", "co", "uk", "de", "news", "mobile", "amp", "blog", "blogs",
    "edition",
})  # fmt: skip
"""Labels of host names that name no outlet."""
MIN_LABEL_CHARS: Final = 3


@dataclass(frozen=True, slots=True)
class Sources:
    """The evidence of one page."""

    tree: HtmlElement
    nodes: Sequence[Node]
    article: Node  # the JSON-LD node of the page's article; empty when there is none
    head: Head
    marks: Marks
    headings: Sequence[HtmlElement]  # elements that may be the headline
    url: str
    lang: str
    fetched_at: datetime | None
    site_names: tuple[str, ...]  # as the page writes them
    outlets: frozenset[str]  # the same, and the host's labels, squashed


def gather(
    tree: HtmlElement, nodes: Sequence[Node], url: str, lang: str, fetched_at: datetime | None
) -> Sources:
    """Return the page's evidence; nothing is decided yet."""
    head = read_head(tree)
    marks = find_marks(tree)
    titles = (head.title, head.first("og:title"))
    headings = marks.headings or visible.titled(tree, titles)
    title = visible.text_of(headings[0]) if headings else head.first("og:title")
    article = linked.article(nodes, url, title)
    site_names = tuple(dict.fromkeys(_site_names(head, nodes, article)))
    return Sources(
        tree=tree,
        nodes=nodes,
        article=article,
        head=head,
        marks=marks,
        headings=headings,
        url=url,
        lang=lang or head.lang,
        fetched_at=fetched_at,
        site_names=site_names,
        outlets=frozenset(_outlets(site_names, url or head.links.get("canonical", ""))),
    )


def _site_names(head: Head, nodes: Sequence[Node], article: Node) -> Iterator[str]:
    for name in ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher"):
        yield from head.meta.get(name, ())[:1]
    if name := linked.first_text(linked.resolve(article.get("publisher"), nodes)):
        yield name
    for node in nodes:
        if linked.types(node) & {"WebSite", "NewsMediaOrganization"}:
            yield from filter(None, [linked.first_text(node.get("name"))])


def _outlets(site_names: Iterable[str], url: str) -> Iterator[str]:
    for name in site_names:
        yield squashed(name)
        yield squashed(name.partition(" | ")[0].partition(" - ")[0])
    host = (parts_of(url).hostname or "") if "://" in url else ""
    labels = [label for label in host.split(".")[:-1] if label not in _COMMON_LABELS]
    for label in labels:
        if len(label) >= MIN_LABEL_CHARS:
            yield squashed(label)
            yield squashed(label).removeprefix("the")
    if labels:
        yield squashed(host.removeprefix("www."))
