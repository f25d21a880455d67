"""What the pages of one site have in common in their markup, as a quick way to the article.

A `Lesson` is one page as our own engine read it (trafilatura, the judge and all): how often a block
of each signature (chain of elements, kind, linked or not) was the article and how often not, and
the lines that were left out of markup that otherwise is the article. A `Template` is what the
newest lessons of a site agree on. `apply` reads a page with it, or says that it cannot: the
template must know every block that could matter, and nothing may be left to guess.

Lessons are kept like a site's memory: the newest of each page, the `MAX_LESSONS` newest pages,
so it does not matter in what order, or on how many workers, they were learnt.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from tasks import urls
from tasks.extract.blocks import MIN_PROSE_CHARS, Segment
from tasks.schema import Extracted
from tasks.text import masked_key

TEMPLATE: Final = "template"
"""The extractor of pages that were read by their site's template."""

UNTAUGHT: Final = frozenset({TEMPLATE, "trafilatura", "json-ld", "json-ld-aligned", "lines"})
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

MIN_SEEN: Final = 2
"""Lessons that must show a signature, or a line that is left out."""

MANY_LINKS: Final = 0.5
RECHECKED: Final = 50
"""One page in so many is read by the engine although a template knows it: a lesson, for ever."""

LINKED: Final = "*"
_CHECK_ONLY: Final = frozenset(
    {"html.outside_main_content", "html.furniture_in_main_content", "html.caption"}
)
"""Verdicts that a template gives too; others are found without it, and teach it nothing."""


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


def lesson(page: Extracted) -> Lesson | None:
    """Return what a page teaches; None for one that the engine did not read as usual."""
    if page.extractor in UNTAUGHT or page.metadata.access == "partial":
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
        # `kind` of what is left out is "furniture", so the path and links must do
        name = signature(block.path, is_linked=block.link_share >= MANY_LINKS)
        if rule is None:
            kept[name] += len(block.text)
            texts.append(block.text)
        else:
            left[name] += len(block.text)
            gone.setdefault(name, []).append(block.text)
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


def bounded(lessons: Iterable[Lesson]) -> tuple[Lesson, ...]:
    """Return the lessons that count, oldest first."""
    newest: dict[str, Lesson] = {}
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
        seen=seen,
        lines=lines,
        lessons=len(lessons),
    )


def apply(
    known: Template, segments: Sequence[Segment], paths: Sequence[str], apart: frozenset[int]
) -> tuple[frozenset[int], tuple[float, ...]] | None:
    """Return the blocks that are the article, and for each block 1 or 0; None if it is not sure.

    Args:
        known: of the page's site.
        segments: the page's blocks.
        paths: the signature of each block's place.
        apart: blocks that are known to be something else.
    """
    main: list[int] = []
    unknown: list[int] = []
    left: list[int] = []
    likely: list[float] = []
    for index, (found, path) in enumerate(zip(segments, paths, strict=True)):
        name = signature(path, is_linked=found.link_share >= MANY_LINKS)
        holds = known.holds.get(name)
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
        elif not name.endswith(LINKED):
            left.append(index)
    if not _is_sure(segments, main, [*unknown, *_beside(paths, main, left)]):
        return None
    return frozenset(main), tuple(likely)


def evidence(known: Template, path: str, link_share: float) -> tuple[str, ...]:
    """Return why a block is left out, for readers."""
    name = signature(path, is_linked=link_share >= MANY_LINKS)
    count = known.seen.get(name, 0)
    says = f"known from {count} of {known.lessons} pages" if count else "short, and not seen before"
    return (f"template {known.site} {known.version}", says)


def signature(path: str, *, is_linked: bool) -> str:
    """Return what a block is known by: where it stands, and whether it is mostly links."""
    return f"{path}{LINKED}" if is_linked else path


def line_hash(text: str) -> str:
    """Return a line as remembered: digits masked, case folded."""
    return _digest(masked_key(text), 12)


def _beside(paths: Sequence[str], main: Sequence[int], left: Sequence[int]) -> list[int]:
    """Return the blocks left out that stand in an element whose other blocks are the article."""
    around = {paths[index].rpartition("/")[0] for index in main}
    return [index for index in left if paths[index].rpartition("/")[0] in around]


def _is_sure(segments: Sequence[Segment], main: Sequence[int], unknown: Sequence[int]) -> bool:
    """Say whether nothing that could be the article is left to guess."""
    prose = [i for i in main if len(segments[i].text) >= MIN_PROSE_CHARS]
    if not prose:
        return False
    return not any(
        len(segments[i].text) >= MIN_PROSE_CHARS or prose[0] < i < prose[-1] for i in unknown
    )


def _told(one: Lesson, holds: Mapping[str, bool], lines: Set[str]) -> tuple[float, float]:
    """Return the shares of a lesson's article decided unlike the engine, and not decided at all.

    A page of which much is not decided is of another layout: the engine will read its like.
    """
    wrong = unsaid = 0
    for name, kept, left in one.rows(lines):
        says = holds.get(name)
        if says is None:
            unsaid += kept
        else:
            wrong += left if says else kept
    total = max(1, sum(one.kept))
    return wrong / total, unsaid / total


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:digits]
