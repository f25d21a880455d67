"""The demo newsroom's pages: small article sources in, complete replies of invented sites out.

Inside: reading ``sites/<host>/`` (site.yaml, robots.txt, articles, plain pages), turning article
sources into blocks, and rendering each site with its own jinja2 templates as its CMS would print
it. Not inside: HTTP (`flows.newsroom` serves the replies).

An article source is YAML between two ``---`` lines, then blocks divided by blank lines: plain
paragraphs, ``## subheading``, ``- item``, ``> quote``, ``| cell | cell |`` rows, and ``!name
argument | argument`` for whatever the site's ``blocks.html`` has a macro for (figure, newsletter,
related ...). ``!entry time | title`` gathers the blocks below it, up to the next entry or ``!end``.
Inline markup is HTML. The data folder's README shows it to editors.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from jinja2.filters import do_striptags
from markupsafe import Markup
from ruamel.yaml import YAML

LAST_EDITION: Final = 2
"""Edition 1 is what the first run sees; edition 2 holds a correction and a new article."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers for one path: bytes as sent, before any compression."""

    body: bytes
    content_type: str
    modified: datetime
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """One block of an article's body as its author wrote it."""

    kind: str  # a macro of the site's blocks.html
    text: Markup
    arguments: tuple[Markup, ...] = ()  # list items, table rows, arguments of a ``!name`` line
    pieces: tuple["Piece", ...] = ()  # of a live entry


@dataclass(frozen=True, slots=True)
class Story:
    """One article or plain page of a site: its front matter and its body."""

    slug: str
    path: str
    title: str
    published: datetime
    modified: datetime
    pieces: tuple[Piece, ...]
    excerpt: str
    meta: Mapping[str, Any]  # the whole front matter


@dataclass(frozen=True, slots=True)
class Site:
    """One invented site: its settings and what it has published in one edition, newest first."""

    host: str
    settings: Mapping[str, Any]
    stories: tuple[Story, ...]
    pages: tuple[Story, ...]
    folder: Path

    @property
    def url(self) -> str:
        """The site's address without a closing slash."""
        return f"http://{self.host}"


def build(root: Path, edition: int = 1) -> dict[tuple[str, str], Reply]:
    """Return every reply of every site below `root`/sites, by host name and path.

    The reply at path ``404`` is the site's own "not found" page.

    Raises:
        FileNotFoundError: `root` holds no sites.
        ValueError: an article source cannot be read; the message names the file.
    """
    replies: dict[tuple[str, str], Reply] = {}
    for folder in sorted(path.parent for path in (root / "sites").glob("*/site.yaml")):
        site = read_site(folder, edition)
        replies |= {(site.host, path): reply for path, reply in _replies(site, root)}
    if not replies:
        raise FileNotFoundError(f"{root}: no sites/<host>/site.yaml")
    return replies


def read_site(folder: Path, edition: int = 1) -> Site:
    """Read one site as it stands in `edition`: later editions of a story replace earlier ones."""
    settings = _yaml((folder / "site.yaml").read_text("utf-8"))
    stories: dict[str, Story] = {}
    for number in range(1, edition + 1):
        pattern = "*.md" if number == 1 else f"*.edition{number}.md"
        for file in sorted((folder / "articles").glob(pattern)):
            if number == 1 and ".edition" in file.name:
                continue
            story = _story(file)
            stories[story.slug] = story
    newest_first = sorted(stories.values(), key=lambda s: (s.published, s.path), reverse=True)
    pages = tuple(_story(file) for file in sorted((folder / "pages").glob("*.md")))
    return Site(folder.name, settings, tuple(newest_first), pages, folder)


def read_pieces(source: str) -> tuple[Piece, ...]:
    r"""Return the blocks of an article's body.

    >>> [(p.kind, p.text or p.arguments[0]) for p in read_pieces("Rain.\n\n## Floods\n\n- one")]
    [('paragraph', Markup('Rain.')), ('subheading', Markup('Floods')), ('items', Markup('one'))]
    """
    found: list[Piece] = []
    entry: Piece | None = None
    inside: list[Piece] = []
    for text in filter(None, source.strip().split("\n\n")):
        piece = _piece(text.strip())
        if piece.kind in {"entry", "end"}:
            if entry is not None:
                found.append(Piece("entry", Markup(), entry.arguments, tuple(inside)))
            entry, inside = (piece if piece.kind == "entry" else None), []
        else:
            (found if entry is None else inside).append(piece)
    if entry is not None:
        found.append(Piece("entry", Markup(), entry.arguments, tuple(inside)))
    return tuple(found)


def mojibake(text: str) -> str:
    """Return `text` as it looks after its UTF-8 was read as windows-1252 and stored.

    >>> mojibake("Café")
    'CafÃ©'
    """
    return "".join(_windows_1252(byte) for byte in text.encode("utf-8"))


def _windows_1252(byte: int) -> str:
    """Decode one byte as browsers do: the five holes of windows-1252 are C1 controls."""
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _piece(text: str) -> Piece:
    lines = text.split("\n")
    if text.startswith("!"):
        name, _, rest = text[1:].partition(" ")
        return Piece(name, Markup(), tuple(_markup(part) for part in rest.split(" | ")))
    for mark, kind in (("- ", "items"), ("+ ", "steps"), ("|", "table")):
        if text.startswith(mark):
            return Piece(kind, Markup(), tuple(_unmarked(line, mark) for line in lines))
    for mark, kind in (("### ", "subsubheading"), ("## ", "subheading"), ("> ", "quote")):
        if text.startswith(mark):
            return Piece(kind, Markup(" ").join(_unmarked(line, mark) for line in lines))
    return Piece("paragraph", _markup(" ".join(lines)))


def _unmarked(line: str, mark: str) -> Markup:
    return _markup(line.removeprefix(mark.strip()).strip().strip("|"))


def _markup(text: str) -> Markup:
    """Take an article source's text as HTML: our editors write it, no visitor does."""
    return Markup(text.strip())  # noqa: S704


def _yaml(text: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return data


def _story(file: Path) -> Story:
    try:
        _, front, body = file.read_text("utf-8").split("---\n", 2)
        meta = _yaml(front)
        pieces = read_pieces(mojibake(body) if meta.get("mojibake") else body)
        published = _time(meta["published"])
        return Story(
            slug=file.name.split(".")[0],
            path=meta["path"],
            title=meta["title"],
            published=published,
            modified=_time(meta["modified"]) if "modified" in meta else published,
            pieces=pieces,
            excerpt=meta.get("excerpt") or _excerpt(pieces),
            meta=meta,
        )
    except (ValueError, KeyError) as error:
        raise ValueError(f"{file}: {error!r}") from error


def _time(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value}: no UTC offset")
    return moment


def _excerpt(pieces: Iterable[Piece]) -> str:
    """Return the first paragraph as plain text, as a CMS makes its teasers."""
    for piece in pieces:
        if piece.kind == "paragraph":
            return do_striptags(piece.text)
    return ""


def _replies(site: Site, root: Path) -> Iterator[tuple[str, Reply]]:
    """Yield path and reply for all a site answers."""
    render = _Render(site, root)
    newest = max(story.modified for story in site.stories)
    for story in site.stories:
        yield story.path, _page(site, story, render("article.html", story=story))
    for page in site.pages:
        yield page.path, _page(site, page, render("page.html", story=page))
    home = _encode(site, render("home.html", story=None))
    yield "/", Reply(home, _html_type(site), newest)
    missing = _encode(site, render("404.html", story=None))
    yield "404", Reply(missing, _html_type(site), newest, status=404)
    robots = (site.folder / "robots.txt").read_bytes()
    yield "/robots.txt", Reply(robots, "text/plain; charset=utf-8", newest)
    for path, kind in site.settings["lists"].items():
        text = _json_feed(site) if kind == "feed.json" else render(kind, story=None)
        yield path, Reply(text.encode("utf-8"), _LIST_TYPES[kind], newest)


_LIST_TYPES: Final = {
    "rss.xml": "application/rss+xml; charset=UTF-8",
    "atom.xml": "application/atom+xml; charset=utf-8",
    "feed.json": "application/feed+json",
    "sitemap.xml": "application/xml",
    "news-sitemap.xml": "text/xml; charset=UTF-8",
    "sitemap-index.xml": "text/xml; charset=UTF-8",
}
"""Content types of feeds and sitemaps, each as the systems that print it send it."""


class _Render:
    """Renders one site's templates, with the site in every context."""

    def __init__(self, site: Site, root: Path) -> None:
        folders = [site.folder / "templates", root / "lists"]
        self._site = site
        self._environment = Environment(
            loader=FileSystemLoader(folders), autoescape=True,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        filters: dict[str, Callable[[datetime], str]] = {
            "http_date": format_datetime,
            "iso": lambda moment: moment.isoformat(timespec="seconds"),
            "utc": lambda moment: moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "day": self._day,
        }
        self._environment.filters.update(filters)

    def __call__(self, template: str, story: Story | None) -> str:
        site = self._site
        feed = [s for s in site.stories if s.meta.get("in_feed", True)]
        links = {s.slug: s for s in (*site.stories, *site.pages)}
        others = [s for s in site.stories if s is not story]
        return self._environment.get_template(template).render(
            site=site, set=site.settings, story=story, stories=site.stories,
            others=others, feed=feed, links=links,
        )  # fmt: skip

    def _day(self, moment: datetime) -> str:
        """Format a day as the site prints it, with the site's own names of months."""
        names: Sequence[str] = self._site.settings.get("months", [""] * 12)
        pattern: str = self._site.settings["day"]
        return pattern.format(
            day=moment.day, month=names[moment.month - 1], number=moment.month, year=moment.year,
            hour=f"{moment:%H}", minute=f"{moment:%M}",
        )  # fmt: skip


def _html_type(site: Site) -> str:
    charset = site.settings.get("header_charset", "utf-8")
    return f"text/html; charset={charset}" if charset else "text/html"


def _encode(site: Site, text: str) -> bytes:
    return text.encode(site.settings.get("encoding", "utf-8"), "xmlcharrefreplace")


def _page(site: Site, story: Story, text: str) -> Reply:
    """Return the reply of a story; its front matter may ask for a server's usual mistakes."""
    content_type = story.meta.get("content_type") or _html_type(site)
    body = _encode(site, text)
    return Reply(body, content_type, story.modified, story.meta.get("status", 200))


def _json_feed(site: Site) -> str:
    """Return a JSON Feed 1.1 of the site."""
    items = [
        {
            "id": site.url + story.path,
            "url": site.url + story.path,
            "title": story.title,
            "summary": story.excerpt,
            "date_published": story.published.isoformat(timespec="seconds"),
            "date_modified": story.modified.isoformat(timespec="seconds"),
            "authors": [{"name": name} for name in story.meta.get("authors", [])],
        }
        for story in site.stories
        if story.meta.get("in_feed", True)
    ]
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.settings["name"],
        "home_page_url": f"{site.url}/",
        "language": site.settings["lang"],
    }
    return json.dumps(head | {"items": items}, ensure_ascii=False, indent=1)
