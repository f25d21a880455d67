"""``cleancopy explain``: every block of a page, what became of it, by which rule, and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from flows.commands.common import Common, note, out, out_json
from flows.commands.pages import STDIN, Entry, entries, read
from flows.commands.records import record
from tasks.clean.memory import site_of
from tasks.clean.page import clean
from tasks.clean.remembered import newest, recall
from tasks.errors import Exit, PageError
from tasks.extract.page import extract
from tasks.normalise.page import normalise
from tasks.rules import RuleBook, load_rules
from tasks.schema import Block, Finished, Verdict
from tasks.store.layout import Layout

STYLES = {"kept": "", "moved": "yellow", "removed": "red"}


def explain(
    *paths: str,
    url: str = "",
    full: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Show every block of a page: kept, moved or removed, and why; and where its metadata is from.

    Args:
        paths: .html, .txt, .jsonl, .warc (each also .gz), folders, or - for standard input.
        url: The address the page came from, if the file does not say.
        full: Print the blocks' whole text, not its beginning.
        common: Where to work and how to print.

    What the data folder remembers of the page's site is used, as it was when last cleaned with.
    """
    rules = load_rules(common.config_folder)
    memory = newest(Layout(common.data_folder))
    failed = False
    for entry in entries(paths or (STDIN,)):
        asked = Entry(entry.id, entry.path, url or entry.url, entry.offset, entry.body)
        try:
            page = explained(asked, rules, memory)
        except PageError as error:
            failed = True
            note(f"cleancopy: {entry.id}: {error}")
            continue
        if common.json:
            out_json({"id": entry.id} | page)
        else:
            show(page, full=full)
    return Exit.PARTIAL if failed else Exit.DONE


def explained(entry: Entry, rules: RuleBook, memory: Path | None = None) -> dict[str, Any]:
    """Return all that is known of how a page was read.

    Raises:
        PageError: the page cannot be processed.
    """
    extracted = extract(read(entry), rules)
    known = recall(memory, site_of(extracted)) if memory else None
    page = normalise(clean(extracted, rules, known), rules.version)
    fates = sorted(_fates(page), key=_index)
    paths = {block.index: block.path for block in extracted.blocks}
    return {
        "metadata": {k: v for k, v in record(page).items() if k != "text"},
        "candidates": [
            {"field": c.field, "value": c.value, "found_in": c.found_in, "confidence": c.confidence}
            for c in page.metadata.candidates
        ],
        "blocks": [fate | {"path": paths[fate["index"]]} for fate in fates],
        "edits": [
            {"block": e.block, "offset": e.offset, "deleted": e.deleted, "inserted": e.inserted,
             "rule": e.rule}
            for e in page.edits
        ],
        "rules_version": page.rules_version,
    }  # fmt: skip


def show(page: dict[str, Any], *, full: bool) -> None:
    """Print an explained page for people: colours on a terminal, plain lines elsewhere."""
    console = Console(soft_wrap=True, highlight=False)
    for name, value in page["metadata"].items():
        if value:
            console.print(Text(f"{name:16} {value}"))
    for found in page["candidates"]:
        where = f"{found['found_in']}, {found['confidence']:g}"
        console.print(Text(f"  candidate for {found['field']}: {found['value']} ({where})", "dim"))
    counts = {fate: sum(b["fate"] == fate for b in page["blocks"]) for fate in STYLES}
    out(
        f"{'blocks':16} {len(page['blocks'])} = "
        + " + ".join(f"{n} {f}" for f, n in counts.items())
    )
    for block in page["blocks"]:
        text = block["text"].replace("\n", " / ")
        shown = text if full or len(text) <= 100 else text[:99] + "…"  # noqa: PLR2004
        line = f"{block['index']:4} {block['fate']:8} {block['kind']:11} {shown}"
        console.print(Text(line, STYLES[block["fate"]]))
        if block["rule"]:
            console.print(Text(f"{'':25} {_reason(block)}", "dim"))
    for edit in page["edits"]:
        what = f"{edit['deleted']!r} -> {edit['inserted']!r} at {edit['offset']}"
        console.print(Text(f"  edit in block {edit['block']}: {what} ({edit['rule']})", "dim"))


def _reason(block: dict[str, Any]) -> str:
    to = f" to {block['moved_to']}" if block["moved_to"] else ""
    evidence = "; ".join(block["evidence"])
    return (
        f"{block['rule']} v{block['rule_version']} [{block['class']}, {block['stage']}, "
        f"{block['confidence']:g}]{to}: {evidence}"
    )


def _fates(page: Finished) -> Iterator[dict[str, Any]]:
    for block in page.blocks:
        yield _fate(block, "kept", None)
    for block, verdict in page.moved:
        yield _fate(block, "moved", verdict)
    for gone in page.removed:
        yield _fate(gone.block, "removed", gone.verdict)


def _fate(block: Block, fate: str, verdict: Verdict | None) -> dict[str, Any]:
    return {
        "index": block.index,
        "fate": fate,
        "kind": block.kind,
        "section": block.section,
        "text": block.text,
        "rule": verdict.rule if verdict else "",
        "rule_version": verdict.rule_version if verdict else 0,
        "class": verdict.cls if verdict else "",
        "stage": verdict.stage if verdict else "",
        "evidence": list(verdict.evidence) if verdict else [],
        "confidence": verdict.confidence if verdict else 0.0,
        "moved_to": verdict.moved_to if verdict else "",
    }


def _index(fate: dict[str, Any]) -> int:
    return int(fate["index"])
