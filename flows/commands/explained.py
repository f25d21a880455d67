"""All that is known of how one page was read: as a record for programs, as a card for people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.commands.pages import Entry, read
from flows.commands.records import record
from tasks.clean.memory import site_of
from tasks.clean.page import clean
from tasks.clean.remembered import recall
from tasks.clean.trace import by_block
from tasks.clean.trace import trace as trace_cleaning
from tasks.extract.page import extract
from tasks.extract.trace import trace as trace_extraction
from tasks.normalise.page import normalise
from tasks.review.card import Card, Fact, Fate, Reason, Row
from tasks.rules import RuleBook
from tasks.schema import Block, Considered, Extracted, Finished, Verdict


@dataclass(frozen=True, slots=True)
class Explained:
    """A page, and every rule that was considered for each of its blocks."""

    page: Finished
    extracted: Extracted
    considered: Mapping[int, Sequence[Considered]]


def explained(entry: Entry, rules: RuleBook, memory: Path | None = None) -> Explained:
    """Read a page as the pipeline does, and ask every rule why it decided or not.

    Raises:
        PageError: the page cannot be processed.
    """
    capture = read(entry)
    extracted = extract(capture, rules)
    known = recall(memory, site_of(extracted)) if memory else None
    page = normalise(clean(extracted, rules, known), rules.version)
    found = [*trace_cleaning(extracted, rules, known), *trace_extraction(capture, rules)]
    return Explained(page, extracted, by_block(found))


def as_record(found: Explained) -> dict[str, Any]:
    """Return it as one JSON object."""
    page = found.page
    return {
        "metadata": {k: v for k, v in record(page).items() if k != "text"},
        "candidates": [
            {"field": c.field, "value": c.value, "found_in": c.found_in, "confidence": c.confidence}
            for c in page.metadata.candidates
        ],
        "blocks": [_block(row) for row in as_card(found).rows],
        "edits": [
            {"block": e.block, "offset": e.offset, "deleted": e.deleted, "inserted": e.inserted,
             "rule": e.rule}
            for e in page.edits
        ],
        "rules_version": page.rules_version,
    }  # fmt: skip


def as_card(found: Explained) -> Card:
    """Return it as a card of a review page."""
    page = found.page
    told = {k: v for k, v in record(page).items() if k not in ("text", "article_id", "url")}
    return Card(
        article_id=page.article_id,
        version=0,
        url=page.canonical_url or page.page.url,
        site=page.site,
        title=page.metadata.title,
        lang=page.lang,
        rows=tuple(sorted(_rows(found), key=lambda row: row.index)),
        facts=tuple(Fact(name, _said(value)) for name, value in told.items() if value),
        candidates=tuple(
            Fact(c.field, c.value, c.found_in, c.confidence) for c in page.metadata.candidates
        ),
        is_explained=True,
    )


def _rows(found: Explained) -> Iterator[Row]:
    page = found.page
    for block in page.blocks:
        yield _row(found, block, "kept", None)
    for block, verdict in page.moved:
        yield _row(found, block, "moved", verdict)
    for gone in page.removed:
        yield _row(found, gone.block, "removed", gone.verdict)


def _row(found: Explained, block: Block, fate: Fate, verdict: Verdict | None) -> Row:
    before = found.extracted.blocks[block.index]
    return Row(
        index=block.index,
        fate=fate,
        kind=block.kind,
        text=block.text,
        before=before.text,
        section=block.section,
        moved_to=verdict.moved_to if verdict else "",
        reason=_reason(verdict) if verdict else None,
        edits=tuple(edit.rule for edit in found.page.edits if edit.block == block.index),
        considered=tuple(found.considered.get(block.index, ())),
        path=before.path,
    )


def _reason(verdict: Verdict) -> Reason:
    return Reason(
        rule=verdict.rule,
        version=verdict.rule_version,
        cls=verdict.cls,
        stage=verdict.stage,
        confidence=verdict.confidence,
        evidence=verdict.evidence,
    )


def _block(row: Row) -> dict[str, Any]:
    reason = row.reason
    return {
        "index": row.index,
        "fate": row.fate,
        "kind": row.kind,
        "section": row.section,
        "text": row.text,
        "rule": reason.rule if reason else "",
        "rule_version": reason.version if reason else 0,
        "class": reason.cls if reason else "",
        "stage": reason.stage if reason else "",
        "evidence": list(reason.evidence) if reason else [],
        "confidence": reason.confidence if reason else 0.0,
        "moved_to": row.moved_to,
        "path": row.path,
        "considered": [
            {"rule": one.rule, "action": one.action, "outcome": one.outcome, "why": one.why,
             "confidence": one.confidence}
            for one in row.considered
        ],
    }  # fmt: skip


def _said(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
