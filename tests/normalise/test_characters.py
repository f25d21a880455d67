# ruff: noqa: E501  real lines of text are long
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.normalise.characters import normalise_block, undo

KINDS = st.sampled_from(["paragraph", "list_item", "table", "code", "quote"])
TROUBLE = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(
            "\u00a0\u00ad\u200b\u200c\u200d\u200e\u202e\u2028\u3000\ufeff\ufb01\n\t&;amp •-*e\u0301가각"
        ),
    )
)


@given(TROUBLE, KINDS)
def test_every_edit_can_be_undone(text: str, kind: str) -> None:
    after, edits = normalise_block(text, kind, 3)
    assert undo(after, edits) == text
    assert all(edit.block == 3 for edit in edits)


@given(TROUBLE, KINDS)
def test_normalising_twice_changes_nothing(text: str, kind: str) -> None:
    once, _ = normalise_block(text, kind, 0)
    again, edits = normalise_block(once, kind, 0)
    assert (again, edits) == (once, ())


@given(TROUBLE)
def test_published_text_is_composed(text: str) -> None:
    after, _ = normalise_block(text, "paragraph", 0)
    assert unicodedata.is_normalized("NFC", after)


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم به خانه بروم",  # ZWNJ
        "क्‍ष",  # ZWJ
        "👩‍👩‍👧‍👦 und 🏳️‍🌈",
        "“It rained,” she said – ‘all day’ …",
        "שלום \u200fעולם\u200e!",
        "ភាសាខ្មែរ\u200bដ៏ល្អ",  # zero-width space parts Khmer words
        "東京　大阪",
        "St.Petersburg and U.S.Army, node.Js or www.News.com",
    ],
)
def test_what_must_survive(text: str) -> None:
    assert normalise_block(text, "paragraph", 0) == (text, ())


@pytest.mark.parametrize(
    ("text", "kind", "after", "rule"),
    [
        ("It\u00a0rained", "paragraph", "It rained", "text.space"),
        ("Rock &amp; roll", "paragraph", "Rock & roll", "text.entity"),
        ("co\u00adoperate", "paragraph", "cooperate", "text.soft_hyphen"),
        ("a\u200bb", "paragraph", "ab", "text.zero_width"),
        ("abc\u202edef", "paragraph", "abcdef", "text.bidi_control"),
        ("ofﬁce", "paragraph", "office", "text.ligature"),
        ("cafe\u0301", "paragraph", "café", "text.nfc"),
        ("one\n  two", "paragraph", "one two", "text.line_break"),
        (
            "It was raining.Then it stopped.",
            "paragraph",
            "It was raining. Then it stopped.",
            "text.sentence_border",
        ),
        ("• first", "list_item", "first", "text.list_marker"),
        ("abc\u200edef", "paragraph", "abcdef", "text.direction_mark"),
        ("\x07bell", "paragraph", "bell", "text.control"),
    ],
)
def test_what_is_put_right(text: str, kind: str, after: str, rule: str) -> None:
    found, edits = normalise_block(text, kind, 0)
    assert found == after
    assert [edit.rule for edit in edits] == [rule]


def test_code_keeps_its_lines_and_spaces() -> None:
    assert normalise_block("if x:\n    y", "code", 0) == ("if x:\n    y", ())


def test_an_edit_that_does_not_fit_is_refused() -> None:
    _, edits = normalise_block("It\u00a0rained", "paragraph", 0)
    with pytest.raises(ValueError, match=r"text\.space"):
        undo("something else", edits)
