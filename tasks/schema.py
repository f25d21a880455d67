"""What travels between the stages and what is published: the dataclasses and the Arrow tables.

First the page on its way, one frozen dataclass a step:

    Capture -> Extracted -> Cleaned -> Finished           (or a Failure, at any step)

then the published tables, each an Arrow schema whose fields carry a description and a unit, from
which the data dictionary is made. Inside a stage a page is one of these dataclasses; between
stages it is WARC or Parquet.

Units: positions and lengths are code points; times are aware datetimes in UTC; block and section
numbers count from 0 in page order. The *extracted text* of a page is its blocks' texts joined by
a blank line (`SEPARATOR`); every start_char and end_char is a position in that string.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

if TYPE_CHECKING:
    from dataclasses import dataclass as numerous
else:

    def numerous(**_: bool) -> object:
        """Return a decorator for dataclasses of which a page has hundreds.

        They are frozen for the type checker, which sees every line that could change one. At run
        time they are not: making a frozen one takes four times as long.
        """
        return dataclass(slots=True, unsafe_hash=True)


SEPARATOR: Final = "\n\n"
"""Stands between two blocks in the extracted text and in ``articles.text``."""

Kind = Literal[
    "headline", "dek", "paragraph", "subheading", "list_item", "quote", "table", "code",
    "caption", "credit", "byline", "dateline", "correction", "live_entry", "embed", "furniture",
]  # fmt: skip
"""What a block is. "furniture": text outside the article, not worth a finer name."""

Action = Literal["remove", "move", "relabel", "flag", "keep"]
Stage = Literal["html", "text", "site"]
"""Where a removal was decided: in the page's markup, from its text, or from its site's memory."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which page this is and where its raw bytes are; it travels with the page to the end."""

    url: str  # as requested; a file:// URL for files
    source_id: str  # of config/sources.yaml, or the name of the backfill
    fetched_at: datetime
    media: Literal["html", "text", "other"]
    raw_sha256: str  # hex, of the body after transfer and content decoding
    warc_file: str = ""  # path below the captures folder; "" when the page came from a pipe
    warc_offset: int = -1  # byte offset of the record in that file
    status: int = 0  # HTTP status; 0 for files
    content_type: str = ""  # as received
    signals: tuple[str, ...] = ()  # opt-outs seen in headers, e.g. "x-robots-tag: noai"
    is_cut: bool = False  # whoever archived it kept a beginning only


@dataclass(frozen=True, slots=True)
class Capture:
    """One fetched response or one file, as received."""

    page: Page
    body: bytes
    charset: str = ""  # from the HTTP header only; decoding decides


@numerous(frozen=True, slots=True)
class Block:
    """One run of text that a reader sees as a unit: a paragraph, a heading, a list item ..."""

    index: int
    kind: Kind
    text: str  # one line, except in tables, code and verse
    section: int = 0
    level: int = 0  # of a heading (1 to 6) or of a list item's nesting (1 ...); else 0
    path: str = ""  # where it came from: "article/div.body/p", "json-ld", "line"
    link_share: float = 0.0  # share of its characters inside links, 0 to 1
    time: datetime | None = None  # of a live-blog entry


@numerous(frozen=True, slots=True)
class Verdict:
    """What one rule would do with one block, and on what evidence. Verdicts change nothing."""

    block: int
    action: Action
    rule: str  # the rule's id
    rule_version: int
    cls: str  # the class of the boilerplate catalogue, e.g. "comments.form"
    stage: Stage
    evidence: tuple[str, ...]
    confidence: float  # 0 to 1
    priority: int = 50  # the higher wins; of equal ones, keep before move before remove
    moved_to: str = ""  # "articles.section", "caption.credit" ...; for moves only
    kind: Kind | None = None  # the new kind; for relabels (and moves that also relabel)


@dataclass(frozen=True, slots=True)
class Considered:
    """A rule that might have decided a block, and why it did or did not; for ``explain`` only."""

    block: int
    rule: str
    action: Action
    outcome: Literal["decided", "lost", "refused"]
    why: str
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value found for one metadata field, and where."""

    field: str  # a field of `Metadata`
    value: str  # ISO 8601 for times; names joined by "; "
    found_in: str  # "json-ld", "og:title", "h1", "text" ...
    confidence: float


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the page says of itself: the chosen values, and all candidates they were chosen from."""

    title: str = ""
    authors: tuple[str, ...] = ()
    byline: str = ""
    author_bio: str = ""
    published_at: datetime | None = None  # in the page's own offset where it shows one
    published_precision: Literal["", "year", "month", "day", "minute", "second"] = ""
    published_from: str = ""
    modified_at: datetime | None = None
    section: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    lang: str = ""  # as declared, BCP 47
    canonical_url: str = ""
    site_name: str = ""
    image_url: str = ""
    source_label: str = ""  # "Source: Reuters": whom the page credits for the whole text
    access: Literal["full", "partial"] = "full"
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Extracted:
    """A page as blocks: every block of the page, and what extraction itself decided about some."""

    page: Page
    metadata: Metadata
    blocks: tuple[Block, ...]
    verdicts: tuple[Verdict, ...]
    extractor: str  # which reading was chosen: "judged", "json-ld", "lines" ...
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """One block taken out, with its reason."""

    block: Block
    start_char: int
    end_char: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A page after the cut. kept + moved + removed are its extracted blocks, each exactly once."""

    page: Page
    metadata: Metadata
    kept: tuple[Block, ...]
    moved: tuple[tuple[Block, Verdict], ...]
    removed: tuple[Removal, ...]
    extractor: str
    flags: tuple[str, ...] = ()
    memory: str = ""  # version of the site memory it was cleaned with; "" for none


@dataclass(frozen=True, slots=True)
class Edit:
    """One change inside a kept block: at `offset` of the edited text, `deleted` became `inserted`.

    Undone in reverse order the edits of a block give its extracted text back.
    """

    block: int
    offset: int
    deleted: str
    inserted: str
    rule: str


@dataclass(frozen=True, slots=True)
class Finished:
    """A page as it will be published, but for what needs other pages (versions, duplicates)."""

    page: Page
    metadata: Metadata
    article_id: str
    canonical_url: str
    site: str
    text: str
    n_words: int
    blocks: tuple[Block, ...]  # kept, with edits applied
    moved: tuple[tuple[Block, Verdict], ...]
    removed: tuple[Removal, ...]  # empty where the stage hands them on as columns
    edits: tuple[Edit, ...]
    lang: str
    lang_score: float
    text_sha256: str
    quality: Literal["ok", "suspect", "quarantined"]
    quality_reasons: tuple[str, ...]
    extractor: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that could not be processed; its raw bytes stay where `page` says."""

    page: Page
    stage: str
    slug: str
    message: str


def _field(name: str, kind: pa.DataType, description: str, unit: str = "") -> pa.Field:
    metadata = {"description": description} | ({"unit": unit} if unit else {})
    return pa.field(name, kind, metadata=metadata)


def _table(name: str, description: str, fields: Sequence[pa.Field]) -> pa.Schema:
    return pa.schema(fields, metadata={"name": name, "description": description, "version": "1"})


_STR = pa.string()
_STRS = pa.list_(pa.string())
_I32 = pa.int32()
_I64 = pa.int64()
_F32 = pa.float32()
_TIME = pa.timestamp("us", tz="UTC")

_KEY = [
    _field("article_id", _STR, "first 32 hex digits of sha256 of the canonical URL, or of the "
           "file's content for files"),
    _field("version", _I32, "version of the article's text, from 1", "count"),
]  # fmt: skip

ARTICLES: Final = _table(
    "articles",
    "One row per article version: metadata and clean text.",
    [
        *_KEY,
        _field("url", _STR, "URL as requested, or file URL"),
        _field("canonical_url", _STR, "URL without tracking, as the page or we resolve it"),
        _field("source_id", _STR, "source of config/sources.yaml, or name of the backfill"),
        _field("site", _STR, "registered domain of the canonical URL, or name of the backfill"),
        _field("site_name", _STR, "the site's own name, as the page gives it"),
        _field("fetched_at", _TIME, "when this version was first fetched", "UTC"),
        _field("published_at", _TIME, "when the article says it was published", "UTC"),
        _field("published_precision", _STR, "year, month, day, minute or second; empty if no date"),
        _field("published_from", _STR, "where the publication time was found"),
        _field("modified_at", _TIME, "when the article says it was last changed", "UTC"),
        _field("title", _STR, "headline without the site's name"),
        _field("authors", _STRS, "names, without 'By'"),
        _field("byline", _STR, "the byline as printed"),
        _field("author_bio", _STR, "text of the author box"),
        _field("section", _STR, "section of the site the article stands in"),
        _field("tags", _STRS, "the page's tags or keywords"),
        _field("description", _STR, "the page's own summary"),
        _field("image_url", _STR, "lead image"),
        _field("source_label", _STR, "whom the page credits for the whole text"),
        _field("lang", _STR, "language of the text, ISO 639-1"),
        _field("lang_score", _F32, "certainty of the language", "0 to 1"),
        _field("text", _STR, "clean text: kept blocks, a blank line between two"),
        _field("n_chars", _I32, "length of text", "code points"),
        _field("n_words", _I32, "words of text; a character of a script without spaces is one",
               "count"),
        _field("n_paragraphs", _I32, "kept blocks", "count"),
        _field("n_removed", _I32, "blocks removed from the page", "count"),
        _field("removed_chars", _I32, "length of the removed blocks", "code points"),
        _field("text_sha256", _STR, "sha256 of text, hex"),
        _field("raw_sha256", _STR, "sha256 of the raw body, hex"),
        _field("near_dup_of", _STR, "article_id of the earliest article with nearly this text"),
        _field("dup_score", _F32, "estimated Jaccard similarity to near_dup_of", "0 to 1"),
        _field("change", _STR, "what changed since the version before: typo, update, headline, "
               "correction, retraction, access; empty for version 1"),
        _field("quality", _STR, "ok, suspect or quarantined"),
        _field("quality_reasons", _STRS, "slugs: why not ok"),
        _field("access", _STR, "full, or partial when a paywall holds text back"),
        _field("warc_file", _STR, "capture file below data/captures"),
        _field("warc_offset", _I64, "offset of the record in it", "bytes"),
        _field("extractor", _STR, "which reading of the page was chosen"),
        _field("rules_version", _STR, "hash of the rules used; with + and the hash of the site's "
               "memory, where it was used"),
        _field("run_id", _STR, "run that captured the bytes, or made the attempt"),
    ],
)  # fmt: skip

BLOCKS: Final = _table(
    "blocks",
    "One row per kept or moved block, in page order.",
    [
        *_KEY,
        _field("block_index", _I32, "position among the page's blocks, from 0", "count"),
        _field("kind", _STR, "paragraph, subheading, list_item, quote, caption ..."),
        _field("section_index", _I32, "story or section within the page, from 0", "count"),
        _field("text", _STR, "the block's text, edits applied when kept"),
        _field("moved_to", _STR, "column or block that holds it now; empty for kept blocks"),
        _field("entry_time", _TIME, "time of a live-blog entry", "UTC"),
        _field("path", _STR, "markup it came from: its element and three around it, with stable "
               "classes and ids; json-ld; or line"),
    ],
)  # fmt: skip

REMOVALS: Final = _table(
    "removals",
    "One row per removed block, with the rule that removed it and its evidence.",
    [
        *_KEY,
        _field("block_index", _I32, "position among the page's blocks, from 0", "count"),
        _field("start_char", _I32, "start in the extracted text", "code points"),
        _field("end_char", _I32, "end in the extracted text, exclusive", "code points"),
        _field("text", _STR, "what was removed"),
        _field("rule", _STR, "id of the rule"),
        _field("rule_version", _I32, "version of the rule", "count"),
        _field("class", _STR, "class of boilerplate"),
        _field("stage", _STR, "html, text or site: where it was decided"),
        _field("evidence", _STRS, "what the rule saw"),
        _field("confidence", _F32, "certainty that it is not the article", "0 to 1"),
        _field("run_id", _STR, "run that captured the bytes, or made the attempt"),
    ],
)

EDITS: Final = _table(
    "edits",
    "One row per change inside a kept block; undone last to first they give the extracted text.",
    [
        *_KEY,
        _field("block_index", _I32, "the block", "count"),
        _field("edit_index", _I32, "order in which the edits were made in it, from 0", "count"),
        _field("start_char", _I32, "where in the block's text at that moment", "code points"),
        _field("deleted", _STR, "what stood there"),
        _field("inserted", _STR, "what stands there now"),
        _field("rule", _STR, "why"),
    ],
)

FETCHES: Final = _table(
    "fetches",
    "One row per attempt to fetch a URL or to read a file.",
    [
        _field("url", _STR, "URL as requested, or file URL; without credentials"),
        _field("final_url", _STR, "URL after redirects"),
        _field("source_id", _STR, "source of config/sources.yaml, or name of the backfill"),
        _field("purpose", _STR, "robots, feed, sitemap, page or file"),
        _field("fetched_at", _TIME, "when the attempt began", "UTC"),
        _field("status", _I32, "HTTP status; 0 when there was no response"),
        _field("error", _STR, "slug; empty when a usable response came"),
        _field("message", _STR, "the error for people"),
        _field("bytes", _I64, "body as received on the wire", "bytes"),
        _field("milliseconds", _I32, "from request to last byte", "ms"),
        _field("content_type", _STR, "as received"),
        _field("etag", _STR, "as received"),
        _field("last_modified", _STR, "as received"),
        _field("robots", _STR, "allowed, disallowed or unknown"),
        _field("signals", _STRS, "opt-out signals seen"),
        _field("warc_file", _STR, "capture file below data/captures; empty if nothing came"),
        _field("warc_offset", _I64, "offset of the response record", "bytes"),
        _field("run_id", _STR, "run that captured the bytes, or made the attempt"),
    ],
)

QUARANTINE: Final = _table(
    "quarantine",
    "One row per page that could not be processed; its raw bytes are kept.",
    [
        _field("url", _STR, "URL as requested, or file URL"),
        _field("source_id", _STR, "source of config/sources.yaml, or name of the backfill"),
        _field("fetched_at", _TIME, "when the bytes were fetched", "UTC"),
        _field("stage", _STR, "stage that gave up"),
        _field("slug", _STR, "why, for programs"),
        _field("message", _STR, "why, for people"),
        _field("raw_sha256", _STR, "sha256 of the raw body, hex"),
        _field("warc_file", _STR, "capture file below data/captures"),
        _field("warc_offset", _I64, "offset of the record in it", "bytes"),
        _field("run_id", _STR, "run that captured the bytes, or made the attempt"),
    ],
)

RUNS: Final = _table(
    "runs",
    "One row per run.",
    [
        _field("run_id", _STR, "id of the run; sorts by start"),
        _field("flow", _STR, "daily, backfill or reclean"),
        _field("started_at", _TIME, "start", "UTC"),
        _field("finished_at", _TIME, "end", "UTC"),
        _field("status", _STR, "done, partial or failed"),
        _field("partitions", _STRS, "partitions the run worked on"),
        _field("fetched", _I32, "responses captured", "count"),
        _field("pages", _I32, "pages extracted", "count"),
        _field("articles", _I32, "articles written", "count"),
        _field("kept", _I64, "blocks kept", "count"),
        _field("moved", _I64, "blocks moved to columns", "count"),
        _field("removed", _I64, "blocks removed", "count"),
        _field("quarantined", _I32, "pages quarantined", "count"),
        _field("rules_version", _STR, "hash of the rules used"),
        _field("versions", _STR, "versions of the code and its libraries, JSON"),
    ],
)

SITE_HEALTH: Final = _table(
    "site_health",
    "One row per site and day with pages or attempts, judged by the site's own earlier days.",
    [
        _field("site", _STR, "as in articles"),
        _field("day", pa.date32(), "day of fetched_at, UTC"),
        _field("pages", _I32, "pages processed, the failed ones too", "count"),
        _field("articles", _I32, "articles first seen on the day", "count"),
        _field("empty", _I32, "pages without text or with fewer than 40 words", "count"),
        _field("no_title", _I32, "pages with text, but no headline", "count"),
        _field("no_date", _I32, "pages with text, but no publication time", "count"),
        _field("duplicates", _I32, "article versions that repeat an earlier text", "count"),
        _field("partial", _I32, "pages whose text a paywall holds back", "count"),
        _field("other_lang", _I32, "pages not in the language usual for the site", "count"),
        _field("unfamiliar", _I32, "pages whose text stands in markup new to the site", "count"),
        _field("familiar_share", _F32, "kept text in markup known from the site's earlier days; "
               "null where none is known", "0 to 1"),
        _field("main_path", _STR, "markup that holds most of the kept text, as in blocks.path"),
        _field("median_words", _F32, "median length of the texts; null without texts", "words"),
        _field("removed_share", _F32, "median share of a page's characters removed; null without "
               "texts", "0 to 1"),
        _field("asked", _I32, "attempts to fetch pages", "count"),
        _field("failed", _I32, "attempts to fetch pages that gave none", "count"),
        _field("metric", _STR, "column farthest out of its range; empty before it can be told"),
        _field("value", _F32, "the metric's value, as a share where it is a count of pages"),
        _field("baseline", _F32, "what is usual for the site, in the unit of value"),
        _field("z", _F32, "distance from baseline; 4 is the limit", "standard deviations"),
        _field("status", _STR, "learning, ok, changed, alarm, released or dropped"),
        _field("cause", _STR, "slug: what is probably behind an alarm or a change"),
        _field("since", pa.date32(), "first day of the alarm"),
        _field("held", pa.bool_(), "true: the day's articles of the site are quarantined"),
        _field("evidence", _STRS, "each metric out of range, for people"),
        _field("examples", _STRS, "up to three pages that show it"),
    ],
)  # fmt: skip

TABLES: Final[dict[str, pa.Schema]] = {
    "articles": ARTICLES,
    "blocks": BLOCKS,
    "removals": REMOVALS,
    "edits": EDITS,
    "fetches": FETCHES,
    "quarantine": QUARANTINE,
    "runs": RUNS,
    "site_health": SITE_HEALTH,
}
"""Table name -> contract. Additive only: a column, once published, keeps its type and meaning."""


def columns(schema: pa.Schema, rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return `rows` as a table of exactly `schema`, built column by column.

    Raises:
        KeyError: a row lacks a column.
        pa.ArrowInvalid: a value does not fit its column.
    """
    arrays = [pa.array([row[f.name] for row in rows], type=f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)
