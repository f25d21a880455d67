"""Caption and credit: a short line without a final stop, and under it who took the picture."""

from typing import Final

from tasks.clean.phrases import Lines, Shape, by_rule, has_final_stop
from tasks.schema import Verdict

CAPTION: Final = Shape(
    "shape.caption", "media.caption", "move", moved_to="blocks.caption", kind="caption",
    confidence=0.9, priority=52,
)  # fmt: skip
CREDIT_RULE: Final = "media.credit"
MAX_CAPTION_CHARS: Final = 200
MIN_CAPTION_WORDS: Final = 3


def caption(page: Lines) -> dict[int, Verdict]:
    """Return each credit line with a caption above it, and the caption.

    The headline is no caption: before the first sentence only a line under another one counts.
    """
    found: dict[int, Verdict] = {}
    for number in range(1, len(page.lines)):
        line, above = page.lines[number], page.lines[number - 1]
        hit = line.named(CREDIT_RULE)
        if hit is None or not page.is_free(number) or not page.is_free(number - 1):
            continue
        if above.is_sentence or above.hits or above.block.kind != "paragraph":
            continue
        if above.words < MIN_CAPTION_WORDS or len(above.text) > MAX_CAPTION_CHARS:
            continue
        if not _has_text_above(page, number - 1) or has_final_stop(above.text):
            continue
        found[number] = by_rule(line, *hit, "under a caption")
        found[number - 1] = CAPTION.verdict(
            above, ["short line without a final stop", f"above the credit {line.text!r}"]
        )
    return found


def _has_text_above(page: Lines, number: int) -> bool:
    """Return whether a line that stays stands above: else this one may be the headline."""
    return any(not page.is_gone(i) for i in range(number))
