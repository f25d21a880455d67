from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.clean.apply import apply, verify
from tasks.errors import PageError
from tasks.schema import SEPARATOR, Block, Extracted, Metadata, Page, Verdict

PAGE = Page("https://news.example/a", "test", datetime(2026, 11, 24, tzinfo=UTC), "html", "0" * 64)


def extracted(texts: list[str]) -> Extracted:
    blocks = tuple(Block(i, "paragraph", text) for i, text in enumerate(texts))
    return Extracted(PAGE, Metadata(), blocks, (), "test")


def verdict(block: int, action: str) -> Verdict:
    return Verdict(
        block,
        action,
        "r",
        1,
        "c",
        "text",
        ("e",),
        1.0,
        moved_to="blocks.caption" if action == "move" else "",
    )


@given(
    st.lists(
        st.tuples(st.text(), st.sampled_from(["keep", "move", "remove", "relabel", None])),
        max_size=20,
    )
)
def test_kept_moved_and_removed_are_the_page(given_blocks: list[tuple[str, str | None]]) -> None:
    page = extracted([text for text, _ in given_blocks])
    decisions = {i: verdict(i, action) for i, (_, action) in enumerate(given_blocks) if action}
    cleaned = apply(page, decisions)
    whole = SEPARATOR.join(text for text, _ in given_blocks)
    parts = {b.index: b.text for b in cleaned.kept}
    parts |= {b.index: b.text for b, _ in cleaned.moved}
    parts |= {r.block.index: whole[r.start_char : r.end_char] for r in cleaned.removed}
    assert len(parts) == len(cleaned.kept) + len(cleaned.moved) + len(cleaned.removed)
    assert SEPARATOR.join(parts[i] for i in sorted(parts)) == whole


def test_a_lost_a_doubled_and_a_changed_block_are_found() -> None:
    page = extracted(["a", "b", "c"])
    cleaned = apply(page, {1: verdict(1, "remove")})
    for broken in (
        replace(cleaned, kept=cleaned.kept[:1]),
        replace(cleaned, kept=(cleaned.kept[0], cleaned.kept[0])),
        replace(cleaned, kept=(replace(cleaned.kept[0], text="A"), cleaned.kept[1])),
        replace(cleaned, removed=(replace(cleaned.removed[0], start_char=0, end_char=1),)),
    ):
        with pytest.raises(PageError, match="ledger"):
            verify(page.blocks, broken)


def test_a_relabel_keeps_the_block_under_its_new_kind() -> None:
    quote = replace(verdict(0, "relabel"), kind="quote")
    assert apply(extracted(["a"]), {0: quote}).kept[0].kind == "quote"
