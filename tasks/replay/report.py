"""A replay for people, as Markdown, and for programs, as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_SHOWN_LINES: Final = 5
_LONGEST: Final = 160
_ESCAPED: Final = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})

Told = Mapping[str, Any]


def to_json(found: Told) -> str:
    """Return the report as one JSON document."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def markdown(found: Told) -> str:
    """Return the report as Markdown; text of pages is escaped."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Told) -> Iterator[str]:
    yield f"# Rules {found['before']} and {found['after']} on stored pages"
    yield ""
    worse = found["regressions"]
    yield f"**{len(worse)} regressions.**" if worse else "**No regression.**"
    yield ""
    yield from (f"- {_safe(line)}" for line in worse)
    if found["extracted_once"]:
        yield ""
        yield "The books have the same selectors, so pages were extracted once."
    yield from _table("Sites", [("all", found["total"]), *found["sites"].items()])
    if found["gold"]:
        gold = found["gold"]
        yield from _table("Gold pages", [("gold", gold)])
        yield ""
        yield f"Mean word F1 {gold['f1_before']:.4f} before, {gold['f1_after']:.4f} after."
    if found["most_changed"]:
        yield from ("", "## Most changed articles")
    for change in found["most_changed"]:
        yield from _article(change)


def _table(title: str, rows: Sequence[tuple[str, Told]]) -> Iterator[str]:
    names = {
        "pages": "pages", "changed": "changed", "lines_lost": "lines lost",
        "lines_gained": "lines gained", "words_lost": "words lost",
        "words_gained": "words gained", "failed_before": "failed before",
        "failed_after": "failed after",
    }  # fmt: skip
    yield from ("", f"## {title}", "")
    yield "| | " + " | ".join(names.values()) + " |"
    yield "|---|" + "---:|" * len(names)
    for name, told in rows:
        yield f"| {_safe(name)} | " + " | ".join(f"{told[key]:,}" for key in names) + " |"


def _article(change: Told) -> Iterator[str]:
    yield ""
    yield f"### {_safe(change['url'])}"
    yield ""
    yield f"{change['words_before']:,} words before, {change['words_after']:,} after."
    if change["slug_before"] != change["slug_after"]:
        slugs = [change[name] or "no" for name in ("slug_before", "slug_after")]
        yield f"Failed: {slugs[0]} before, {slugs[1]} after."
    if change["moved"]:
        yield f"Other {', '.join(change['moved'])}."
    if change["rules"]:
        yield "Taken by " + ", ".join(f"{rule} ({count})" for rule, count in change["rules"]) + "."
    yield ""
    for sign, name in (("-", "lost"), ("+", "gained")):
        for line in change[name][:_SHOWN_LINES]:
            yield f"- {sign} {_safe(line[:_LONGEST])}"
        more = change[f"n_{name}"] - _SHOWN_LINES
        if more > 0:
            yield f"- {sign} and {more} more"


def _safe(text: str) -> str:
    return " ".join(text.split()).translate(_ESCAPED)
