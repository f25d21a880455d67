"""Every rule against its own examples, and every look-alike against the whole book.

A rule's examples are lines, or HTML if they begin with "<". Lines it drops stand on a page where
the rule counts; look-alikes stand between two paragraphs, and no rule may take them.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cssselect import HTMLTranslator
from lxml import html

from tasks.clean.phrases import find
from tasks.clean.propose import propose
from tasks.extract.plain_text import read_text
from tasks.rules import Rule, load_rules
from tasks.schema import Capture, Page, Verdict

RULES = load_rules(Path(__file__).parents[2] / "config")

PROSE = "The harbour office closed the old swing bridge to all traffic on Monday morning."
ARTICLE = [PROSE] * 30


def verdicts(lines: list[str], site: str = "") -> dict[str, Verdict]:
    page = Page(
        f"https://{site or 'example.org'}/a", "test", datetime(2026, 1, 1, tzinfo=UTC), "text", ""
    )
    extracted = read_text(Capture(page, "\n\n".join(lines).encode()), RULES)
    texts = {block.index: block.text for block in extracted.blocks}
    return {texts[verdict.block]: verdict for verdict in propose(extracted, RULES)}


def examples(field: str, *, is_html: bool) -> list[object]:
    return [
        pytest.param(rule, example, id=f"{rule.id}: {example}")
        for rule in RULES.rules
        for example in getattr(rule, field)
        if example.startswith("<") is is_html
    ]


def matches(rule: Rule, source: str) -> list[str]:
    """Return the rule's selectors that hit an element of `source` it is not told to spare."""
    tree = html.document_fromstring(source)
    xpath = HTMLTranslator().css_to_xpath
    spared = {node for css in rule.never for node in tree.xpath(xpath(css))}
    return [css for css in rule.selectors if set(tree.xpath(xpath(css))) - spared]


@pytest.mark.parametrize(("rule", "line"), examples("drops", is_html=False))
def test_rule_knows_its_examples(rule: Rule, line: str) -> None:
    assert rule.id in [known.id for known, _ in find(line, RULES)]


@pytest.mark.parametrize(("rule", "line"), examples("drops", is_html=False))
def test_example_is_decided_where_the_rule_counts(rule: Rule, line: str) -> None:
    if rule.action == "keep":
        found = verdicts([*ARTICLE, line, *ARTICLE], rule.site)
    elif rule.id == "media.credit":
        found = verdicts([*ARTICLE, "The swing bridge at dusk", line, *ARTICLE], rule.site)
    elif rule.id == "section.label":
        found = verdicts([line, "Swing bridge closed until spring", PROSE], rule.site)
    elif rule.zone == "head":
        found = verdicts(["Swing bridge closed until spring", line, PROSE], rule.site)
    else:
        found = verdicts([PROSE, "Back to top", line, "Skip to content"], rule.site)
    taken = ("remove", "move") if rule.action in ("remove", "move") else (rule.action,)
    assert found[line].action in taken


@pytest.mark.parametrize(("rule", "line"), examples("keeps", is_html=False))
def test_no_rule_takes_a_look_alike(rule: Rule, line: str) -> None:
    del rule  # only names the test: a look-alike must be safe from the whole book
    found = verdicts([*ARTICLE, line, *ARTICLE]).get(line)
    assert found is None or found.action in ("keep", "relabel")


@pytest.mark.parametrize(("rule", "source"), examples("drops", is_html=True))
def test_selectors_hit_their_examples(rule: Rule, source: str) -> None:
    assert matches(rule, source)


@pytest.mark.parametrize(("rule", "source"), examples("keeps", is_html=True))
def test_selectors_spare_look_alikes(rule: Rule, source: str) -> None:
    del rule
    assert [other.id for other in RULES.rules if matches(other, source)] == []


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.rules if rule.selectors], ids=lambda r: r.id
)
def test_rule_with_selectors_has_html_examples(rule: Rule) -> None:
    assert any(example.startswith("<") for example in rule.drops)
    assert any(example.startswith("<") for example in rule.keeps)


FORTY = 40


@pytest.mark.parametrize(
    "rules",
    [
        ["comments.form.notice", "comments.form.title"],
        ["nav.back_to_top"],
        ["nav.skip_link"],
        ["share.bar", "share.label"],
        ["related.list", "related.inline"],
        ["newsletter.box", "newsletter.label"],
        ["consent.notice", "consent.label"],
    ],
    ids=lambda rules: rules[0],
)
def test_the_common_classes_speak_forty_languages(rules: list[str]) -> None:
    languages = {language for rule in rules for language in RULES.by_id[rule].languages}
    assert len(languages) >= FORTY
