from hypothesis import given
from hypothesis import strategies as st

from tasks.extract.align import align, words_key

A = "the council met on tuesday to talk about the flood"
B = "nobody had expected the water to rise so fast"


def test_long_lines_anchor_and_short_ones_follow_their_neighbours() -> None:
    blocks = ["politics", A, "read more", B, "politics", "read more"]
    assert align(blocks, [A, "read more", B]) == {1, 2, 3}


def test_a_line_that_spans_two_blocks_and_a_block_cut_short() -> None:
    assert align(["menu", A, B, "footer"], [f"{A} {B}"]) == {1, 2}
    assert align(["menu", f"{A} {B}", "footer"], [A]) == {1}


def test_repeated_short_blocks_are_taken_inside_the_window() -> None:
    blocks = ["live", A, "live", B, "live"]
    assert align(blocks, [A, "live", B]) == {1, 2, 3}


def test_joiners_do_not_matter() -> None:
    assert words_key("می\u200cخواهم") == words_key("میخواهم")


@given(st.lists(st.text("abc ", min_size=1, max_size=40).map(words_key).filter(bool), max_size=12))
def test_every_block_of_a_page_is_found_in_its_own_lines(blocks: list[str]) -> None:
    assert align(blocks, blocks) == set(range(len(blocks)))
