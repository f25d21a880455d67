"""One page from bytes to typed blocks: `extract` is all a caller needs.

The order is fixed by what each step must still see: JSON-LD and metadata read the whole page,
blocks are cut from the whole page, the rule book's selectors take furniture out, and only then the
main content is looked for.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from tasks.errors import PageError
from tasks.extract.blocks import Segment, segment, signatures
from tasks.extract.decode import decode
from tasks.extract.dek import find_deks
from tasks.extract.garbled import shifted_blocks
from tasks.extract.live import mark_entries
from tasks.extract.main_content import MainContent, find_main, read, without, without_captions
from tasks.extract.metadata.page import complete, read_metadata
from tasks.extract.plain_text import read_text
from tasks.extract.prune import prune
from tasks.extract.second_opinion import is_poor, weigh
from tasks.extract.structured import Structured, read_structured, scripts_removed
from tasks.extract.tree import pare, parse
from tasks.extract.verdicts import verdicts
from tasks.rules import RuleBook
from tasks.schema import Block, Capture, Extracted, Kind
from tasks.template import TEMPLATE, Template, apply, is_rechecked


def extract(capture: Capture, rules: RuleBook, known: Template | None = None) -> Extracted:
    """Return the page's blocks in order, and a verdict for each that is not the article.

    Args:
        capture: the page as fetched.
        rules: what is known of all sites.
        known: the template of the page's site; it is used where it is sure.

    Raises:
        PageError: "empty", "encoding", "not-html", "parse", "no-content".
    """
    if capture.page.media == "other":
        raise PageError("not-html", f"content type {capture.page.content_type[:100]}")
    if capture.page.media == "text":
        lines = read_text(capture, rules)
        everything = range(len(lines.blocks))
        return replace(lines, metadata=complete(lines.metadata, lines.blocks, everything))
    return extract_html(capture, rules, known)


def extract_html(capture: Capture, rules: RuleBook, known: Template | None = None) -> Extracted:
    """Return `extract` for a capture known to be HTML."""
    page = capture.page
    tree = parse(decode(capture.body, capture.charset))
    held = list(tree.iter())  # else lxml makes its Python objects anew for every reader
    structured = read_structured(tree)
    scripts_removed(tree)
    metadata = read_metadata(tree, structured.nodes, page.url, fetched_at=page.fetched_at)
    segments = segment(tree)
    if not segments and not structured.paragraphs:
        raise PageError("no-content")
    pruned = prune(tree, segments, rules, urlsplit(page.url).hostname or "")
    paths = signatures(segments)
    shifted = shifted_blocks([_prose(found) for found in segments], paths)
    apart = shifted | {hit.block for hit in pruned.hits}
    keys: Sequence[str] = ()
    more: tuple[Block, ...] = ()
    deks: frozenset[int] = frozenset()
    main = _by_template(known, page.url, segments, paths, apart, structured)
    if main is None:
        known = None
        reading = read(segments, structured, metadata, apart)
        keys = reading.keys
        main = without(find_main(reading, partial(pare, tree, pruned.elements)), apart)
        main, more = weigh(main, reading, structured.paragraphs)
        deks = frozenset() if more else find_deks(reading, main.blocks)
        main = replace(main, blocks=main.blocks | deks)
    main = without_captions(main, segments, paths)
    del held
    if not main.blocks:
        raise PageError("no-content")
    kinds: dict[int, Kind] = {
        **dict.fromkeys(main.captions, "caption"),
        **dict.fromkeys(deks, "dek"),
        **pruned.relabels,
    }
    shown = [
        _block(i, found, paths[i], _kind(kinds.get(i, found.kind), is_main=i in main.blocks))
        for i, found in enumerate(segments)
    ]
    blocks = mark_entries((*shown, *more), keys, main.blocks, structured.live)
    metadata = complete(metadata, blocks, main.blocks)
    return Extracted(
        page=page,
        metadata=replace(metadata, access="partial") if shifted else metadata,
        blocks=blocks,
        verdicts=verdicts(segments, paths, main, pruned, shifted, known),
        extractor=main.extractor,
    )


def _by_template(
    known: Template | None,
    url: str,
    segments: Sequence[Segment],
    paths: Sequence[str],
    apart: frozenset[int],
    structured: Structured,
) -> MainContent | None:
    """Return the article as the site's template knows it; None where the engine has to look."""
    if known is None or structured.live or is_rechecked(url):
        return None
    found = apply(known, segments, paths, apart)
    if found is None or is_poor(segments, found[0], structured.paragraphs):
        return None
    return MainContent(found[0], frozenset(), found[1], TEMPLATE)


def _prose(found: Segment) -> str:
    return "" if found.kind == "code" else found.text


def _block(index: int, found: Segment, path: str, kind: Kind) -> Block:
    return Block(index, kind, found.text, 0, found.level, path, round(found.link_share, 3))


def _kind(kind: Kind, *, is_main: bool) -> Kind:
    return kind if is_main or kind == "caption" else "furniture"
