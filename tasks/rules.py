"""The rule book: what a rule is, and how ``config/rules/*.yaml`` is read and checked.

A rule names boilerplate by a CMS's exact selector or by a phrase that is a whole line. It is data:
selectors serve extraction (`tasks.extract`), phrases, zones and anchors serve cleaning
(`tasks.clean`). Nothing here looks at a page.

Files: ``rules/<family>.yaml`` holds rules, ``sites/<domain>.yaml`` rules for one site only,
``phrases/<rule id>.yaml`` more phrases of one rule (language: list), for rules in many languages.
Adding a rule touches one file.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from tasks.errors import ConfigError
from tasks.phrasebook import Phrase, PhraseBook, prepare, split
from tasks.schema import Action, Kind
from tasks.yamlfile import Locate, did_you_mean, load, validate

Zone = Literal["anywhere", "head", "tail", "edge", "run"]
"""Where a phrase counts: anywhere; before the first or after the last sentence of the article
(edge: either); run: only beside another line that is taken out."""

Takes = Literal["", "short_lines", "to_end"]
"""What a heading takes with it: nothing, the short lines under it, or everything to the end."""

_OF_WORDS: Final = frozenset(
    ("phrases", "languages", "zone", "takes", "drops", "keeps", "source", "flag")
)
"""What a rule says that is nothing to extraction, which knows rules by their selectors only."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as written in its file."""

    id: str  # "comments.form.wordpress"
    version: int
    cls: str  # class of the catalogue: "comments.form"
    action: Action
    scope: frozenset[str]  # of "html", "text"
    languages: frozenset[str]  # of its phrases; empty: all
    selectors: tuple[str, ...]  # CSS; HTML only
    never: tuple[str, ...]  # CSS: elements that this rule's selectors must not take
    phrases: tuple[Phrase, ...]  # whole lines; placeholders: see tasks.phrasebook
    zone: Zone
    takes: Takes
    moved_to: str
    kind: Kind | None
    priority: int
    confidence: float
    drops: tuple[str, ...]
    keeps: tuple[str, ...]
    source: str
    site: str = ""  # registered domain the rule is for; "": every site
    flag: str = ""  # reason that the page gets when the rule's verdict holds

    @property
    def knows_markup(self) -> bool:
        """Whether extraction looks for the rule's selectors on a page."""
        return "html" in self.scope and self.action in ("remove", "move", "relabel")

    def is_for(self, host: str) -> bool:
        """Return whether the rule holds on pages of `host`."""
        return not self.site or host == self.site or host.endswith(f".{self.site}")


@dataclass(frozen=True, slots=True, eq=False)
class RuleBook:
    """All rules, of higher priority first, then by id. Books of one version are equal."""

    rules: tuple[Rule, ...]
    version: str  # 12 hex digits of sha256 of the canonical content
    markup_version: str  # the same of what extraction uses: selectors, and what they do
    by_id: Mapping[str, Rule] = field(repr=False)
    phrases: PhraseBook = field(repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleBook) and other.version == self.version

    def __hash__(self) -> int:
        return hash(self.version)

    def find(self, line: str) -> tuple[tuple[Rule, Phrase], ...]:
        """Return every rule one of whose phrases the line is, rules of higher priority first."""
        phrases = self.phrases.find(line)
        if not phrases:
            return ()
        found = {phrase.rule: phrase for phrase in reversed(phrases)}
        pairs = [(self.by_id[rule], phrase) for rule, phrase in found.items()]
        return tuple(sorted(pairs, key=lambda pair: (-pair[0].priority, pair[0].id)))


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RuleEntry(_Strict):
    """One rule of a file, under its id."""

    cls: str = Field(alias="class", description="class of the boilerplate catalogue")
    action: Action = Field("remove", description="what becomes of the block")
    version: int = Field(1, ge=1, description="raised when the rule's meaning changes")
    scope: tuple[Literal["html", "text"], ...] = Field(
        (), description="default: html if it has selectors, text if it has phrases"
    )
    selectors: tuple[str, ...] = Field((), description="exact CSS of a CMS or theme")
    never: tuple[str, ...] = Field((), description="CSS of elements the selectors must not take")
    phrases: dict[str, tuple[str, ...]] = Field({}, description="language: whole lines")
    zone: Zone = Field("anywhere", description="where on the page the phrases count")
    takes: Takes = Field("", description="what a heading takes with it")
    moved_to: str = Field("", description="column or block that gets the text; for moves")
    kind: Kind | None = Field(None, description="new kind of the block")
    flag: str = Field(
        "",
        pattern=r"^[a-z]*(-[a-z]+)*$",
        description="reason that the page gets in quality_reasons when the rule's verdict holds",
    )
    priority: int = Field(50, ge=0, le=100, description="the higher wins")
    confidence: float = Field(0.95, ge=0, le=1, description="certainty that it is no article text")
    drops: tuple[str, ...] = Field(min_length=1, description="lines or HTML it must match")
    keeps: tuple[str, ...] = Field(min_length=1, description="look-alikes no rule may match")
    source: str = Field(min_length=3, description="where it was seen")

    @model_validator(mode="after")
    def _consistent(self) -> "RuleEntry":
        if self.action == "move" and not self.moved_to:
            raise ValueError("a rule that moves needs moved_to")
        if self.action == "relabel" and self.kind is None:
            raise ValueError("a rule that relabels needs kind")
        if self.action == "flag" and (not self.flag or self.selectors):
            raise ValueError("a rule of action flag needs flag, and phrases rather than selectors")
        if self.never and not self.selectors:
            raise ValueError("never needs selectors")
        return self


class RuleFile(_Strict):
    """A file of ``config/rules`` or ``config/sites``."""

    rules: dict[str, RuleEntry] = Field(description="id: rule")


class PhraseFile(RootModel[dict[str, tuple[str, ...]]]):
    """A file of ``config/phrases``: language: whole lines."""


def load_rules(config: Path) -> RuleBook:
    """Return the rule book of the folder `config`.

    Raises:
        ConfigError: a file cannot be used, or there are no rules; names file, line and column.
    """
    more = {path.stem: path for path in sorted((config / "phrases").glob("*.yaml"))}
    rules: dict[str, Rule] = {}
    for path in sorted((config / "rules").glob("*.yaml")):
        _add(rules, _read(path, "", more))
    for path in sorted((config / "sites").glob("*.yaml")):
        _add(rules, _read(path, path.stem, more))
    if not rules:
        raise ConfigError(f"{config / 'rules'}: no rules; a rule file is rules/<family>.yaml")
    for stem, path in more.items():
        if stem not in rules:
            raise ConfigError(f"{path}: there is no rule {stem!r}{did_you_mean(stem, rules)}")
    return _book(rules.values())


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule file, for editors."""
    return RuleFile.model_json_schema(by_alias=True)


def _add(rules: dict[str, Rule], found: Iterator[tuple[Rule, str]]) -> None:
    """Put the rules of one file into `rules`; `found` also says where each stands."""
    for rule, where in found:
        if rule.id in rules:
            raise ConfigError(f"{where}: there is already a rule {rule.id!r}")
        rules[rule.id] = rule


def _read(path: Path, site: str, more: Mapping[str, Path]) -> Iterator[tuple[Rule, str]]:
    """Yield the rules of one file and where each stands."""
    data, locate = load(path)
    for name, entry in validate(data, RuleFile, locate).rules.items():
        phrases = list(_phrases(name, entry.phrases, locate, ("rules", name, "phrases")))
        if name in more:
            given, locate_more = load(more[name])
            languages = validate(given, PhraseFile, locate_more).root
            phrases += _phrases(name, languages, locate_more, ())
        where = str(locate(("rules", name)))
        if not phrases and not entry.selectors:
            raise ConfigError(f"{where}: the rule {name!r} needs selectors or phrases")
        yield _rule(name, entry, tuple(phrases), site), where


def _phrases(
    name: str, languages: Mapping[str, Sequence[str]], locate: Locate, loc: tuple[str, ...]
) -> Iterator[Phrase]:
    for language, texts in languages.items():
        for number, text in enumerate(texts):
            try:
                parts = split(text)
            except ValueError as error:
                where = locate((*loc, language, number))
                raise ConfigError(f"{where}: phrase {text!r}: {error}") from None
            yield Phrase(name, language, text, parts)


def _rule(name: str, entry: RuleEntry, phrases: tuple[Phrase, ...], site: str) -> Rule:
    scope = entry.scope or (
        *(("html",) if entry.selectors else ()),
        *(("text",) if phrases else ()),
    )
    return Rule(
        id=name,
        version=entry.version,
        cls=entry.cls,
        action=entry.action,
        scope=frozenset(scope),
        languages=frozenset(phrase.language for phrase in phrases),
        selectors=entry.selectors,
        never=entry.never,
        phrases=phrases,
        zone=entry.zone,
        takes=entry.takes,
        moved_to=entry.moved_to,
        kind=entry.kind,
        priority=entry.priority,
        confidence=entry.confidence,
        drops=entry.drops,
        keeps=entry.keeps,
        source=entry.source,
        site=site,
        flag=entry.flag,
    )


def _canonical(rule: Rule) -> dict[str, Any]:
    """Return all a rule says, in one order, for the version of the book."""
    values = {one.name: getattr(rule, one.name) for one in fields(rule)}
    values["phrases"] = [(phrase.language, phrase.text) for phrase in rule.phrases]
    return {name: sorted(v) if isinstance(v, frozenset) else v for name, v in values.items()}


def _of_markup(rule: Rule) -> dict[str, Any]:
    """Return what a rule says of markup: its words and examples may change without it."""
    return {name: v for name, v in _canonical(rule).items() if name not in _OF_WORDS}


def _book(rules: Iterable[Rule]) -> RuleBook:
    ordered = tuple(sorted(rules, key=lambda rule: (-rule.priority, rule.id)))
    return RuleBook(
        rules=ordered,
        version=_version(map(_canonical, ordered)),
        markup_version=_version(_of_markup(rule) for rule in ordered if rule.knows_markup),
        by_id={rule.id: rule for rule in ordered},
        phrases=prepare(phrase for rule in ordered for phrase in rule.phrases),
    )


def _version(said: Iterable[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(list(said)).encode()).hexdigest()[:12]
