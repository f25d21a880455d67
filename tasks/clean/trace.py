"""Why each rule of the text and site stages fired or not, block by block; for ``explain`` only.

Cleaning keeps verdicts, not doubts. Here the same steps are gone through again and every rule that
knows a block's words, every verdict that lost and every guard that refused is named. Nothing is
decided here, and nothing of it is paid for when pages are cleaned by the thousand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from tasks.clean.decide import MAX_WEAK_SHARE, ORDER, decide
from tasks.clean.memory import article_of, line_key, main_blocks, main_lines
from tasks.clean.phrases import Line, Lines, find, read_lines
from tasks.clean.propose import MAX_WEAK_SHARE as MAX_WEAK_INSIDE
from tasks.clean.propose import STEPS, propose
from tasks.clean.recall import Recall
from tasks.clean.recurring import EXEMPT, MAX_SHARE, RULE, doubt, recurring, spots
from tasks.clean.restore import restored, second_opinion
from tasks.clean.zones import INLINE, in_zone, lay_out
from tasks.rules import Rule, RuleBook
from tasks.schema import Block, Considered, Extracted, Verdict

Outcome = Literal["decided", "lost", "refused"]

UNREAD: Final = ("table", "code", "quote", "live_entry")
"""Kinds whose words no rule looks at (`tasks.clean.phrases.read_line`)."""


def trace(
    extracted: Extracted, rules: RuleBook, memory: Recall | None = None
) -> tuple[Considered, ...]:
    """Return every rule that was considered for every block, in page order, what decided first."""
    given = list(_given_back(extracted, memory)) if memory else []
    extracted = restored(extracted, memory) if memory else extracted
    repeated = recurring(extracted, memory) if memory else []
    proposed = propose(extracted, rules)
    verdicts = [*extracted.verdicts, *proposed, *repeated]
    found = [
        *given,
        *_judged(extracted.blocks, verdicts),
        *_by_words(extracted, rules, verdicts),
        *_guarded(extracted, rules),
        *(_of_site(extracted, memory, repeated) if memory else ()),
    ]
    rank = {"decided": 0, "lost": 1, "refused": 2}
    return tuple(sorted(found, key=lambda one: (one.block, rank[one.outcome], one.rule)))


def _given_back(extracted: Extracted, memory: Recall) -> Iterator[Considered]:
    """Yield the verdicts of a poor reading that the site's other pages speak against."""
    given = second_opinion(extracted, memory)
    if given is None:
        return
    blocks = {block.index: block for block in extracted.blocks}
    for verdict in extracted.verdicts:
        if verdict.block in given.blocks:
            why = given.evidence(blocks[verdict.block])
            yield _told(verdict, "lost", f"{why} (it saw: {'; '.join(verdict.evidence)})")


def _judged(blocks: Sequence[Block], verdicts: Sequence[Verdict]) -> Iterator[Considered]:
    """Yield every verdict: that which holds, those that lost, those that a guard refused."""
    decisions = decide(blocks, verdicts)
    for verdict in verdicts:
        winner = decisions.get(verdict.block)
        if verdict.action == "flag":
            yield _told(verdict, "refused", "only flags the block")
        elif winner is None:
            limit = f"{MAX_WEAK_SHARE:.0%} of the main content"
            yield _told(verdict, "refused", f"guard: all weak removals would take over {limit}")
        elif winner is verdict:
            yield _told(verdict, "decided", "; ".join(verdict.evidence))
        else:
            yield _told(verdict, "lost", _beaten(verdict, winner))


def _beaten(verdict: Verdict, winner: Verdict) -> str:
    """Return why the winner won, in the order in which `decide` compares."""
    seen = f" (it saw: {'; '.join(verdict.evidence)})"
    if winner.priority != verdict.priority:
        return f"to {winner.rule}: priority {winner.priority} before {verdict.priority}{seen}"
    if ORDER[winner.action] != ORDER[verdict.action]:
        return f"to {winner.rule}: {winner.action} before {verdict.action}{seen}"
    if winner.confidence != verdict.confidence:
        sure = f"confidence {winner.confidence:g} before {verdict.confidence:g}"
        return f"to {winner.rule}: {sure}{seen}"
    return f"to {winner.rule}: all else being equal, by name{seen}"


def _by_words(
    extracted: Extracted, rules: RuleBook, verdicts: Iterable[Verdict]
) -> Iterator[Considered]:
    """Yield the rules that know a block's words and gave no verdict, and why."""
    given = {(verdict.block, verdict.rule) for verdict in verdicts}
    page = _page(extracted, rules)
    lines = {line.block.index: number for number, line in enumerate(page.lines)}
    for step in STEPS:
        page = step(page)
    for block in extracted.blocks:
        number = lines.get(block.index)
        for rule, phrase in find(block.text, rules):
            if (block.index, rule.id) not in given:
                outcome, why = _refusal(page, block, number, rule)
                told = f"line is {phrase.text!r} ({phrase.language}), but {why}"
                yield Considered(block.index, rule.id, rule.action, outcome, told, rule.confidence)


def _refusal(page: Lines, block: Block, number: int | None, rule: Rule) -> tuple[Outcome, str]:
    """Return why a rule that knows the block's words did not take it."""
    if number is None:
        return "lost", "extraction had left the block out already"
    if block.kind in UNREAD:
        return "refused", f"the words of a {block.kind} are not looked at"
    if not any(known.id == rule.id for known, _ in page.lines[number].hits):
        return "refused", f"the rule is for {rule.site} only"
    taken = page.taken.get(number)
    is_in = page.is_gone(number) if rule.zone == "run" else in_zone(page, number, rule)
    if taken is not None and is_in:
        return "lost", f"{taken.rule} had decided the line"
    return "refused", _doubt(page, number, rule)


def _doubt(page: Lines, number: int, rule: Rule) -> str:
    """Return what of the line's place spoke against the rule."""
    where = _where(page, number)
    if rule.zone == "run":
        return f"the rule counts only in a run of furniture; the line is alone, {where}"
    if not in_zone(page, number, rule):
        return f"the rule counts only in the zone {rule.zone!r}; the line is {where}"
    if rule.id == INLINE:
        return f"the line is more than a label and a link, {where}"
    return f"a guard of the page spared it, {where}"


def _where(page: Lines, number: int) -> str:
    if number < page.first:
        return "before the article's first sentence"
    if number > page.last:
        return "after the article's last sentence"
    return "between the article's first and last sentence"


def _guarded(extracted: Extracted, rules: RuleBook) -> Iterator[Considered]:
    """Yield the verdicts that a later step of the text stage took back."""
    page = _page(extracted, rules)
    for step in STEPS:
        after = step(page)
        for number in page.taken.keys() - after.taken.keys():
            limit = f"{MAX_WEAK_INSIDE:.0%} of the text"
            why = f"guard: weak removals inside the article would take over {limit}"
            yield _told(page.taken[number], "refused", why)
        page = after


def _of_site(
    extracted: Extracted, memory: Recall, repeated: Iterable[Verdict]
) -> Iterator[Considered]:
    """Yield the blocks that other articles of the site have and that stay, and why."""
    main = main_blocks(extracted)
    taken = {verdict.block for verdict in repeated}
    doubts = {spot.block.index: doubt(spot) for spot in spots(extracted, main, memory)}
    others = memory.others(article_of(extracted), main_lines(main))
    for block in main:
        seen = memory.seen(line_key(block.text), others)
        if not seen.articles or block.index in taken:
            continue
        if block.index in doubts:
            copy = f"over {MAX_SHARE:.0%} of the page recurs: it is a copy, and left alone"
            why = doubts[block.index] or copy
        else:
            why = f"a {block.kind} recurs by right" if block.kind in EXEMPT else "it is the title"
        told = f"on {seen.articles} of {len(others)} other articles of the site; {why}"
        yield Considered(block.index, RULE, "remove", "refused", told)


def _page(extracted: Extracted, rules: RuleBook) -> Lines:
    lines: tuple[Line, ...] = read_lines(extracted, rules)
    return lay_out(lines, extracted.metadata.title, is_plain=extracted.extractor == "lines")


def _told(verdict: Verdict, outcome: Outcome, why: str) -> Considered:
    return Considered(verdict.block, verdict.rule, verdict.action, outcome, why, verdict.confidence)


def by_block(found: Iterable[Considered]) -> Mapping[int, list[Considered]]:
    """Return what was considered for each block, in the order given."""
    blocks: dict[int, list[Considered]] = {}
    for one in found:
        blocks.setdefault(one.block, []).append(one)
    return blocks
