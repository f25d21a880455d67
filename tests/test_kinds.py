"""What a block is, from bytes to the published page: standfirst, dateline, correction, quote ..."""

from datetime import UTC, datetime
from pathlib import Path

from tasks.page import process
from tasks.rules import load_rules
from tasks.schema import Capture, Page

RULES = load_rules(Path(__file__).parents[1] / "config")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PROSE = (
    "The harbour office closed the old swing bridge to all traffic on Monday morning, and said "
    "that clerk number {} would write down every boat that asked for it to be opened again."
)
DEK = "The office gives no date, and the ferrymen of Vell see their chance to earn a little."
DATELINE = "VELL (AP) — The swing bridge closed on Monday, and nobody knows for how long."
CORRECTION = "Correction: An earlier version of this article gave the ferry's name as Alma."
QUOTE = (
    "We have waited for eleven years, and we can wait for another winter, said the harbourmaster."
)
HTML = f"""<html lang="en"><head><title>Swing bridge closed</title></head><body><article>
<h1>Swing bridge closed</h1><h2 class="entry-sub-title">{DEK}</h2>
<p>{DATELINE}</p><p>{PROSE.format("one")}</p><p>{PROSE.format("two")}</p>
<h2>What the ferrymen say</h2><blockquote><p>{QUOTE}</p></blockquote>
<ul><li>{PROSE.format("three")}</li><li>{PROSE.format("four")}</li></ul>
<p>{PROSE.format("five")}</p><p>{CORRECTION}</p></article></body></html>"""


def kinds(media: str, body: str) -> dict[str, str]:
    page = Page("https://vell-gazette.example/a", "t", NOON, media, "0" * 64)  # type: ignore[arg-type]
    return {block.text: block.kind for block in process(Capture(page, body.encode()), RULES).blocks}


def test_kinds_of_a_page_with_markup() -> None:
    found = kinds("html", HTML)
    assert found[DEK] == "dek"
    assert found[DATELINE] == "dateline"
    assert found[CORRECTION] == "correction"
    assert found[QUOTE] == "quote"
    assert found["What the ferrymen say"] == "subheading"
    assert found[PROSE.format("three")] == "list_item"
    assert found[PROSE.format("five")] == "paragraph"


def test_kinds_of_text_without_markup() -> None:
    lines = ["Swing bridge closed until spring", DATELINE, PROSE.format("one"), PROSE.format("two")]
    lines += ["What the ferrymen say", f"• {PROSE.format('three')}", f"• {PROSE.format('four')}"]
    found = kinds("text", "\n\n".join([*lines, PROSE.format("five"), CORRECTION]))
    assert found[lines[0]] == "headline"
    assert found[DATELINE] == "dateline"
    assert found["What the ferrymen say"] == "subheading"
    assert found[PROSE.format("three")] == "list_item"
    assert found[CORRECTION] == "correction"
