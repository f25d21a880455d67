"""Why extraction kept a block or left it out, rule by rule; for ``explain`` only.

The thorough reading is made once more, and every selector that names an element around a block is
asked why it took the block or not; then the model, how likely it finds each block.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from tasks.extract.blocks import Segment, segment, signatures
from tasks.extract.decode import decode
from tasks.extract.dek import find_deks
from tasks.extract.garbled import shifted_blocks
from tasks.extract.main_content import MainContent, find_main, read
from tasks.extract.metadata.page import read_metadata
from tasks.extract.prune import MAX_PROSE_SHARE, Pruned, Selector, compiled, prune
from tasks.extract.structured import read_structured, scripts_removed
from tasks.extract.tree import pare, parse
from tasks.rules import RuleBook
from tasks.schema import Capture, Considered

MODEL = "html.main_content"
DEK = "html.dek"
DEK_CONFIDENCE = 0.9


def trace(capture: Capture, rules: RuleBook) -> tuple[Considered, ...]:
    """Return what was considered for each block of an HTML page; nothing for text.

    Raises:
        PageError: the page cannot be read.
    """
    if capture.page.media == "text":
        return ()
    page = capture.page
    tree = parse(decode(capture.body, capture.charset))
    structured = read_structured(tree)
    scripts_removed(tree)
    metadata = read_metadata(tree, structured.nodes, page.url, fetched_at=page.fetched_at)
    segments = segment(tree)
    host = urlsplit(page.url).hostname or ""
    pruned = prune(tree, segments, rules, host)
    found = list(_selected(tree, segments, pruned, rules, host))
    hits = {hit.block for hit in pruned.hits}
    texts = ["" if one.kind == "code" else one.text for one in segments]
    gone = hits | shifted_blocks(texts, signatures(segments))
    reading = read(segments, structured, metadata, gone)
    main = find_main(reading, partial(pare, tree, pruned.elements))
    for index, likely in enumerate(main.likely):
        if index not in hits:
            said = _said(main, index)
            why = f"likely the article {likely:.2f}, from {main.start:.2f} on it is; {said}"
            is_main = index in main.blocks
            found.append(
                Considered(index, MODEL, "keep", "decided" if is_main else "refused", why, likely)
            )
    for index in sorted(find_deks(reading, main.blocks)):
        why = "stands under the headline and is the page's description"
        found.append(Considered(index, DEK, "keep", "decided", why, DEK_CONFIDENCE))
    return tuple(found)


def _said(main: MainContent, index: int) -> str:
    if main.taken is None:
        return "that leaves no doubt about the page, so trafilatura was not asked"
    return "trafilatura returned it" if index in main.taken else "trafilatura left it out"


def _selected(
    tree: HtmlElement,
    segments: Sequence[Segment],
    pruned: Pruned,
    rules: RuleBook,
    host: str,
) -> Iterator[Considered]:
    """Yield every selector that names an element around a block and gave no verdict, and why."""
    taken = {(hit.block, hit.rule.id) for hit in pruned.hits}
    first = {hit.block: hit.rule.id for hit in pruned.hits}
    told: set[tuple[int, str]] = set()
    for selector in compiled(rules):
        rule = selector.rule
        for element in selector.find(tree):
            for index in _inside(element, segments):
                if (index, rule.id) in taken | told:
                    continue
                told.add((index, rule.id))
                why = f"selector {selector.css}: {_refusal(selector, element, pruned, host)}"
                outcome: Literal["decided", "lost", "refused"] = "refused"
                if index in first:
                    outcome, why = "lost", f"selector {selector.css}: {first[index]} took the block"
                elif pruned.relabels.get(index) == rule.kind and rule.action == "relabel":
                    outcome, why = "decided", f"selector {selector.css}: its kind is {rule.kind}"
                yield Considered(index, rule.id, rule.action, outcome, why, rule.confidence)


def _refusal(selector: Selector, element: HtmlElement, pruned: Pruned, host: str) -> str:
    if not selector.rule.is_for(host):
        return f"the rule is for {selector.rule.site} only"
    if any(never(element) for never in selector.never):
        return "the rule spares this element"
    if selector.css in pruned.spared:
        share = f"{MAX_PROSE_SHARE:.0%}"
        return f"guard: the element holds the article's heading or over {share} of the page's prose"
    return "another selector named the element first"


def _inside(element: HtmlElement, segments: Sequence[Segment]) -> Iterator[int]:
    """Yield the blocks that stand in the element."""
    for index, found in enumerate(segments):
        inner = found.place.element
        if inner is element or element in inner.iterancestors():
            yield index
