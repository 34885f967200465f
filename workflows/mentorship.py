"""The workflow that carries one mentorship. The rules are in `lifecycle`; here they survive months and crashes."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

# `from workflows import renewal` would load a second copy of it for each workflow: only a module's full name passes.
with workflow.unsafe.imports_passed_through():
    import lifecycle
    import workflows.fingerprints as fingerprints
    from lifecycle.rejection import Rejected
    from models.answers import ActBase
    from models.commands import Command
    from models.export import Export
    from models.journeys import Journey
    from models.mail import Delivery, MailEvent, SendResult
    from models.measures import Measures
    from models.pages import CoordinatorPage, CoordinatorQuery, Ended, Overview, OverviewQuery, Page, PageQuery
    from models.state import Mentorship, Receipt
    from workflows.announcing import Announcer
    from workflows.begin import TASK_TIMEOUT, Begin
    from workflows.details import current_details, mail_summary
    from workflows.measuring import Meters
    from workflows.priorities import mail_priority
    from workflows.refusal import rejected, renewing
    from workflows.renewal import is_due_to_renew
    from workflows.search_attributes import changed_attributes
    from workflows.updates import takes_acts_and_commands

SENDING_TIMEOUT = timedelta(seconds=20)
SENDING_RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(minutes=10)
)


@workflow.defn(name="Mentorship")
@takes_acts_and_commands
class MentorshipWorkflow:
    """One mentorship, from the first hello to a good ending. It lives for weeks or months, mostly asleep.

    Input: `Begin` (the pair and its program), or the `Mentorship` that an earlier run carries over. Result: `Ended`.

    Updates: what people do, one for each of `models.acts.ACTS`, of the same name (accept, set_goals, report, pause, …),
    and `coordinate`, which carries a command of the coordinator.
    An act is refused with a reason and leaves no history, or is applied and answered with a `Receipt`. The update id
    is the receipt's id, and makes a press count once across runs.

    Signals: what the platform wants, one for each of `models.commands.COMMANDS` (pause, resume, end, …), and
    `mail_event`, what the mail provider reports. One that can't be applied is logged and changes nothing. `wake` lets a
    sleeping run see that another build became current.

    Queries: `page` and `journey` for one person's web pages, `export` for their own data, `coordinator` for the
    coordinator's page, `overview` and `measures` for ops.
    """

    @workflow.init
    def __init__(self, given: Begin | Mentorship) -> None:
        if isinstance(given, Begin):
            self._state: Mentorship = lifecycle.begin(
                given.start, given.program, workflow.now(), given.webhooks, given.goals
            )
            self._announcer = Announcer(None)
        else:
            self._state = given
            self._announcer = Announcer(given)
        self._meters = Meters(None if isinstance(given, Begin) else given)
        self._first_stage = self._state.stage
        self._messages = 0
        self._renewing = False
        self._timer: asyncio.Task[None] | None = None
        self._timer_due: datetime | None = None
        self._details = ""
        self._addresses: tuple[str, ...] = ()

    @workflow.run
    async def run(self, given: Begin | Mentorship) -> Ended:
        """Deliver what is due, rest until the next due time or the next message, renew when it is time."""
        while True:
            await self._deliver_what_is_due()
            self._show_where_it_stands()
            if lifecycle.is_over(self._state, workflow.now()):
                break
            if self._is_time_to_renew():
                await self._renew()
            await self._rest()
        await self._finish_handlers()
        return lifecycle.ended(self._state)

    # Messages

    def check(self, act: ActBase) -> None:
        """Refuses an act that can't be applied. This is the updates' validator: nothing may change here."""
        if self._renewing:
            raise renewing()
        self._applied(act)

    def take(self, act: ActBase) -> Receipt:
        """Applies an act that was checked."""
        self._state, receipt = self._applied(act)
        self._messages += 1
        return receipt

    def obey(self, command: Command) -> None:
        """Applies a command. Nobody waits for the answer to a signal, so a refusal can only be logged."""
        try:
            self._state = lifecycle.command(self._state, command, workflow.now())
            self._messages += 1
        except Rejected as problem:
            workflow.logger.warning("Ignored command %s: %s", command.command, problem.code)

    @workflow.signal(description="What the mail provider reports of a mail or of an address.")
    def mail_event(self, event: MailEvent) -> None:
        """Records what became of a mail."""
        try:
            self._state = lifecycle.mail_event(self._state, event, workflow.now())
            self._messages += 1
        except Rejected as problem:
            workflow.logger.warning("Ignored mail event %s of letter %s: %s", event.event, event.letter, problem.code)

    @workflow.signal(description="Look around: another build may have become current.")
    def wake(self) -> None:
        """Ends the rest, nothing else: whether there is a newer version is told to the task that this begins."""
        self._messages += 1

    @workflow.query(description="What one person's page behind a link shows.")
    def page(self, query: PageQuery) -> Page:
        """The page of one ask, or of an act that is possible at any time."""
        return lifecycle.page(self._state, query, _now(query.at))

    @workflow.query(description="One person's journey page: where we are, what each owes, what is next.")
    def journey(self, query: PageQuery) -> Journey:
        """The journey page."""
        return lifecycle.journey(self._state, query, _now(query.at))

    @workflow.query(description="All that is kept of one person, for them to take away.")
    def export(self, query: PageQuery) -> Export:
        """One person's own data."""
        return lifecycle.export(self._state, query.role, _now(query.at))

    @workflow.query(description="The coordinator's page: who is stuck and why, and what can be done.")
    def coordinator(self, query: CoordinatorQuery) -> CoordinatorPage:
        """The coordinator's page."""
        return lifecycle.coordinator(self._state, query, _now(query.at))

    @workflow.query(description="The mentorship as ops see it: waiting on whom, next, health, last mail.")
    def overview(self, query: OverviewQuery = OverviewQuery()) -> Overview:  # noqa: B008 - frozen
        """Where it stands. Without an argument, as from the Temporal UI, by the workflow's own clock."""
        return lifecycle.overview(self._state, _now(query.at))

    @workflow.query(description="The mentorship in numbers, for reports: no names, no words of anyone.")
    def measures(self, query: OverviewQuery = OverviewQuery()) -> Measures:  # noqa: B008 - frozen
        """How long its stages and answers took, and how much was mailed."""
        return lifecycle.measures(self._state, _now(query.at))

    # What `run` does

    async def _deliver_what_is_due(self) -> None:
        """Acts may arrive while mail is being sent, and can make more due: look again until nothing is."""
        while True:
            self._state, delivery = lifecycle.advance(self._state, workflow.now())
            self._announcer.look(self._state)
            self._meters.look(self._state)
            if delivery is None:
                return
            results = await self._send(delivery)
            self._state = lifecycle.sent(self._state, delivery.letters, results, workflow.now())

    async def _send(self, delivery: Delivery) -> list[SendResult]:
        """One activity for all letters of this wake. By name: a workflow needs to know nothing of how mail is sent."""
        try:
            results: list[SendResult] = await workflow.execute_activity(
                "deliver",
                delivery,
                result_type=list[SendResult],
                start_to_close_timeout=SENDING_TIMEOUT,
                retry_policy=SENDING_RETRIES,
                summary=mail_summary(delivery),
                priority=mail_priority(delivery),
            )
        except ActivityError as failure:
            reason = str(failure.cause or failure)[:200]
            return [SendResult(letter=letter.id, result="not_sent", reason=reason) for letter in delivery.letters]
        return results

    def _show_where_it_stands(self) -> None:
        overview = lifecycle.overview(self._state, workflow.now())
        if changes := changed_attributes(workflow.info().typed_search_attributes, overview):
            workflow.upsert_search_attributes(changes)
        addresses = (self._state.mentor.email, self._state.mentee.email)
        if addresses != self._addresses:
            self._addresses = addresses
            if moved := fingerprints.moved(workflow.memo(), self._state):
                workflow.upsert_memo({fingerprints.ADDRESSES: moved})
        text = current_details(overview)
        if text != self._details:
            self._details = text
            workflow.set_current_details(text)

    async def _rest(self) -> None:
        seen = self._messages
        timer = self._timer_to_the_next_due()
        await workflow.wait_condition(lambda: self._messages != seen or (timer is not None and timer.done()))

    def _timer_to_the_next_due(self) -> asyncio.Task[None] | None:
        """The one timer. It is kept when nothing is due sooner: starting another is an action, waking early is not."""
        due = lifecycle.next_due(self._state, workflow.now())
        running = self._timer_due if self._timer is not None and not self._timer.done() else None
        if running is not None and (due is None or due.at >= running):
            return self._timer
        self._drop_timer()
        if due is not None:
            delay = max(due.at - workflow.now(), timedelta(seconds=1))
            self._timer_due = due.at
            self._timer = asyncio.create_task(workflow.sleep(delay, summary=due.why))
        return self._timer

    def _drop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._timer_due = None

    def _is_time_to_renew(self) -> bool:
        info = workflow.info()
        return is_due_to_renew(
            events=info.get_current_history_length(),
            new_stage=self._state.stage is not self._first_stage,
            timer_running=self._timer is not None and not self._timer.done(),
            suggested=info.is_continue_as_new_suggested(),
            newer_version=info.is_target_worker_deployment_version_changed(),
        )

    async def _renew(self) -> None:
        """Carries the state into a new run: stop accepting, let handlers finish, go. It does not come back."""
        self._renewing = True
        await self._finish_handlers()
        upgrades = workflow.info().is_target_worker_deployment_version_changed()
        workflow.continue_as_new(
            lifecycle.compacted(self._state, workflow.now()),
            task_timeout=TASK_TIMEOUT,
            # Of itself the server hands on the memo of the start, without what was upserted since. Given again, it is
            # also encrypted anew, by the key of today.
            memo=workflow.memo(),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE if upgrades else None,
        )

    async def _finish_handlers(self) -> None:
        """Until nothing is under way: neither a handler nor an event that would get lost with this run."""
        self._drop_timer()
        self._announcer.look(self._state)
        while not (workflow.all_handlers_finished() and self._announcer.is_idle):
            await workflow.wait_condition(workflow.all_handlers_finished)
            await self._announcer.finish()
            self._announcer.look(self._state)

    def _applied(self, act: ActBase) -> tuple[Mentorship, Receipt]:
        update = workflow.current_update_info()
        assert update is not None
        try:
            return lifecycle.apply(self._state, act, workflow.now(), update.id)
        except Rejected as problem:
            raise rejected(problem) from None


def _now(told: datetime | None) -> datetime:
    """What time it is for a query. The workflow's clock shows its last event; who asks may know better."""
    own = workflow.now()
    return own if told is None else max(own, told)
