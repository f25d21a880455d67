"""What stands alone with a picture is its caption, and what only has a picture near it is not."""

import pytest

from tasks.extract.blocks import segment, signatures
from tasks.extract.captions import find_captions
from tasks.extract.tree import parse

STORY = (
    "The ferry to Gannet Island will sail after dark for the first time in two winters.",
    "Passengers who missed the last boat had to wait until morning, and many complained.",
    "The new timetable starts on Monday; tickets cost the same as those of the boats by day.",
)
CAPTION = "The ferry at her pier on Monday, with the first who will sail at night"
CREDIT = "Photo: Ada Quill"


def captions(inside: str) -> list[str]:
    """Return the captions of an article in which `inside` follows the first paragraph."""
    first, *rest = (f"<p>{text}</p>" for text in STORY)
    tree = parse(f"<html><body><article>{first}{inside}{''.join(rest)}</article></body></html>")
    segments = segment(tree)
    everything = frozenset(range(len(segments)))
    found = find_captions(segments, signatures(segments), everything)
    return [segments[i].text for i in sorted(found)]


@pytest.mark.parametrize(
    "box",
    [
        f"<figure><img src=a><figcaption>{CAPTION}</figcaption></figure>",
        f"<div class=wp><img src=a><p>{CAPTION}</p></div>",
        f"<div class=media><div><picture></picture></div><div><span>{CAPTION}</span></div></div>",
        f"<div class=lead-image><img src=a><p>{CAPTION}</p></div>",
        f"<section><amp-img src=a></amp-img><div class=text>{CAPTION}</div></section>",
    ],
)
def test_a_short_text_alone_with_a_picture_is_its_caption(box: str) -> None:
    assert captions(box) == [CAPTION]


def test_the_credit_under_it_goes_with_it() -> None:
    box = f"<div class=wp><img src=a><p>{CAPTION}</p><p>{CREDIT}</p></div>"
    assert captions(box) == [CAPTION, CREDIT]


@pytest.mark.parametrize(
    "box",
    [
        f"<p><img src=a>{CAPTION}</p>",
        f"<div class=wp><p>{CAPTION}</p></div>",
        f"<div class=wp><img src=a><h3>The boat</h3><p>{CAPTION}</p></div>",
        f"<div class=wp><img src=a><p>{CAPTION}</p><p>{CREDIT}</p><p>{CREDIT}</p></div>",
        f"<div class=wp><img src=a><p>{CAPTION * 5}</p></div>",
        f"<div class=wp><img src=a><p><a href=/b>{CAPTION}</a></p></div>",
        f"<table><tr><td><img src=a><p>{CAPTION}</p></td></tr></table>",
        f"<img src=a><p>{CAPTION}</p>",
        f"<div class=article-intro><img src=a><p>{CAPTION}</p></div>",
    ],
)
def test_other_texts_near_a_picture_are_the_article(box: str) -> None:
    assert captions(box) == []


def test_a_page_of_boxes_in_which_some_paragraphs_have_a_picture_keeps_them() -> None:
    boxes = (
        f"<div class=row><img src=a><p>{CAPTION}</p></div><div class=row><p>{STORY[0]}</p></div>"
    )
    assert captions(boxes) == []
