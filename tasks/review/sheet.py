"""Cards as static pages that open from disk: sheets of a few articles each, and an index.

A sheet reads without its script; with it, blocks can be filtered and labelled by keyboard, and the
labels exported as a file for ``cleancopy review import``. What a page of the web says can run
nothing there (`tasks.review.html`).
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tasks.review.card import Card, Row, sites
from tasks.review.html import anchor, encoded, environment, own, policy
from tasks.store.atomic import write_bytes

PER_SHEET: Final = 15
"""Articles of one sheet: a page that a browser opens at once."""

LISTED: Final = 5
"""Articles that the index names for one rule."""

FORMAT: Final = "cleancopy-labels"
INDEX: Final = "index.html"


@dataclass(frozen=True, slots=True)
class Written:
    """The pages of a review."""

    index: Path
    sheets: tuple[Path, ...]
    articles: int
    removed: int  # blocks


def write_review(cards: Sequence[Card], folder: Path, title: str, snapshot: str) -> Written:
    """Write the cards as sheets and an index into `folder`; return where they are.

    Raises:
        EnvironmentFault: the folder cannot be written.
    """
    paths: list[Path] = []
    entries: list[tuple[Card, str]] = []
    for number, some in enumerate(_sheets(cards), 1):
        path = folder / f"sheet-{number:03}.html"
        first = (number - 1) * PER_SHEET + 1
        about = f"Articles {first} to {first + len(some) - 1} of {len(cards)}, snapshot {snapshot}."
        write_bytes(encoded(sheet(some, title, about, snapshot=snapshot, index=INDEX)), path)
        paths.append(path)
        entries += [(card, f"{path.name}#a-{card.article_id}") for card in some]
    index = folder / INDEX
    write_bytes(encoded(index_page(entries, title, f"Snapshot {snapshot}.")), index)
    removed = sum(card.count("removed") for card in cards)
    return Written(index, tuple(paths), len(cards), removed)


def sheet(
    cards: Sequence[Card], title: str, about: str, *, snapshot: str = "", index: str = ""
) -> str:
    """Return one page with these cards."""
    style, script = own("house.css", "sheet.css"), own("sheet.js")
    return (
        environment()
        .get_template("sheet.html.j2")
        .render(
            title=title,
            about=about,
            index=index,
            cards=cards,
            sites=sites(cards),
            rules=sorted({rule for card in cards for rule in card.rules}),
            data=_data(cards, snapshot),
            style=style,
            script=script,
            policy=policy(style, script),
        )
    )


def index_page(entries: Sequence[tuple[Card, str]], title: str, about: str) -> str:
    """Return the page that lists cards by site, with where each is."""
    by_site: dict[str, list[tuple[Card, str]]] = {}
    by_rule: dict[str, list[tuple[Card, str]]] = {}
    for card, href in entries:
        by_site.setdefault(card.site, []).append((card, href))
        for rule in card.rules:
            by_rule.setdefault(rule, []).append((card, href))
    style = own("house.css", "sheet.css")
    made = environment()
    made.filters["anchor"] = anchor
    return made.get_template("index.html.j2").render(
        title=title,
        about=about,
        by_site=sorted(by_site.items()),
        by_rule=sorted(by_rule.items()),
        listed=LISTED,
        style=style,
        policy=policy(style),
    )


def _sheets(cards: Sequence[Card]) -> Iterator[Sequence[Card]]:
    for start in range(0, max(len(cards), 1), PER_SHEET):
        yield cards[start : start + PER_SHEET]


def _data(cards: Sequence[Card], snapshot: str) -> dict[str, Any]:
    """Return what the script needs to export a label: all that `tasks.review.labels` reads."""
    articles = [
        {
            "article_id": c.article_id,
            "version": c.version,
            "site": c.site,
            "url": c.url,
            "lang": c.lang,
        }
        for c in cards
    ]
    blocks: dict[str, Any] = {}
    for key, card in enumerate(cards):
        kept = sorted(row.index for row in card.rows if row.fate == "kept")
        blocks |= {f"b-{key}-{row.index}": _block(key, kept, row) for row in card.rows}
    said = json.dumps([articles, blocks]).encode()
    return {
        "format": FORMAT,
        "sheet": hashlib.sha256(said).hexdigest()[:12],
        "snapshot": snapshot,
        "articles": articles,
        "blocks": blocks,
    }


def _block(key: int, kept: Sequence[int], row: Row) -> dict[str, Any]:
    reason = row.reason
    found: dict[str, Any] = {"article": key, "block_index": row.index, "fate": row.fate}
    found["text"] = row.before
    beside = _nearest(kept, row.index)
    if beside >= 0:
        found["beside"] = f"b-{key}-{beside}"
    if reason:
        found |= {
            "rule": reason.rule,
            "rule_version": reason.version,
            "stage": reason.stage,
            "confidence": reason.confidence,
        }
    return found


def _nearest(kept: Sequence[int], index: int) -> int:
    """Return which of the ascending indices `kept` is nearest to block `index`, itself not counted.

    Of two that are equally near the first; -1 if there is none.

    >>> _nearest([1, 4, 6], 4), _nearest([1, 4, 6], 5), _nearest([4], 4)
    (6, 4, -1)
    """
    at = bisect_left(kept, index)
    around = [other for other in kept[max(0, at - 1) : at + 2] if other != index]
    return min(around, key=lambda other: (abs(other - index), other), default=-1)
