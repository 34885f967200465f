"""The same mentorship as one would write it at first: a timer for each reminder, an activity for each mail.

It sends the same mails for the same acts, by the same rules, and is what `lifecycle_cost` measures the engine against.
It does as tutorials do: what may have to happen later gets a timer of its own when that becomes known, and loses it
when it is settled; each mail is an activity; the search attributes are written at each step; it never continues as new.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import lifecycle
    from lifecycle.agenda import planned_mails
    from lifecycle.asks import Ask
    from lifecycle.items import items
    from lifecycle.manners import next_welcome
    from lifecycle.rejection import Rejected
    from models.answers import ActBase
    from models.base import Role
    from models.commands import Command
    from models.mail import Delivery, SendResult
    from models.pages import Ended
    from models.state import Mentorship, Receipt
    from workflows.begin import Begin
    from workflows.refusal import rejected
    from workflows.search_attributes import HEALTH, STAGE, STATUS
    from workflows.updates import takes_acts_and_commands

SENDING_TIMEOUT = timedelta(seconds=60)


@workflow.defn(name="PlainMentorship")
@takes_acts_and_commands
class PlainMentorship:
    """All reminders of an ask get their timers when it opens: three nudges, the call to the coordinator, the end."""

    in_turn = False

    @workflow.init
    def __init__(self, given: Begin) -> None:
        self._state = lifecycle.begin(given.start, given.program, workflow.now())
        self._steps = 0
        self._timers: dict[tuple[str, datetime], asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, given: Begin) -> Ended:
        """Send what is due, say where it stands, set the reminders, wait for one of them or for an act."""
        while not lifecycle.is_over(self._state, workflow.now()):
            seen = self._steps
            await self._send_what_is_due()
            self._set_reminders()
            await workflow.wait_condition(lambda seen=seen: self._steps != seen or self._is_over())  # type: ignore[misc]
        self._say_where_it_stands()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return lifecycle.ended(self._state)

    def check(self, act: ActBase) -> None:
        """Refuses an act that can't be applied."""
        self._applied(act)

    def take(self, act: ActBase) -> Receipt:
        """Applies an act, and says where that leads."""
        self._state, receipt = self._applied(act)
        self._say_where_it_stands()
        self._steps += 1
        return receipt

    def obey(self, command: Command) -> None:
        """Applies a command."""
        self._state = lifecycle.command(self._state, command, workflow.now())
        self._steps += 1

    def _is_over(self) -> bool:
        return lifecycle.is_over(self._state, workflow.now())

    async def _send_what_is_due(self) -> None:
        before = self._state
        while True:
            self._state, delivery = lifecycle.advance(self._state, workflow.now())
            if delivery is None:
                break
            for letter in delivery.letters:
                await self._send(delivery.evolve(letters=(letter,)))
        if self._state != before:
            self._say_where_it_stands()

    async def _send(self, mail: Delivery) -> None:
        sending = workflow.execute_activity(
            "deliver", mail, result_type=list[SendResult], start_to_close_timeout=SENDING_TIMEOUT
        )
        self._state = lifecycle.sent(self._state, mail.letters, await sending, workflow.now())

    def _say_where_it_stands(self) -> None:
        overview = lifecycle.overview(self._state, workflow.now())
        workflow.upsert_search_attributes(
            [
                STAGE.value_set(overview.stage.value),
                STATUS.value_set(overview.status),
                HEALTH.value_set(overview.health.verdict),
            ]
        )

    def _set_reminders(self) -> None:
        now = workflow.now()
        wanted = dict.fromkeys(reminders(self._state, now, in_turn=self.in_turn))
        for reminder in [one for one in self._timers if one not in wanted]:
            self._timers.pop(reminder).cancel()
        for what, at in wanted:
            if (what, at) not in self._timers:
                self._timers[what, at] = asyncio.create_task(self._wake(what, at))

    async def _wake(self, what: str, at: datetime) -> None:
        await workflow.sleep(at - workflow.now(), summary=what)
        del self._timers[what, at]
        self._steps += 1

    def _applied(self, act: ActBase) -> tuple[Mentorship, Receipt]:
        update = workflow.current_update_info()
        assert update is not None
        try:
            return lifecycle.apply(self._state, act, workflow.now(), update.id)
        except Rejected as problem:
            raise rejected(problem) from None


@workflow.defn(name="PlainMentorshipInTurn")
@takes_acts_and_commands
class PlainMentorshipInTurn(PlainMentorship):
    """A thriftier one: an ask has one timer at a time, for the next of its reminders."""

    in_turn = True

    @workflow.init
    def __init__(self, given: Begin) -> None:
        super().__init__(given)

    @workflow.run
    async def run(self, given: Begin) -> Ended:
        """The same."""
        return await super().run(given)


def reminders(m: Mentorship, now: datetime, *, in_turn: bool) -> Iterator[tuple[str, datetime]]:
    """Everything that is known to come, what and when, each in its reader's welcome hours. Never in the past."""
    found = [(what, at) for what, at in _known(m, now, in_turn) if at > now]
    times = {at for _, at in found}
    # Mail that the budget or the hours hold back leaves at an instant that nothing above stands for.
    for mail in planned_mails(m, now):
        if mail.at > now and mail.at not in times:
            found.append((f"mail to {mail.to.value}", mail.at))
            times.add(mail.at)
    due = lifecycle.next_due(m, now)
    if due is not None and due.at not in times:
        found.append((due.why, max(due.at, now + timedelta(seconds=1))))
    return iter(found)


def _known(m: Mentorship, now: datetime, in_turn: bool) -> Iterator[tuple[str, datetime]]:
    asks = {ask.id: ask for ask in lifecycle.all_asks(m)}
    for item in items(m, now):
        if item.ask is None or item.ask.opened_at > now:
            yield item.why, _welcome(m, item.to, item.due)
    for ask in asks.values():
        if ask.opened_at <= now:
            steps = [(what, at) for what, at in _ladder(m, ask) if at > now]
            yield from steps[:1] if in_turn else steps
    if m.ending is None:
        yield "end at the deadline", m.deadline


def _ladder(m: Mentorship, ask: Ask) -> Iterator[tuple[str, datetime]]:
    for rung, at in enumerate(ask.rungs):
        if rung:
            yield f"nudge {rung}: {ask.id}", _welcome(m, ask.by, at)
    if ask.coordinator_at is not None:
        yield f"tell the coordinator: {ask.id}", ask.coordinator_at
    yield f"go on without: {ask.id}", ask.ends_at


def _welcome(m: Mentorship, to: Role, at: datetime) -> datetime:
    preferences = m.program.coordinator.preferences if to is Role.COORDINATOR else m.person(to).preferences
    return next_welcome(preferences, (), at)
