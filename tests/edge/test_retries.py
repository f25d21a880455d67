"""What is tried again, and what is not."""

import asyncio
from pathlib import Path

import pytest
from prefect.states import exception_to_failed_state

from tasks import steps
from tasks.edge.stage import StageFailed
from tasks.errors import ConfigError, ContractError, EnvironmentFault
from tasks.runs import begin

STEPS = (
    steps.fetch, steps.capture, steps.extract, steps.remember, steps.clean, steps.normalise,
    steps.dedup, steps.health, steps.compact, steps.report,
)  # fmt: skip


def test_only_fetching_is_tried_again() -> None:
    assert {step.name: step.retries for step in STEPS if step.retries} == {"fetch": 2}


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (StageFailed("the connection was reset"), True),
        (ContractError("a column is gone"), False),
        (ConfigError("sources.yaml:3:1: unknown key"), False),
        (EnvironmentFault("the disk is full"), False),
    ],
)
def test_a_broken_contract_is_not(error: Exception, may_pass: bool) -> None:  # noqa: FBT001
    state = asyncio.run(exception_to_failed_state(error))
    condition = steps.fetch.retry_condition_fn
    assert condition is not None
    assert condition(steps.fetch, None, state) is may_pass  # type: ignore[arg-type]


def test_no_task_has_tags_that_prefect_would_ask_a_slot_for(tmp_path: Path) -> None:
    publish = steps.publish(begin("daily", tmp_path, None))
    assert not [step.name for step in (*STEPS, publish) if step.tags]
