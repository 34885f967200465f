"""What the Temporal server says: the namespace, who polls the task queues, the search attributes."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.checks.finding import Finding, Place, ok, problem, warning
from workflows.events import QUEUE
from workflows.search_attributes import REGISTRY

WORKFLOWS = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
ACTIVITIES = TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY
PATIENCE = timedelta(seconds=10)
LONGEST_POLL = timedelta(seconds=90)
"""A worker asks again at least every minute."""
LEAST_RETENTION = timedelta(days=3)


async def namespace(place: Place) -> Finding:
    """It exists, and keeps what has ended for a while."""
    client = place.client
    name, address = client.namespace, client.service_client.config.target_host
    try:
        described = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name), timeout=PATIENCE
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return problem(
                f"{address} has no namespace {name}",
                f"Set TEMPORAL_NAMESPACE, or: temporal operator namespace create -n {name} --retention 30d",
            )
        return problem(f"{address}, namespace {name}: {error.message}", "Look at TEMPORAL_API_KEY and its rights.")
    kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept < LEAST_RETENTION and not place.own.local:
        return warning(
            f"{name} at {address} keeps what has ended for {_days(kept)} only: links of ended mentorships go blank",
            f"temporal operator namespace update -n {name} --retention 30d",
        )
    return ok(f"{name} at {address}, keeps what has ended for {_days(kept)}")


async def workers(place: Place) -> Finding:
    """Someone polls each task queue."""
    own = place.own
    queues = [(own.task_queue, WORKFLOWS), (own.task_queue, ACTIVITIES)]
    if own.webhooks:
        queues.append((own.task_queue + QUEUE, ACTIVITIES))
    now, seen = datetime.now(UTC), []
    for queue, kind in queues:
        polls = await polled(place.client, queue, kind)
        what = "workflows" if kind == WORKFLOWS else "activities"
        if not polls:
            return problem(
                f"nobody polls the {what} of task queue {queue}",
                "Start a worker with the same TEMPORAL_… and TRELLIS_TASK_QUEUE: python worker.py",
            )
        if now - max(polls) > LONGEST_POLL:
            return problem(
                f"the {what} of task queue {queue} were last polled {now - max(polls)} ago",
                "Start a worker: python worker.py",
            )
        seen.append(f"{len(polls)} for {queue} {what}")
    return ok(f"workers poll: {', '.join(seen)}")


async def polled(client: Client, queue: str, kind: TaskQueueType.ValueType) -> list[datetime]:
    """When each of its workers last polled, by the server's clock."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    described = await client.workflow_service.describe_task_queue(request, timeout=PATIENCE)
    return [poller.last_access_time.ToDatetime(tzinfo=UTC) for poller in described.pollers]


async def search_attributes(place: Place) -> Finding:
    """All are there, and keywords."""
    client = place.client
    try:
        listed = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace), timeout=PATIENCE
        )
    except RPCError as error:
        # Temporal Cloud has no operator service: there only the names can be tried.
        if error.status not in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED):
            raise
        return await _tried(client)
    known = listed.custom_attributes
    missing = [key.name for key in REGISTRY if key.name not in known]
    if missing:
        return _missing(missing)
    keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
    wrong = [key.name for key in REGISTRY if known[key.name] != keyword]
    if wrong:
        return problem(
            f"{', '.join(wrong)} must be of type Keyword",
            "Remove it (temporal operator search-attribute remove --name …) and create it as Keyword.",
        )
    return ok(f"all {len(REGISTRY)} are there")


async def _tried(client: Client) -> Finding:
    missing = []
    for key in REGISTRY:
        try:
            await client.count_workflows(f"{key.name} = 'x'", rpc_timeout=PATIENCE)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            missing.append(key.name)
    return _missing(missing) if missing else ok(f"all {len(REGISTRY)} can be searched by")


def _missing(names: list[str]) -> Finding:
    create = " ".join(f"--name {name} --type Keyword" for name in names)
    return problem(
        f"missing: {', '.join(names)}", f"temporal operator search-attribute create {create} (on Cloud: tcld)"
    )


def _days(span: timedelta) -> str:
    days = span / timedelta(days=1)
    return f"{days:.0f} {'day' if days == 1 else 'days'}"
