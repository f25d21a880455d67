"""The entries of a live blog that lost its markup: lines that begin with a clock, in order.

One time at the start of a line is a schedule or a score; three and more that all run forwards or
all backwards, written alike, are entries.
"""

import re
from datetime import time
from itertools import pairwise
from typing import Final

from tasks.clean.phrases import Lines, Shape
from tasks.schema import Verdict

ENTRY: Final = Shape(
    "shape.live_entry", "live.chrome", "relabel", kind="live_entry", confidence=0.9
)
MIN_ENTRIES: Final = 3
NOON: Final = 12

_CLOCK: Final = re.compile(
    r"(?P<hour>[01]?\d|2[0-3])(?P<sign>[:.h：])(?P<minute>[0-5]\d)(?!\d)"
    r"(?P<half> ?[ap]\.?m\.?)?"
    r"(?P<word> ?(?:Uhr|hrs?|GMT|UTC|CET|CEST|BST|E[SD]?T))?"
    r"(?P<border> ?[|–—:：-](?!\d) ?| ?$)?",
    re.IGNORECASE,
)
"""A time of day, and what parts it from the text: a word, a sign, or the end of the line."""


def live(page: Lines) -> dict[int, Verdict]:
    """Return the lines that begin an entry; only in text that never had markup."""
    if not page.is_plain:
        return {}
    found = {i: clock for i, line in enumerate(page.lines) if (clock := read_clock(line.text))}
    times = list(found.values())
    runs_on = all(a <= b for a, b in pairwise(times)) or all(a >= b for a, b in pairwise(times))
    if len(set(times)) < MIN_ENTRIES or not runs_on:
        return {}
    evidence = [f"one of {len(times)} lines that begin with a time", "the times are in order"]
    return {i: ENTRY.verdict(page.lines[i], evidence) for i in found if page.is_free(i)}


def read_clock(text: str) -> time | None:
    """Return the time of day that a line begins with, if anything parts it from what follows.

    >>> read_clock("10:45 - The ferry sails"), read_clock("14.05 Uhr: Die Fähre fährt")
    (datetime.time(10, 45), datetime.time(14, 5))
    >>> read_clock("3:20 p.m. The ferry sails"), read_clock("18h30 – Le bac part")
    (datetime.time(15, 20), datetime.time(18, 30))
    >>> read_clock("10.45 million came"), read_clock("10:45 is when it sails")
    (None, None)
    >>> read_clock("11:22:33 - A line of a chat"), read_clock("10:45-11:30 Breakfast")
    (None, None)
    """
    found = _CLOCK.match(text)
    if found is None or not (found["half"] or found["word"] or found["border"]):
        return None
    hour = int(found["hour"])
    if found["half"]:
        is_late = found["half"].strip().lower().startswith("p")
        if not 1 <= hour <= NOON:
            return None
        hour = hour % NOON + NOON * is_late
    return time(hour, int(found["minute"]))
