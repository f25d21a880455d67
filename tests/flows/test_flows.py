"""The flows on Prefect: their forms, and a run in which one partition cannot be processed."""

import inspect
import json
import shutil
from pathlib import Path

import prefect
import pyarrow.parquet as pq
import pytest
import yaml
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object

from tests.flows.conftest import ROOT, Demo, cleancopy

DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
FLOWS = [deployment["entrypoint"] for deployment in DEPLOYMENTS]


@pytest.mark.parametrize("entrypoint", FLOWS)
def test_an_entrypoint_is_a_flow_that_fits_on_a_screen(entrypoint: str) -> None:
    flow = import_object(entrypoint)
    assert isinstance(flow, prefect.Flow)
    assert len(inspect.getsource(inspect.getmodule(flow.fn)).splitlines()) <= 80  # type: ignore[arg-type]


@pytest.mark.parametrize("entrypoint", FLOWS)
def test_every_parameter_explains_itself_in_the_form(entrypoint: str) -> None:
    schema = parameter_schema(import_object(entrypoint).fn)
    assert schema.properties
    for name, field in schema.properties.items():
        assert len(field.get("description", "")) > 20, name
    for name, model in (schema.definitions or {}).items():
        if "properties" in model:
            assert all(f.get("description") for f in model["properties"].values()), name


@pytest.mark.prefect
def test_each_partition_gets_its_turn_and_what_is_finished_is_published(
    demo: Demo, tmp_path: Path
) -> None:
    """A copy of the demo's data, with one partition whose work folder cannot be written."""
    data = tmp_path / "data"
    shutil.copytree(demo.data, data, symlinks=True, ignore=shutil.ignore_patterns("prefect"))
    before = _articles(data)
    first = next((data / "captures").glob("2*"))
    shutil.copytree(first, data / "captures" / "2000-01-01")
    (data / "work" / "extracted" / "2000-01-01").write_text("a file where a folder is needed")

    done = cleancopy("reclean", "--json", "--data", data, "--config", data / "config")

    outcome = json.loads(done.stdout)
    assert (done.returncode, outcome["status"]) == (3, "partial"), done.stderr
    assert "extract 2000-01-01: cannot write" in " ".join(outcome["problems"])
    assert {"2000-01-01", first.name} <= set(outcome["partitions"])
    assert _articles(data) == before


def _articles(data: Path) -> set[tuple[str, int, str]]:
    table = pq.read_table(data / "current" / "articles").to_pylist()
    return {(row["article_id"], row["version"], row["raw_sha256"]) for row in table}
