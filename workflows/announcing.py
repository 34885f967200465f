"""How a mentorship hands its events to the workflow that delivers them. It never waits for that but to leave."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from lifecycle.events import events
    from models.events import AnyEvent, Batch, Feed
    from models.state import Mentorship, Stage
    from workflows.events import PlatformEventsWorkflow, events_id

TRIES = 4


class Announcer:
    """Looks what became of the state, and tells. What is known when a run begins was told by the run before it."""

    def __init__(self, known: Mentorship | None) -> None:
        self._known = known
        self._waiting: tuple[AnyEvent, ...] = ()
        self._has_feed = True
        self._task: asyncio.Task[None] | None = None

    def look(self, state: Mentorship) -> None:
        """Hands over what is new, in the background. Costs nothing where the platform does not want to hear of it."""
        if not state.webhooks:
            return
        self._waiting += events(self._known, state, workflow.now())
        self._known = state
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._hand_over(state))

    async def finish(self) -> None:
        """Until what was new at the last look is handed over: a matter of the server, not of any receiver."""
        if self._task is not None:
            await self._task

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being handed over."""
        return self._task is None or self._task.done()

    async def _hand_over(self, state: Mentorship) -> None:
        while self._waiting:
            batch = Batch(events=self._waiting, last=self._known is not None and self._known.stage is Stage.ENDED)
            self._waiting = ()
            if not await self._take(state, batch):
                workflow.logger.error("Events could not be handed over: %s", [event.id for event in batch.events])

    async def _take(self, state: Mentorship, batch: Batch) -> bool:
        """By a signal. A feed that is missing (never started, ended by ops) is started: whichever of the two works."""
        for _ in range(TRIES):
            try:
                if self._has_feed:
                    await workflow.get_external_workflow_handle_for(
                        PlatformEventsWorkflow.run, events_id(state.id)
                    ).signal(PlatformEventsWorkflow.tell, batch)
                else:
                    await workflow.start_child_workflow(
                        PlatformEventsWorkflow.run,
                        Feed(mentorship=state.id, waiting=batch.events, last=batch.last),
                        id=events_id(state.id),
                        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                        static_summary=f"events of {state.id}",
                    )
                self._has_feed = True
                return True
            except FailureError:
                self._has_feed = not self._has_feed
        return False
