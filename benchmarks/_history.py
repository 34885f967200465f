"""What one workflow left behind on the server, all its runs together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

ACTIONS = {
    EventType.EVENT_TYPE_TIMER_STARTED: "command_StartTimer",
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: "command_ScheduleActivityTask",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "command_UpsertWorkflowSearchAttributes",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "command_ContinueAsNewWorkflowExecution",
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED: "command_ModifyWorkflowProperties",
    EventType.EVENT_TYPE_MARKER_RECORDED: "command_RecordMarker",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "message_UpdateWorkflowExecution_Acceptance",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "grpc_SignalWorkflowExecution",
}
"""The events that were billed, by the names of the server's counter."""

SKIPPING = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
)
"""What skipping time leaves in a history. A mentorship that is lived has none of it."""

_TASK_SCHEDULED = EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED


@dataclass(frozen=True, slots=True)
class Footprint:
    """The runs of one workflow, the first one first."""

    runs: Sequence[WorkflowHistory]

    @property
    def events(self) -> list[HistoryEvent]:
        """All events that a lived mentorship has too."""
        return [event for run in self.runs for event in run.events if event.event_type not in SKIPPING]

    @property
    def bytes(self) -> int:
        """Their size, serialized."""
        return sum(event.ByteSize() for event in self.events)

    @property
    def byte_days(self) -> float:
        """Their size times the days for which they lie in an open run, which is the storage that is dear."""
        return sum(
            event.ByteSize() * (_time(run.events[-1]) - max(_time(event), self._begins)).total_seconds() / 86400
            for run in self.runs
            for event in run.events
            if event.event_type not in SKIPPING
        )

    @property
    def _begins(self) -> datetime:
        """The first workflow task: a start may have been delayed, to a day on which all benchmarks begin."""
        tasks = (event for event in self.runs[0].events if event.event_type == _TASK_SCHEDULED)
        return _time(next(tasks))

    @property
    def longest_run(self) -> int:
        """How many events a worker reads at most when it has to load the workflow."""
        return max(sum(event.event_type not in SKIPPING for event in run.events) for run in self.runs)

    @property
    def actions(self) -> dict[str, int]:
        """Billed actions by type, as the events tell; rejected updates and queries leave none."""
        counted = Counter(ACTIONS[event.event_type] for event in self.events if event.event_type in ACTIONS)
        return {"grpc_StartWorkflowExecution": 1, **counted}

    def count(self, kind: EventType.ValueType) -> int:
        """How many events there are of a kind."""
        return sum(event.event_type == kind for event in self.events)


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime()


async def footprint(client: Client, workflow: str) -> Footprint:
    """Follows the runs of a closed workflow from the first to the last."""
    latest = await client.get_workflow_handle(workflow).describe()
    run_id = latest.raw_description.workflow_execution_info.first_run_id or latest.run_id
    runs: list[WorkflowHistory] = []
    while run_id:
        runs.append(await client.get_workflow_handle(workflow, run_id=run_id).fetch_history())
        last = runs[-1].events[-1]
        run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return Footprint(runs)
