"""More mail than can leave at once: what someone waits for goes first, and mail can have processes of its own."""

from datetime import time

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

import settings as settings_module
from models.base import Role
from models.mail import MailClass, MailKind
from tests.histories import history
from tests.letters import delivery, letter
from tests.pairs import a_program, a_start, accepts
from tests.recorded_mail import RecordedMail
from tests.test_workflow_mentorship import begun
from worker import build
from workflows.client import Mentorships
from workflows.priorities import BULK, PROMPT, mail_priority
from workflows.time_skipping import idle


@pytest.mark.parametrize("mail_class", list(MailClass))
def test_what_someone_waits_for_goes_before_what_the_engine_begins(mail_class: MailClass) -> None:
    waited_for = mail_class in (MailClass.DIRECT, MailClass.REMINDER, MailClass.CANCELLATION, MailClass.URGENT)
    one = letter(MailKind.REPORT, Role.MENTEE).evolve(mail_class=mail_class)
    assert mail_priority(delivery(one)).priority_key == (PROMPT if waited_for else BULK)


def test_one_letter_that_is_waited_for_takes_the_others_of_its_delivery_along() -> None:
    bulk = letter(MailKind.REPORT, Role.MENTEE).evolve(mail_class=MailClass.INITIATED)
    prompt = letter(MailKind.CONFIRM, Role.MENTOR, number=8).evolve(mail_class=MailClass.DIRECT)
    assert mail_priority(delivery(bulk, prompt)).priority_key == PROMPT


async def test_the_server_is_told_the_priority_and_the_program(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    scheduled = [
        event.activity_task_scheduled_event_attributes
        for event in (await history(client, id)).events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    assert scheduled
    assert {(one.priority.priority_key, one.priority.fairness_key) for one in scheduled} == {(BULK, a_program().name)}


async def test_mail_can_have_workers_of_its_own(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = RecordedMail()
    built = {}
    for work in ("mentorships", "mail"):
        monkeypatch.setenv("TRELLIS_WORK", work)
        settings_module.settings.cache_clear()
        built[work] = build(client, task_queue="mail-apart", activities=[mail.deliver])
    monkeypatch.undo()
    settings_module.settings.cache_clear()
    mentorships = Mentorships(client, task_queue="mail-apart")
    # Somebody whose hours are always welcome: a mail is due at once.
    start = a_start()
    awake = {"hours_from": time(0), "hours_to": time(23, 59), "days_off": ()}
    start = start.evolve(mentor=start.mentor.evolve(**awake), mentee=start.mentee.evolve(**awake))
    async with built["mentorships"]:
        await mentorships.start(start, a_program())
        await mentorships.act(start.id, accepts(Role.MENTEE), update_id="while mail waits")
        assert mail.of(start.id) == []
        async with built["mail"]:
            await idle(client, start.id)
            assert mail.of(start.id) != []
