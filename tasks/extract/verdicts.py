"""Why extraction leaves a block out of the article: a verdict with evidence for every such block.

Evidence is what a reader can check on the page: where the block stands, its links, whether
trafilatura returned it where it was asked, how many blocks of the same markup are left out too.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from tasks.extract.blocks import Segment
from tasks.extract.ground import Known, evidence
from tasks.extract.main_content import MainContent
from tasks.extract.prune import Hit, Pruned
from tasks.schema import Kind, Verdict
from tasks.template import CAPTION, FURNITURE, MANY_LINKS, OUTSIDE

SHIFTED: Final = "html.shifted_letters"


def verdicts(
    segments: Sequence[Segment],
    paths: Sequence[str],
    main: MainContent,
    pruned: Pruned,
    shifted: frozenset[int],
    known: Known | None = None,
) -> tuple[Verdict, ...]:
    """Return one verdict for each block that is not the article, in page order.

    `known` is what is known of the site that the page was read with, if it was.
    """
    hits = {hit.block: hit for hit in pruned.hits}
    outside = Counter(path for i, path in enumerate(paths) if i not in main.blocks)
    first, last = min(main.blocks, default=0), max(main.blocks, default=-1)
    found: list[Verdict] = []
    for index, segment in enumerate(segments):
        if index in hits:
            found.append(_selected(hits[index]))
        elif index in shifted:
            found.append(
                _verdict(
                    index,
                    SHIFTED,
                    "paywall.obfuscated",
                    ("unreadable", "readable with every letter moved back"),
                    0.99,
                )
            )
        elif index in main.blocks:
            continue
        elif index in main.captions or (segment.kind == "caption" and first < index < last):
            found.append(_caption(index, segment.kind, is_between=first < index < last))
        else:
            # between the article's blocks is a reader's "inside", where nobody else was asked
            is_inside = first < index < last if main.taken is None else index in main.taken
            rule, cls = (FURNITURE, "page.box") if is_inside else (OUTSIDE, "page.furniture")
            path = paths[index]
            told = evidence(known, path, main.extractor) if known else ()
            why = [f"stands in {path}", *(told or _engine(index, main))]
            if segment.link_share >= MANY_LINKS:
                why.append(f"link share {segment.link_share:.2f}")
            if outside[path] > 1:
                why.append(f"{outside[path]} blocks of this markup left out")
            if segment.place.is_hidden:
                why.append("hidden by its markup")
            found.append(
                _verdict(index, rule, cls, tuple(why), 1 - (0 if told else main.likely[index]))
            )
    return tuple(found)


def _engine(index: int, main: MainContent) -> tuple[str, ...]:
    likely = f"likely {main.likely[index]:.2f}"
    if main.taken is None:
        return (likely,)
    said = "trafilatura returned it" if index in main.taken else "trafilatura left it out"
    return likely, said


def _verdict(block: int, rule: str, cls: str, evidence: tuple[str, ...], sure: float) -> Verdict:
    return Verdict(
        block=block, action="remove", rule=rule, rule_version=1, cls=cls, stage="html",
        evidence=evidence, confidence=round(sure, 3),
    )  # fmt: skip


def _caption(block: int, kind: Kind, *, is_between: bool) -> Verdict:
    is_named = kind == "caption"
    what = "figcaption or caption element" if is_named else "alone with a picture in its box"
    where = "between blocks of the article" if is_between else "reads like the article"
    return Verdict(
        block=block, action="move", rule=CAPTION, rule_version=1, cls="media.caption", stage="html",
        evidence=(what, where), confidence=0.95 if is_named else 0.9,
        moved_to="blocks.caption", kind="caption",
    )  # fmt: skip


def _selected(hit: Hit) -> Verdict:
    rule = hit.rule
    return Verdict(
        block=hit.block, action=rule.action, rule=rule.id, rule_version=rule.version, cls=rule.cls,
        stage="html", evidence=(f"selector {hit.css}",), confidence=rule.confidence,
        priority=rule.priority, moved_to=rule.moved_to, kind=rule.kind,
    )  # fmt: skip
