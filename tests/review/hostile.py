"""What hostile pages say, as articles of a small dataset."""

from dataclasses import replace
from pathlib import Path

from tasks.schema import Finished
from tests.synthetic import finished, prose, publish_pages

BREAKOUTS = (
    "<script>window.hit = 1</script>",
    "</script><script>window.hit = 2</script>",
    "<img src=x onerror='window.hit = 3'>",
    '"><svg onload=window.hit=4>',
    "<!--<script>window.hit = 5",
    "{{ 7 * 7 }} {% raw %} ${7*7} {#",
    "</style><style>body{display:none}</style>",
    "<base href='https://evil.example/'><iframe srcdoc='<script>top.hit=6</script>'></iframe>",
    "\u202ereversed\u2066 \u0000 NUL \u200b \ufeff \u2028 line",
    "'; window.hit = 7; //",
    "</textarea></title></del></li><form action='https://evil.example/'><input name=x>",
    "&lt;script&gt;window.hit = 8&lt;/script&gt; &#60;b&#62;",
)
JAVASCRIPT = "javascript:window.hit=9"


def hostile_pages() -> list[Finished]:
    """Return an article that tries everything everywhere, and two decent ones of two sites."""
    evil = finished("evil", [prose("evil"), *BREAKOUTS], removed=BREAKOUTS, title=BREAKOUTS[1])
    verdicts = [
        replace(
            gone,
            verdict=replace(
                gone.verdict,
                rule=f"shape.odd{number}",
                evidence=(BREAKOUTS[number % len(BREAKOUTS)],),
                confidence=0.5,
            ),
        )
        for number, gone in enumerate(evil.removed)
    ]
    evil = replace(evil, canonical_url=JAVASCRIPT, removed=tuple(verdicts))
    decent = finished("decent", removed=("Back to top", "Share this"))
    other = finished("other", site="quay-post.example")
    return [evil, decent, other]


def hostile_dataset(data: Path) -> None:
    """Publish the pages."""
    publish_pages(data, hostile_pages())
