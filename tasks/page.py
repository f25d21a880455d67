"""One page from capture to finished article: the stages' page functions, composed.

The command line, ``explain`` and the tests go through here; the stages call the same three
functions with files between them.
"""

from collections.abc import Callable

from tasks.clean.memory import site_of
from tasks.clean.page import clean
from tasks.clean.recall import Recall
from tasks.extract.page import extract
from tasks.normalise.page import normalise
from tasks.rules import RuleBook
from tasks.schema import Capture, Finished


def process(
    capture: Capture, rules: RuleBook, recall: Callable[[str], Recall | None] | None = None
) -> Finished:
    """Return the finished page.

    Args:
        capture: the page as fetched.
        rules: what is known of all sites.
        recall: gives what is known of one site, if anything is.

    Raises:
        PageError: the page cannot be processed; its slug says why.
    """
    extracted = extract(capture, rules)
    memory = recall(site_of(extracted)) if recall else None
    return normalise(clean(extracted, rules, memory), rules.version)
