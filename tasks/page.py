"""One page from capture to finished article: the stages' page functions, composed.

The command line, ``explain`` and the tests go through here; the stages call the same three
functions with files between them.
"""

from tasks.clean.page import clean
from tasks.extract.page import extract
from tasks.normalise.page import normalise
from tasks.rules import RuleBook
from tasks.schema import Capture, Finished


def process(capture: Capture, rules: RuleBook) -> Finished:
    """Return the finished page.

    Raises:
        PageError: the page cannot be processed; its slug says why.
    """
    return normalise(clean(extract(capture, rules), rules), rules.version)
