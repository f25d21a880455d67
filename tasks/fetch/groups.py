"""robots.txt: which of its lines are for us. Text in, rules out; no I/O.

RFC 9309, section 2.2.1: the group that names our product token counts, and several of them count
as one; without any, that of ``*``. A token ends before the first character that no token has, so
``cleancopy/1.0`` names cleancopy, and ``clean`` does not. As publishers write them, fields are also
known without a hyphen or a colon, and under the misspellings that other crawlers forgive.

Only these lines are handed to the parser of paths: robots.txt files of half a megabyte, most of it
for others, cost a page of memory and not twenty megabytes.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

_FIELD: Final = re.compile(
    r"[\s\0]*(user[- ]?agent|allow|dis{1,2}al{1,2}[ao]w|diasllow|crawl[- ]?delay|site[- ]?map)"
    r"(?:\s*:|\s)\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
"""Field and value; in the wild: ``dissallow``, ``disalow``, ``diasllow``, ``disallaw``."""

_TOKEN: Final = re.compile(r"[A-Za-z_-]+")
_ANY: Final = "*"
_BREAKS: Final = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What Python takes for the end of a line, and robots.txt does not."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to one agent."""

    paths: tuple[str, ...] = ()  # lines "Allow: /a" and "Disallow: /b", in order
    delay_s: float = 0.0
    sitemaps: tuple[str, ...] = ()


def rules_for(text: str, agent: str) -> Rules:
    r"""Return what `text` says to `agent`.

    >>> rules_for("User-agent: *\nDisallow: /\n\nUser-agent: our/1\nAllow: /", "our")
    Rules(paths=('Allow: /',), delay_s=0.0, sitemaps=())
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    sitemaps: list[str] = []
    named: list[str] = []  # the group that the lines now belong to
    is_open = False  # further agents join it
    for line in re.split(r"\r\n|\r|\n", text):
        found = _FIELD.match(line.partition("#")[0])
        if found is None:
            continue
        field, value = found[1].lower(), found[2].strip()
        if field.startswith("user"):
            named = [*named, _token(value)] if is_open else [_token(value)]
            is_open = True
            groups.setdefault(named[-1], [])
        elif field.startswith("site"):
            sitemaps.append(value)
        else:
            is_open = False
            for name in named:
                groups[name].append((_kind(field), value))
    ours = groups.get(agent.lower(), groups.get(_ANY, []))
    paths = tuple(f"{kind}: {_one_line(value)}" for kind, value in ours if kind != "Delay")
    delays = [_seconds(value) for kind, value in ours if kind == "Delay"]
    return Rules(paths, max(delays, default=0.0), tuple(sitemaps))


def _token(value: str) -> str:
    """Return the agent that a line names, in lower case; "" when it names none."""
    if value.startswith(_ANY):
        return _ANY
    found = _TOKEN.match(value)
    return found[0].lower() if found else ""


def _kind(field: str) -> str:
    if field.startswith("crawl"):
        return "Delay"
    return "Allow" if field == "allow" else "Disallow"


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _one_line(value: str) -> str:
    return _BREAKS.sub(lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), value)
