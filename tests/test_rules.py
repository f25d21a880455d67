import json
import pickle
import time
from pathlib import Path

import pytest

from tasks.errors import ConfigError
from tasks.rules import RuleBook, load_rules, schema

CONFIG = Path(__file__).parents[1] / "config"

GOOD = """\
rules:
  nav.top:
    class: nav.back_to_top
    selectors: [".to-top"]
    phrases: {en: ["Back to top"]}
    drops: ["Back to top"]
    keeps: ["Back to top form"]
    source: "many themes"
"""


def write(config: Path, text: str, name: str = "rules/x.yaml") -> Path:
    path = config / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def complaint(config: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load_rules(config)
    return str(caught.value).replace(f"{config}/", "")


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return load_rules(CONFIG)


def test_a_rule_is_read(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    (rule,) = load_rules(tmp_path).rules
    assert (rule.id, rule.cls, rule.action, rule.zone) == (
        "nav.top", "nav.back_to_top", "remove", "anywhere",
    )  # fmt: skip
    assert rule.scope == {"html", "text"}
    assert rule.languages == {"en"}


def test_more_phrases_come_from_the_file_named_after_the_rule(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, 'de: ["Nach oben"]\n', "phrases/nav.top.yaml")
    ((rule, phrase),) = load_rules(tmp_path).find("nach oben")
    assert (rule.id, phrase.language) == ("nav.top", "de")


def test_a_site_rule_holds_on_its_site_only(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "sites/vell.example.yaml")
    (rule,) = load_rules(tmp_path).rules
    hosts = ["vell.example", "www.vell.example", "notvell.example"]
    assert [rule.is_for(host) for host in hosts] == [True, True, False]


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("selectors:", "selector:", ":4:5: unknown key 'selector'; did you mean 'selectors'?"),
        ("class:", "action: drop\n    class:", ":3:5: rules.nav.top.action: Input should be"),
        ("source:", "# source:", ":2:3: the key 'source' is missing"),
        ("keeps: [", "keeps: [] #", ":7:5: rules.nav.top.keeps: Tuple should have at least 1 item"),
        ('top"]}', 'top", "{}"]}', ":5:35: phrase '{}': a phrase must hold words"),
        ("class:", "action: move\n    class:", "a rule that moves needs moved_to"),
        ("class:", "action: relabel\n    class:", "a rule that relabels needs kind"),
    ],
)
def test_a_complaint_says_where_and_what(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    write(tmp_path, GOOD.replace(old, new))
    found = complaint(tmp_path)
    assert found.startswith("rules/x.yaml:")
    assert wanted in found


def test_a_rule_that_names_nothing_is_refused(tmp_path: Path) -> None:
    lines = GOOD.splitlines(keepends=True)
    write(tmp_path, "".join(lines[:3] + lines[5:]))
    assert "rules/x.yaml:2:3: the rule 'nav.top' needs selectors or phrases" in complaint(tmp_path)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "rules/y.yaml")
    assert "rules/y.yaml:2:3: there is already a rule 'nav.top'" in complaint(tmp_path)


def test_phrases_of_no_rule_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, 'de: ["Nach oben"]\n', "phrases/nav.tap.yaml")
    assert "there is no rule 'nav.tap'; did you mean 'nav.top'?" in complaint(tmp_path)


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    assert "no rules" in complaint(tmp_path)


def test_the_version_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    first = load_rules(tmp_path)
    write(tmp_path, "# a remark\n" + GOOD)
    same = load_rules(tmp_path)
    write(tmp_path, GOOD.replace("Back to top form", "Back to top speed"))
    assert (first.version == same.version, first == same) == (True, True)
    assert load_rules(tmp_path).version != first.version


def test_the_order_is_that_of_priority_then_id(book: RuleBook) -> None:
    keys = [(-rule.priority, rule.id) for rule in book.rules]
    assert keys == sorted(keys)


def test_a_book_survives_a_worker_process(book: RuleBook) -> None:
    copy = pickle.loads(pickle.dumps(book))  # noqa: S301  our own bytes
    assert copy == book
    assert copy.find("Back to top") == book.find("Back to top")


def test_the_schema_for_editors_is_current() -> None:
    """If this fails, write ``json.dumps(schema(), indent=2)`` to config/rules.schema.json."""
    assert json.loads((CONFIG / "rules.schema.json").read_text("utf-8")) == schema()


def test_loading_is_quick_enough_for_a_command(book: RuleBook) -> None:
    del book  # warmed up
    start = time.process_time()
    load_rules(CONFIG)
    assert time.process_time() - start < 2.0  # 0.2 s measured on an idle machine


def test_keep_rules_come_before_all_others(book: RuleBook) -> None:
    lowest = min(rule.priority for rule in book.rules if rule.action == "keep")
    assert lowest > max(rule.priority for rule in book.rules if rule.action != "keep")
