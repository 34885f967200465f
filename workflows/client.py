"""Mentorships, as a backend or a web page speaks to them. Everything here may be called again: it counts once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

import lifecycle
from models.answers import ActBase, Goal
from models.base import Role
from models.commands import Command
from models.export import Export
from models.journeys import Journey
from models.mail import MailEvent
from models.measures import Measures
from models.pages import CoordinatorPage, CoordinatorQuery, Ended, Overview, OverviewQuery, Page, PageQuery
from models.people import Start
from models.program import Program
from models.state import Mentorship, Receipt
from workflows import fingerprints, search_attributes
from workflows.begin import TASK_TIMEOUT, Begin, workflow_id
from workflows.connection import EngineUnreachable
from workflows.encryption import PayloadUnreadable, act_of_a_person
from workflows.erasure import Elsewhere, Erasure, Forget, Forgotten
from workflows.feeds import Feeds
from workflows.intake import Intake
from workflows.lists import Lists
from workflows.mentorship import MentorshipWorkflow
from workflows.refusal import RENEWING, UNDECRYPTABLE, Refusal
from workflows.replies import ActRejected, BadFilter, Listed, ListedPage, NoSuchMentorship, StartConflict, Started
from workflows.unreachable import PATIENCE, unreachable
from workflows.verbs import StartedOne, Verbs
from workflows.views import Handle, view

__all__ = [
    "ActRejected",
    "BadFilter",
    "EngineUnreachable",
    "Listed",
    "ListedPage",
    "Mentorships",
    "NoSuchMentorship",
    "StartConflict",
    "Started",
    "StartedOne",
]

log = logging.getLogger("trellis.client")


FAILED = "failed"
ENDED = "ended"

T = TypeVar("T")
Q = TypeVar("Q", PageQuery, CoordinatorQuery)
Clock = Callable[[str], Awaitable[datetime]]


class Mentorships(Verbs, Lists):
    """All mentorships of one Temporal namespace.

    Every method raises EngineUnreachable when Temporal or its worker does not answer within ten seconds, and (but for
    `start` and `list`) NoSuchMentorship.
    """

    def __init__(
        self, client: Client, *, task_queue: str = "trellis", webhooks: bool = False, clock: Clock | None = None
    ) -> None:
        """`webhooks`: mentorships that are started here tell the platform what happens (see docs/webhooks.md).

        `clock` tells what time it is in a mentorship, where that is not the time of day: on servers that skip time.
        """
        self._client = client
        self._clock = clock or _time_of_day
        self._task_queue = task_queue
        self._intake = Intake(client, task_queue=task_queue)
        self._feeds = Feeds(client, task_queue=task_queue) if webhooks else None

    async def start(self, start: Start, program: Program, *, goals: tuple[Goal, ...] = ()) -> Started:
        """Begins a mentorship. The same again, even after the end, answers that it is there already.

        Waits its turn for up to five seconds where workers are behind (see `workflows.intake`), before the ten begin.
        `goals` are those that the mentee brings along (see `workflows.replacing`). Raises StartConflict when the id was
        started before with something else, and Misfit (a ValueError) where hours do not go with the program's.
        """
        # In the workflow it would be too late to say no: its task would fail, again and again.
        lifecycle.begin(start, program, datetime.now(UTC))
        workflow = workflow_id(start.id)
        await self._intake.turn(workflow)
        starting = self._client.start_workflow(
            MentorshipWorkflow.run,
            Begin(start=start, program=program, webhooks=self._feeds is not None, goals=goals),
            id=workflow,
            task_queue=self._task_queue,
            task_timeout=TASK_TIMEOUT,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            search_attributes=search_attributes.at_start(program),
            memo=fingerprints.memo(start, datetime.now(UTC)),
            static_summary=f"{program.title}: {start.id}",
            rpc_timeout=PATIENCE,
        )
        # The feed comes first, so that it is there when the mentorship has its first event.
        new_feed = self._feeds is not None and await self._answer(start.id, self._feeds.start(start.id))
        try:
            await self._answer(start.id, starting)
        except WorkflowAlreadyStartedError:
            if self._feeds is not None and new_feed:
                await self._answer(start.id, self._feeds.close_needless(start.id))
            if fields := fingerprints.differing(await self._kept(start.id), start):
                raise StartConflict(start.id, fields) from None
            return Started(id=start.id, workflow_id=workflow, already_running=True)
        return Started(id=start.id, workflow_id=workflow, already_running=False)

    async def act(self, id: str, act: ActBase, *, update_id: str) -> Receipt:
        """Does what a person pressed. The same `update_id` again gives the same receipt. Raises ActRejected."""
        clock = asyncio.get_running_loop()
        give_up = clock.time() + PATIENCE.total_seconds()
        while True:
            try:
                return await self._update(id, act, update_id)
            except ActRejected as rejected:
                if rejected.code != RENEWING or clock.time() > give_up:
                    raise
            await asyncio.sleep(0.1)

    async def page(self, id: str, query: PageQuery) -> Page:
        """What a page behind a link shows. Changes nothing."""
        return await self._shown(id, MentorshipWorkflow.page, query, lifecycle.page)

    async def journey(self, id: str, query: PageQuery) -> Journey:
        """One person's journey page. Changes nothing."""
        return await self._shown(id, MentorshipWorkflow.journey, query, lifecycle.journey)

    async def export(self, id: str, query: PageQuery) -> Export:
        """All that is kept of one person. Changes nothing."""
        return await self._shown(
            id, MentorshipWorkflow.export, query, lambda m, asked, at: lifecycle.export(m, asked.role, at)
        )

    async def coordinator(self, id: str, query: CoordinatorQuery) -> CoordinatorPage:
        """The coordinator's page. Changes nothing."""
        return await self._shown(id, MentorshipWorkflow.coordinator, query, lifecycle.coordinator)

    async def overview(self, id: str) -> Overview:
        """The mentorship as ops see it. Changes nothing."""
        now = OverviewQuery(at=await self._clock(id))
        handle = self._handle(id)
        return await self._answer(
            id,
            view(
                handle,
                lambda unless: handle.query(
                    MentorshipWorkflow.overview, now, reject_condition=unless, rpc_timeout=PATIENCE
                ),
                lifecycle.overview,
                PATIENCE,
            ),
        )

    async def measures(self, id: str) -> Measures:
        """The mentorship in numbers. Changes nothing. A worker of an older build counts as unreachable."""
        now = OverviewQuery(at=await self._clock(id))
        handle = self._handle(id)
        numbers = view(
            handle,
            lambda unless: handle.query(
                MentorshipWorkflow.measures, now, reject_condition=unless, rpc_timeout=PATIENCE
            ),
            lifecycle.measures,
            PATIENCE,
        )
        return await self._answer(id, numbers)

    async def command(self, id: str, command: Command) -> None:
        """Tells what the platform wants, and does not wait for it. Raises ActRejected if the mentorship has ended."""
        await self._answer(id, self._handle(id).signal(command.command, command, rpc_timeout=PATIENCE))

    async def mail_event(self, id: str, event: MailEvent) -> None:
        """Tells what the mail provider reports, and does not wait for it. Raises ActRejected after the end."""
        await self._answer(id, self._handle(id).signal(MentorshipWorkflow.mail_event, event, rpc_timeout=PATIENCE))

    async def result(self, id: str) -> Ended:
        """How it ended. Waits for the end, however long that takes."""
        return await self._answer(id, self._handle(id).result())

    async def forget(self, whom: Forget, elsewhere: Elsewhere) -> Forgotten:
        """Forgets a person: see `workflows.erasure`."""
        return await Erasure(self._client, elsewhere).forget(whom)

    async def _shown(
        self,
        id: str,
        query: Callable[[MentorshipWorkflow, Q], T],
        asked: Q,
        read: Callable[[Mentorship, Q, datetime], T],
    ) -> T:
        """What one person or the coordinator is shown now."""
        handle, clock = self._handle(id), await self._clock(id)
        now = asked.evolve(at=clock)
        return await self._answer(
            id,
            view(
                handle,
                lambda unless: handle.query(query, now, reject_condition=unless, rpc_timeout=PATIENCE),
                lambda m, at: read(m, now, max(at, clock)),
                PATIENCE,
            ),
        )

    def _handle(self, id: str) -> Handle:
        return self._client.get_workflow_handle_for(MentorshipWorkflow.run, workflow_id(id))

    async def _update(self, id: str, act: ActBase, update_id: str) -> Receipt:
        name = type(act).model_fields["act"].default
        sent = act_of_a_person(self._client.data_converter, act)
        updating = self._handle(id).execute_update(name, sent, id=update_id, result_type=Receipt)
        try:
            return await self._answer(id, asyncio.wait_for(updating, PATIENCE.total_seconds()))
        except WorkflowUpdateFailedError as failure:
            refused = _rejection(failure)
            if refused.code == UNDECRYPTABLE:
                raise PayloadUnreadable(refused.message, refused.field) from failure
            raise refused from failure
        except ActRejected as rejected:
            recorded = await self._recorded(id, act, update_id) if rejected.code == ENDED else None
            if recorded is None:
                raise
            return recorded

    async def _recorded(self, id: str, act: ActBase, update_id: str) -> Receipt | None:
        """The receipt of a press that was recorded before the end: its second press gets it too."""
        page: Page | CoordinatorPage
        if act.by is Role.COORDINATOR:
            page = await self.coordinator(id, CoordinatorQuery(link=act.link, receipt=update_id))
        else:
            page = await self.page(id, PageQuery(role=act.by, ask=act.ask, link=act.link, receipt=update_id))
        return page.receipt if page.receipt is not None and page.receipt.id == update_id else None

    async def _answer(self, id: str, call: Awaitable[T]) -> T:
        """The answer to one call, or the error that its caller can do something with."""
        try:
            return await call
        except RPCError as problem:
            if problem.status is not RPCStatusCode.NOT_FOUND:
                raise unreachable(problem) from problem
        except (RPCTimeoutOrCancelledError, TimeoutError) as problem:
            raise EngineUnreachable("The mentorship did not answer in time: is a worker running?") from problem
        except WorkflowQueryFailedError as problem:
            # Its worker lacks the query, or a key to read it: another build, or other settings.
            raise EngineUnreachable(f"The worker of this mentorship can't tell: {problem}") from problem
        if await self._exists(id):
            raise ActRejected(ENDED, "This mentorship has ended.")
        raise NoSuchMentorship(id)

    async def _kept(self, id: str) -> dict[str, str]:
        """What the memo of a mentorship says of its start."""
        described = await self._answer(id, self._handle(id).describe(rpc_timeout=PATIENCE))
        kept: dict[str, str] = await described.memo_value(fingerprints.MEMO, {}, type_hint=dict[str, str])
        return kept

    async def _exists(self, id: str) -> bool:
        """Temporal says `not found` both of a closed workflow that is updated and of one that never was."""
        try:
            await self._handle(id).describe(rpc_timeout=PATIENCE)
        except RPCError as problem:
            if problem.status is RPCStatusCode.NOT_FOUND:
                return False
            raise unreachable(problem) from problem
        return True


async def _time_of_day(mentorship: str) -> datetime:
    return datetime.now(UTC)


def _rejection(failure: WorkflowUpdateFailedError) -> ActRejected:
    cause = failure.cause
    if isinstance(cause, ApplicationError) and cause.details:
        refusal = Refusal.model_validate(cause.details[0])
        return ActRejected(refusal.code, refusal.message, refusal.field, refusal.phrase)
    log.error("An update failed for a reason that is not a refusal: %r", cause)
    return ActRejected(FAILED, "Something went wrong on our side, and nothing was recorded. Please try again later.")
