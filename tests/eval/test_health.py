"""The floors of site health on the pages of sites.json: breaks noticed, and false alarms."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.health.usual import SHARES
from tasks.yamlfile import load
from tests.eval import health
from tests.eval.corpus import CORPUS

FLOORS, _ = load(Path(__file__).with_name("health_floors.yaml"))

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not CORPUS.exists(), reason="../shared is not beside the project"),
]


@pytest.fixture(scope="module")
def found(report: Callable[[str, str], None]) -> health.Found:
    found = health.run()
    report("site health", health.table(found))
    return found


def test_it_does_not_cry_wolf(found: health.Found) -> None:
    assert found.healthy_days > 1000
    assert found.alarms / found.healthy_days <= FLOORS["false_alarms"]
    assert found.changes / found.healthy_days <= FLOORS["false_changes"]


@pytest.mark.parametrize("size", health.SIZES)
@pytest.mark.parametrize("name", [*health.BREAKS, "a real redesign"])
def test_breaks_are_noticed_within_three_days(found: health.Found, name: str, size: int) -> None:
    share = found.in_time[name, size] / found.broken[name, size]
    assert share >= FLOORS["noticed"][name][health.SIZES.index(size)]


def test_what_all_sites_start_from_is_what_was_measured() -> None:
    for name, share in health.shares().items():
        assert share <= SHARES[name] + 0.05, name
