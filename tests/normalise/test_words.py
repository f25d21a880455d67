import pytest

from tasks.normalise.characters import undo
from tasks.normalise.words import has_glued_words, part_words

pytest.importorskip("wordfreq", reason="the optional extra 'words' is not installed")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "between North Korea and Russiathe United States",
            "between North Korea and Russia the United States",
        ),
        ("cited by The Guardianseveral deputies", "cited by The Guardian several deputies"),
    ],
)
def test_glued_words_are_parted(text: str, after: str) -> None:
    found, edits = part_words(text, 0, "en")
    assert found == after
    assert undo(found, edits) == text


@pytest.mark.parametrize(
    "text",
    [
        "Summerour and Goldthwaite met Mr Stromanthe",
        "healthcare screenshare overtourism raincover",
        "see examplethe.com, @Russiathe, #Russiathe or user@Russiathe.org",
        "they loathe bathing beneath the wherewithal",
    ],
)
def test_words_that_are_one_stay_one(text: str) -> None:
    assert part_words(text, 0, "en") == (text, ())


def test_other_languages_are_left_alone() -> None:
    assert part_words("Russiathe Regierung", 0, "de") == ("Russiathe Regierung", ())


def test_glued_words_of_a_page_with_markup_are_flagged() -> None:
    assert has_glued_words("between North Korea and Russiathe United States", "en")
    assert has_glued_words("a man was killedwhile he crossed the road", "en")


@pytest.mark.parametrize(
    "text",
    [
        "England understands that thousands breathe here without a husband or an island",
        "Everand is a brand, healthcare and overtourism are words, see examplethe.com",
    ],
)
def test_words_that_end_like_two_are_not_flagged(text: str) -> None:
    assert not has_glued_words(text, "en")
    assert not has_glued_words("between North Korea and Russiathe United States", "de")
