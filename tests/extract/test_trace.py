"""Why extraction kept a block or left it out."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.extract.page import extract
from tasks.extract.trace import MODEL, trace
from tasks.rules import load_rules
from tasks.schema import Capture, Considered, Page

RULES = load_rules(Path(__file__).parents[2] / "config")
PAGE = Page("https://quay-post.example/a", "t", datetime(2026, 11, 24, tzinfo=UTC), "html", "")
PROSE = (
    "<p>The harbour office closed the old swing bridge to all traffic on Monday, after {} had "
    "found cracks in the second pier and told the council about them on the same evening.</p>"
)
ARTICLE = "<h1>Swing bridge closed</h1>" + "".join(
    map(PROSE.format, ("a diver", "two clerks", "he"))
)
HTML = """<html><head><title>Swing bridge closed</title></head><body><main><article>{}</article>
<div id='respond'><p>Leave a reply</p></div>{}</main></body></html>"""


def considered(more: str = "", article: str = ARTICLE) -> tuple[list[str], list[Considered]]:
    capture = Capture(PAGE, HTML.format(article, more).encode())
    blocks = extract(capture, RULES).blocks
    return [block.text for block in blocks], list(trace(capture, RULES))


def test_the_model_speaks_of_every_block_that_no_selector_took() -> None:
    texts, found = considered()
    told = {one.block: one for one in found if one.rule == MODEL}
    assert set(told) == {i for i, text in enumerate(texts) if text != "Leave a reply"}
    diver = next(i for i, text in enumerate(texts) if "a diver" in text)
    assert told[diver].outcome == "decided"
    assert "likely the article" in told[diver].why


def test_a_selector_that_a_guard_refused_is_named() -> None:
    texts, found = considered(article=f"<div class='sharedaddy'>{ARTICLE}</div>")
    refused = {one.rule: one for one in found if one.outcome == "refused" and one.rule != MODEL}
    assert refused
    assert all("guard: the element holds" in one.why for one in refused.values())
    assert texts


@pytest.mark.parametrize("site", ["gazeta-do-vale.example"])
def test_a_selector_of_another_site_is_named(site: str) -> None:
    more = "<table><tr><td class='menu'>Agenda cultural do vale</td></tr></table>"
    _, found = considered(more)
    (one,) = [one for one in found if one.rule == "gazeta.menu"]
    assert one.why.endswith(f"the rule is for {site} only")


def test_text_has_no_markup_to_ask() -> None:
    page = Page("file:///a.txt", "t", PAGE.fetched_at, "text", "")
    assert trace(Capture(page, b"Hello."), RULES) == ()
