"""Where on a page a phrase counts: the head, the tail, runs of furniture, and what headings take.

The *head* is what stands before the first sentence, the *tail* what stands after the article's
last one. Sentences of comments are not the article's: the tail begins, at the latest, with the
comments. A *run* is a stretch of lines that the rule book knows: a lone "Email" between two
paragraphs is a word, "Facebook", "Email", "Print" one under another are a share bar.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from tasks.clean.names import is_bio
from tasks.clean.phrases import LONG_CHARS, Line, Lines, by_rule, has_final_stop, under
from tasks.phrasebook import Phrase
from tasks.rules import Rule
from tasks.schema import Verdict

MAX_HEADLINE_CHARS: Final = 250
MAX_SHORT_LINES: Final = 12
MIN_LINK_SHARE: Final = 0.8
MAX_LONG_AFTER_COMMENTS: Final = 2
MIN_THREAD_SIGNS: Final = 2
MIN_SURE_SIGNS: Final = 4
"""Right under the heading and after; with as many, comments may be longer than the article."""

MIN_RUN_INSIDE: Final = 3
"""Labels in a row between two paragraphs before they are believed; at the edges two are enough."""

INLINE: Final = "related.inline"
_LABEL: Final = re.compile(r"[^:|：–]+")
CONTROL: Final = "comments.thread.control"
_THREAD: Final = (CONTROL, "time.relative", "comments.form.label")


def lay_out(lines: tuple[Line, ...], title: str, *, is_plain: bool) -> Lines:
    """Return the lines with the first and the last sentence of the article, nothing taken yet."""
    end = _comments_start(lines)
    sentences = [i for i, line in enumerate(lines[:end]) if line.is_sentence]
    while sentences and _is_trailing_bio(lines, sentences):
        sentences.pop()
    if is_plain:
        sentences = sentences[_long_headline(lines, sentences) :]
    first = sentences[0] if sentences else len(lines)
    return Lines(lines, first, sentences[-1] if sentences else -1, {}, is_plain, title)


def by_phrase(page: Lines) -> Lines:
    """Return the page with every line taken that a rule knows in a zone where the rule counts."""
    found: dict[int, Verdict] = {}
    for number, line in enumerate(page.lines):
        for rule, phrase in line.hits:
            if rule.id == INLINE and not _is_label_and_link(page, number):
                continue
            if rule.zone != "run" and rule.action != "flag" and in_zone(page, number, rule):
                found[number] = by_rule(line, rule, phrase, f"zone {rule.zone}")
                break
    return replace(page, taken={**page.taken, **found})


def by_links(page: Lines) -> Lines:
    """Return the page with headings of link lists taken inside the article, and the links.

    Markup tells what words cannot: what stands under such a heading is nothing but links, or was
    taken out by extraction and left its heading behind.
    """
    found: dict[int, Verdict] = {}
    for number in range(page.first, page.last + 1):
        line = page.lines[number]
        hit = next((h for h in line.hits if h[0].takes and h[0].action == "remove"), None)
        if page.is_plain or hit is None or not page.is_free(number):
            continue
        links = list(_links_below(page, number))
        if links or line.before_gap:
            found[number] = by_rule(line, *hit, f"heads {len(links)} links")
            found |= {i: under(page.lines[i], hit[0], line.text) for i in links}
    return replace(page, taken={**page.taken, **found})


def _links_below(page: Lines, number: int) -> Iterator[int]:
    for below in range(number + 1, min(number + 1 + MAX_SHORT_LINES, len(page.lines))):
        if page.lines[below].block.link_share < MIN_LINK_SHARE or not page.is_free(below):
            return
        yield below


def by_heading(page: Lines) -> Lines:
    """Return the page with the lines taken that stand under a heading which takes them."""
    found: dict[int, Verdict] = {}
    for number in sorted(page.taken):
        rule = _rule_of(page, number)
        if rule is None or not rule.takes:
            continue
        heading = page.lines[number].text
        is_sure = rule.takes == "to_end" and _is_thread(page.lines[number + 1 :])
        for below in _below(page, number, rule):
            found.setdefault(below, under(page.lines[below], rule, heading, is_sure=is_sure))
    return replace(page, taken={**found, **page.taken})


def by_run(page: Lines) -> Lines:
    """Return the page with labels taken that stand in a run of furniture."""
    found: dict[int, Verdict] = {}
    for start, stop in _runs(page):
        numbers = range(start, stop)
        if not _is_believed(page, numbers):
            continue
        for number in numbers:
            label = _label(page.lines[number])
            if label and number not in page.taken:
                found[number] = by_rule(page.lines[number], *label, f"in a run of {stop - start}")
    return replace(page, taken={**page.taken, **found})


def in_zone(page: Lines, number: int, rule: Rule) -> bool:
    """Return whether the line stands where the rule counts."""
    match rule.zone:
        case "anywhere":
            return True
        case "head":
            return number < page.first
        case "tail":
            return number > page.last
        case "edge":
            return number < page.first or number > page.last
        case _:
            return False


def _is_label_and_link(page: Lines, number: int) -> bool:
    """Return whether "Read also: ..." is only a link: it is one, or its label is in capitals.

    Outside the article's prose the words are enough. Inside it, of 21 such lines with a label in
    small letters annotators kept 13; of 7 in capitals none.
    """
    line = page.lines[number]
    label = _LABEL.match(line.text)
    in_capitals = label is not None and label[0] == label[0].upper()
    at_edge = not page.first <= number <= page.last
    return at_edge or in_capitals or line.block.link_share >= MIN_LINK_SHARE


def _comments_start(lines: Sequence[Line]) -> int:
    """Return the number of the line where the comments begin, len(lines) if there are none.

    A heading of comments in the second half counts if hardly any prose follows, or if lines
    under it are what only threads have ("Marta says:", "3 hours ago", "Reply"). Halves are of the
    lines that no rule would remove: they are the same when the page is cleaned again. Wherever it
    stands under prose, it counts if such a line is the next, and more follow: readers may write
    more than the author.
    """
    own = [all(rule.action != "remove" for rule, _ in line.hits) for line in lines]
    for number, line in enumerate(lines):
        if not any(rule.cls.startswith("comments.") for rule, _ in line.hits):
            continue
        if not any(rule.zone == "tail" for rule, _ in line.hits):
            continue
        after = lines[number + 1 :]
        if _is_thread(after) and any(one.is_sentence for one in lines[:number]):
            return number
        if 2 * sum(own[:number]) < sum(own):
            continue
        long = sum(1 for one in after if one.is_sentence and len(one.text) >= LONG_CHARS)
        signs = sum(map(_is_of_thread, after))
        if long <= MAX_LONG_AFTER_COMMENTS or signs >= max(MIN_THREAD_SIGNS, long):
            return number
    return len(lines)


def _is_thread(lines: Sequence[Line]) -> bool:
    """Say whether lines can be nothing but a thread: they begin with its signs, and go on so.

    Ages and labels of forms are none here: an article's head and its teasers have them too.
    """
    controls = [any(rule.id == CONTROL for rule, _ in line.hits) for line in lines]
    return sum(controls) >= MIN_SURE_SIGNS and controls[0]


def _is_of_thread(line: Line) -> bool:
    return any(rule.id in _THREAD for rule, _ in line.hits)


def _long_headline(lines: Sequence[Line], sentences: Sequence[int]) -> int:
    """Return 1 if the first sentence is a headline that is only as long as one, else 0."""
    if len(sentences) < 2:  # noqa: PLR2004  one sentence is the article
        return 0
    text = lines[sentences[0]].text
    is_headline = len(text) <= MAX_HEADLINE_CHARS and not has_final_stop(text)
    return int(is_headline and has_final_stop(lines[sentences[1]].text))


def _is_trailing_bio(lines: Sequence[Line], sentences: Sequence[int]) -> bool:
    """Return whether the last sentence is about the author: a bio under a name."""
    number = sentences[-1]
    if len(sentences) < 2 or number == 0:  # noqa: PLR2004  the article needs a sentence of its own
        return False
    if lines[number].hit("keep"):
        return False
    above = lines[number - 1]
    return is_bio(lines[number].text, above.text) and not above.is_sentence


def _rule_of(page: Lines, number: int) -> Rule | None:
    verdict = page.taken[number]
    return next((rule for rule, _ in page.lines[number].hits if rule.id == verdict.rule), None)


def _below(page: Lines, number: int, rule: Rule) -> Iterator[int]:
    """Yield the numbers of the lines that the heading takes."""
    if rule.takes == "to_end":
        yield from (i for i in range(number + 1, len(page.lines)) if page.is_free(i))
        return
    for below in range(number + 1, min(number + 1 + MAX_SHORT_LINES, len(page.lines))):
        line = page.lines[below]
        if line.is_sentence or page.lines[below].block.kind in ("table", "quote"):
            return
        if page.is_free(below):
            yield below


def _label(line: Line) -> tuple[Rule, Phrase] | None:
    """Return the rule that knows the line as furniture to remove, whatever its zone."""
    return next((hit for hit in line.hits if hit[0].action == "remove"), None)


def _runs(page: Lines) -> Iterator[tuple[int, int]]:
    """Yield start and stop of every stretch of lines that are taken or may be labels."""
    start = 0
    for number in range(len(page.lines) + 1):
        is_in = number < len(page.lines) and (
            page.is_gone(number)
            or (page.is_free(number) and _label(page.lines[number]) is not None)
        )
        if not is_in:
            if number > start:
                yield start, number
            start = number + 1


def _is_believed(page: Lines, numbers: range) -> bool:
    """Return whether a run is furniture: it holds a line already taken, or is long enough."""
    if any(number in page.taken for number in numbers):
        return True
    at_edge = numbers[-1] < page.first or numbers[0] > page.last
    return len(numbers) >= (2 if at_edge else MIN_RUN_INSIDE)
