"""What only the blocks of a page tell: the byline as printed, the author's bio, source labels.

For pages that are text only (`tasks.extract.plain_text`) this is where authors and dates come
from. Fields that already have a value keep it; the byline and the bio are always read here.
"""

import re
from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import replace
from typing import Final

from tasks.extract.metadata.bylines import has_lead, split_names, split_outlets
from tasks.extract.metadata.names import is_agency, is_full_name
from tasks.extract.metadata.times import find_dates, is_change
from tasks.extract.metadata.words import PICTURE_SERVICES
from tasks.schema import Block, Candidate, Metadata
from tasks.text import key

HEAD_BLOCKS: Final = 12
"""Main blocks from the top among which a byline or a date line is looked for."""
TAIL_BLOCKS: Final = 4
MAX_LINE_CHARS: Final = 160
MAX_BYLINE_CHARS: Final = 120
MAX_BYLINE_WORDS: Final = 12
MAX_DATE_CHARS: Final = 70
FIRST_TEXT_YEAR: Final = 1995
"""Earlier days in a line of text are its subject, not its date."""
MAX_LABEL_CHARS: Final = 60
MIN_BIO_CHARS: Final = 40
MAX_BIO_CHARS: Final = 1200

_REPORTER = re.compile(
    # "reporter" in Chinese, a sign or space, then names of two to five characters, parted by
    # spaces or enumeration commas; then a closing bracket or the end of the line
    r"(?:记者|記者|通讯员)[\s:\uff1a]{1,3}([\u4e00-\u9fff·]{2,5}(?:[\s、]{1,3}[\u4e00-\u9fff·]{2,5}){0,5})"
    r"\s*(?=[)\uff09】\]]|$)"
)
_EAST_LABEL = re.compile(r"(?:来源|來源|出典|稿源)\s*[:\uff1a]\s*([^\s|,。]{2,20})")
_LABEL = re.compile(r"(?:来源|來源|出典|稿源)\s*[::]\s*([^\s|,。]{2,20})")
_LABEL = re.compile(
    r"(?:source|quelle|quellen|fuente|fonte|bron|källa|kilde|źródło|zdroj|источник)\s*:\s*(\S.{1,59})",
    re.IGNORECASE,
)
_SIGN = re.compile(r"\(([A-Za-z]{2,8}(?:/[A-Za-z]{2,8}){0,3})\)\s*$")


def complete(metadata: Metadata, blocks: Sequence[Block], main: Container[int]) -> Metadata:
    """Return `metadata` with byline, bio and source label, and with what it lacks, from `blocks`.

    `main` are the indexes of the main content's blocks. Nothing that has a value is changed.
    """
    content = [block for block in blocks if block.index in main]
    headline = next((b.text for b in content if b.kind == "headline"), "")
    near = _near(blocks, content)
    byline = _byline(near, metadata)
    found = list(_names(byline, near, content))
    best = max(found, key=lambda c: c.confidence, default=None)
    authors = metadata.authors or (tuple(best.value.split("; ")) if best else ())
    label = metadata.source_label or _label(content)
    metadata = replace(
        metadata,
        title=metadata.title or headline,
        byline=metadata.byline or byline,
        authors=authors,
        author_bio=metadata.author_bio or _bio(blocks, authors),
        source_label=label,
        candidates=(*metadata.candidates, *found),
    )
    return metadata if metadata.published_at else _dated(metadata, near)


def _near(blocks: Sequence[Block], content: Sequence[Block]) -> list[Block]:
    """Return the blocks from a little above the first main block down to the body's start."""
    first = content[0].index if content else 0
    last = content[min(len(content), HEAD_BLOCKS) - 1].index if content else HEAD_BLOCKS
    return [b for b in blocks if first - 8 <= b.index <= last and len(b.text) <= MAX_LINE_CHARS]


def _byline(near: Iterable[Block], metadata: Metadata) -> str:
    """Return the line that names the authors, as printed; "" when none does."""
    wanted = {key(name) for name in metadata.authors}
    for block in near:
        if block.kind in ("headline", "subheading", "list_item", "caption", "credit"):
            continue
        if (len(block.text) <= MAX_BYLINE_CHARS and _names_one(block.text, wanted)) or (
            has_lead(block.text)
            and len(block.text.split()) <= MAX_BYLINE_WORDS
            and any(is_full_name(name) for name in split_names(block.text))
        ):
            return block.text
    return ""


def _names_one(text: str, wanted: Collection[str]) -> bool:
    """Say whether a line names one of `wanted`; nothing is split that lacks a word of theirs."""
    line = key(text)
    if not any(all(word in line for word in name.split()) for name in wanted):
        return False
    return any(key(name) in wanted for name in split_names(text))


def _names(byline: str, near: Sequence[Block], content: Sequence[Block]) -> Iterable[Candidate]:
    people = tuple(name for name in split_names(byline) if is_full_name(name))
    if people:
        yield Candidate("authors", "; ".join(people), "byline block", 0.6)
    for block in (*near, *content[-TAIL_BLOCKS:]):
        if match := _REPORTER.search(block.text):
            yield Candidate(
                "authors", "; ".join(re.split(r"[\s、]+", match[1])), "reporter sign", 0.5
            )
            return


def _label(content: Sequence[Block]) -> str:
    """Return the organisation credited at the edges of the text: "Source: X", "(dpa)"."""
    for block in (*content[:4], *reversed(content[-TAIL_BLOCKS:])):
        text = block.text
        if match := _EAST_LABEL.search(text) or _LABEL.fullmatch(text):
            return match[1].strip(" .")
        if (
            len(text) <= MAX_LABEL_CHARS
            and (outlets := split_outlets(text))
            and all(map(is_agency, outlets))
            and PICTURE_SERVICES.isdisjoint(map(key, outlets))
        ):
            return "/".join(outlets)
        sign = _SIGN.search(text)
        if sign and all(map(is_agency, sign[1].split("/"))):
            return sign[1]
    return ""


def _bio(blocks: Sequence[Block], authors: Sequence[str]) -> str:
    """Return the text of the author box: a paragraph after the body that opens with an author."""
    names = tuple(key(name) for name in authors)
    for block in blocks[len(blocks) // 2 :]:
        is_box = "author" in block.path.lower() or "bio" in block.path.lower()
        has_length = MIN_BIO_CHARS <= len(block.text) <= MAX_BIO_CHARS
        if names and is_box and has_length and key(block.text).startswith(names):
            return block.text
    return ""


def _is_sentence(text: str) -> bool:
    return text.rstrip('"”’»)').endswith((".", "!", "?", "。", "।", "؟")) and len(text.split()) > 1


def _dated(metadata: Metadata, near: Iterable[Block]) -> Metadata:
    for block in near:
        if is_change(block.text) or len(block.text) > MAX_DATE_CHARS or _is_sentence(block.text):
            continue
        moment = next(find_dates(block.text, month_first=metadata.lang in ("en", "en-US")), None)
        if moment is not None and moment.at.year >= FIRST_TEXT_YEAR:
            candidate = Candidate("published_at", moment.iso(), "date line", 0.4)
            return replace(
                metadata,
                published_at=moment.at,
                published_precision=moment.precision,
                published_from="date line",
                candidates=(*metadata.candidates, candidate),
            )
    return metadata
