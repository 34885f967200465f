"""Which keys what Temporal keeps still needs: a key may be dropped once nothing names it any more."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, MutableSequence
from datetime import datetime, timedelta

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload, SearchAttributes
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from models.base import Model
from workflows.sealed import key_of
from workflows.unreachable import PATIENCE, EngineUnreachable

OURS = "WorkflowType IN ('Mentorship', 'PlatformEvents')"


class KeyUse(Model):
    """How many runs need a key. One mentorship has a run after the other: each renewal closes one."""

    key: str
    """Its id, or empty for what is not encrypted."""
    open: int = 0
    closed: int = 0
    kept_until: datetime | None = None
    """When the server deletes the last of the closed ones."""


async def keys_in_use(client: Client, *, every_payload: bool = False) -> list[KeyUse]:
    """By the key that each run began with, which a list of the runs tells: later payloads have that one or a later one.

    While a rotation is rolled out, a run may begin with the new key in one process and go on with the old one in
    another. With `every_payload` all histories are read, and such runs count for both. Raises EngineUnreachable.
    """
    opened: Counter[str] = Counter()
    closed: dict[str, list[datetime]] = {}
    try:
        retention = await _retention(client)
        async for run in client.list_workflows(OURS, page_size=1000, rpc_timeout=PATIENCE):
            for key in await _keys(client, run, every_payload):
                if run.close_time is None:
                    opened[key] += 1
                else:
                    closed.setdefault(key, []).append(run.close_time)
    except (RPCError, RPCTimeoutOrCancelledError, TimeoutError) as problem:
        raise EngineUnreachable(f"Temporal does not tell which keys are in use: {problem}") from problem
    return [
        KeyUse(
            key=key,
            open=opened[key],
            closed=len(closed.get(key, ())),
            kept_until=max(closed[key]) + retention if key in closed else None,
        )
        for key in sorted({*opened, *closed})
    ]


def payloads(message: Message) -> Iterator[Payload]:
    """Every payload in it that a codec can encrypt, however deep. Search attributes are for the server to read."""
    if isinstance(message, Payload):
        yield message
        return
    if isinstance(message, SearchAttributes):
        return
    for _, value in message.ListFields():
        if isinstance(value, Message):
            below: Iterable[object] = (value,)
        elif isinstance(value, Mapping):
            below = value.values()
        else:
            below = value if isinstance(value, MutableSequence) else ()
        for one in below:
            if isinstance(one, Message):
                yield from payloads(one)


async def _keys(client: Client, run: WorkflowExecution, every_payload: bool) -> set[str]:
    if not every_payload and run.raw_info.memo.fields:
        return {key_of(payload) for payload in run.raw_info.memo.fields.values()}
    found: set[str] = set()
    try:
        async for event in _events(client, run, first_only=not every_payload):
            found |= {key_of(payload) for payload in payloads(event)}
    except RPCError as problem:
        # The server's list is some seconds late: it may have let go of the run meanwhile.
        if problem.status is not RPCStatusCode.NOT_FOUND:
            raise
    return found


async def _events(client: Client, run: WorkflowExecution, *, first_only: bool) -> AsyncIterator[Message]:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    async for event in handle.fetch_history_events(page_size=1 if first_only else None, rpc_timeout=PATIENCE):
        yield event
        if first_only:
            return


async def _retention(client: Client) -> timedelta:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(request, timeout=PATIENCE)
    return described.config.workflow_execution_retention_ttl.ToTimedelta()
