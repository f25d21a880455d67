"""The dataset card: what a snapshot holds and how it was made, for people who will use it."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tasks.publish.statistics import Statistics
from tasks.store.manifest import Manifest

_LONGEST_TABLE: Final = 40


def card(manifest: Manifest, found: Statistics) -> str:
    """Return the card as Markdown."""
    return "\n".join(_lines(manifest, found)) + "\n"


def _lines(manifest: Manifest, found: Statistics) -> Iterator[str]:
    yield "# Dataset card"
    yield ""
    yield (
        f"News articles as clean text: {found.versions:,} versions of {found.articles:,} articles "
        f"from {len(found.by.get('site', ()))} sites, {found.words:,} words. Each row can be "
        "traced to the bytes it was read from (`warc_file`, `warc_offset`), and every line that "
        "was taken out is a row of `removals` with its rule."
    )
    yield from _section("Tables", ("table", "rows"), _numbers(found.rows))
    yield ""
    yield "What each column holds: [dictionary.md](dictionary.md). Read `articles` for text;"
    yield "`version = 1` and later ones of an article are told apart by `change`."
    yield from _section("Text", ("what", "value"), _text_rows(found))
    for name, title in _TITLES.items():
        yield from _section(title, (name, "versions"), _largest(found.by.get(name, Counter())))
    yield from _section("By month first fetched", ("month", "versions"), _months(found))
    yield from _section("Removed, by class", ("class", "blocks"), _largest(found.removed_by_class))
    yield from _section("Not published, by reason", ("slug", "pages"), _largest(found.quarantined))
    yield from _made(manifest)
    yield from _KNOWN_LIMITS


_TITLES: Final = {
    "site": "By site",
    "lang": "By language",
    "quality": "By quality",
    "access": "By access",
    "change": "By change (empty: first version)",
}

_KNOWN_LIMITS: Final = (
    "",
    "## Known limits",
    "",
    "- Texts of pages are their publishers'; opt-out signals seen are in `fetches.signals`.",
    "- `access = partial` rows hold what was before a paywall, not the whole article.",
    "- `quality` other than `ok` says why in `quality_reasons`; filter by it before training.",
    "- Near-duplicates are estimated by MinHash (128 permutations, three-word shingles);",
    "  texts under 20 words are compared exactly only.",
    "- A time without a zone on the page was read in the zone the page or site suggests.",
)


def _text_rows(found: Statistics) -> Iterator[tuple[str, str]]:
    total = found.chars_kept + found.chars_removed
    yield "median words", f"{found.median_words:,.0f}"
    yield "blocks kept", f"{found.blocks_kept:,}"
    yield "blocks removed", f"{found.blocks_removed:,}"
    yield "share of characters removed", _share(found.chars_removed, total)
    yield "with a publication time", _share(found.dated, found.versions)
    yield "with authors", _share(found.with_authors, found.versions)
    yield "exact or near-duplicates", _share(found.duplicates, found.versions)


def _made(manifest: Manifest) -> Iterator[str]:
    yield ""
    yield "## How it was made"
    yield ""
    yield f"- cleaned by rule books {', '.join(manifest.rules) or 'none yet'}"
    versions = ", ".join(f"{name} {number}" for name, number in manifest.libraries.items())
    yield f"- written with {versions}"
    days = manifest.compacted_before
    yield f"- files of days before {days} are merged by month" if days else "- not compacted yet"


def _section(title: str, head: tuple[str, str], rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    listed = list(rows)
    if not listed:
        return
    yield from ("", f"## {title}", "", f"| {head[0]} | {head[1]} |", "|---|---:|")
    for name, value in listed:
        yield f"| {name.replace('|', '/') or '(empty)'} | {value} |"


def _numbers(counts: dict[str, int]) -> Iterator[tuple[str, str]]:
    for name, count in counts.items():
        yield name, f"{count:,}"


def _largest(counts: Counter[str]) -> Iterator[tuple[str, str]]:
    ordered = sorted(counts.items(), key=_most_first)
    for name, count in ordered[:_LONGEST_TABLE]:
        yield name, f"{count:,}"
    rest = sum(count for _, count in ordered[_LONGEST_TABLE:])
    if rest:
        yield f"{len(ordered) - _LONGEST_TABLE} others", f"{rest:,}"


def _most_first(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _months(found: Statistics) -> Iterator[tuple[str, str]]:
    for month in sorted(found.months):
        yield month, f"{found.months[month]:,}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"
