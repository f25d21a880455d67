"""``cleancopy explain``: every block of a page, what became of it, by which rule, and why."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from flows.commands.common import Common, note, out, out_json
from flows.commands.explained import as_card, as_record, explained
from flows.commands.pages import STDIN, Entry, entries
from tasks.clean.remembered import newest
from tasks.errors import ConfigError, Exit, PageError
from tasks.extract.trace import MODEL
from tasks.review.card import Card
from tasks.review.html import encoded
from tasks.review.sheet import sheet
from tasks.rules import load_rules
from tasks.store.atomic import write_bytes
from tasks.store.layout import Layout
from tasks.store.snapshot import reading, snapshot_folder

STYLES: Final = {"kept": "", "moved": "yellow", "removed": "red"}

_POSITION: Final = re.compile(r"(.+\.warc(?:\.gz)?)[:@](\d+)")
_ARTICLE: Final = re.compile(r"[0-9a-f]{32}")


def explain(
    *pages: str,
    url: str = "",
    html: Path | None = None,
    full: Annotated[bool, Parameter(negative="")] = False,
    common: Common = Common(),  # noqa: B008  frozen
) -> int:
    """Show every block of a page: kept, moved or removed, and why; and where its metadata is from.

    Every rule that knew a block is named: the one that decided it, those that lost, and those that
    a zone or a guard refused. What the data folder remembers of the page's site is used, as it was
    when last cleaned with.

    Args:
        pages: Ids or URLs of articles of the dataset; records of WARC files (FILE.warc.gz:OFFSET);
            .html, .txt, .jsonl, .warc (each also .gz), folders, or - for standard input.
        url: The address the page came from, if the file does not say.
        html: Write it to this file, as a page like those of `cleancopy review`.
        full: Print the blocks' whole text, and all that was considered, the model's opinion too.
        common: Where to work and how to print.
    """
    rules = load_rules(common.config_folder)
    layout = Layout(common.data_folder)
    memory = newest(layout)
    failed = False
    cards: list[Card] = []
    for entry in _entries(pages or (STDIN,), layout):
        asked = Entry(entry.id, entry.path, url or entry.url, entry.offset, entry.body)
        try:
            found = explained(asked, rules, memory)
        except PageError as error:
            failed = True
            note(f"cleancopy: {entry.id}: {error}")
            continue
        if html is not None:
            cards.append(as_card(found))
        elif common.json:
            out_json({"id": entry.id} | as_record(found))
        else:
            show(as_record(found), full=full)
    if html is not None and cards:
        _write(cards, html, rules.version)
    return Exit.PARTIAL if failed else Exit.DONE


def _entries(given: Sequence[str], layout: Layout) -> Iterator[Entry]:
    """Yield the pages that are meant: of files, of records, of the dataset.

    Raises:
        ConfigError: there is no such file, record or article.
    """
    for one in given:
        if one == STDIN or Path(one).exists():
            yield from entries([one])
        elif position := _POSITION.fullmatch(one):
            yield _record(position[1], int(position[2]), layout)
        elif _ARTICLE.fullmatch(one) or one.startswith(("http://", "https://")):
            yield _article(one, layout)
        else:
            msg = (
                f"{one}: there is no such file or folder, and it is no article's id (32 hex "
                "digits), no URL and no record of a WARC file (FILE.warc.gz:OFFSET)"
            )
            raise ConfigError(msg)


def _record(name: str, offset: int, layout: Layout) -> Entry:
    """Return the record; a file that is not there may be one of the captures."""
    for path in (Path(name), layout.data / "captures" / name):
        if path.is_file():
            return Entry(f"{name}:{offset}", str(path), "", offset)
    raise ConfigError(f"{name}: there is no such file, here or in {layout.data / 'captures'}")


def _article(wanted: str, layout: Layout) -> Entry:
    """Return the record that the article's newest version was made of."""
    from tasks.review.read import where  # noqa: PLC0415  pyarrow's datasets import pandas

    with reading(snapshot_folder(layout)) as folder:
        found = where(folder, wanted)
    if found is None:
        msg = (
            f"{wanted}: the dataset has no such article; `cleancopy backfill --url` fetches a page"
        )
        raise ConfigError(msg)
    article, file, offset = found
    path = layout.data / "captures" / file
    if not path.is_file():
        raise ConfigError(f"{wanted}: its capture file {path} is gone")
    return Entry(article, str(path), "", offset)


def _write(cards: Sequence[Card], path: Path, rules_version: str) -> None:
    title = cards[0].title if len(cards) == 1 else f"{len(cards)} pages"
    about = f"Every block and every rule that was considered; rules {rules_version}."
    write_bytes(encoded(sheet(cards, title or "Explained", about)), path.absolute())
    note(f"cleancopy: {len(cards)} pages explained in {path}")


def show(page: dict[str, Any], *, full: bool) -> None:
    """Print an explained page for people: colours on a terminal, plain lines elsewhere."""
    console = Console(soft_wrap=True, highlight=False)
    for name, value in page["metadata"].items():
        if value:
            console.print(Text(f"{name:16} {value}"))
    for found in page["candidates"]:
        place = f"{found['found_in']}, {found['confidence']:g}"
        console.print(Text(f"  candidate for {found['field']}: {found['value']} ({place})", "dim"))
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
        for one in block["considered"]:
            if full or (one["outcome"] != "decided" and one["rule"] != MODEL):
                told = f"{one['outcome']} {one['rule']} ({one['action']}): {one['why']}"
                console.print(Text(f"{'':27} {told}", "dim"))
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
