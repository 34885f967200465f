"""Forgetting a person: what is open ends with its closing mails, and what is closed leaves nothing behind.

Done again, it goes on where it stopped: the run by which a mentorship is found is deleted last, and no list of the
forgotten is kept.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import EmailStr, Field, model_validator
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ArchivalState
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    DescribeNamespaceRequest,
    GetWorkflowExecutionHistoryRequest,
)
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from models.base import PAIR, Instant, Model, Role, Slug
from models.commands import EndCommand
from models.pages import Overview, PageQuery
from models.state import Outcome
from workflows import fingerprints
from workflows.begin import workflow_id
from workflows.connection import EngineUnreachable
from workflows.events import events_id
from workflows.mentorship import MentorshipWorkflow
from workflows.unreachable import PATIENCE

MINE = "WorkflowType = 'Mentorship' AND ExecutionStatus != 'ContinuedAsNew'"
Digests = dict[str, str]
Later = dict[str, list[str]]
"""The two parts of a memo that know addresses."""
REASON = "One of the two asked that what is kept of them be deleted."
"""For the coordinator, who is told of every end but a good one. Neither of the pair reads it."""


class Forget(Model):
    """Whom to forget: whoever has an address, or someone in a mentorship, and with them all their mentorships.

    `mail`: whether they still get the closing mail of what is open. Their partners always do.
    """

    email: EmailStr | None = None
    mentorship: Slug | None = None
    role: Literal[Role.MENTOR, Role.MENTEE] | None = None
    mail: bool = True
    dry_run: bool = False

    @model_validator(mode="after")
    def _says_whom(self) -> Self:
        if (self.email is None) == (self.mentorship is None) or (self.mentorship is None) != (self.role is None):
            raise ValueError("must name either the email, or the mentorship and the role in it")
        return self


class Trace(Model):
    """One mentorship of the person, and what became of it.

    `ends`: its closing mails are on their way, the next of them at `next_mail_at`; only afterwards can it be deleted.
    `deleted`: so many runs of its history and of its events, and so many mails in the outbox. A dry run says what
    would be.
    """

    mentorship: str
    roles: Annotated[tuple[Role, ...], Field(description="Empty where only the id was known any more.")]
    became: Literal["ends", "deleted"]
    next_mail_at: Instant | None = None
    runs: int = 0
    mails: int = 0
    events_on_their_way: bool = False


class Forgotten(Model):
    """What was done. `finished`: nothing is left to be done here; else the same again goes on, after `again_at`."""

    dry_run: bool
    finished: bool
    again_at: Instant | None
    traces: tuple[Trace, ...]
    remains: Annotated[tuple[str, ...], Field(description="What this can't reach, and until when it is there.")]


@dataclass(frozen=True)
class Elsewhere:
    """What is kept outside of Temporal. `drop_mails` deletes a mentorship's mails from the outbox, or counts them."""

    mailer: str
    webhooks: bool
    drop_mails: Callable[[str, bool], int]


class Erasure:
    """Forgets people in one Temporal namespace. Raises EngineUnreachable; nothing is lost by asking again."""

    def __init__(self, client: Client, elsewhere: Elsewhere) -> None:
        self._client = client
        self._elsewhere = elsewhere

    async def forget(self, whom: Forget) -> Forgotten:
        """Ends what is open, deletes what is closed."""
        with _reachable():
            found = await self._found(whom)
            traces = [await self._forget(id, roles, whom) for id, roles in found.items()]
            remains = await self._remains(traces)
        waits = [trace.next_mail_at for trace in traces if trace.next_mail_at is not None]
        return Forgotten(
            dry_run=whom.dry_run,
            finished=not whom.dry_run and all(trace.became == "deleted" for trace in traces),
            again_at=max(waits, default=None),
            traces=tuple(traces),
            remains=tuple(remains),
        )

    # Finding

    async def _found(self, whom: Forget) -> dict[str, tuple[Role, ...]]:
        """The person's mentorships. One that was named comes last: through it the others are found again."""
        if whom.email is not None:
            return {id: roles async for id, roles in self._of(whom.email)}
        assert whom.mentorship is not None
        assert whom.role is not None
        handle = self._client.get_workflow_handle_for(MentorshipWorkflow.run, workflow_id(whom.mentorship))
        try:
            kept = await handle.query(MentorshipWorkflow.export, PageQuery(role=whom.role), rpc_timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise
            # Deleted before, perhaps not to the end.
            return {whom.mentorship: ()} if await self._runs(whom.mentorship) else {}
        others = {id: roles async for id, roles in self._of(kept.me.email) if id != whom.mentorship}
        return {**others, whom.mentorship: (whom.role,)}

    async def _of(self, address: str) -> AsyncIterator[tuple[str, tuple[Role, ...]]]:
        """Where an address is or was someone's, by the digests in the memos: no worker is asked."""
        async for execution in self._client.list_workflows(MINE, rpc_timeout=PATIENCE):
            id = execution.id.removeprefix(workflow_id(""))
            start: Digests = await execution.memo_value(fingerprints.MEMO, {}, type_hint=Digests)
            later: Later = await execution.memo_value(fingerprints.ADDRESSES, {}, type_hint=Later)
            if roles := tuple(role for role in PAIR if fingerprints.is_address(id, role, address, start, later)):
                yield id, roles

    # One mentorship

    async def _forget(self, id: str, roles: tuple[Role, ...], whom: Forget) -> Trace:
        if await self._is_open(workflow_id(id)):
            return await self._end(id, roles, whom)
        mails = await asyncio.to_thread(self._elsewhere.drop_mails, id, whom.dry_run)
        told = await self._is_open(events_id(id))
        events = [] if told else await self._runs(events_id(id))
        runs = await self._runs(workflow_id(id))
        if not whom.dry_run:
            for workflow, run in (*((events_id(id), one) for one in events), *((workflow_id(id), one) for one in runs)):
                await self._delete(workflow, run)
        return Trace(
            mentorship=id,
            roles=roles,
            became="deleted",
            runs=len(events) + len(runs),
            mails=mails,
            events_on_their_way=told,
        )

    async def _end(self, id: str, roles: tuple[Role, ...], whom: Forget) -> Trace:
        handle = self._client.get_workflow_handle_for(MentorshipWorkflow.run, workflow_id(id))

        async def overview() -> Overview:
            return await handle.query(MentorshipWorkflow.overview, rpc_timeout=PATIENCE)

        seen = await overview()
        if seen.outcome is None and not whom.dry_run:
            silent_to = None if whom.mail else next(iter(roles), None)
            end = EndCommand.model_validate({"outcome": Outcome.ENDED_EARLY, "reason": REASON, "silent_to": silent_to})
            await handle.signal(end.command, end, rpc_timeout=PATIENCE)
            seen = await overview()
        return Trace(
            mentorship=id,
            roles=roles,
            became="ends",
            next_mail_at=seen.next_at if seen.outcome is not None else None,
        )

    async def _is_open(self, workflow: str) -> bool:
        try:
            described = await self._client.get_workflow_handle(workflow).describe(rpc_timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return described.status is WorkflowExecutionStatus.RUNNING

    async def _runs(self, workflow: str) -> list[str]:
        """All runs, the current one last. The chain is exact; the list, seconds late, knows what is cut off from it."""
        chain: list[str] = []
        run = await self._current(workflow)
        while run:
            chain.append(run)
            run = await self._run_before(workflow, run)
        listed = self._client.list_workflows(f"WorkflowId = '{workflow}'", rpc_timeout=PATIENCE)
        others = [one.run_id async for one in listed if one.run_id not in chain]
        return [*others, *reversed(chain)]

    async def _current(self, workflow: str) -> str:
        try:
            return (await self._client.get_workflow_handle(workflow).describe(rpc_timeout=PATIENCE)).run_id
        except RPCError as problem:
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise
            return ""

    async def _run_before(self, workflow: str, run: str) -> str:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=self._client.namespace,
            execution=WorkflowExecution(workflow_id=workflow, run_id=run),
            maximum_page_size=1,
        )
        try:
            history = await self._client.workflow_service.get_workflow_execution_history(request, timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise
            return ""
        return history.history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id

    async def _delete(self, workflow: str, run: str) -> None:
        request = DeleteWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow, run_id=run),
        )
        try:
            await self._client.workflow_service.delete_workflow_execution(request, timeout=PATIENCE)
        except RPCError as problem:
            # Another one was quicker, or the server's own retention.
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise

    # What remains

    async def _remains(self, traces: list[Trace]) -> list[str]:
        if not traces:
            return []
        told = [
            "What is deleted here leaves Temporal's lists within a minute, and the backups of its database with your "
            "own rotation of them."
        ]
        described = await self._client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=self._client.namespace), timeout=PATIENCE
        )
        config = described.config
        if config.history_archival_state == ArchivalState.ARCHIVAL_STATE_ENABLED:
            told.append(f"Archived histories stay in {config.history_archival_uri} until you delete them there.")
        if any(trace.events_on_their_way for trace in traces):
            days = config.workflow_execution_retention_ttl.ToTimedelta().days
            told.append(
                "Events (ids and facts, no names) are still on their way to the platform, for thirty days at most, and "
                f"are then kept for the {days} days of the namespace's retention."
            )
        if self._elsewhere.mailer == "sendgrid":
            told.append(
                "SendGrid keeps addresses in its activity feed for the days of your plan, and in its suppression lists "
                "until you delete them."
            )
        if self._elsewhere.mailer == "smtp":
            told.append("Your mail server keeps addresses in its logs for as long as you let it.")
        if self._elsewhere.webhooks:
            told.append("The platform keeps what webhooks told it: ids and facts, no names.")
        told.append("Mails that were delivered stay in the mailboxes of those who got them, the coordinator's too.")
        return told


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (RPCError, RPCTimeoutOrCancelledError, TimeoutError) as problem:
        raise EngineUnreachable(f"No answer from Temporal, or from a worker behind it: {problem}") from problem
