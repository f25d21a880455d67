"""Pages between two stages: dataclasses as one row of Parquet each, and back, exactly.

A part of ``extracted`` or ``cleaned`` has one row a page in capture order and two columns:
``page`` (an `Extracted` or `Cleaned`) and ``failure`` (a `Failure`), one of which is null. Both are
nested as the dataclasses are, so nothing is said twice: the columns follow from
`tasks.schema`. Published tables are flat and another matter.

Times must be aware; they come back as UTC with the same instant.
"""

import types
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.schema import Failure

Step = TypeVar("Step")

_SCALARS: Final = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: pa.timestamp("us", tz="UTC"),
}


def to_table(pages: Sequence[Step | Failure], step: type[Step]) -> pa.Table:
    """Return `pages` as a table, a row each, in order.

    Raises:
        pa.ArrowInvalid: a value does not fit, for example a string with a lone surrogate.
    """
    done = _array([page if isinstance(page, step) else None for page in pages], step)
    failed = _array([page if isinstance(page, Failure) else None for page in pages], Failure)
    return pa.table({"page": done, "failure": failed})


def read(path: Path, step: type[Step]) -> list[Step | Failure]:
    """Return the pages of a file as `step`, which may have fewer fields than what was written."""
    columns = [*_leaves("page", step), *_leaves("failure", Failure)]
    return from_table(pq.ParquetFile(path).read(columns=columns), step)


def from_table(table: pa.Table, step: type[Step]) -> list[Step | Failure]:
    """Return the pages of a table that `to_table` made."""
    done = _values(table["page"].combine_chunks(), step)
    failed = _values(table["failure"].combine_chunks(), Failure)
    return [failure or page for page, failure in zip(done, failed, strict=True)]


def _plain(kind: Any) -> Any:  # noqa: ANN401  an annotation
    """Return `kind` as Arrow sees it: ``X | None`` is X, a literal is a str."""
    if get_origin(kind) is Literal:
        return str
    if get_origin(kind) in {Union, types.UnionType}:
        (kind,) = (arg for arg in get_args(kind) if arg is not type(None))
        return _plain(kind)
    return kind


def _leaves(path: str, kind: Any) -> list[str]:  # noqa: ANN401  an annotation
    """Return the paths of the columns that hold a `kind`, as Parquet names them."""
    kind = _plain(kind)
    if kind in _SCALARS:
        return [path]
    if _is_list(kind):
        return _leaves(f"{path}.list.element", get_args(kind)[0])
    return [leaf for name, hint in _members(kind) for leaf in _leaves(f"{path}.{name}", hint)]


def _is_list(kind: Any) -> bool:  # noqa: ANN401
    return get_origin(kind) is tuple and get_args(kind)[-1] is ...


@cache
def _members(kind: Any) -> list[tuple[str, Any]]:  # noqa: ANN401
    """Return names and types of a dataclass's fields, or of the places of a fixed tuple."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return [(field.name, hints[field.name]) for field in fields(kind)]
    return [(str(place), part) for place, part in enumerate(get_args(kind))]


def _array(values: Sequence[Any], kind: Any) -> pa.Array:  # noqa: ANN401
    """Return `values`, some of which may be None, as an array; nested ones column by column."""
    kind = _plain(kind)
    if kind in _SCALARS:
        return pa.array(values, _SCALARS[kind])
    if _is_list(kind):
        sizes = [0 if value is None else len(value) for value in values]
        ends = list(accumulate(sizes, initial=0))
        offsets = [None if v is None else end for v, end in zip(values, ends, strict=False)]
        inner = [item for value in values if value is not None for item in value]
        flat = _array(inner, get_args(kind)[0])
        return pa.ListArray.from_arrays(pa.array([*offsets, ends[-1]], pa.int32()), flat)
    members = _members(kind)
    get = getattr if is_dataclass(kind) else lambda value, place: value[int(place)]
    arrays = [
        _array([None if value is None else get(value, name) for value in values], hint)
        for name, hint in members
    ]
    nulls = pa.array([value is None for value in values], pa.bool_())
    return pa.StructArray.from_arrays(arrays, [name for name, _ in members], mask=nulls)


def _values(array: pa.Array, kind: Any) -> list[Any]:  # noqa: ANN401
    """Return the inverse of `_array`."""
    kind = _plain(kind)
    if kind is datetime:
        return [value and value.astimezone(UTC) for value in array.to_pylist()]
    if kind in _SCALARS:
        return list(array.to_pylist())
    nulls = array.null_count
    valid = array.is_valid().to_pylist() if nulls else ()
    if _is_list(kind):
        inner = _values(array.values, get_args(kind)[0])
        found = [tuple(inner[a:b]) for a, b in pairwise(array.offsets.to_pylist())]
    else:
        make: Callable[..., Any] = kind if isinstance(kind, type) else lambda *items: items
        parts = dict(zip((part.name for part in array.type), array.flatten(), strict=True))
        found = list(map(make, *(_values(parts[name], hint) for name, hint in _members(kind))))
    if not nulls:
        return found
    return [value if ok else None for ok, value in zip(valid, found, strict=True)]
