"""What is known of a page before its blocks are judged, and the lexicon they are judged with."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from tasks.extract.blocks import Segment


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of a page before its blocks are judged."""

    segments: Sequence[Segment]
    keys: Sequence[str]  # `tasks.extract.align.words_key` of each block
    gone: Set[int]  # blocks a rule or their unreadable letters have decided about
    title: str  # words_key
    descriptions: Sequence[str]  # words_keys of what the page calls its summary
    body: str  # words_key of JSON-LD articleBody


@dataclass(frozen=True, slots=True, eq=False)
class Hints:
    """Words that were learnt to speak for (> 0) or against (< 0) a block being the article."""

    near: Mapping[str, float]  # of class and id, of the block's element and its parent
    around: Mapping[str, float]  # of the three elements around those
    far: Mapping[str, float]  # of all others
    text: Mapping[str, float]  # of the block's text
    names: frozenset[str] = field(init=False)  # all words that classes and ids are asked for

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset((*self.near, *self.around, *self.far)))
