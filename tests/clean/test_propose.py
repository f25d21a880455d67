"""Laws that hold for any text: verdicts change nothing, cleaning twice is cleaning once."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tasks.clean.page import clean
from tasks.clean.propose import propose
from tasks.clean.settle import settle
from tasks.extract.plain_text import read_text
from tasks.rules import load_rules
from tasks.schema import SEPARATOR, Capture, Cleaned, Extracted, Page

RULES = load_rules(Path(__file__).parents[2] / "config")
PAGE = Page("file:///a.txt", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", "")

FURNITURE = [line for rule in RULES.rules for line in rule.drops if not line.startswith("<")]
LOOK_ALIKES = [line for rule in RULES.rules for line in rule.keeps if not line.startswith("<")]
PROSE = [
    "The harbour office closed the old swing bridge to all traffic on Monday morning.",
    "“Nobody told us,” said the ferryman, who had come to see for himself on Tuesday.",
    "Die Brücke bleibt nach Angaben der Gemeinde bis zum Frühjahr gesperrt.",
    "港湾事務所は月曜日、古い旋回橋をすべての車両に対して通行止めにしたと発表した。",
    "⇒ The market will move to the square in front of the old mill from Thursday on;",
]
UPDATED = "This article has been updated."
CORRECTION = "Correction: An earlier version gave the ferry's name as Alma."
NOTE = "Editor’s note: The author sits on the harbour board."
PITCH = "For the latest from the harbour, sign up for our newsletters."
NAMES = ["Ada Quill", "News", "What comes next", "Northern Wire", "By Ada Quill", "12", "…"]

lines = st.lists(
    st.sampled_from(FURNITURE + LOOK_ALIKES + PROSE * 20 + NAMES), min_size=1, max_size=25
)


def read(texts: list[str]) -> Extracted:
    return read_text(Capture(PAGE, "\n\n".join(texts).encode()), RULES)


def has_letters(texts: list[str]) -> bool:
    return any(char.isalnum() for text in texts for char in text)


def is_about_comments(text: str) -> bool:
    return any(rule.cls.startswith("comments.") for rule, _ in RULES.find(text))


def kept_text(cleaned: Cleaned) -> str:
    return SEPARATOR.join(block.text for block in cleaned.kept)


@settings(deadline=None, max_examples=60)
@given(lines.filter(has_letters))
def test_at_most_one_verdict_a_block_and_in_page_order(texts: list[str]) -> None:
    extracted = read(texts)
    numbers = [verdict.block for verdict in propose(extracted, RULES)]
    assert numbers == sorted(set(numbers))
    assert propose(extracted, RULES) == propose(read(texts), RULES)


@settings(deadline=None, max_examples=60)
@given(lines.filter(has_letters))
def test_prose_always_stays(texts: list[str]) -> None:
    assume(not any(is_about_comments(text) for text in texts))  # under them prose is a comment
    cleaned = clean(read(texts), RULES)
    kept = [block.text for block in cleaned.kept]
    assert [text for text in kept if text in PROSE] == [text for text in texts if text in PROSE]


@settings(deadline=None, max_examples=60)
@given(lines.filter(has_letters))
def test_settling_twice_is_settling_once(texts: list[str]) -> None:
    cleaned = clean(read(texts), RULES)
    assert settle(cleaned) == cleaned


@example(PROSE[:1] * 4, ["Leave a Reply", *[UPDATED] * 3, CORRECTION, "Advertisement"])
@example(PROSE[:1] * 3, [PITCH, "関連記事", "Advertisement", NOTE])
@example(PROSE[:1] * 3, ["Imprimir A+ Aumentar letra", "Search for:", "Getty Images"])
@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.sampled_from(PROSE), min_size=3, max_size=12),
    st.lists(st.sampled_from(FURNITURE), max_size=6),
)
def test_cleaning_a_clean_page_again_changes_nothing(prose: list[str], tail: list[str]) -> None:
    once = clean(read(["Bridge closed until spring", *prose, *tail]), RULES)
    twice = clean(read([block.text for block in once.kept]), RULES)
    assert kept_text(twice) == kept_text(once)
