"""The deliveries of events, as the client of mentorships and ops speak to them."""

from collections.abc import AsyncIterator
from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from models.base import Model
from models.events import Batch, Feed
from workflows import search_attributes
from workflows.events import GIVEN_UP, PAUSED, PlatformEventsWorkflow, events_id

PATIENCE = timedelta(seconds=10)
TROUBLED = (
    "WorkflowType = 'PlatformEvents' AND ExecutionStatus != 'ContinuedAsNew' AND "
    f"{search_attributes.STATUS.name} IN ('{PAUSED}', '{GIVEN_UP}')"
)


class Troubled(Model):
    """A feed with something for ops to do: its endpoint answered 410 (`paused`), or events were given up."""

    mentorship: str
    status: str
    waiting: int
    given_up: tuple[str, ...]


class Feeds:
    """The feeds of one Temporal namespace. Errors of the connection are those of temporalio."""

    def __init__(self, client: Client, *, task_queue: str = "trellis") -> None:
        self._client = client
        self._task_queue = task_queue

    async def start(self, mentorship: str) -> bool:
        """Prepares a feed before its mentorship begins. Whether it is new.

        Not as the mentorship's child: a workflow with a running child can't have its clock skipped ahead.
        """
        try:
            await self._client.start_workflow(
                PlatformEventsWorkflow.run,
                Feed(mentorship=mentorship),
                id=events_id(mentorship),
                task_queue=self._task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                static_summary=f"events of {mentorship}",
                rpc_timeout=PATIENCE,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def close(self, mentorship: str) -> None:
        """Ends a feed to which nothing will come."""
        handle = self._client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(mentorship))
        await handle.signal(PlatformEventsWorkflow.tell, Batch(events=(), last=True), rpc_timeout=PATIENCE)

    async def troubled(self) -> AsyncIterator[Troubled]:
        """Those that ops should know of, the latest first. The list of the server is some seconds late."""
        async for execution in self._client.list_workflows(TROUBLED, rpc_timeout=PATIENCE):
            handle = self._client.get_workflow_handle_for(
                PlatformEventsWorkflow.run, execution.id, run_id=execution.run_id
            )
            feed = await handle.query(PlatformEventsWorkflow.feed, rpc_timeout=PATIENCE)
            yield Troubled(
                mentorship=feed.mentorship,
                status=execution.typed_search_attributes.get(search_attributes.STATUS, ""),
                waiting=len(feed.waiting),
                given_up=feed.given_up,
            )

    async def resume(self, mentorship: str) -> None:
        """Says that the endpoint is back."""
        handle = self._client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(mentorship))
        await handle.signal(PlatformEventsWorkflow.resume, rpc_timeout=PATIENCE)
