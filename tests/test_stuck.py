"""What counts as stuck, since when, and which command is named, for each way of being stuck."""

from datetime import timedelta

import lifecycle
from cli.stuck import Stuck, stuck_now
from models.acts import StopContact
from models.commands import PauseCommand
from models.mail import MailEvent
from models.pages import CoordinatorQuery
from models.program import AskKind
from tests.builders import MENTEE, MENTOR, Story


def looked_at(story: Story) -> Stuck | None:
    return stuck_now("career", lifecycle.coordinator(story.m, CoordinatorQuery(), story.now))


def found(story: Story) -> Stuck:
    row = looked_at(story)
    assert row is not None
    return row


def test_nobody_is_stuck_before_the_first_nudge() -> None:
    story = Story()
    story.days(1)
    assert looked_at(story) is None


def test_whoever_was_nudged_and_has_not_answered_is_waited_for_since_they_were_asked() -> None:
    story = Story()
    asked = story.now
    story.days(3)
    assert {ask.on for ask in found(story).late} == {MENTEE, MENTOR}
    assert found(story).command == "python starter.py message pair --to both --text …"
    story.says(MENTEE, AskKind.ACCEPT)
    row = found(story)
    assert [(ask.on, ask.title) for ask in row.late] == [(MENTOR, "accept the mentorship")]
    assert row.since == asked
    assert row.command == "python starter.py message pair --to mentor --text …"


def test_a_pair_that_was_told_to_is_quiet_is_not_written_to_but_shown() -> None:
    story = Story()
    story.days(3)
    story.order(PauseCommand(until=story.today(20)))
    row = looked_at(story)
    assert row is None or row.command == "python starter.py show pair"


def test_a_stop_of_all_contact_names_the_command_that_lifts_it() -> None:
    story = Story()
    story.do(StopContact(by=MENTEE))
    row = found(story)
    assert row.status == "held"
    assert row.since == story.now
    assert "asked that all contact stops" in row.why[0].text
    assert row.command == "python starter.py resume pair"


def test_an_address_that_does_not_exist_names_the_command_that_changes_it() -> None:
    story = Story()
    letter = story.mails(MENTOR)[0]
    event = MailEvent(event="bounced", letter=letter.id, to=MENTOR, reason="550 no such user")
    story.m = lifecycle.mail_event(story.m, event, story.now + timedelta(minutes=1))
    row = found(story)
    assert row.why
    assert '"change_person", "role": "mentor"' in row.command
    assert row.command.startswith("python starter.py act pair coordinate --by coordinator --data '")


def test_what_ended_is_not_stuck() -> None:
    story = Story()
    story.silence()
    assert looked_at(story) is None
