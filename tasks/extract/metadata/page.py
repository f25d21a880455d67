"""Read a page's metadata: gather the evidence once, let each field's room choose, keep it all."""

from collections.abc import Sequence
from datetime import datetime

from lxml.html import HtmlElement

from tasks.extract.metadata import visible
from tasks.extract.metadata.access import read_access
from tasks.extract.metadata.authors import choose_authors
from tasks.extract.metadata.dates import choose_dates
from tasks.extract.metadata.fields import choose_plain
from tasks.extract.metadata.lines import complete
from tasks.extract.metadata.linked import Node
from tasks.extract.metadata.sources import gather
from tasks.extract.metadata.title import choose_title
from tasks.schema import Metadata

__all__ = ["complete", "credited", "read_metadata"]


def read_metadata(
    tree: HtmlElement,
    nodes: Sequence[Node],
    url: str,
    lang: str = "",
    fetched_at: datetime | None = None,
) -> Metadata:
    """Return what the page says of itself, with every candidate and where it was found.

    `tree` is the whole page, head included; it is not changed. `nodes` are its JSON-LD objects,
    `lang` the Content-Language header. Times keep the offset the page shows; dates after
    `fetched_at` are refused.
    """
    sources = gather(tree, nodes, url, lang, fetched_at)
    title, titles = choose_title(sources)
    place = visible.place(sources.headings, title)
    bylines, dated = visible.marked_elements(sources.marks, place)
    authors, label, names = choose_authors(sources, place, bylines)
    published, modified, times = choose_dates(sources, place, dated)
    plain, tags, others = choose_plain(sources)
    access, evidence = read_access(sources)
    return Metadata(
        title=title,
        authors=authors,
        published_at=published.moment.at if published else None,
        published_precision=published.moment.precision if published else "",
        published_from=published.found_in if published else "",
        modified_at=modified.moment.at if modified else None,
        section=plain.get("section", ""),
        tags=tags,
        description=plain.get("description", ""),
        lang=plain.get("lang", ""),
        canonical_url=plain.get("canonical_url", ""),
        site_name=plain.get("site_name", ""),
        image_url=plain.get("image_url", ""),
        source_label=label,
        access=access,
        candidates=(*titles, *names, *times, *others, *evidence),
    )


def credited(metadata: Metadata) -> tuple[str, ...]:
    """Return whom the page credits with the text: its authors, else the organisation it names.

    >>> credited(Metadata(source_label="Reuters"))
    ('Reuters',)
    """
    return metadata.authors or ((metadata.source_label,) if metadata.source_label else ())
