"""What the pages of one site have in common in their markup: where the article stands.

A `Lesson` is one page as our own engine read it (trafilatura, the judge and all): how often a block
of each signature (`tasks.markup`) was the article and how often not, and the lines that were left
out of markup that otherwise is the article. A `Template` is what the newest lessons of a site agree
on. `apply` reads a page with it, or says that it cannot: the template must know every block that
could matter, and nothing may be left to guess.

Lessons are kept like a site's memory: the newest of each page, the `MAX_LESSONS` newest pages,
so it does not matter in what order, or on how many workers, they were learnt.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

import pyarrow as pa

from tasks import urls
from tasks.glimpse import Glimpse
from tasks.markup import MIN_PROSE_CHARS, MIN_SEEN, familiar
from tasks.schema import Extracted, Kind
from tasks.text import masked_key, width

TEMPLATE: Final = "template"
"""The extractor of pages that were read by their site's template."""

PLACES: Final = "judged-with-places"
"""The extractor of pages of which the judge saw only what is not known to be furniture, whole."""

UNTAUGHT: Final = frozenset(
    {TEMPLATE, PLACES, "trafilatura", "json-ld", "json-ld-aligned", "lines"}
)
"""Extractors whose reading says nothing of markup, or nothing new."""

MAX_LESSONS: Final = 24
MIN_LESSONS: Final = 4
"""Pages that must agree with what the template says of them before it is used."""

MAX_WRONG: Final = 0.02
"""Of a lesson's article, in characters that template and engine decide differently."""

MIN_AGREEING: Final = 0.9
"""Of the lessons the template has a say on; below it, pages of one markup are read differently."""

MIN_PURITY: Final = 0.98
"""Of the characters under one signature, over all lessons, that are decided alike."""

MANY_LINKS: Final = 0.5
RECHECKED: Final = 50
"""One page in so many is read by the engine although a template knows it: a lesson, for ever."""

OUTSIDE: Final = "html.outside_main_content"
FURNITURE: Final = "html.furniture_in_main_content"
CAPTION: Final = "html.caption"
_CHECK_ONLY: Final = frozenset({OUTSIDE, FURNITURE, CAPTION})
"""Verdicts that a template gives too; others are found without it, and teach it nothing."""


class Shown(Protocol):
    """A block as it stands on the page."""

    @property
    def text(self) -> str:
        """Its text."""

    @property
    def kind(self) -> Kind:
        """What it is taken for."""

    @property
    def link_share(self) -> float:
        """Share of its characters inside links."""


class Dated(Protocol):
    """What a page teaches; the newer is the greater."""

    @property
    def page(self) -> str:
        """Which page it is of."""

    def __lt__(self, other: Any, /) -> bool:  # noqa: ANN401  one of the same class
        """Say whether it is older."""


One = TypeVar("One", bound=Dated)


@dataclass(frozen=True, slots=True, order=True)
class Lesson:
    """One page of a site as the engine read it; signatures in order of text."""

    fetched_at: datetime
    page: str  # hash of its address
    text: str  # hash of the article's text
    signatures: tuple[str, ...]
    kept: tuple[int, ...]  # characters of each signature's blocks that are the article
    left: tuple[int, ...]  # characters of those that are not
    lines: tuple[str, ...]  # hashes of lines left out under signatures that also hold the article
    places: tuple[int, ...]  # of each line, the number of its signature
    sizes: tuple[int, ...]  # of each line, its characters

    def rows(self, lines: Set[str]) -> Iterator[tuple[str, int, int]]:
        """Yield signature, characters kept, and characters left out but for those of `lines`."""
        known: Counter[int] = Counter()
        for line, place, size in zip(self.lines, self.places, self.sizes, strict=True):
            if line in lines:
                known[place] += size
        for place, name in enumerate(self.signatures):
            yield name, self.kept[place], self.left[place] - known[place]


LESSON: Final = pa.schema(
    [
        ("fetched_at", pa.timestamp("us", tz="UTC")),
        ("page", pa.string()),
        ("text", pa.string()),
        ("signatures", pa.list_(pa.string())),
        ("kept", pa.list_(pa.int64())),
        ("left", pa.list_(pa.int64())),
        ("lines", pa.list_(pa.string())),
        ("places", pa.list_(pa.int64())),
        ("sizes", pa.list_(pa.int64())),
    ]
)


def lesson_of(row: Mapping[str, Any]) -> Lesson:
    """Return the lesson that a row with the columns of `LESSON` holds."""
    values = {name: row[name] for name in LESSON.names}
    for name in LESSON.names[3:]:
        values[name] = tuple(values[name])
    values["fetched_at"] = values["fetched_at"].astimezone(UTC)
    return Lesson(**values)


@dataclass(frozen=True, slots=True)
class Template:
    """What a site's lessons agree on."""

    site: str
    version: str  # hash of the lessons it was made of
    holds: Mapping[str, bool]  # signature -> is it the article; those that are sure only
    seen: Mapping[str, int]  # signature -> lessons that show it
    lines: frozenset[str]  # hashes of lines that are left out
    lessons: int


def site_of(url: str) -> str:
    """Return the site whose template a page is read with; "" for files."""
    return urls.site(url) if url.startswith(("http:", "https:")) else ""


def is_rechecked(url: str) -> bool:
    """Say whether the page is read by the engine whatever its site's template knows."""
    return int(_digest(url, 8), 16) % RECHECKED == 0


def lesson(page: Extracted | Glimpse) -> Lesson | None:
    """Return what a page teaches; None for one that the engine did not read as usual."""
    if page.extractor in UNTAUGHT:
        return None
    verdicts = {v.block: v.rule for v in page.verdicts}
    kept: Counter[str] = Counter()
    left: Counter[str] = Counter()
    gone: dict[str, list[str]] = {}
    texts: list[str] = []
    for block in page.blocks:
        rule = verdicts.get(block.index)
        if rule is not None and rule not in _CHECK_ONLY:
            continue
        if rule is None:
            kept[block.path] += len(block.text)
            texts.append(block.text)
        else:
            left[block.path] += len(block.text)
            gone.setdefault(block.path, []).append(block.text)
    names = sorted(kept | left)
    lines = sorted(
        (line_hash(text), place, len(text))
        for place, name in enumerate(names)
        if name in kept
        for text in gone.get(name, ())
    )
    return Lesson(
        fetched_at=page.page.fetched_at.astimezone(UTC),
        page=_digest(page.page.url, 16),
        text=_digest("\n".join(texts), 16),
        signatures=tuple(names),
        kept=tuple(kept[name] for name in names),
        left=tuple(left[name] for name in names),
        lines=tuple(line for line, _, _ in lines),
        places=tuple(place for _, place, _ in lines),
        sizes=tuple(size for _, _, size in lines),
    )


def bounded(lessons: Iterable[One]) -> tuple[One, ...]:
    """Return the lessons that count, oldest first."""
    newest: dict[str, One] = {}
    for one in lessons:
        newest[one.page] = max(one, newest.get(one.page, one))
    return tuple(sorted(newest.values())[-MAX_LESSONS:])


def template(site: str, lessons: Sequence[Lesson]) -> Template | None:
    """Return the template that `lessons` agree on, None if they do not or are too few.

    One article under several addresses counts once.
    """
    lessons = list({one.text: one for one in lessons}.values())
    if len(lessons) < MIN_LESSONS:
        return None
    counts = Counter(line for one in lessons for line in set(one.lines))
    lines = frozenset(line for line, count in counts.items() if count >= MIN_SEEN)
    kept: Counter[str] = Counter()
    left: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for one in lessons:
        for name, held, gone in one.rows(lines):
            kept[name] += held
            left[name] += gone
            seen[name] += 1
    holds = {
        name: kept[name] > left[name]
        for name, count in seen.items()
        if count >= MIN_SEEN
        and max(kept[name], left[name]) >= MIN_PURITY * (kept[name] + left[name])
    }
    told = [_told(one, holds, lines) for one in lessons]
    agreeing = sum(1 for wrong, unsaid in told if max(wrong, unsaid) <= MAX_WRONG)
    against = sum(1 for wrong, _ in told if wrong > MAX_WRONG)
    if agreeing < max(MIN_LESSONS, MIN_AGREEING * (agreeing + against)):
        return None
    return Template(
        site=site,
        version=_digest("\n".join(map(repr, lessons)), 12),
        holds=holds,
        seen=dict(seen),
        lines=lines,
        lessons=len(lessons),
    )


def apply(
    known: Template, shown: Sequence[Shown], paths: Sequence[str], apart: Set[int]
) -> tuple[frozenset[int], tuple[float, ...]] | None:
    """Return the blocks that are the article, and for each block 1 or 0; None if it is not sure.

    Args:
        known: of the page's site.
        shown: the page's blocks.
        paths: the signature of each block.
        apart: blocks that are known to be something else.
    """
    main: list[int] = []
    unknown: list[int] = []
    left: list[int] = []
    likely: list[float] = []
    for index, (found, path) in enumerate(zip(shown, paths, strict=True)):
        holds = known.holds.get(path)
        is_line = bool(holds and known.lines) and line_hash(found.text) in known.lines
        likely.append(1.0 if holds and not is_line else 0.0)
        if index in apart or is_line:
            continue
        if holds:
            main.append(index)
        elif found.kind == "caption":
            continue  # its element says what it is
        elif holds is None:
            unknown.append(index)
        elif found.link_share < MANY_LINKS:
            left.append(index)
    if not _is_sure(shown, main, [*unknown, *_beside(paths, main, left)]):
        return None
    return frozenset(main), tuple(likely)


def evidence(known: Template, path: str) -> tuple[str, ...]:
    """Return why a block is left out, for readers."""
    count = known.seen.get(path, 0)
    says = f"known from {count} of {known.lessons} pages" if count else "short, and not seen before"
    return (f"template {known.site} {known.version}", says)


def line_hash(text: str) -> str:
    """Return a line as remembered: digits masked, case folded."""
    return _digest(masked_key(text), 12)


def _beside(paths: Sequence[str], main: Sequence[int], left: Sequence[int]) -> list[int]:
    """Return the blocks left out that stand in an element whose other blocks are the article."""
    around = {paths[index].rpartition("/")[0] for index in main}
    return [index for index in left if paths[index].rpartition("/")[0] in around]


def _is_sure(shown: Sequence[Shown], main: Sequence[int], unknown: Sequence[int]) -> bool:
    """Say whether nothing that could be the article is left to guess."""
    prose = [i for i in main if width(shown[i].text) >= MIN_PROSE_CHARS]
    if not prose:
        return False
    return not any(
        width(shown[i].text) >= MIN_PROSE_CHARS or prose[0] < i < prose[-1] for i in unknown
    )


def _told(one: Lesson, holds: Mapping[str, bool], lines: Set[str]) -> tuple[float, float]:
    """Return the shares of a lesson's article decided unlike the engine, and not decided at all.

    A page of which much is not decided is of another layout: the engine will read its like.
    """
    rows = [(holds[name], kept, left) for name, kept, left in one.rows(lines) if name in holds]
    wrong = sum(left if says else kept for says, kept, left in rows)
    unsaid = 1 - familiar(zip(one.signatures, one.kept, strict=True), holds)
    return wrong / max(1, sum(one.kept)), unsaid


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
