"""Pages that are cut, broken, hostile or strange: the metadata is poorer, never an error."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import PageError
from tasks.extract.metadata.page import read_metadata
from tasks.extract.structured import read_structured, scripts_removed
from tasks.extract.tree import parse
from tasks.schema import Metadata

PAGE = """<html lang="en"><head><title>Rain floods harbour | Courier</title>
<meta property="og:title" content="Rain floods harbour"><meta name="author" content="Jane Roe">
<meta property="article:published_time" content="2026-05-03T10:00:00Z">
<link rel="canonical" href="/rain"><script type="application/ld+json">{"@type":"NewsArticle",
"headline":"Rain floods harbour","author":[{"name":"Jane Roe"}],
"datePublished":"2026-05-03T10:00:00Z",
"image":{"url":"a.jpg"},"keywords":"rain, harbour"}</script></head><body><article>
<h1>Rain floods harbour</h1>
<p class="byline">By Jane Roe</p><time datetime="2026-05-03T10:00">3 May 2026</time>
<p>It rained.</p></article>
<div class="comments"><p class="author">Otto</p></div></body></html>"""

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["@type", "@id", "@graph", "name", "url", "author", "headline", "datePublished",
             "image",
             "keywords", "publisher", "articleSection", "itemListElement", "isAccessibleForFree",
             "mainEntityOfPage", "@value", "@list"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=20,
)  # fmt: skip


def _read(html: str, url: str = "https://courier.example/rain") -> Metadata | None:
    try:
        tree = parse(html)
    except PageError:
        return None
    structured = read_structured(tree)
    scripts_removed(tree)
    return read_metadata(tree, structured.nodes, url)


@pytest.mark.parametrize("cut", range(0, len(PAGE), 37))
def test_a_page_cut_anywhere(cut: int) -> None:
    metadata = _read(PAGE[:cut])
    assert metadata is None or metadata.title in ("", "Rain floods harbour") or cut < 80


@pytest.mark.parametrize("seed", range(40))
def test_a_page_with_characters_exchanged(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  which characters is all it decides
    characters = list(PAGE)
    for _ in range(60):
        characters[chance.randrange(len(characters))] = chance.choice(
            "\x00<>\"'{}[]\\&;\ufffd\u202e "
        )
    metadata = _read("".join(characters))
    assert metadata is None or len(metadata.title) <= 400


@pytest.mark.parametrize(
    "html",
    [
        "<h1>" * 300 + "Rain",
        "<div class='author'>" * 200 + "By Jane Roe",
        f"<h1 class='{'a' * 200_000}'>Rain</h1>",
        f"<meta name='author' content='{'Jane Roe, ' * 20_000}'>",
        f"<meta name='author' content='{' and ' * 20_000}'>",
        f"<title>{' | ' * 20_000}</title><p>x</p>",
        f"<p class='date'>{'1.1.' * 20_000}</p>",
        f"<h1>Rain</h1><p>{'<b>x</b> ' * 5_000}</p>",
        "<h1>Rain</h1>" + "<time datetime='x'>x</time>" * 5_000,
        "<svg><title>icon</title></svg><p>Rain</p>",
    ],
    ids=["deep", "nested", "class", "names", "ands", "joints", "digits", "inline", "times", "svg"],
)
def test_large_and_hostile_pages_stay_cheap(html: str) -> None:
    metadata = _read(html)
    assert metadata is not None
    assert len(metadata.candidates) < 500


@settings(max_examples=60, deadline=None)
@given(st.lists(JSON_VALUES, max_size=4))
def test_any_json_ld_is_survived(nodes: list[Any]) -> None:
    tree = parse("<h1>Rain</h1><p>x</p>")
    objects = [node for node in nodes if isinstance(node, dict)]
    metadata = read_metadata(tree, objects, "https://courier.example/rain")
    assert isinstance(metadata.title, str)


@pytest.mark.parametrize(
    "url", ["", "file:///a.html", "http://[bad", "//x", "https://ä.example/ü", "a"]
)
def test_any_address_is_survived(url: str) -> None:
    metadata = _read(PAGE, url)
    assert metadata is not None
    assert metadata.title == "Rain floods harbour"


def test_the_tree_is_not_changed() -> None:
    from lxml import etree  # noqa: PLC0415  only to compare the bytes

    tree = parse(PAGE)
    before = etree.tostring(tree)
    read_metadata(tree, (), "https://courier.example/rain")
    read_metadata(parse("<p>no date here</p>"), (), "")
    assert etree.tostring(tree) == before
