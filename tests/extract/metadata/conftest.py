"""How the tests of this room read a page: real parser, real JSON-LD reader, no files."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tasks.extract.metadata.page import read_metadata
from tasks.extract.structured import read_structured, scripts_removed
from tasks.extract.tree import parse
from tasks.schema import Metadata

Read = Callable[..., Metadata]
URL = "https://www.harbour-courier.example/local/rain-floods-harbour"


@pytest.fixture
def read() -> Read:
    """Return a function from the HTML of a page (head, body) to its metadata."""

    def read_html(html: str, url: str = URL, lang: str = "") -> Metadata:
        tree = parse(html)
        structured = read_structured(tree)
        scripts_removed(tree)
        fetched_at = datetime(2026, 11, 24, 12, tzinfo=UTC)
        return read_metadata(tree, structured.nodes, url, lang, fetched_at)

    return read_html
