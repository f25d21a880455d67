"""The entry of a new source in config/sources.yaml: what it says, and how it gets there.

The file is the user's: its comments and layout stay as they are, and the entry is written as text
behind the last one.
"""

from pathlib import Path
from urllib.parse import urlsplit

import yaml

from tasks.errors import ConfigError
from tasks.fetch.probe import Found
from tasks.sources import Source, SourcesFile
from tasks.store.atomic import write_bytes
from tasks.urls import site
from tasks.yamlfile import load_model

MAX_FILES = 5
"""An entry names no more feeds, and no more sitemaps."""


def source_of(homepage: str, found: Found) -> Source:
    """Return the source that a look at `homepage` suggests: its feeds, and news sitemaps beside.

    Raises:
        ConfigError: nothing was found that names articles.
    """
    feeds, sitemaps = found.usable("feed"), found.usable("sitemap")
    if not feeds and not sitemaps:
        raise ConfigError(f"{homepage}: no feed and no sitemap that names pages was found")
    news = [url for url in sitemaps if "news" in urlsplit(url).path.lower()]
    chosen = news or ([] if feeds else sitemaps)
    return Source(
        id=site(homepage).replace(".", "-"),
        homepage=homepage,
        feeds=tuple(feeds[:MAX_FILES]),
        sitemaps=tuple(chosen[:MAX_FILES]),
        language=found.language,
        delay_s=found.delay_s or None,
    )


def entry_of(source: Source) -> str:
    """Return the entry of `source`: its id, and all that is not a default."""
    values = source.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump([values], sort_keys=False, allow_unicode=True, width=10_000))


def add(config: Path, source: Source) -> None:
    """Write the entry of `source` behind the others of ``sources.yaml``, and check the file.

    Raises:
        ConfigError: its id stands there already, or the file cannot be added to.
    """
    path = config / "sources.yaml"
    if any(known.id == source.id for known in load_model(path, SourcesFile).sources):
        raise ConfigError(f"{path}: there is a source {source.id!r} already")
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    new = inserted(old, entry_of(source), path)
    checked = yaml.safe_load(new)
    SourcesFile.model_validate(checked)
    write_bytes(new.encode(), path)


def inserted(text: str, entry: str, path: Path) -> str:
    r"""Return the YAML `text` with `entry` behind the last of its ``sources``.

    >>> inserted("# mine\nsources:\n- id: a # first\n# end\n", "- id: b\n", Path("x"))
    '# mine\nsources:\n- id: a # first\n- id: b\n# end\n'

    Raises:
        ConfigError: ``sources`` is written in brackets and not empty.
    """
    root = yaml.compose(text)
    if root is None or not isinstance(root, yaml.MappingNode):
        return f"{text.rstrip()}\n\nsources:\n{_indented(entry, 2)}".lstrip()
    for key, node in root.value:
        if key.value != "sources":
            continue
        lines = text.splitlines(keepends=True)
        if not node.value:  # sources: [] or nothing
            line = key.start_mark.line
            return "".join([*lines[:line], "sources:\n", _indented(entry, 2), *lines[line + 1 :]])
        if node.flow_style:
            raise ConfigError(f"{path}: write the list of sources with one '- id:' line each")
        last = _last_line(node) + 1
        if not lines[last - 1].endswith("\n"):
            lines[last - 1] += "\n"
        column = node.value[0].start_mark.column - 2
        return "".join([*lines[:last], _indented(entry, column), *lines[last:]])
    return f"{text.rstrip()}\n\nsources:\n{_indented(entry, 2)}"


def _last_line(node: yaml.Node) -> int:
    """Return the line (from 0) of the last value within `node`; comments behind it do not count."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        return int(node.end_mark.line)
    children = [
        child for item in node.value for child in (item if isinstance(item, tuple) else [item])
    ]
    return max((_last_line(child) for child in children), default=int(node.start_mark.line))


def _indented(entry: str, column: int) -> str:
    return "".join(" " * column + line for line in entry.splitlines(keepends=True))
