"""Pages between two stages: dataclasses as one row of Parquet each, and back, exactly.

A part of ``extracted`` or ``cleaned`` has one row a page in capture order and two columns:
``page`` (an `Extracted` or `Cleaned`) and ``failure`` (a `Failure`), one of which is null. Both are
nested as the dataclasses are, so nothing is said twice: the columns follow from
`tasks.schema`. Published tables are flat and another matter.

What a stage hands on as it is becomes the same rows again, copied as columns (`Carried`): most of
a page's blocks are furniture that extraction has named, and no later stage says more of it.

Times must be aware; they come back as UTC with the same instant.
"""

import types
from collections import deque
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import accumulate, count, pairwise
from operator import attrgetter, itemgetter
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


class Carried:
    """Objects that were read, and the rows they were made of.

    It holds on to both: an object is known by its identity, so a changed copy is a new one.
    """

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._arrays: dict[Any, list[pa.Array]] = {}
        self._objects: list[list[Any]] = []

    def keep(self, kind: Any, array: pa.Array, objects: list[Any]) -> None:  # noqa: ANN401
        """Remember that the rows of `array` became `objects`."""
        known = self._arrays.setdefault(kind, [])
        start = sum(map(len, known))
        self._rows.update(zip(map(id, objects), count(start), strict=False))
        known.append(array)
        self._objects.append(objects)

    def rows(self, objects: Sequence[Any], kind: type) -> list[int | None]:
        """Return the row of each object, None for those that were not read."""
        if kind not in self._arrays:
            return [None] * len(objects)
        return list(map(self._rows.get, map(id, objects)))

    def take(self, rows: Sequence[int], kind: type) -> pa.Array:
        """Return some rows again."""
        return pa.concat_arrays(self._arrays[kind]).take(pa.array(rows, pa.int64()))


def to_table(
    pages: Sequence[Step | Failure], step: type[Step], carried: Carried | None = None
) -> pa.Table:
    """Return `pages` as a table, a row each, in order; objects of `carried` are copied from there.

    Raises:
        pa.ArrowInvalid: a value does not fit, for example a string with a lone surrogate.
    """
    done = [page if isinstance(page, step) else None for page in pages]
    failed = [page if isinstance(page, Failure) else None for page in pages]
    return pa.table({
        "page": _array(done, step, carried),
        "failure": _array(failed, Failure, carried),
    })  # fmt: skip


def read(path: Path, step: type[Step], carried: Carried | None = None) -> list[Step | Failure]:
    """Return the pages of a file as `step`, which may have fewer fields than what was written.

    Args:
        path: of the file.
        step: what its rows are.
        carried: where to remember which row became which object, to write them once more.
    """
    return from_table(read_table(path, step), step, carried)


def read_table(path: Path, step: type) -> pa.Table:
    """Return the columns of a file that pages read as `step` and failures need."""
    columns = [*_leaves("page", step), *_leaves("failure", Failure)]
    return pq.ParquetFile(path, pre_buffer=True).read(columns=columns)


def from_table(
    table: pa.Table, step: type[Step], carried: Carried | None = None
) -> list[Step | Failure]:
    """Return the pages of a table that `to_table` made."""
    done = _values(whole(table["page"]), step, carried)
    failed = _values(whole(table["failure"]), Failure, carried)
    return [failure or page for page, failure in zip(done, failed, strict=True)]


def whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece; one that is in one piece is not copied."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def lists(values: Sequence[tuple[Any, ...]], kind: type) -> pa.ListArray:
    """Return lists of `kind` as they stand in a file."""
    return _array(values, types.GenericAlias(tuple, (kind, ...)), None)


def unlisted(array: pa.Array, kind: type) -> list[tuple[Any, ...]]:
    """Return the inverse of `lists`."""
    return _values(array, types.GenericAlias(tuple, (kind, ...)), None)


@lru_cache(maxsize=8)
def spans(path: Path) -> list[tuple[str, str]]:
    """Return the first and the last value of a file's first column, of each row group.

    The column is sorted, and its statistics are written; a group without rows has neither value.
    """
    about = pq.read_metadata(path)
    found = [about.row_group(n).column(0).statistics for n in range(about.num_row_groups)]
    return [(s.min, s.max) if s else ("", "") for s in found]


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


def _array(values: Sequence[Any], kind: Any, carried: Carried | None) -> pa.Array:  # noqa: ANN401
    """Return `values`, some of which may be None, as an array; nested ones column by column."""
    kind = _plain(kind)
    if kind in _SCALARS:
        return pa.array(values, _SCALARS[kind])
    if _is_list(kind):
        sizes = [0 if value is None else len(value) for value in values]
        ends = list(accumulate(sizes, initial=0))
        offsets = [None if v is None else end for v, end in zip(values, ends, strict=False)]
        inner = [item for value in values if value is not None for item in value]
        flat = _array(inner, get_args(kind)[0], carried)
        return pa.ListArray.from_arrays(pa.array([*offsets, ends[-1]], pa.int32()), flat)
    if carried is not None and is_dataclass(kind):
        return _again(values, kind, carried)
    return _struct(values, kind, None)


def _again(values: Sequence[Any], kind: Any, carried: Carried) -> pa.Array:  # noqa: ANN401
    """Return `values` as an array: rows that were read are copied, the others are made."""
    rows = carried.rows(values, kind)
    old = [row for row in rows if row is not None]
    if not old:
        return _struct(values, kind, carried)
    new = [v for v, row in zip(values, rows, strict=True) if row is None and v is not None]
    known = carried.take(old, kind)
    if len(old) == len(values):
        return known
    fresh = _struct(new, kind, carried).cast(known.type)
    places = (count(), count(len(old)))
    order = [
        None if value is None else next(places[row is None])
        for value, row in zip(values, rows, strict=True)
    ]
    return pa.concat_arrays([known, fresh]).take(pa.array(order, pa.int64()))


def _struct(values: Sequence[Any], kind: Any, carried: Carried | None) -> pa.Array:  # noqa: ANN401
    members = _members(kind)
    is_null = [value is None for value in values]
    has_nulls = any(is_null)
    arrays = []
    for name, hint in members:
        get = attrgetter(name) if is_dataclass(kind) else itemgetter(int(name))
        column = [v and get(v) for v in values] if has_nulls else list(map(get, values))
        arrays.append(_array(column, hint, carried))
    nulls = pa.array(is_null, pa.bool_()) if has_nulls else None
    return pa.StructArray.from_arrays(arrays, [name for name, _ in members], mask=nulls)


def _values(array: pa.Array, kind: Any, carried: Carried | None) -> list[Any]:  # noqa: ANN401
    """Return the inverse of `_array`."""
    kind = _plain(kind)
    if kind is datetime:
        return [value and value.astimezone(UTC) for value in array.to_pylist()]
    if kind in _SCALARS:
        return list(array.to_pylist())
    nulls = array.null_count
    valid = array.is_valid().to_pylist() if nulls else ()
    if _is_list(kind):
        inner = _values(array.values, get_args(kind)[0], carried)
        found = [tuple(inner[a:b]) for a, b in pairwise(array.offsets.to_pylist())]
    else:
        parts = dict(zip((part.name for part in array.type), array.flatten(), strict=True))
        columns = [_values(parts[name], hint, carried) for name, hint in _members(kind)]
        found = _made(kind, columns) if is_dataclass(kind) else list(zip(*columns, strict=True))
        if carried is not None and is_dataclass(kind):
            carried.keep(kind, array, found)
    if not nulls:
        return found
    return [value if ok else None for ok, value in zip(valid, found, strict=True)]


def _made(kind: Any, columns: Sequence[list[Any]]) -> list[Any]:  # noqa: ANN401
    """Return objects of a slotted dataclass, filled column by column: twice as fast as calling it.

    A frozen dataclass's own ``__init__`` sets its fields one by one, each by name.
    """
    made = [kind.__new__(kind) for _ in columns[0]]
    for (name, _), column in zip(_members(kind), columns, strict=True):
        deque(map(getattr(kind, name).__set__, made, column), maxlen=0)
    return made
