"""A page about a ferry, and judges that see one thing only."""

import numpy as np

from tasks.extract.blocks import segment, signatures
from tasks.extract.judge import Model, Trees
from tasks.extract.main_content import MainContent, find_main, read
from tasks.extract.prune import Pruned
from tasks.extract.structured import read_structured
from tasks.extract.tree import parse
from tasks.extract.verdicts import verdicts
from tasks.schema import Metadata

STORY = (
    "The ferry to Gannet Island will sail after dark for the first time in two winters.",
    "Passengers who missed the last boat had to wait until morning, and many of them complained.",
    "“We have heard them,” said Idris Vane, the mayor, who has lived on the island all his life.",
    "The new timetable starts on Monday; tickets cost the same as those of the boats by day.",
)
PAGE = f"""<html><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li></ul></nav>
<article><h1>Island ferry to sail through the night</h1>
{"".join(f"<p>{text}</p>" for text in STORY)}</article>
<aside><h3>Most read</h3><ul><li><a href="/1">Head of the harbour named</a></li>
<li><a href="/2">Fewer meetings wanted</a></li></ul></aside>
<footer><p>© The Harbour Courier. All rights reserved.</p></footer></body></html>"""


def found(model: Model) -> tuple[MainContent, list[str], list[str]]:
    """Return what is found, the blocks' texts, and all evidence against those left out."""
    tree = parse(PAGE)
    segments = segment(tree)
    page = read(segments, read_structured(tree), Metadata(), frozenset())
    main = find_main(page, lambda: tree, model)
    reasons = verdicts(segments, signatures(segments), main, Pruned((), {}, (), ()), frozenset())
    return main, [one.text for one in segments], [line for v in reasons for line in v.evidence]


def stump(column: str, low: float, high: float, above: float = 0.5) -> Trees:
    """Return one tree with one question: is the column above that?"""
    return Trees(
        columns=(column,),
        column=np.zeros((1, 1), dtype=np.int64),
        threshold=np.full((1, 1), above, dtype=np.float32),
        value=np.array([[low, high]]),
        base=0.0,
    )
