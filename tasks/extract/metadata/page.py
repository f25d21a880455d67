"""Read a page's metadata: gather the evidence once, let each field's room choose, keep it all."""

from collections.abc import Container, Sequence
from datetime import datetime

from lxml.html import HtmlElement

from tasks.extract.metadata import visible
from tasks.extract.metadata.authors import choose_authors
from tasks.extract.metadata.dates import choose_dates
from tasks.extract.metadata.linked import Node
from tasks.extract.metadata.sources import gather
from tasks.extract.metadata.title import choose_title
from tasks.schema import Block, Metadata


def read_metadata(
    tree: HtmlElement, nodes: Sequence[Node], url: str, lang: str = "", fetched_at: datetime | None = None
) -> Metadata:
    """Return what the page says of itself, with every candidate and where it was found."""
    sources = gather(tree, nodes, url, lang, fetched_at)
    title, titles = choose_title(sources)
    place = visible.place(sources.headings, title)
    authors, label, names = choose_authors(sources, place)
    published, modified, times = choose_dates(sources, place)
    return Metadata(
        title=title,
        authors=authors,
        source_label=label,
        published_at=published.moment.at if published else None,
        published_precision=published.moment.precision if published else "",
        published_from=published.found_in if published else "",
        modified_at=modified.moment.at if modified else None,
        candidates=(*titles, *names, *times),
    )


def complete(metadata: Metadata, blocks: Sequence[Block], main: Container[int]) -> Metadata:
    """Return `metadata` with what only the blocks can tell."""
    del blocks, main
    return metadata
