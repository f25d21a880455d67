"""Labels become a change of rule files: a diff that keeps comments, and rules that then hold."""

import shutil
from pathlib import Path

import pytest

from tasks.clean.propose import propose as propose_verdicts
from tasks.errors import ConfigError
from tasks.extract.plain_text import read_text
from tasks.review.examples import propose
from tasks.review.labels import Label, read_labels
from tasks.rules import load_rules
from tasks.schema import Capture, Page
from tests.synthetic import NOON

RULES = """\
# Navigation, by hand.
rules:
  nav.top:  # the link at the bottom
    class: nav.top
    phrases:
      en: ["Back to top"]  # as WordPress says it
    drops: ["Back to top"]
    keeps: ["They clawed their way back to the top."]
    source: "seen everywhere"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    for name in ("rules", "sites", "phrases"):
        (folder / name).mkdir(parents=True)
    (folder / "rules" / "navigation.yaml").write_text(RULES, encoding="utf-8")
    return folder


def label(text: str, fate: str, given: str, **more: object) -> Label:
    values = {
        "article_id": "a" * 32, "block_index": sum(text.encode()) % 9999,
        "site": "quay-post.example", "lang": "en", "beside": "The ferry sailed at noon.", **more,
    }  # fmt: skip
    return Label.model_validate({"text": text, "fate": fate, "label": given, **values})


def written(config: Path, labels: list[Label]) -> str:
    proposal = propose(labels, load_rules(config), config)
    for path, (_, after) in proposal.files.items():
        path.write_text(after, encoding="utf-8")
    return proposal.diff(config)


def test_a_wrong_removal_becomes_a_look_alike_and_comments_stay(config: Path) -> None:
    diff = written(config, [label("BACK TO TOP", "removed", "reject", rule="nav.top")])
    assert diff.splitlines()[:2] == [
        "--- a/config/rules/navigation.yaml",
        "+++ b/config/rules/navigation.yaml",
    ]
    changed = [
        line for line in diff.splitlines() if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]
    assert changed == [
        '-    keeps: ["They clawed their way back to the top."]',
        '+    keeps: ["They clawed their way back to the top.", "BACK TO TOP"]',
    ]
    after = (config / "rules" / "navigation.yaml").read_text(encoding="utf-8")
    assert "# the link at the bottom" in after
    assert "# as WordPress says it" in after


def test_a_right_removal_becomes_an_example_if_the_rule_knows_its_words(config: Path) -> None:
    labels = [
        label("» Back to top", "removed", "accept", rule="nav.top"),
        label("Third of three links", "removed", "accept", rule="nav.top"),
    ]
    proposal = propose(labels, load_rules(config), config)
    assert proposal.added == 1
    assert '+    drops: ["Back to top", "» Back to top"]' in proposal.diff(config)
    assert len(proposal.notes) == 1
    assert "Third of three links" in proposal.notes[0]


def test_the_same_labels_again_change_nothing(config: Path) -> None:
    labels = [
        label("BACK TO TOP", "removed", "reject", rule="nav.top"),
        label("Gift this story", "kept", "reject"),
    ]
    assert written(config, labels)
    assert written(config, labels) == ""


def test_lines_no_rule_knows_go_to_the_site_and_work_there(config: Path) -> None:
    house = "Sincerely, the night desk"
    labels = [
        label("Gift this story: a 'free' one", "kept", "reject"),
        label(house, "removed", "reject", rule="site.repeated", stage="site"),
    ]
    diff = written(config, labels)
    assert "--- /dev/null" in diff
    rules = load_rules(config)
    page = Page("https://www.quay-post.example/a", "t", NOON, "text", "")
    lines = ["The ferry sailed at noon.", "Gift this story: a 'free' one", house]
    extracted = read_text(Capture(page, "\n\n".join(lines).encode()), rules)
    found = {extracted.blocks[v.block].text: v.action for v in propose_verdicts(extracted, rules)}
    assert found["Gift this story: a 'free' one"] == "remove"
    assert found[house] == "keep"
    elsewhere = Page("https://other.example/a", "t", NOON, "text", "")
    extracted = read_text(Capture(elsewhere, "\n\n".join(lines).encode()), rules)
    assert not [v for v in propose_verdicts(extracted, rules) if v.rule.startswith("reviewed.")]


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("x" * 400, {}),
        ("A number: {n} comments", {}),
        ("two\nlines", {}),
        ("Gift this", {"site": "../../etc/passwd"}),
        ("Gift this", {"beside": ""}),
        ("…", {}),
    ],
)
def test_what_a_rule_file_cannot_say_is_said(config: Path, text: str, more: dict[str, str]) -> None:
    proposal = propose([label(text, "kept", "reject", **more)], load_rules(config), config)
    assert proposal.files == {}
    assert len(proposal.notes) == 1


def test_hostile_lines_stay_lines(config: Path) -> None:
    nasty = 'a"], evil: [1] # \u202e\u0000 - !!python/object: {x: 1}\t\u2028\ufeff'
    written(config, [label(nasty, "kept", "reject")])
    rules = load_rules(config)
    (rule,) = [rule for rule in rules.rules if rule.id.startswith("reviewed.")]
    assert rule.drops == (nasty,)


def test_the_last_label_of_a_block_counts_and_bad_files_are_named(tmp_path: Path) -> None:
    one, two, bad = (tmp_path / name for name in ("1.json", "2.json", "3.json"))
    for path, given in ((one, "accept"), (two, "reject")):
        made = label("Back to top", "removed", given, block_index=3).model_dump_json()
        path.write_text(f'{{"format": "cleancopy-labels", "version": 1, "labels": [{made}]}}')
    assert [found.label for found in read_labels([one, two])] == ["reject"]
    bad.write_text('{"format": "something else", "version": 1, "labels": []}')
    with pytest.raises(ConfigError, match=r"3\.json: is no file of labels"):
        read_labels([bad])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_labels([tmp_path / "none.json"])


def test_the_projects_own_rule_files_change_in_one_line_only(tmp_path: Path) -> None:
    project = Path(__file__).parents[2] / "config"
    for name in ("rules", "sites", "phrases"):
        shutil.copytree(project / name, tmp_path / "config" / name)
    config = tmp_path / "config"
    labels = [label("Back to top", "removed", "reject", rule="nav.back_to_top")]
    diff = propose(labels, load_rules(config), config).diff(config)
    assert sum(line.startswith("+ ") for line in diff.splitlines()) == 1
    assert sum(line.startswith("- ") for line in diff.splitlines()) == 1
