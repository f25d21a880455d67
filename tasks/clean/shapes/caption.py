"""Caption and credit: a short line without a final stop, and under it who took the picture."""

import re
from typing import Final

from tasks.clean.phrases import Lines, Shape, by_rule, has_final_stop
from tasks.schema import Verdict

CAPTION: Final = Shape(
    "shape.caption", "media.caption", "move", moved_to="blocks.caption", kind="caption",
    confidence=0.9, priority=52,
)  # fmt: skip
CREDIT: Final = Shape(
    "shape.credit", "media.credit", "move", moved_to="caption.credit", kind="credit",
    confidence=0.85, priority=52,
)  # fmt: skip
CREDIT_RULE: Final = "media.credit"
MAX_CAPTION_CHARS: Final = 200
MIN_CAPTION_WORDS: Final = 3

_AGENCY: Final = re.compile(
    r"(?-i:[A-Z]{3,5}|(?:[A-Z][\w.]+ ){1,3}(?:Press|Agency|Photos?|Images|Pictures|Wire))"
    r"|(?:agencia|agência|agenzia|agence|agentur|وكالة|خبرگزاری|एजेंसी|агентство)(?: \S+){1,3}"
    r"|\S{1,8}(?:通信|通讯社|通訊社|통신|新聞社|新華社)",
    re.IGNORECASE,
)
"""What agencies call themselves; a line under a caption that is no more than that is a credit."""


def caption(page: Lines) -> dict[int, Verdict]:
    """Return each credit line with a caption above it, and the caption.

    The headline is no caption: before the first sentence only a line under another one counts.
    """
    found: dict[int, Verdict] = {}
    for number in range(1, len(page.lines)):
        line, above = page.lines[number], page.lines[number - 1]
        hit = line.named(CREDIT_RULE)
        if (
            not (hit or is_agency(line.text))
            or not page.is_free(number)
            or not page.is_free(number - 1)
        ):
            continue
        if above.is_sentence or above.hits or above.block.kind != "paragraph":
            continue
        if above.words < MIN_CAPTION_WORDS or len(above.text) > MAX_CAPTION_CHARS:
            continue
        if not _has_text_above(page, number - 1) or has_final_stop(above.text):
            continue
        under = "under a caption"
        found[number] = by_rule(line, *hit, under) if hit else CREDIT.verdict(line, [under])
        found[number - 1] = CAPTION.verdict(
            above, ["short line without a final stop", f"above the credit {line.text!r}"]
        )
    return found


def is_agency(text: str) -> bool:
    """Return whether the line names an agency and nothing else.

    >>> is_agency("EFL"), is_agency("Coastal Press"), is_agency("The press was there")
    (True, True, False)
    """
    return _AGENCY.fullmatch(text) is not None and not text.islower()


def _has_text_above(page: Lines, number: int) -> bool:
    """Return whether a line that stays stands above: else this one may be the headline."""
    return any(not page.is_gone(i) for i in range(number))
