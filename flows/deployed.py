"""What a Prefect server needs besides the deployments: a work pool, its queues, an automation.

Imported where Prefect is needed anyway. Everything here may be applied again and again; what
somebody has changed on the pool stays as it is.
"""

from datetime import timedelta
from typing import Final

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

from flows.deployments import POOL, QUEUES
from tasks.errors import EnvironmentFault

LOST: Final = "cleancopy: a run that fell silent has crashed"
SILENCE: Final = timedelta(minutes=10)
"""Flow runs say every three minutes that they live (PREFECT_FLOWS_HEARTBEAT_FREQUENCY)."""

_BEAT: Final = "prefect.flow-run.heartbeat"
_ENDS: Final = {f"prefect.flow-run.{end}" for end in (
    "Completed", "Partial", "Failed", "Crashed", "Cancelled", "Cancelling", "Paused", "Suspended",
)}  # fmt: skip


async def prepare() -> None:
    """Make the pool, its queues and the automation on the server of PREFECT_API_URL.

    Raises:
        EnvironmentFault: a pool of that name starts no processes, or the server refuses.
    """
    try:
        async with get_client() as client:
            await _make_pool(client)
            for name, limit in QUEUES.items():
                await _make_queue(client, name, limit)
            await _automate(client)
    except PrefectHTTPStatusError as error:
        raise EnvironmentFault(f"the Prefect server refused: {str(error)[:600]}") from error


async def _make_pool(client: PrefectClient) -> None:
    try:
        pool = await client.read_work_pool(POOL)
    except ObjectNotFound:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        return
    if pool.type != "process":
        raise EnvironmentFault(
            f"the work pool {POOL!r} is there and of the type {pool.type!r}: the flows need one of "
            f"the type 'process' (prefect work-pool delete {POOL}, then deploy again)"
        )


async def _make_queue(client: PrefectClient, name: str, limit: int | None) -> None:
    try:
        queue = await client.read_work_queue_by_name(name, work_pool_name=POOL)
    except ObjectNotFound:
        await client.create_work_queue(name, concurrency_limit=limit, work_pool_name=POOL)
        return
    if queue.concurrency_limit != limit and limit is not None:
        await client.update_work_queue(queue.id, concurrency_limit=limit)


async def _automate(client: PrefectClient) -> None:
    """Have runs marked as crashed whose machine went away: nobody is left to say so."""
    wanted = lost_runs()
    found = await client.read_automations_by_name(LOST)
    if found:
        await client.update_automation(found[0].id, wanted)
    else:
        await client.create_automation(wanted)


def lost_runs(silence: timedelta = SILENCE) -> AutomationCore:
    """Return the automation that marks a flow run of ours Crashed when it falls silent."""
    return AutomationCore(
        name=LOST,
        description=f"Its last heartbeat is {silence.total_seconds():g} s old.",
        trigger=EventTrigger(
            after={_BEAT},
            expect={_BEAT} | _ENDS,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={"prefect.resource.id": "prefect.tag.cleancopy"},
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=silence,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED, message="its process or its machine has gone away"
            )
        ],
    )
