"""How well text without markup is cleaned: gold texts must stay, scraped texts must get better.

    .venv/bin/python -m tests.eval.text_path            the table
    .venv/bin/python -m tests.eval.text_path --lines    and each gold line a rule would take

Two measures on the corpus' trusted pages:

- *gold as input*: the annotators' text is given as a text file. Whatever goes is a loss, or a line
  the annotators should have left out; each is printed.
- *scraped*: text made from the news pages by Resiliparse (``main_content=True``), which is how much
  of the text in circulation was made. A removed line is right when it is not in the gold: neither
  a line of it, nor, from 25 characters on, a part of it.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from resiliparse.extract.html2text import extract_plain_text

from tasks.clean.page import clean
from tasks.errors import PageError
from tasks.extract.plain_text import read_text
from tasks.rules import RuleBook, load_rules
from tasks.schema import Block, Capture, Cleaned, Finished, Page, Verdict
from tests.eval.corpus import CORPUS, FETCHED_AT, UNTRUSTED, GoldPage, gold_pages, scorer

CONFIG: Final = Path(__file__).parents[2] / "config"
MIN_PART_CHARS: Final = 25


@dataclass
class Tally:
    """What the rules did on one kind of input."""

    pages: int = 0
    chars: int = 0
    lost_chars: int = 0  # removed; moved text is in the dataset's columns
    worst: list[tuple[float, str]] = field(default_factory=list)  # share removed, page
    removed: Counter[str] = field(default_factory=Counter)  # by rule
    moved: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)  # removed, but in the gold
    taken_chars: Counter[str] = field(default_factory=Counter)
    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    before: list[float] = field(default_factory=list)  # F1 of the input
    after: list[float] = field(default_factory=list)

    @property
    def lost_share(self) -> float:
        """Removed characters of all characters, in per cent."""
        return 100 * self.lost_chars / max(1, self.chars)

    @property
    def precision(self) -> float:
        """Share of the removed lines that are not in the gold."""
        return 1 - self.wrong.total() / max(1, self.removed.total())

    @property
    def gain(self) -> float:
        """Mean F1 after cleaning less mean F1 of the input."""
        return sum(self.after) / len(self.after) - sum(self.before) / len(self.before)


@lru_cache(maxsize=1)
def rules() -> RuleBook:
    """Return the project's rule book."""
    return load_rules(CONFIG)


def clean_text(text: str, url: str) -> Cleaned:
    """Return a text after cleaning."""
    page = Page(url, "corpus", FETCHED_AT, "text", "")
    return clean(read_text(Capture(page, text.encode()), rules()), rules())


def trusted(pages: Iterable[GoldPage]) -> Iterator[GoldPage]:
    """Yield the pages that have a gold text to be trusted."""
    return (p for p in pages if p.gold.get("text") and p.gold.get("gold") not in UNTRUSTED)


def taken(cleaned: Cleaned | Finished) -> Iterator[tuple[Block, Verdict]]:
    """Yield the blocks that went, with the reason."""
    yield from ((removal.block, removal.verdict) for removal in cleaned.removed)
    yield from cleaned.moved


def gold_as_input(pages: Iterable[GoldPage]) -> Tally:
    """Return what is lost of the annotators' own texts."""
    tally = Tally()
    for page in pages:
        cleaned = clean_text(page.gold["text"], page.gold.get("url") or "")
        blocks = [*cleaned.kept, *(block for block, _ in taken(cleaned))]
        chars = sum(len(block.text) for block in blocks)
        lost = sum(len(removal.block.text) for removal in cleaned.removed)
        tally.pages += 1
        tally.chars += chars
        tally.lost_chars += lost
        tally.worst.append((lost / chars, page.gold["id"]))
        for block, verdict in taken(cleaned):
            (tally.removed if verdict.action == "remove" else tally.moved)[verdict.rule] += 1
            tally.lines[verdict.rule].append(f"{page.gold['id']}: {block.text[:100]}")
    tally.worst.sort(reverse=True)
    return tally


def scraped(pages: Iterable[GoldPage]) -> Tally:
    """Return how much better Resiliparse's text gets, and how many removals were right."""
    tally = Tally()
    score: Any = scorer()
    for page in pages:
        source = next(CORPUS.glob(f"*/pages/{page.gold['id']}.html.gz"))
        text = extract_plain_text(score.read_html(source), main_content=True)
        try:
            cleaned = clean_text(text, page.gold.get("url") or "")
        except PageError:
            continue  # Resiliparse found nothing: there is nothing to clean
        tally.pages += 1
        output = "\n".join(block.text for block in cleaned.kept if block.kind != "headline")
        tally.before.append(f1(score, text, page))
        tally.after.append(f1(score, output, page))
        gold = plain(score, page.gold["text"])
        gold_lines = {plain(score, line) for line in page.gold["text"].splitlines()}
        for block, verdict in taken(cleaned):
            tally.taken_chars[verdict.rule] += len(block.text)
            if verdict.action != "remove":
                tally.moved[verdict.rule] += 1
                continue
            tally.removed[verdict.rule] += 1
            line = plain(score, block.text)
            if line in gold_lines or (len(line) >= MIN_PART_CHARS and line in gold):
                tally.wrong[verdict.rule] += 1
                tally.lines[verdict.rule].append(f"{page.gold['id']}: {block.text[:100]}")
    return tally


def f1(score: Any, text: str, page: GoldPage) -> float:  # noqa: ANN401  a module
    """Return the word F1 of `text` against the page's gold."""
    words = [score.WORD.findall(score.tidy(t).lower()) for t in (text, page.gold["text"])]
    value: float = score.prf(*words)[2]
    return value


def plain(score: Any, text: str) -> str:  # noqa: ANN401  a module
    """Return a line as compared with gold lines."""
    value: str = score.flat(score.tidy(text))
    return value


def printed(gold: Tally, news: Tally) -> str:
    """Return both measures and the table of the rules."""
    before = sum(news.before) / len(news.before)
    lines = [
        f"gold as input: {gold.pages} pages, {gold.lost_share:.4f} % of characters removed",
        f"  worst page: {gold.worst[0][0]:.1%} ({gold.worst[0][1]})",
        f"scraped: {news.pages} news pages, F1 {before:.4f}, {news.gain:+.4f} after cleaning",
        f"  strict precision {news.precision:.4f} of {news.removed.total()} removed lines",
        "",
        f"{'rule':<28}{'removed':>8}{'in gold':>8}{'moved':>7}{'characters':>12}{'from gold':>10}",
    ]
    for rule, _ in (news.removed + news.moved).most_common():
        lost = gold.removed[rule] + gold.moved[rule]
        lines.append(
            f"{rule:<28}{news.removed[rule]:>8}{news.wrong[rule]:>8}{news.moved[rule]:>7}"
            f"{news.taken_chars[rule]:>12}{lost:>10}"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Print the table."""
    pages = list(trusted(gold_pages()))
    gold = gold_as_input(pages)
    news = scraped(page for page in pages if page.is_news)
    out = sys.stdout.write
    out(printed(gold, news) + "\n")
    if "--lines" in arguments:
        for name, tally in (("gold as input", gold), ("scraped, in gold", news)):
            for rule, lines in sorted(tally.lines.items()):
                out(f"\n{name}: {rule}\n" + "".join(f"  {line}\n" for line in lines))


if __name__ == "__main__":
    main(sys.argv[1:])
