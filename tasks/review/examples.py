"""Labels as examples of rules: a proposed change of rule files, shown before it is made.

A line that must be kept becomes a look-alike (``keeps``) of the rule that took it: from then on
``make test`` fails until the rule is mended, which is the point. A line rightly dropped becomes an
example (``drops``) of its rule, if the rule knows it by its words. What no rule of a file knows
goes to the site's own file, ``config/sites/<site>.yaml``: lines to keep as a keep rule, lines to
drop as a rule of phrases. Comments and layout of the files stay.
"""

import difflib
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from tasks.errors import ConfigError
from tasks.phrasebook import MAX_CHARS, split
from tasks.review.labels import Label
from tasks.rules import RuleBook
from tasks.yamlfile import load

MAX_EXAMPLES: Final = 50
"""Of one kind that one import adds to one rule."""

_SITE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


@dataclass(frozen=True, slots=True)
class Example:
    """One line that a rule must or must not take."""

    path: Path
    rule: str
    field: str  # "keeps", "drops"; "phrases" for lines of a site's own rule
    text: str
    lang: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would change, and what cannot be said in a rule file."""

    files: dict[Path, tuple[str, str]]  # path: text before and after
    notes: tuple[str, ...]
    added: int

    def diff(self, root: Path) -> str:
        """Return the change as a unified diff, with paths relative to `root`'s parent."""
        lines: list[str] = []
        for path, (before, after) in sorted(self.files.items()):
            name = path.relative_to(root.parent).as_posix()
            lines += difflib.unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"a/{name}" if before else "/dev/null",
                f"b/{name}",
                n=2,
            )
        return "".join(lines)


def propose(labels: Sequence[Label], rules: RuleBook, config: Path) -> Proposal:
    """Return the change of the rule files below `config` that the labels ask for.

    Raises:
        ConfigError: a rule file cannot be read.
    """
    places = dict(_places(config))
    wanted: dict[Path, list[Example]] = defaultdict(list)
    notes: list[str] = []
    for label in labels:
        found = _example(label, rules, places, config)
        if isinstance(found, Example):
            wanted[found.path].append(found)
        elif found:
            notes.append(f"{_short(label.text)}: {found}")
    files: dict[Path, tuple[str, str]] = {}
    added = 0
    for path, examples in wanted.items():
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        after, count = _with(before, examples, path)
        if count:
            files[path] = before, after
            added += count
    return Proposal(files, tuple(notes), added)


def _example(label: Label, rules: RuleBook, places: dict[str, Path], config: Path) -> Example | str:
    """Return what the label adds to which rule; else why it adds nothing, "" if it need not."""
    is_words = label.rule in places and any(
        rule.id == label.rule for rule, _ in rules.find(label.text)
    )
    if label.must == "keep" and label.fate != "kept" and is_words:
        return Example(places[label.rule], label.rule, "keeps", label.text)
    if label.must == "drop" and label.fate != "kept":
        if is_words:
            return Example(places[label.rule], label.rule, "drops", label.text)
        return f"{label.rule or 'its rule'} goes by place or markup, not by words: no example"
    if label.must == "keep" and label.fate == "kept":
        return ""
    if label.stage == "html":
        return f"{label.rule} left it out with its markup: a phrase cannot bring it back"
    return _of_site(label, config)


def _of_site(label: Label, config: Path) -> Example | str:
    """Return the line as a phrase of its site's own rule."""
    if not _SITE.fullmatch(label.site) or len(label.site) > 200:  # noqa: PLR2004  names of files
        return f"the site {label.site!r} cannot have a rule file"
    if len(label.text) > MAX_CHARS or "\n" in label.text:
        return f"a phrase has one line and at most {MAX_CHARS} characters"
    try:
        if len(split(label.text)) > 1:
            return "it holds a placeholder of phrases"
    except ValueError as error:
        return str(error)
    rule = f"reviewed.{'keep' if label.must == 'keep' else 'drop'}.{label.site}"
    path = config / "sites" / f"{label.site}.yaml"
    if label.must == "drop" and not label.beside:
        return "no line of its page is kept, so there is no look-alike to guard"
    return Example(path, rule, "phrases", label.text, label.lang or "und", label.beside)


def _places(config: Path) -> Iterator[tuple[str, Path]]:
    """Yield each rule's id and the file it stands in."""
    for folder in ("rules", "sites"):
        for path in sorted((config / folder).glob("*.yaml")):
            data, _ = load(path)
            for name in (data.get("rules") or {}) if isinstance(data, dict) else {}:
                yield name, path


def _with(text: str, examples: Sequence[Example], path: Path) -> tuple[str, int]:
    """Return a rule file with the examples it has not yet, and how many they are."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        data = yaml.load(text) if text.strip() else CommentedMap()
    except YAMLError as error:
        raise ConfigError(f"{path}: cannot be changed: {error}") from error
    if not data:
        data = CommentedMap()
        data["rules"] = CommentedMap()
        data.yaml_set_start_comment(f"Rules for {path.stem} only.")
    given: Counter[tuple[str, str]] = Counter()
    for example in examples:
        place = (example.rule, example.field)
        if given[place] < MAX_EXAMPLES and _add(data["rules"], example):
            given[place] += 1
    written = io.StringIO()
    yaml.dump(data, written)
    return written.getvalue(), given.total()


def _add(rules: CommentedMap, example: Example) -> bool:
    """Add one example to its rule, which is made if need be; tell whether it was new."""
    if example.field != "phrases":
        return _append(rules[example.rule], example.field, example.text)
    if example.rule not in rules:
        rules[example.rule] = _new_rule(example)
    rule = rules[example.rule]
    phrases = rule.setdefault("phrases", CommentedMap())
    is_new = _append(phrases, example.lang, example.text)
    _append(rule, "drops", example.text)
    if example.beside:
        _append(rule, "keeps", example.beside)
    return is_new


def _append(parent: Any, field: str, text: str) -> bool:  # noqa: ANN401  ruamel's mapping
    lines = parent.get(field)
    if lines is None:
        lines = parent[field] = _flow()
    if text in lines:
        return False
    lines.append(DoubleQuotedScalarString(text))
    return True


def _new_rule(example: Example) -> CommentedMap:
    is_keep = example.rule.startswith("reviewed.keep.")
    rule = CommentedMap()
    rule["class"] = "keep" if is_keep else "page.furniture"
    rule["action"] = "keep" if is_keep else "remove"
    if is_keep:
        rule["priority"] = 90
    rule["phrases"] = CommentedMap()
    rule["drops"] = _flow()
    rule["keeps"] = _flow(example.beside or example.text)
    rule["source"] = "labels of a review"
    return rule


def _flow(*texts: str) -> CommentedSeq:
    lines = CommentedSeq(map(DoubleQuotedScalarString, texts))
    lines.fa.set_flow_style()
    return lines


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:59] + "…"  # noqa: PLR2004
