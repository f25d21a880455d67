"""SQL over a snapshot, newest versions, and the difference of two versions."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from tasks.errors import ConfigError, EnvironmentFault
from tasks.schema import SEPARATOR, TABLES
from tasks.store.manifest import read_manifest

LATEST: Final = (
    "SELECT * FROM articles WHERE quality <> 'quarantined' "
    "QUALIFY version = max(version) OVER (PARTITION BY article_id)"
)
"""The view ``latest`` of `query`: the newest version of each article that is not held back."""


def query(folder: Path, sql: str) -> pd.DataFrame:
    """Run `sql` over the snapshot in `folder`; each table is a view, and so is ``latest``.

    Nothing outside the snapshot can be read or written.

    Raises:
        EnvironmentFault: DuckDB is not installed.
        ConfigError: the SQL cannot be run; the message says where it fails.
        OSError: a file of the snapshot cannot be read.
    """
    try:
        import duckdb  # noqa: PLC0415  an optional extra
    except ImportError as error:
        msg = "SQL needs DuckDB, which is not installed: install cleancopy with its extra 'sql'"
        raise EnvironmentFault(msg) from error
    manifest = read_manifest(folder)
    with duckdb.connect() as connection:
        for table in TABLES:
            files = [str(folder / table / file.name) for file in manifest.of(table)]
            listed = ", ".join("'" + name.replace("'", "''") + "'" for name in files)
            view = f"CREATE VIEW {table} AS SELECT * FROM read_parquet([{listed}])"  # noqa: S608
            try:
                connection.execute(view)
            except duckdb.Error as error:
                raise OSError(f"{table}: {error}") from error
        connection.execute(f"CREATE VIEW latest AS {LATEST}")
        connection.execute("SET TimeZone = 'UTC'")
        allowed = str(folder).replace("'", "''")
        connection.execute(f"SET allowed_directories = ['{allowed}']")
        connection.execute("SET enable_external_access = false")
        try:
            answer = connection.execute(sql)
            return answer.df() if answer is not None else pd.DataFrame()
        except duckdb.IOException as error:
            raise OSError(str(error)) from error
        except duckdb.Error as error:
            raise ConfigError(f"the SQL cannot be run: {error}") from error


@dataclass(frozen=True, slots=True)
class Difference:
    """How one version of an article became another."""

    article_id: str
    title: str
    before: int
    after: int
    change: str  # class of the change that led to `after`
    lines: tuple[str, ...]  # unified diff of headline, access and paragraphs


def diff(folder: Path, article: str, before: int = 0, after: int = 0) -> Difference:
    """Return how version `before` of `article` (id or URL) became `after`; 0: the last two.

    Raises:
        ConfigError: there is no such article or version.
    """
    rows = _versions(folder, article)
    last = max(rows)
    after = after or last
    before = before or after - 1
    for version in (before, after):
        if version not in rows:
            msg = (
                f"{article} has versions 1 to {last}, so there is nothing to compare with {version}"
            )
            raise ConfigError(msg)
    lines = difflib.unified_diff(
        _printed(rows[before]),
        _printed(rows[after]),
        f"version {before}, {rows[before]['fetched_at']:%Y-%m-%d %H:%M}",
        f"version {after}, {rows[after]['fetched_at']:%Y-%m-%d %H:%M}",
        lineterm="",
        n=1,
    )
    return Difference(
        rows[after]["article_id"], rows[after]["title"], before, after, rows[after]["change"],
        tuple(lines),
    )  # fmt: skip


def _versions(folder: Path, article: str) -> dict[int, dict[str, Any]]:
    manifest = read_manifest(folder)
    files = [str(folder / "articles" / file.name) for file in manifest.of("articles")]
    field = pc.field("article_id"), pc.field("canonical_url"), pc.field("url")
    found = ds.dataset(files, format="parquet").to_table(
        columns=["article_id", "version", "title", "access", "text", "change", "fetched_at"],
        filter=(field[0] == article) | (field[1] == article) | (field[2] == article),
    )
    if not found.num_rows:
        raise ConfigError(f"no article with the id or URL {article!r} in {folder.name}")
    return {row["version"]: row for row in found.to_pylist()}


def _printed(row: dict[str, Any]) -> list[str]:
    return [f"# {row['title']}", f"access: {row['access']}", *str(row["text"]).split(SEPARATOR)]
