import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.phrasebook import MAX_CHARS, Phrase, PhraseBook, phrase_key, prepare, split


def book(*texts: str) -> PhraseBook:
    return prepare(Phrase(f"rule.{n}", "en", text, split(text)) for n, text in enumerate(texts))


@pytest.mark.parametrize(
    ("phrase", "line"),
    [
        ("Back to top", "↑ BACK TO TOP ↑"),
        ("Read more", "» Read\u00a0more …"),
        ("Share this:", "Share this"),
        ("{n} Comments", "1,204 comments"),
        ("{n} shares", "1.2k shares"),
        ("View all posts by {}", "View all posts by Ada Quill →"),
        ("{} says:", "Ada Quill says:"),
        ("READ ALSO: {*}", "Read also: Storm strands ferry. Again. And again."),
        ("The post {*} appeared first on {*}", "The post Storm appeared first on Vell Gazette."),
        ("{n}:{n} / {n}:{n}", "0:00 / 3:45"),
        ("© {n} {}", "© 2024 Vell Gazette"),
        ("{} (AP) — {*}", "VELL (AP) — The bridge closed."),
    ],
)
def test_a_line_is_its_phrase(phrase: str, line: str) -> None:
    assert [found.text for found in book(phrase).find(line)] == [phrase]


@pytest.mark.parametrize(
    ("phrase", "line"),
    [
        ("Back to top", "Back to top form"),
        ("{n} Comments", "Twelve comments"),
        ("{n} Comments", "12 angry comments"),
        ("{} says:", "He came. Then she says:"),
        ("View all posts by {}", "View all posts by "),
        ("View all posts by {}", "View all posts by " + "x" * 61),
        ("Home", "“Home”"),
        ("Home", "Home?"),
    ],
)
def test_a_look_alike_is_not(phrase: str, line: str) -> None:
    assert book(phrase).find(line) == ()


@pytest.mark.parametrize("text", ["", "{}", " {n} ", "…", "a {}{n} b"])
def test_a_phrase_must_hold_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|placeholders"):
        split(text)


def test_one_line_may_be_the_phrase_of_several_rules() -> None:
    assert [found.rule for found in book("Print", "PRINT").find("print")] == ["rule.0", "rule.1"]


def test_long_lines_are_no_phrases() -> None:
    line = "Read also: " + "x" * MAX_CHARS
    assert book("Read also: {*}").find(line) == ()


@given(st.text(max_size=80))
def test_any_line_can_be_looked_up(line: str) -> None:
    prepared = book("Back to top", "{} says:", "By {}", "{n} comments", "{} via {}")
    assert (
        prepared.find(line) == prepared.find(line.swapcase().swapcase()) or line != line.casefold()
    )


@given(st.text(max_size=80))
def test_the_key_of_a_key_is_the_key(line: str) -> None:
    assert phrase_key(phrase_key(line)) == phrase_key(line)
