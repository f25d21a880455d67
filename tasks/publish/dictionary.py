"""The data dictionary, made from the descriptions and units in the Arrow schemas.

``python -m tasks.publish.dictionary > docs/data-dictionary.md`` brings the document up to date.
"""

import sys
from collections.abc import Iterator

import pyarrow as pa

from tasks.schema import TABLES


def dictionary() -> str:
    """Return the data dictionary as Markdown: a section a table, a row a column."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made from the schemas in tasks/schema.py, which every published file carries too."
    yield "Times are UTC. Text is UTF-8, NFC, with LF. Positions are code points."
    for name, schema in TABLES.items():
        about = {key.decode(): value.decode() for key, value in schema.metadata.items()}
        yield ""
        yield f"## {name}"
        yield ""
        yield f"{about['description']} Contract version {about['version']}."
        yield ""
        yield "| column | type | unit | what it holds |"
        yield "|---|---|---|---|"
        for field in schema:
            told = field.metadata or {}
            unit = told.get(b"unit", b"").decode()
            holds = told[b"description"].decode()
            yield f"| {field.name} | {_type(field.type)} | {unit} | {holds} |"


def _type(kind: pa.DataType) -> str:
    """Return a type as people write it.

    >>> _type(pa.list_(pa.string()))
    'list of string'
    """
    return f"list of {kind.value_type}" if pa.types.is_list(kind) else str(kind)


if __name__ == "__main__":
    sys.stdout.write(dictionary())
