"""Lines and what the rule book knows of them.

A `Line` is one block of the main content with every rule one of whose phrases it is, and whether
it reads like a sentence. All shapes and zones are decided on lines; nothing here decides.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tasks.phrasebook import Phrase
from tasks.rules import Rule, RuleBook
from tasks.schema import Action, Block, Extracted, Kind, Verdict
from tasks.text import NO_SPACE_SCRIPTS, count_words

MIN_SENTENCE_WORDS: Final = 6

LONG_CHARS: Final = 120
"""A line this long is prose with or without a final stop; half in scripts without spaces."""

MIN_LABEL_LINK_SHARE: Final = 0.6

MAX_LABELS_CHARS: Final = 300
"""A line of several phrases ("Share this: Facebook. Leave a Reply") is no longer than this."""

_STOPS: Final = tuple(".!?…。！？।॥؟۔։።")
_FINAL: Final = ".!?।。"
_CLOSING: Final = "'\"”’»«“)]〉》」』*"
_NO_SPACE: Final = re.compile(f"[{NO_SPACE_SCRIPTS}]")
_BORDER: Final = re.compile(r"[.!?।。|·•\s](?:(?<=[|·•])|\s)")
"""Where the first of `_PARTS` ends, told faster: nearly all lines are one."""
_PARTS: Final = re.compile(r"(?<=[.!?।。])\s+|\s*[|·•]\s*|\s{2,}")


@dataclass(frozen=True, slots=True)
class Line:
    """One block of the main content, and what is known of it."""

    block: Block
    hits: tuple[tuple[Rule, Phrase], ...]
    is_sentence: bool  # reads like prose; never a line that the rule book knows
    words: int
    before_gap: bool = False  # extraction took the block under it out
    label: tuple[Rule, Phrase] | None = None  # what its beginning is, if the rest is one link

    @property
    def text(self) -> str:
        """Return the block's text."""
        return self.block.text

    def hit(self, *actions: Action) -> tuple[Rule, Phrase] | None:
        """Return the first rule with one of `actions` that knows the line."""
        return next((hit for hit in self.hits if hit[0].action in actions), None)

    def named(self, rule: str) -> tuple[Rule, Phrase] | None:
        """Return the rule with this id if it knows the line."""
        return next((hit for hit in self.hits if hit[0].id == rule), None)


@dataclass(frozen=True, slots=True)
class Lines:
    """The main content line by line, where the article's prose begins and ends, and what is taken.

    `taken` holds the verdicts reached so far by line number; every step adds to a copy.
    """

    lines: tuple[Line, ...]
    first: int  # number of the first sentence; len(lines) if there is none
    last: int  # number of the article's last sentence; -1 if there is none
    taken: Mapping[int, Verdict]
    is_plain: bool  # text that never had markup: kinds are not known from tags
    title: str = ""  # as the page's metadata gives it

    def is_free(self, number: int) -> bool:
        """Return whether the line exists and no verdict has been reached for it."""
        return 0 <= number < len(self.lines) and number not in self.taken

    def is_gone(self, number: int) -> bool:
        """Return whether the line is taken out, or stands outside the page."""
        if not 0 <= number < len(self.lines):
            return True
        verdict = self.taken.get(number)
        return verdict is not None and verdict.action in ("remove", "move")


def read_lines(extracted: Extracted, rules: RuleBook) -> tuple[Line, ...]:
    """Return the blocks extraction left in the article, in page order, as lines."""
    outside = {verdict.block for verdict in extracted.verdicts if verdict.action != "flag"}
    host = _host(extracted.page.url)
    return tuple(
        read_line(block, rules, host, before_gap=block.index + 1 in outside)
        for block in extracted.blocks
        if block.index not in outside
    )


def read_line(block: Block, rules: RuleBook, host: str = "", *, before_gap: bool = False) -> Line:
    """Return one block as a line; `before_gap` says that extraction took the one under it out."""
    if block.kind in ("table", "code", "quote", "live_entry"):
        words = count_words(block.text)
        return Line(block, (), is_sentence=True, words=words, before_gap=before_gap)
    hits = tuple(hit for hit in find(block.text, rules) if hit[0].is_for(host))
    words = count_words(block.text)
    is_known = any(rule.action not in ("keep", "flag") for rule, _ in hits)
    is_clause = block.kind == "list_item" and block.text.endswith((";", "；"))
    reads = reads_like_prose(block.text, words) or (is_clause and words >= MIN_SENTENCE_WORDS)
    label = None if hits else find_label(block, rules)
    is_prose = reads and not is_known and label is None
    return Line(block, hits, is_prose, words, before_gap, label)


def find_label(block: Block, rules: RuleBook) -> tuple[Rule, Phrase] | None:
    """Return the rule of link lists whose phrase begins a block that is else a link.

    Markup puts "See also" and the link side by side; as text nothing stands between them.
    """
    if not MIN_LABEL_LINK_SHARE <= block.link_share < 1 or len(block.text) > MAX_LABELS_CHARS:
        return None
    size = round(len(block.text) * (1 - block.link_share))
    for length in range(size + 1, size - 2, -1):
        for rule, phrase in rules.find(block.text[:length]):
            if rule.takes == "short_lines" and rule.action == "remove":
                return rule, phrase
    return None


def find(text: str, rules: RuleBook) -> tuple[tuple[Rule, Phrase], ...]:
    """Return the rules that know the line; of a line of several phrases, those of the first.

    "Your email address will not be published. Required fields are marked *" is two phrases, and
    furniture because each of them is.
    """
    hits = rules.find(text)
    if hits or len(text) > MAX_LABELS_CHARS:
        return hits
    border = _BORDER.search(text)
    if border is None:
        return ()
    is_stop = border[0][0] in _FINAL
    part = text[: border.start() + is_stop]
    if part.strip() and not _is_removed(rules.find(part)):
        return ()
    parts = [part for part in _PARTS.split(text) if part.strip()]
    if len(parts) < 2:  # noqa: PLR2004  one part is the line itself
        return ()
    first = rules.find(parts[0])
    if not _is_removed(first):
        return ()
    return first if all(_is_removed(rules.find(part)) for part in parts[1:]) else ()


def is_sentence(text: str) -> bool:
    """Return whether a line reads like prose: long, or some words and a final stop.

    >>> is_sentence("The bridge was closed on Monday."), is_sentence("The bridge at dusk")
    (True, False)
    """
    return reads_like_prose(text, count_words(text))


def reads_like_prose(text: str, words: int) -> bool:
    """Return `is_sentence` of a text whose words are counted."""
    if len(text) >= LONG_CHARS or (len(text) * 2 >= LONG_CHARS and _NO_SPACE.search(text)):
        return True
    return words >= MIN_SENTENCE_WORDS and has_final_stop(text)


def has_final_stop(text: str) -> bool:
    """Return whether the line ends like a sentence, closing quotes and brackets aside."""
    bare = text.rstrip(_CLOSING)
    return bare[-1:] in _STOPS if bare else False


def by_rule(line: Line, rule: Rule, phrase: Phrase, *evidence: str) -> Verdict:
    """Return the rule's verdict on the line."""
    return Verdict(
        block=line.block.index,
        action=rule.action,
        rule=rule.id,
        rule_version=rule.version,
        cls=rule.cls,
        stage="text",
        evidence=(f"line is {phrase.text!r} ({phrase.language})", *evidence),
        confidence=rule.confidence,
        priority=rule.priority,
        moved_to=rule.moved_to,
        kind=rule.kind,
    )


def under(line: Line, rule: Rule, heading: str, *, is_sure: bool = False) -> Verdict:
    """Return the verdict on a line that goes with a heading that `rule` takes.

    It is weaker than the heading's, unless it `is_sure` what stands there.
    """
    return Verdict(
        block=line.block.index,
        action=rule.action,
        rule=rule.id,
        rule_version=rule.version,
        cls=rule.cls,
        stage="text",
        evidence=(f"under the heading {heading!r}",),
        confidence=rule.confidence if is_sure else min(rule.confidence, 0.94),
        priority=rule.priority,
        moved_to=rule.moved_to,
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a shape's verdicts have in common."""

    rule: str  # "shape.author_island"
    cls: str
    action: Action
    moved_to: str = ""
    kind: Kind | None = None
    confidence: float = 0.9
    priority: int = 45

    def verdict(self, line: Line, evidence: Sequence[str]) -> Verdict:
        """Return this shape's verdict on the line."""
        return Verdict(
            block=line.block.index,
            action=self.action,
            rule=self.rule,
            rule_version=1,
            cls=self.cls,
            stage="text",
            evidence=tuple(evidence),
            confidence=self.confidence,
            priority=self.priority,
            moved_to=self.moved_to,
            kind=self.kind,
        )


def _is_removed(hits: Sequence[tuple[Rule, Phrase]]) -> bool:
    return any(rule.action == "remove" for rule, _ in hits)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
