"""How a trace passes through a workflow: what was asked of it is the cause of the mail that follows.

A mail that leaves at once, in the workflow task that took the press, is a part of the press's trace. One that leaves
later (at a decent hour, together with other news) begins a trace of its own, with a link to each press since the last
mail: a trace is never open for days. What only the clock brings about has no cause and no link.

Only headers are written into histories. During a replay no span is made; the causes are gathered again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    SignalExternalWorkflowInput,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowOutboundInterceptor,
)

HEADER = "_tracer-data"
"""The name that the SDK's own interceptor uses, so that the trace of a platform's client goes on here."""
MOST = 8
"""Causes that are remembered. More presses than that seldom wait for one mail."""


class Note(NamedTuple):
    """What happened in a workflow, for the span that is made of it outside."""

    name: str
    workflow_id: str
    run_id: str
    parent: Payload | None
    links: tuple[Payload, ...] = ()


class Cause(NamedTuple):
    """The header of what was asked, and when by the workflow's clock."""

    header: Payload
    at: datetime


class Causes(WorkflowInboundInterceptor):
    """Remembers what was asked since the last activity began."""

    waiting: tuple[Cause, ...] = ()

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """What goes out is told what it follows from."""
        super().init(_Consequences(outbound, self))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        """Whoever started it is the first cause. A run that was continued has none: renewal hands no header on."""
        self._note("run", input.headers)
        return await super().execute_workflow(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        """A press, once it was applied. A refused one causes nothing."""
        answer = await super().handle_update_handler(input)
        self._note(f"took {input.update}", input.headers)
        return answer

    async def handle_signal(self, input: HandleSignalInput) -> None:
        """A command of the platform, or the provider's word."""
        self._note(f"took {input.signal}", input.headers)
        await super().handle_signal(input)

    def _note(self, name: str, headers: Mapping[str, Payload]) -> None:
        header = headers.get(HEADER)
        if header is not None:
            told = noted(name, header)
            self.waiting = (*self.waiting, Cause(told.get(HEADER, header), workflow.now()))[-MOST:]


class _Consequences(WorkflowOutboundInterceptor):
    def __init__(self, next: WorkflowOutboundInterceptor, causes: Causes) -> None:
        super().__init__(next)
        self._causes = causes

    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        input.headers = {**input.headers, **self._following(f"begins {input.activity}")}
        self._causes.waiting = ()
        return super().start_activity(input)

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        # The events that are handed over leave the causes to the mail.
        if self._causes.waiting:
            input.headers = {**input.headers, **self._following(f"signals {input.signal}")}
        await super().signal_external_workflow(input)

    def _following(self, name: str) -> Mapping[str, Payload]:
        waiting = self._causes.waiting
        if waiting and waiting[-1].at == workflow.now():
            return noted(name, waiting[-1].header, tuple(one.header for one in waiting[:-1]))
        return noted(name, None, tuple(one.header for one in waiting))


def noted(name: str, parent: Payload | None, links: tuple[Payload, ...] = ()) -> Mapping[str, Payload]:
    """Makes the span, outside; the header for what follows from it. During a replay nothing is made."""
    if workflow.unsafe.is_replaying():
        return {}
    note: Callable[[Note], Mapping[str, Payload]] = workflow.extern_functions()["trellis_note"]
    info = workflow.info()
    return note(Note(name, info.workflow_id, info.run_id, parent, links))
