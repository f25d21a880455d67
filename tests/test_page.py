# ruff: noqa: E501  real lines of text are long
"""One page through all three stages: what comes out, what is said of what does not, and always the same."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.clean.page import clean
from tasks.errors import PageError
from tasks.extract.page import extract
from tasks.normalise.characters import undo
from tasks.normalise.page import normalise
from tasks.page import process
from tasks.rules import load_rules
from tasks.schema import SEPARATOR, Capture, Finished, Page

RULES = load_rules(Path(__file__).parents[1] / "config")
PROSE = (
    "The river rose by a metre during the night, and the fire brigade called in everyone it had.",
    "“We have not seen water like this since the bridge was built,” said the mayor, who had been up all night.",
    "Schools in the lower town will stay closed until Thursday, while the trains run on a single track.",
    "Volunteers filled four thousand sandbags before dawn, and bakers on Market Street gave out free bread.",
)
NAVIGATION = "<nav><ul><li><a href='/a'>Politics</a></li><li><a href='/b'>Sport</a></li></ul></nav>"
RELATED = (
    "<aside class='related'><h3>Related Articles</h3><ul>"
    + "".join(
        f"<li><a href='/{n}'>Another story number {n} from the town</a></li>" for n in range(5)
    )
    + "</ul></aside>"
)


def capture(html: str | bytes) -> Capture:
    body = html.encode() if isinstance(html, str) else html
    page = Page(
        "https://news.example/a",
        "test",
        datetime(2026, 11, 24, tzinfo=UTC),
        "html",
        hashlib.sha256(body).hexdigest(),
    )
    return Capture(page, body)


def page(paragraphs: tuple[str, ...] = PROSE) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        "<html lang='en'><head><title>River rises - News</title></head><body>"
        f"{NAVIGATION}<main><article><h1>River rises by a metre</h1><div class='article-body'>{body}</div>"
        f"</article></main>{RELATED}<footer><p>© 2026 News Ltd. All rights reserved.</p></footer></body></html>"
    )


def ledger_holds(html: str | bytes) -> Finished:
    extracted = extract(capture(html), RULES)
    done = normalise(clean(extracted, RULES), RULES.version)
    texts = {block.index: block.text for block, _ in done.moved}
    texts |= {removal.block.index: removal.block.text for removal in done.removed}
    for block in done.blocks:
        edits = [edit for edit in done.edits if edit.block == block.index]
        texts[block.index] = undo(block.text, edits)
    whole = SEPARATOR.join(block.text for block in extracted.blocks)
    assert SEPARATOR.join(texts[i] for i in sorted(texts)) == whole
    assert len(texts) == len(done.blocks) + len(done.moved) + len(done.removed)
    for removal in done.removed:
        assert whole[removal.start_char : removal.end_char] == removal.block.text
        assert removal.verdict.evidence
    return done


def test_the_article_comes_out_and_nothing_else() -> None:
    done = ledger_holds(page())
    assert done.text == SEPARATOR.join(PROSE)
    assert done.metadata.title == "River rises by a metre"
    assert (done.lang, done.quality) == ("en", "ok")


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم بگویم که رودخانه بالا آمد و همه بیدار شدند، شهردار گفت.",
        "👩‍👩‍👧‍👦 families left their homes 🏳️‍🌈 in the night, the mayor said, and went to the school.",
        "नदी रात में एक मीटर बढ़ गई, और क्‍षेत्र के लोग जाग गए, महापौर ने कहा।",
        "川は夜の間に一メートル上昇し、消防隊は全員を招集したと市長は述べた。",
    ],
)
def test_unicode_survives(text: str) -> None:
    assert text in ledger_holds(page((*PROSE, text, PROSE[0][:-1] + " again."))).text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["p", "div", "li", "h2", "td", "blockquote", "figcaption", "pre", "span", "aside"]
            ),
            st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60),
        ),
        max_size=12,
    )
)
def test_the_ledger_holds_on_any_page(parts: list[tuple[str, str]]) -> None:
    noise = "".join(f"<{tag} class='x{tag}'>{text}</{tag}>" for tag, text in parts)
    ledger_holds(page().replace("</article>", f"{noise}</article>"))


def test_the_same_bytes_give_the_same_page_in_any_order() -> None:
    first, other = page(), page(PROSE[::-1])
    once = process(capture(first), RULES)
    process(capture(other), RULES)
    assert process(capture(first), RULES) == once


def test_cleaning_the_published_text_again_changes_nothing() -> None:
    done = process(capture(page()), RULES)
    assert process(capture(page(tuple(done.text.split(SEPARATOR)))), RULES).text == done.text


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"", "empty"),
        (b"\x89PNG\x00\x00\x00\x00", "not-html"),
        (b"<html><body></body></html>", "no-content"),
    ],
)
def test_what_is_no_article_gets_a_slug(body: bytes, slug: str) -> None:
    with pytest.raises(PageError) as error:
        process(capture(body), RULES)
    assert error.value.slug == slug


def test_a_page_filled_in_by_scripts_is_read_from_its_structured_data() -> None:
    body = "\\n\\n".join(PROSE * 2)
    done = ledger_holds(
        "<html><head><title>River</title><script type='application/ld+json'>"
        f'{{"@type": "NewsArticle", "headline": "River", "articleBody": "{body}"}}'
        "</script></head><body><div id='app'><p>Loading …</p></div></body></html>"
    )
    assert done.extractor == "json-ld"
    assert done.text.startswith(SEPARATOR.join(PROSE))
    assert [removal.block.text for removal in done.removed][:1] == ["Loading …"]
