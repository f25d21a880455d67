import textwrap
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import PageError
from tasks.extract.plain_text import read_blocks, read_text
from tasks.phrasebook import PhraseBook
from tasks.rules import RuleBook
from tasks.schema import Capture, Page

NO_RULES = RuleBook((), "", "", {}, PhraseBook())
PAGE = Page("file:///a.txt", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "")

PARAGRAPH = (
    "The harbour office closed the old swing bridge to all traffic on Monday, after a diver had "
    "found two cracks in the pier that carries its southern end. It will stay closed until spring "
    "at the earliest, and the ferry runs twice an hour and takes cars again from Thursday on."
)
WRAPPED = "\n\n".join([textwrap.fill(PARAGRAPH, 66)] * 3) + "\n"


def texts(text: str) -> list[str]:
    return [block.text for block in read_blocks(text)]


def kinds(text: str) -> list[str]:
    return [block.kind for block in read_blocks(text)]


@pytest.mark.parametrize("glue", ["\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\n \n", "\u2029"])
def test_one_line_is_one_block_whatever_ends_it(glue: str) -> None:
    assert texts(glue.join(["Rain", "It rained.", "It stopped."])) == [
        "Rain",
        "It rained.",
        "It stopped.",
    ]


def test_hard_wrapped_paragraphs_are_joined() -> None:
    found = texts(WRAPPED)
    assert found == [PARAGRAPH] * 3


def test_short_lines_are_not_taken_for_wrapped_ones() -> None:
    poem = "\n".join(
        ["The tide comes in", "and out it goes", "nobody knows", "what it has seen"] * 3
    )
    assert len(texts(poem)) == 12


def test_a_wrapped_list_keeps_its_items() -> None:
    found = texts(WRAPPED + "\n- one item that goes on\n- another item\n")
    assert found[-2:] == ["- one item that goes on", "- another item"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("⇒ Boats\n⇒ Bridges", ["list_item", "list_item"]),
        ("• Boats", ["list_item"]),
        ("1. Boats\n2. Bridges", ["list_item", "list_item"]),
        ("- Boats\n- Bridges", ["list_item", "list_item"]),
        ("– The boats are late;\n– the bridge is shut.", ["list_item", "list_item"]),
        ("– The boats are late, she said.\n– They always are.", ["paragraph", "paragraph"]),
        ("1984. It was a cold year.", ["paragraph"]),
        ("- A dash alone", ["paragraph"]),
        ("*", []),
        ("* * *\nRain", ["paragraph"]),
    ],
)
def test_list_items(text: str, wanted: list[str]) -> None:
    assert kinds(text) == wanted


@pytest.mark.parametrize(
    ("body", "slug"),
    [(b"", "empty"), (b" \n\t", "empty"), (b"---\n***", "empty"), (b"\0" * 99, "not-html")],
)
def test_what_holds_no_text_is_refused(body: bytes, slug: str) -> None:
    with pytest.raises(PageError) as caught:
        read_text(Capture(PAGE, body), NO_RULES)
    assert caught.value.slug == slug


def test_other_charsets_are_read() -> None:
    body = "Kälte über Zürich. Die Brücke bleibt bis zum Frühjahr gesperrt.".encode("cp1252")
    (block,) = read_text(Capture(PAGE, body, "windows-1252"), NO_RULES).blocks
    assert block.text.startswith("Kälte über Zürich")


@given(st.text(max_size=400))
def test_no_letter_is_lost(text: str) -> None:
    read = "".join(texts(text))
    assert [c for c in read if c.isalnum()] == [c for c in text if c.isalnum()]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_blocks_are_numbered_in_order(lines: list[str]) -> None:
    blocks = list(read_blocks("\n".join(lines)))
    assert [block.index for block in blocks] == list(range(len(blocks)))
