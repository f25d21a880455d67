r"""YAML files as plain data, and errors that say ``file:line:column`` and what to write instead.

`load` gives the data and a function from a path in it, such as ``("sources", 2, "delay_s")``, to a
position; `load_model` checks the data against a pydantic model and turns every complaint into one
line. Scalars follow YAML 1.2's core schema, so ``no`` and ``on`` are strings (Norwegian is a
language); a key given twice is an error; lines and columns count from 1.

The parser is libyaml through PyYAML: on the 8,000 phrases of the rule book it needs 0.1 s where a
pure Python loader needs 2 s, and every command waits for it.
"""

import difflib
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from tasks.errors import ConfigError

Loc = Sequence[str | int]
"""A path in the data: keys of mappings and positions in lists."""

M = TypeVar("M", bound=BaseModel)

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT: Final = re.compile(r"[-+]?[0-9]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, object]] = (
    dict.fromkeys(("", "~", "null", "Null", "NULL"))
    | dict.fromkeys(("true", "True", "TRUE"), True)
    | dict.fromkeys(("false", "False", "FALSE"), False)
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file; line and column count from 1."""

    file: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


Locate = Callable[[Loc], Position]


def load(path: Path) -> tuple[Any, Locate]:
    """Return the data of a YAML file, and the function that tells where a path in it stands.

    An empty file is an empty mapping. A path that does not exist gives the position of its longest
    part that does; the position of an entry of a mapping is that of its key.

    Raises:
        ConfigError: the file cannot be read, is not UTF-8 or not YAML, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8: {error.reason} at byte {error.start}") from error
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise ConfigError(f"{where}: {error.problem or error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {error}") from error
    data = {} if root is None else _construct(root, path)
    return data, lambda loc: _position(root, loc, path)


def load_model(
    path: Path, model: type[M], overrides: Mapping[tuple[str, ...], object] | None = None
) -> M:
    """Return `path` as `model`; a file that does not exist counts as empty.

    `overrides` are values by path that win over the file's, from the environment or options.

    Raises:
        ConfigError: one line for each complaint: where, what, and what was perhaps meant.
    """
    data, locate = load(path) if path.is_file() else ({}, lambda _: Position(path, 1, 1))
    return validate(_overridden(data, overrides or {}), model, locate)


def validate(data: object, model: type[M], locate: Locate) -> M:
    """Return `data` as `model`.

    Raises:
        ConfigError: one line for each complaint: where, what, and what was perhaps meant.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        lines = [_complaint(dict(one), model, locate) for one in error.errors()]
        raise ConfigError("\n".join(lines)) from None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the choice most like `word`, "" if none is like it.

    >>> did_you_mean("selector", ["selectors", "phrases"])
    "; did you mean 'selectors'?"
    >>> did_you_mean("zzz", ["selectors"])
    ''
    """
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def _construct(node: yaml.Node, path: Path) -> object:
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style in ("'", '"', "|", ">") else _scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, path) for item in node.value]
    found: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ConfigError(f"{_at(key, path)}: a key must be a word")
        if key.value in found:
            raise ConfigError(f"{_at(key, path)}: the key {key.value!r} is given twice")
        found[key.value] = _construct(value, path)
    return found


def _scalar(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _at(node: yaml.Node, path: Path) -> Position:
    return Position(path, node.start_mark.line + 1, node.start_mark.column + 1)


def _position(root: yaml.Node | None, loc: Loc, path: Path) -> Position:
    """Return where `loc` stands; steps that do not exist, or that pydantic made up, are skipped."""
    if root is None:
        return Position(path, 1, 1)
    node, shown = root, root
    for step in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step < len(node.value):
                node = shown = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    node, shown = value, key
    return _at(shown, path)


def _overridden(data: object, overrides: Mapping[tuple[str, ...], object]) -> object:
    for path, value in overrides.items():
        data = _with(data, path, value)
    return data


def _with(data: object, path: Sequence[str], value: object) -> object:
    """Return a copy of `data` in which `path` is `value`; what is no mapping is returned."""
    if not path:
        return value
    if data is None:
        data = {}
    if not isinstance(data, dict):
        return data
    return data | {path[0]: _with(data.get(path[0]), path[1:], value)}


def _complaint(error: Mapping[str, Any], model: type[BaseModel], locate: Locate) -> str:
    loc: tuple[str | int, ...] = error["loc"]
    name = ".".join(str(step) for step in loc)
    if error["type"] == "extra_forbidden":
        hint = did_you_mean(str(loc[-1]), _fields_at(model, loc[:-1]))
        return f"{locate(loc)}: unknown key {loc[-1]!r}{hint}"
    if error["type"] == "missing":
        return f"{locate(loc[:-1])}: the key {loc[-1]!r} is missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    hint = ""
    if error["type"] == "literal_error":
        hint = did_you_mean(str(error["input"]), re.findall(r"'([^']+)'", error["ctx"]["expected"]))
    return f"{locate(loc)}: {name}: {message}, not {error['input']!r}{hint}"


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """Return the keys that may stand at `loc` of a file that is `model`."""
    found = reduce(_step, loc, [model])
    return [key for one in found for key in _keys(one)]


def _step(annotations: list[Any], step: str | int) -> list[Any]:
    """Return the types that may stand one `step` below any of `annotations`."""
    below: list[Any] = []
    for annotation in annotations:
        if _is_model(annotation):
            fields = annotation.model_fields.items()
            below += [f.annotation for name, f in fields if step in (name, f.alias)]
        else:
            below += [a for a in typing.get_args(annotation) if a is not Ellipsis]
    return [one for annotation in below for one in _alternatives(annotation)]


def _alternatives(annotation: object) -> Sequence[Any]:
    is_union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if is_union else (annotation,)


def _keys(annotation: object) -> list[str]:
    if not _is_model(annotation):
        return []
    return [field.alias or name for name, field in annotation.model_fields.items()]


def _is_model(annotation: object) -> typing.TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
