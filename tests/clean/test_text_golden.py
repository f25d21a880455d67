"""Texts without markup from end to end, against golden files: every line accounted for.

Our own texts are always there; the founders' seed only where ``../shared`` stands beside the
project.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.page import process
from tasks.rules import load_rules
from tasks.schema import SEPARATOR, Capture, Finished, Page

PROJECT = Path(__file__).parents[2]
RULES = load_rules(PROJECT / "config")
TEXTS = sorted((PROJECT / "data" / "samples" / "texts").glob("*.txt"))
SEED = PROJECT.parent / "shared" / "seed" / "000_fe06e7e2c2ed499e.txt"


def finish(path: Path) -> Finished:
    page = Page(path.as_uri(), "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "0" * 64)
    return process(Capture(page, path.read_bytes()), RULES)


def golden_of(path: Path) -> dict[str, Any]:
    own = path.with_suffix(".golden.json")
    found: dict[str, Any] = json.loads(
        (own if own.exists() else path.parent / "golden.json").read_text("utf-8")
    )
    return found


def check_metadata(finished: Finished, golden: dict[str, Any]) -> None:
    metadata, wanted = finished.metadata, golden["metadata"]
    assert metadata.title == (wanted["title"] or "")
    assert metadata.section == (wanted["section"] or "")
    assert list(metadata.authors) == [author["name"] for author in wanted["authors"]]
    assert metadata.author_bio == " ".join(a["bio"] for a in wanted["authors"] if a.get("bio"))


def check_blocks(finished: Finished, golden: dict[str, Any]) -> None:
    """Kinds, sections and texts of the article's blocks; captions are blocks that were moved."""
    captions = [block for block, verdict in finished.moved if verdict.moved_to == "blocks.caption"]
    blocks = sorted([*finished.blocks, *captions], key=lambda block: block.index)
    assert [(b.kind, str(b.section), b.text) for b in blocks] == [
        (b["kind"], b["section"], b["text"]) for b in golden["blocks"]
    ]


def check_sections(finished: Finished, golden: dict[str, Any]) -> None:
    headings = {b.section: b.text for b in finished.blocks if b.kind == "subheading"}
    numbers = sorted({b.section for b in finished.blocks if b.kind != "headline"})
    assert [(str(n), headings.get(n)) for n in numbers] == [
        (section["id"], section["heading"]) for section in golden["sections"]
    ]


def check_gone(finished: Finished, golden: dict[str, Any]) -> None:
    """Removed and moved lines; golden files list both under "removed", moved ones with a place."""
    moved = [
        (block.index, block.text)
        for block, verdict in finished.moved
        if verdict.moved_to != "blocks.caption"
    ]
    removed = [(removal.block.index, removal.block.text) for removal in finished.removed]
    wanted = golden["removed"]
    assert [t for _, t in sorted(moved)] == [line["text"] for line in wanted if line["moved_to"]]
    assert [t for _, t in sorted(removed)] == [
        line["text"] for line in wanted if not line["moved_to"]
    ]


def check(path: Path) -> None:
    finished, golden = finish(path), golden_of(path)
    check_metadata(finished, golden)
    check_gone(finished, golden)
    check_blocks(finished, golden)
    check_sections(finished, golden)
    assert finished.text == golden["text"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_our_own_texts_come_out_as_written_down(path: Path) -> None:
    check(path)


def test_there_are_texts_of_our_own() -> None:
    assert len(TEXTS) >= 3


@pytest.mark.corpus
@pytest.mark.skipif(not SEED.exists(), reason="../shared is not beside the project")
def test_the_seed_comes_out_as_written_down() -> None:
    check(SEED)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_cleaning_the_clean_text_again_removes_nothing(path: Path) -> None:
    finished = finish(path)
    title = finished.metadata.title
    again = process(Capture(finished.page, SEPARATOR.join([title, finished.text]).encode()), RULES)
    assert again.text == finished.text
    assert again.removed == ()
