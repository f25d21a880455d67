# ruff: noqa: E501  real lines of text are long
import pytest

from tasks.extract.blocks import Segment, places_of, prose_chars, segment
from tasks.extract.layout import layout_of
from tasks.extract.tree import parse
from tasks.markup import MIN_PROSE_CHARS


def blocks(body: str) -> list[Segment]:
    return segment(parse(f"<html><body>{body}</body></html>"))


def texts(body: str) -> list[str]:
    return [block.text for block in blocks(body)]


def test_text_after_a_comment_is_kept() -> None:
    assert texts("<p>It <!-- note -->rained.</p>tail<!-- x --> end") == ["It rained.", "tail end"]


def test_inline_elements_do_not_cut_and_links_side_by_side_get_a_space() -> None:
    assert texts("<p>A<b>l</b>l of <i>it</i></p><div><a>One</a><a>Two</a></div>") == [
        "All of it",
        "One Two",
    ]


def test_a_time_does_not_run_into_what_stands_beside_it() -> None:
    entry = "<div><time>21:00</time><mark>Ada Quill</mark></div>"
    assert texts(entry) == ["21:00 Ada Quill"]
    assert texts("<p><span>Ada Quill</span><time>21:00</time></p>") == ["Ada Quill 21:00"]
    assert texts("<p>At <time>21:00</time>, it rained (<time>May</time>).</p>") == [
        "At 21:00, it rained (May)."
    ]


def test_line_breaks() -> None:
    long = "It rained all day in the valley and the river rose by a metre."
    assert texts("<p>One<br>two</p>") == ["One two"]
    assert texts("<p>One<br><br>two</p>") == ["One", "two"]
    assert texts(f"<p>{long}<br>{long}</p>") == [long, long]


def test_a_line_break_between_text_and_links_ends_a_paragraph() -> None:
    links = "<a href=/p>Print</a> <a href=/s>Send</a>"
    assert texts(f"<div>May 3 - By Ada Quill<br>{links}</div>") == [
        "May 3 - By Ada Quill",
        "Print Send",
    ]
    assert texts("<p>The <a href=/r>report</a><br>is out</p>") == ["The report is out"]


def test_what_an_object_falls_back_to_is_a_caption() -> None:
    player = "<object data=a.swf><param name=x value=y><p>The storm, filmed from the pier</p>"
    found = blocks(f"<p>It rained.</p>{player}</object> again")
    assert [(b.text, b.kind) for b in found] == [
        ("It rained.", "paragraph"),
        ("The storm, filmed from the pier", "caption"),
        ("again", "paragraph"),
    ]


def test_kinds_levels_and_places() -> None:
    found = blocks(
        "<article class='post x1'><h2>Why</h2><ul><li>one<ul><li>deep</li></ul></li></ul>"
        "<blockquote><p>said</p></blockquote><figure><figcaption>seen</figcaption></figure>"
        "<pre>a\n  b</pre></article>"
    )
    assert [(b.text, b.kind, b.level) for b in found] == [
        ("Why", "subheading", 2),
        ("one", "list_item", 1),
        ("deep", "list_item", 2),
        ("said", "quote", 0),
        ("seen", "caption", 0),
        ("a\n  b", "code", 0),
    ]
    assert found[0].place.signature() == "html/body/article.post/h2"


def test_a_data_row_is_one_block_a_layout_row_is_not() -> None:
    assert texts("<table><tr><td>Rain</td><td>12 mm</td></tr></table>") == ["Rain | 12 mm"]
    prose = "It rained. " * 40
    assert texts(f"<table><tr><td>Menu</td><td>{prose}</td></tr></table>") == [
        "Menu",
        prose.strip(),
    ]


def test_what_is_never_shown_is_no_block() -> None:
    assert texts(
        "<script>x</script><style>y</style><noscript><p>no</p></noscript><template><p>t</p></template><p>yes</p>"
    ) == ["yes"]


def test_link_share_and_hidden() -> None:
    linked, plain, hidden = blocks(
        "<p><a href='/'>all of it</a></p><p>none</p><div style='display: none'><p>not seen</p></div>"
    )
    assert linked.link_share == 1.0
    assert plain.link_share == 0.0
    assert hidden.place.is_hidden


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم بروم",
        "क्‍ष और क्ष",
        "👩‍👩‍👧‍👦 family",
        "नमस्ते दुनिया",
        "東京都で会議が開かれた",
        "שלום עולם",
        "a\u00a0b",
    ],
)
def test_scripts_survive(text: str) -> None:
    assert texts(f"<p>  {text}\n</p>") == [text]


def test_deep_nesting_does_not_overflow() -> None:
    assert texts("<div>" * 3000 + "deep" + "</div>" * 3000) in (["deep"], [])


def test_lengths_are_of_columns_so_that_half_as_many_wide_characters_are_prose() -> None:
    text = "港務局は月曜の朝、古い旋回橋を閉鎖した。橋は来年の春まで、車も自転車も人も通れない。"
    segments = segment(parse(f"<p>{text}</p><p>{text[:20]}</p>"))
    prose = layout_of(segments, places_of(segments)).prose
    assert len(text) < MIN_PROSE_CHARS <= 2 * len(text)
    assert [bool(n) for n in prose] == [bool(prose_chars(one)) for one in segments] == [True, False]
