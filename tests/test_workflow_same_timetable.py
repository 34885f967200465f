"""Webhooks change nothing for the people: the same mails at the same instants, by the same timers, whoever listens."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

import programs
import settings as settings_module
from benchmarks._pair import BEGINS, Script, script
from demo.report import runs
from tests.receiver import SECRETS, Answer, receiver
from tests.recorded_mail import RecordedMail
from worker import build, build_announcer
from workflows import search_attributes
from workflows.begin import Begin, workflow_id
from workflows.client import Mentorships
from workflows.feeds import Feeds
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import MARGIN, current_time, idle, skip_by

Told = tuple[datetime, str, str]


async def lived(client: Client, played: Script, id: str, *, webhooks: bool) -> tuple[list[Told], list[Told]]:
    """The mails and the timers that fired, to the minute."""
    mail, queue = RecordedMail(), f"timetable-{id}"
    async with build(client, task_queue=queue, activities=[mail.deliver]), build_announcer(client, task_queue=queue):
        if webhooks:
            await Feeds(client, task_queue=queue).start(id)
        await client.start_workflow(
            MentorshipWorkflow.run,
            Begin(start=played.start.evolve(id=id), program=played.program, webhooks=webhooks),
            id=workflow_id(id),
            task_queue=queue,
            search_attributes=search_attributes.at_start(played.program),
            start_delay=BEGINS - datetime.now(UTC),
        )
        mentorships = Mentorships(client)
        for deed in played.deeds:
            await skip_by(client, id, deed.at + MARGIN - await current_time(client, id))
            await mentorships.act(id, deed.act, update_id=deed.id)
        while await idle(client, id) is not None:
            await skip_by(client, id, timedelta(days=400))
    mails = [(_minute(one.at), one.to.role.value, one.items[0].key) for one in mail.of(id)]
    return mails, await _timers(client, id)


async def _timers(client: Client, id: str) -> list[Told]:
    """Those that fired; a run numbers its own anew."""
    fired: list[Told] = []
    for run in await runs(client, workflow_id(id)):
        names: dict[str, str] = {}
        for event in run.events:
            if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
                names[event.timer_started_event_attributes.timer_id] = event.user_metadata.summary.data.decode()
            elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
                at = _minute(event.event_time.ToDatetime(tzinfo=UTC))
                fired.append((at, "timer", names[event.timer_fired_event_attributes.timer_id]))
    return fired


def _minute(at: datetime) -> datetime:
    """A timer fires a little after its time."""
    return at.replace(second=0, microsecond=0)


async def test_the_timetable_is_the_same_without_webhooks_with_them_and_with_a_receiver_that_is_down(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = script(programs.load("single_session"), "Europe/Berlin", "America/New_York", "typical")
    without = await lived(client, played, "quiet", webhooks=False)
    assert len(without[0]) == len(played.letters)
    assert without[1]
    answers: tuple[Answer, ...] = (204, 500, "hang", 410)
    for answer in answers:
        async with receiver() as platform:
            platform.usual = answer
            monkeypatch.setenv("TRELLIS_WEBHOOK_URL", platform.url)
            monkeypatch.setenv("TRELLIS_WEBHOOK_SECRETS", SECRETS[0])
            monkeypatch.setenv("TRELLIS_WEBHOOK_ALLOW_INTERNAL", "true")
            settings_module.settings.cache_clear()
            id = f"told-{answer}"
            assert await lived(client, played, id, webhooks=True) == without
            assert platform.of(id)
    settings_module.settings.cache_clear()
