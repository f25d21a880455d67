"""Where the table ``site_health`` lies between the stage that makes it and the one that publishes.

Like the marks it is made anew by every run, from what is stored.
"""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import ContractError
from tasks.schema import SITE_HEALTH
from tasks.store.atomic import write_parquet
from tasks.store.layout import Layout


def write_health(layout: Layout, table: pa.Table) -> None:
    """Replace the table of a data folder."""
    write_parquet(table.cast(SITE_HEALTH), path(layout))


def read_health(layout: Layout) -> pa.Table:
    """Return the table last written; without one, an empty one.

    Raises:
        ContractError: it is torn.
    """
    where = path(layout)
    if not where.exists():
        return SITE_HEALTH.empty_table()
    try:
        table = pq.read_table(where, partitioning=None)
    except (OSError, pa.ArrowInvalid) as error:
        msg = f"{where}: torn ({error}): run the stage health again"
        raise ContractError(msg) from error
    if not table.schema.equals(SITE_HEALTH):  # of an earlier contract: it is made anew soon
        return SITE_HEALTH.empty_table()
    return table


def path(layout: Layout) -> Path:
    """Return where the table lies."""
    return layout.health / "site_health.parquet"
