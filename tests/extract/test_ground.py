"""Places that hold nothing of a site's articles: learnt, found on its next page, and doubted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tasks.extract.ground import Known, find, known, told, written
from tasks.extract.page import extract, extract_known
from tasks.extract.tree import parse, set_aside
from tasks.extract.whole import whole
from tasks.rules import load_rules
from tasks.schema import Capture, Extracted, Page
from tasks.settings import PROJECT
from tasks.template import PLACES, TEMPLATE, bounded, is_rechecked

RULES = load_rules(PROJECT / "config")
NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir")
LINES = (
    "{0} Street was closed on Monday after the water of the harbour had risen over its kerbs.",
    "The council of {0} ward, which met in the evening, asked for pumps and for many sandbags.",
    "Nobody who lives in {0} Street was hurt, the harbour master said, and no boat was lost there.",
    "The ferry to {0} Point will sail again on Thursday, if the wind lets it, her captain said.",
)
TIDES = "".join(f"<li><a href='/{n}'>High water at {n} o'clock</a></li>" for n in range(6))
PAGE = """<html><head><title>{name} Street</title></head><body>
<div class="masthead"><ul>{tides}</ul><p class="slogan">News of the harbour since 1871</p></div>
<div class="story"><h1>{name} Street</h1>
<div class="text">{text}</div></div>
<div class="foot"><svg><title>Anchor</title></svg><p>About us</p><p>Contact</p><p>Imprint</p>{foot}
</div></body></html>"""


def capture(name: str, more: str = "", foot: str = "") -> Capture:
    """Return an article of an invented site."""
    text = "".join(f"<p>{line.format(name)}</p>" for line in LINES) + more
    body = PAGE.format(name=name, tides=TIDES, text=text, foot=foot).encode()
    url = next(url for url in _addresses(name) if not is_rechecked(url))
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    page = Page(url, "harbour", moment, media="html", raw_sha256="")
    return Capture(page, body)


def _addresses(name: str) -> Iterator[str]:
    return (f"http://harbour.example/{name}/{n}" for n in range(1000))


def site(*captures: Capture) -> Known:
    """Return what some pages teach of their site."""
    taught = [extract_known(one, RULES, None)[1] for one in captures]
    found = known("harbour.example", bounded([one for one in taught if one is not None]))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def harbour() -> Known:
    return site(*map(capture, NAMES))


def kept(page: Extracted) -> list[str]:
    """Return the article."""
    out = {verdict.block for verdict in page.verdicts}
    return [block.text for block in page.blocks if block.index not in out]


def test_places_without_anything_of_the_article_are_learnt(harbour: Known) -> None:
    assert harbour.barren == {"html/body/div.masthead": 6, "html/body/div.foot": 6}
    assert "html/body" in harbour.around
    assert harbour.metadata_in == "head"
    assert told(written(harbour)) == harbour


def test_such_a_place_is_one_block_with_one_reason(harbour: Known) -> None:
    one = capture("Gorse")
    page, taught = extract_known(one, RULES, harbour)
    assert (page.extractor, taught) == (TEMPLATE, None)
    assert kept(page) == kept(extract(one, RULES))
    first, last = page.blocks[0], page.blocks[-1]
    assert first.text.startswith("High water at 0 o'clock High water at 1 o'clock")
    assert first.text.endswith("News of the harbour since 1871")
    assert (last.text, last.kind, last.link_share) == ("About us Contact Imprint", "furniture", 0)
    assert {verdict.block for verdict in page.verdicts} >= {first.index, last.index}
    assert "place known from 6 of 6 pages" in page.verdicts[-1].evidence


def test_the_judge_looks_at_the_rest_where_the_template_is_not_sure(harbour: Known) -> None:
    new = "A paragraph in markup that no other page of the site has, as long as the others are."
    one = capture("Gorse", more=f"<section class='new'><p>{new}</p></section>")
    page, taught = extract_known(one, RULES, harbour)
    assert (page.extractor, taught) == (PLACES, None)
    assert kept(page) == kept(extract(one, RULES))
    assert page.blocks[-1].text == "About us Contact Imprint"
    (verdict,) = [one for one in page.verdicts if one.block == page.blocks[-1].index]
    assert verdict.confidence == 1
    assert "place known from 6 of 6 pages" in verdict.evidence


def test_a_place_with_more_text_than_the_article_is_looked_into(harbour: Known) -> None:
    long = "".join(f"<p>{line.format('Quay')} {line.format('Pier')}</p>" for line in LINES)
    page, taught = extract_known(capture("Gorse", foot=long), RULES, harbour)
    assert page.extractor not in (TEMPLATE, PLACES)
    assert taught is not None
    assert len(page.blocks) > 15


def test_a_place_that_held_something_once_is_known_no_more() -> None:
    pages = [capture(name) for name in NAMES]
    moved = replace(
        pages[-1], body=pages[-1].body.replace(b'class="text"', b'class="x"').replace(
            b'<div class="story">', b'<div class="foot">'
        )
    )  # fmt: skip
    assert set(site(*pages[:-1], moved).barren) == {"html/body/div.masthead"}


def test_metadata_is_read_from_all_where_it_stands_in_such_places() -> None:
    pages = [
        replace(one, body=one.body.replace(b"Imprint</p>", b"Imprint</p><a rel='tag'>Sea</a>"))
        for one in map(capture, NAMES)
    ]
    found = site(*pages)
    assert found.metadata_in == "page"
    page, _ = extract_known(pages[0], RULES, found)
    assert page.metadata.tags == extract(pages[0], RULES).metadata.tags == ("Sea",)


def test_the_second_half_of_a_page_begins_where_it_did() -> None:
    bio = "Ann Moor has written about harbours and their boats for thirty years."
    pages = [
        replace(
            one,
            body=one.body.replace(
                b"<head>", b"<head><meta name='author' content='Ann Moor'>"
            ).replace(b"</h1>", f"</h1><div class='author'><p>{bio}</p></div>".encode()),
        )
        for one in map(capture, NAMES)
    ]
    page, _ = extract_known(pages[0], RULES, site(*pages))
    assert page.extractor in (TEMPLATE, PLACES)
    assert page.metadata.author_bio == extract(pages[0], RULES).metadata.author_bio == bio


def test_a_place_is_shown_as_it_reads_and_found_where_it_stands(harbour: Known) -> None:
    tree = parse(capture("Gorse").body)
    top, foot = find(tree, harbour)
    assert (top.get("class"), foot.get("class")) == ("masthead", "foot")
    assert whole(foot).text == "About us Contact Imprint"
    assert whole(foot).count == 3
    assert whole(top).link_share == pytest.approx(0.82, abs=0.05)
    before = [element.tag for element in tree.iter()]
    with set_aside([top, foot]):
        assert "Imprint" not in tree.text_content()
    assert [element.tag for element in tree.iter()] == before
    assert "Imprint" in tree.text_content()
