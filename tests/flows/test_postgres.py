"""The same with PostgreSQL as Prefect's database: deployed, started over HTTP, published."""

import asyncio
from pathlib import Path

import asyncpg
import pyarrow.parquet as pq
import pytest

from tests.flows.conftest import ROOT
from tests.flows.orchestra import orchestra
from tests.flows.postgres import binaries, postgres

PAGE = ROOT / "data" / "samples" / "texts" / "faro.es.txt"


@pytest.mark.prefect
@pytest.mark.timeout(900)
def test_a_run_on_postgresql_publishes_the_dataset(tmp_path: Path) -> None:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    with (
        postgres(programs) as url,
        orchestra(tmp_path / "o", PREFECT_API_DATABASE_CONNECTION_URL=url) as prefect,
    ):
        run_id = prefect.start("backfill/backfill", files={"paths": [str(PAGE)], "name": "archive"})
        assert prefect.ended(run_id)["state"]["type"] == "COMPLETED", prefect.worker_log
        assert asyncio.run(_runs(url)) == [(run_id, "COMPLETED")]
        assert pq.read_table(prefect.data / "current" / "articles").num_rows == 1


async def _runs(url: str) -> list[tuple[str, str]]:
    """Return the flow runs that stand in the database."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch("SELECT id, state_type FROM flow_run")
    finally:
        await connection.close()
    return [(str(row["id"]), row["state_type"]) for row in rows]
