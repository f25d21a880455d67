"""A site's memory asked about one page: on how many *other* articles does each line stand?

Other means other: the page's own earlier fetches do not count, nor do articles that are the same
text under another address (`MIN_SHARED` of their long lines shared), and such copies among the
others count once. For each line we also know how often it was the article, and how often it
stood *inside* one: between two long lines that no other article of the site has.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations
from typing import Final, Literal

from tasks.clean.memory import SiteMemory, Sketch
from tasks.template import Template, bounded, template

LONG_CHARS: Final = 40
"""A line this long is seldom on two articles by chance; half in scripts without spaces."""

MIN_SHARED: Final = 0.5
MIN_SHARED_LINES: Final = 2
MAX_PAIRED: Final = 8
"""A long line on more articles than this says nothing of who copied from whom."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Where else a line was seen: numbers of other articles of the site."""

    articles: int = 0
    main: int = 0  # of these, where it was the article
    inside: int = 0  # of these, where it stood between two lines of the article's own
    first_seen: datetime | None = None
    last_seen: datetime | None = None


NEVER: Final = Seen()


@dataclass(frozen=True, slots=True)
class Markup:
    """What extraction made of text in one markup: numbers of other articles of the site."""

    kept: int = 0  # some of it was the article
    left: int = 0  # none of it was


class Recall:
    """The lines and the markup of a site, ready to be asked about; built once for many pages."""

    def __init__(self, memory: SiteMemory, version: str = "") -> None:
        self.memory = memory
        self._version = version  # if it is known already
        self._where: dict[str, list[int]] = defaultdict(list)
        for number, page in enumerate(memory.pages):
            for line in (*page.main, *page.beside):
                self._where[line].append(number)
        self._main = [frozenset(page.main) for page in memory.pages]
        self._story = _stories(memory.pages, self._where)
        self._templates: dict[str, Template | None] = {}  # that of one page: the last asked for

    @cached_property
    def version(self) -> str:
        """The memory's version, which is part of what a page was cleaned by."""
        return self._version or self.memory.version

    def template(self, without: str) -> Template | None:
        """Return what the markup of the site's articles but one teaches, if they agree."""
        if without not in self._templates:
            pages = (page for page in self.memory.pages if page.article != without)
            lessons = bounded(one for page in pages for one in page.lessons)
            self._templates = {without: template(self.memory.site, lessons)}
        return self._templates[without]

    def others(self, article: str, lines: Iterable[str]) -> frozenset[int]:
        """Return the stories of the site, by number, that the article of `lines` is not."""
        own = {n for n, other in enumerate(self.memory.pages) if other.article == article}
        shared: dict[int, int] = defaultdict(int)
        long = _long(lines)
        for line in long:
            for number in self._where.get(line, ()):
                shared[number] += line in self._main[number]
        for number, count in shared.items():
            if _is_same(count, len(long), len(_long(self.memory.pages[number].main))):
                own.add(number)
        same = {self._story[number] for number in own}
        return frozenset(self._story) - same

    def heralds(self, titles: Iterable[str]) -> frozenset[int]:
        """Return the stories whose pages show one of `titles`: they point to that article.

        Such a page may show the article's first paragraph, too.
        """
        return frozenset(self._story[n] for line in titles for n in self._where.get(line, ()))

    def seen(self, line: str, others: frozenset[int]) -> Seen:
        """Return where else `line` was seen, among the stories `others`."""
        places = [n for n in self._where.get(line, ()) if self._story[n] in others]
        if not places:
            return NEVER
        times = [self.memory.pages[n].fetched_at for n in places]
        return Seen(
            articles=self._count(places),
            main=self._count(n for n in places if line in self._main[n]),
            inside=self._count(n for n in places if line in self._inside[n]),
            first_seen=min(times),
            last_seen=max(times),
        )

    def markup(self, signature: str, others: frozenset[int]) -> Markup:
        """Return what extraction made of text in this markup, on the stories `others`."""
        held, left = self._held[signature], self._left[signature]
        return Markup(
            kept=self._count(n for n in held if self._story[n] in others),
            left=self._count(n for n in left - held if self._story[n] in others),
        )

    @cached_property
    def _held(self) -> dict[str, set[int]]:
        return self._where_markup("kept")

    @cached_property
    def _left(self) -> dict[str, set[int]]:
        return self._where_markup("left")

    def _where_markup(self, what: Literal["kept", "left"]) -> dict[str, set[int]]:
        found: dict[str, set[int]] = defaultdict(set)
        for number, page in enumerate(self.memory.pages):
            for one in page.lessons:
                rows = zip(one.signatures, getattr(one, what), strict=True)
                for name in (name for name, chars in rows if chars):
                    found[name].add(number)
        return found

    def _count(self, places: Iterable[int]) -> int:
        return len({self._story[number] for number in places})

    @cached_property
    def _inside(self) -> list[frozenset[str]]:
        return [self._inside_of(number) for number in range(len(self.memory.pages))]

    def _inside_of(self, number: int) -> frozenset[str]:
        lines = self.memory.pages[number].main
        own = [i for i, line in enumerate(lines) if is_long(line) and self._is_own(line)]
        return frozenset(lines[own[0] : own[-1]]) if own else frozenset()

    def _is_own(self, line: str) -> bool:
        return self._count(self._where[line]) == 1


def is_long(line: str) -> bool:
    """Return whether a line is long enough to tell one article from another."""
    return len(line) >= (LONG_CHARS if line.isascii() or " " in line else LONG_CHARS // 2)


def _long(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if is_long(line)]


def _is_same(shared: int, one: int, other: int) -> bool:
    """Return whether two pages with so many long lines, so many of them shared, are one story."""
    least = min(one, other)
    return shared >= min(MIN_SHARED_LINES, least) > 0 and shared >= MIN_SHARED * least


def _stories(pages: Sequence[Sketch], where: Mapping[str, Sequence[int]]) -> list[int]:
    """Return for each page the number of its story: of the first page that tells the same."""
    sizes = [len(_long(page.main)) for page in pages]
    shared: dict[tuple[int, int], int] = defaultdict(int)
    mains = [frozenset(page.main) for page in pages]
    for line, places in where.items():
        if is_long(line) and 1 < len(places) <= MAX_PAIRED:
            for pair in combinations((n for n in places if line in mains[n]), 2):
                shared[pair] += 1
    story = list(range(len(pages)))
    for (one, other), count in sorted(shared.items()):
        if _is_same(count, sizes[one], sizes[other]):
            first, second = sorted((story[one], story[other]))
            story = [first if number == second else number for number in story]
    return story
