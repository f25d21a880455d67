"""What rules say of the whole page: paid, made by machines, behind a wall; and its quality."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.clean.page import clean
from tasks.errors import ConfigError
from tasks.extract.plain_text import read_text
from tasks.normalise.page import normalise
from tasks.rules import RuleBook, load_rules
from tasks.schema import Capture, Cleaned, Page

RULES = load_rules(Path(__file__).parents[2] / "config")
PROSE = [
    f"The harbour office closed swing bridge number {n} to all traffic on Monday, it said."
    for n in ("one", "two", "three", "four", "five")
]
RULE = """\
rules:
  developing:
    class: developing
    action: flag
    flag: developing
    zone: tail
    phrases: {en: ["More follows"]}
    drops: ["More follows"]
    keeps: ["More follows from this than he thinks."]
    source: "a test"
"""


def cleaned(rules: RuleBook, *lines: str) -> Cleaned:
    page = Page("https://example.org/a", "t", datetime(2026, 1, 1, tzinfo=UTC), "text", "")
    return clean(read_text(Capture(page, "\n\n".join(lines).encode()), rules), rules)


def book(folder: Path, rule: str) -> RuleBook:
    (folder / "rules").mkdir()
    (folder / "rules" / "one.yaml").write_text(rule, encoding="utf-8")
    return load_rules(folder)


@pytest.mark.parametrize(
    ("line", "flag"),
    [("Advertorial", "sponsored"), ("AI-generated summary", "ai-disclosure")],
)
def test_a_rule_that_takes_a_line_marks_the_page(line: str, flag: str) -> None:
    page = cleaned(RULES, "Swing bridge closed until spring", line, *PROSE)
    assert page.flags == (flag,)
    assert [removal.block.text for removal in page.removed] == [line]
    finished = normalise(page, RULES.version)
    assert (finished.quality, flag in finished.quality_reasons) == ("suspect", True)


def test_words_inside_the_article_mark_nothing() -> None:
    assert cleaned(RULES, *PROSE[:3], "Advertorial", *PROSE[3:]).flags == ()


def test_a_rule_of_action_flag_marks_the_page_and_leaves_the_line(tmp_path: Path) -> None:
    rules = book(tmp_path, RULE)
    page = cleaned(rules, *PROSE, "More follows")
    assert page.flags == ("developing",)
    assert [block.text for block in page.kept] == [*PROSE, "More follows"]
    assert cleaned(rules, *PROSE[:2], "More follows", *PROSE[2:]).flags == ()


def test_a_rule_of_action_flag_says_what_it_flags(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs flag"):
        book(tmp_path, RULE.replace("    flag: developing\n", ""))


def test_a_notice_for_subscribers_in_the_text_makes_access_partial() -> None:
    page = cleaned(RULES, *PROSE, "This content is for subscribers only")
    assert page.metadata.access == "partial"
    assert cleaned(RULES, *PROSE).metadata.access == "full"
