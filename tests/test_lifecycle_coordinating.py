"""What the coordinator can do for a pair, and what the pair hears of it."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, all_asks, ended, overview
from models.acts import AskHelp, Coordinate, FreshLink, Pause, StopContact, Unsubscribe
from models.answers import LinkUsed
from models.base import Role
from models.commands import (
    ChangeProgramCommand,
    Command,
    EndCommand,
    MessageCommand,
    PatienceCommand,
    PauseCommand,
    ResendLinkCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.mail import MailClass, MailKind
from models.people import MailChoice
from models.program import AskKind
from models.state import Outcome, Receipt, Stage
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story, a_program, a_start

BOTH = MessageCommand(to="both", text="How are the two of you doing?")


def coordinate(story: Story, order: Command) -> Receipt:
    return story.do(Coordinate(command=order))


def a_silent_mentor() -> Story:
    """The mentee has accepted; the mentor has not answered for so long that the coordinator was told."""
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(14)
    assert story.items(COORDINATOR, MailKind.ATTENTION)
    return story


def stopped() -> Story:
    story = Story()
    story.reach(MENTEE, AskKind.REPORT)
    story.do(StopContact(by=MENTEE, message="Please"))
    return story


# Messages.


def test_a_message_to_both_reaches_each_in_their_own_hours_beside_the_budget() -> None:
    story = Story(start=a_start(mentor_zone="America/New_York"))
    story.says(MENTEE, AskKind.ACCEPT)
    said_at = story.now
    receipt = coordinate(story, BOTH)
    assert str(receipt.recorded) == "Your message goes to Theo Mentee and Mara Mentor."
    story.days(1)
    for role in (MENTEE, MENTOR):
        (letter,) = story.mails(role, MailKind.COORDINATOR_MESSAGE)
        assert letter.mail_class is MailClass.DIRECT
        assert letter.items[0].note == BOTH.text
    (to_mentor,) = story.mails(MENTOR, MailKind.COORDINATOR_MESSAGE)
    assert to_mentor.at > said_at, "it is four in the morning in New York"
    assert story.m.stage is Stage.INTRO, "a word changes nothing else"


def test_a_word_to_one_stays_between_the_two() -> None:
    story = a_silent_mentor()
    receipt = coordinate(story, MessageCommand(to=MENTOR, text="Shall I look for someone else?"))
    assert str(receipt.recorded) == "Your message goes to Mara Mentor alone."
    story.days(1)
    assert story.items(MENTOR, MailKind.COORDINATOR_MESSAGE)
    assert not story.items(MENTEE, MailKind.COORDINATOR_MESSAGE)


def test_messages_that_wait_travel_together_and_whole() -> None:
    story = a_silent_mentor()
    for text in ("One", "Two " * 100, "Three"):
        coordinate(story, MessageCommand(to=MENTOR, text=text))
    with pytest.raises(Rejected, match="do not fit"):
        coordinate(story, MessageCommand(to=MENTOR, text="x" * 700))
    story.days(1)
    notes = [letter.items[0].note for letter in story.mails(MENTOR, MailKind.COORDINATOR_MESSAGE)]
    assert notes == ["One", f"{('Two ' * 100).strip()}\n\nThree"]


def test_a_fourth_mail_in_a_day_is_refused() -> None:
    story = a_silent_mentor()
    for _ in range(3):
        coordinate(story, MessageCommand(to=MENTOR, text="Hello?"))
        story.days(1 / 24)
    with pytest.raises(Rejected, match="several messages"):
        coordinate(story, MessageCommand(to=MENTOR, text="Hello?"))
    story.days(1)
    coordinate(story, MessageCommand(to=MENTOR, text="Hello again"))


def test_a_message_is_refused_where_it_would_not_arrive() -> None:
    resting = a_silent_mentor()
    resting.do(Pause(by=MENTEE, until=resting.today(10)))
    with pytest.raises(Rejected, match="pause is silent"):
        coordinate(resting, BOTH)
    with pytest.raises(Rejected, match="All contact is stopped"):
        coordinate(stopped(), BOTH)
    quiet = a_silent_mentor()
    quiet.do(Unsubscribe(by=MENTEE, mail=MailChoice.CLOSING_ONLY))
    with pytest.raises(Rejected, match="does not get there"):
        coordinate(quiet, MessageCommand(to=MENTEE, text="Hello"))
    assert str(coordinate(quiet, BOTH).recorded) == (
        "Your message goes to Mara Mentor only: our mail does not get to Theo Mentee just now."
    )


# Patience.


def test_patience_moves_the_end_by_just_these_days_and_asks_once_more() -> None:
    story = a_silent_mentor()
    before = story.ask(MENTOR, AskKind.ACCEPT)
    nudges = len(story.mails(MENTOR, AskKind.ACCEPT))
    coordinate(story, PatienceCommand(days=10))
    after = story.ask(MENTOR, AskKind.ACCEPT)
    assert after.ends_at == before.ends_at + timedelta(days=10)
    story.days(9)
    assert len(story.mails(MENTOR, AskKind.ACCEPT)) == nudges, "quiet while patience lasts"
    story.days(2)
    assert len(story.mails(MENTOR, AskKind.ACCEPT)) == nudges + 1, "then one more nudge"
    assert story.m.stage is Stage.INTRO
    story.silence()
    assert story.m.outcome is Outcome.LAPSED
    assert story.m.ended_at == after.ends_at
    assert len(story.items(COORDINATOR, MailKind.ATTENTION)) == 1, "the coordinator hears of one silence once"


def test_patience_given_twice_adds_up_and_early_nudges_wait() -> None:
    story = Story()
    before = story.ask(MENTOR, AskKind.ACCEPT)
    coordinate(story, PatienceCommand(days=7, ask=before.id))
    story.days(1)
    coordinate(story, PatienceCommand(days=7, ask=before.id))
    after = story.ask(MENTOR, AskKind.ACCEPT)
    assert after.ends_at == before.ends_at + timedelta(days=14)
    assert len(after.rungs) == len(before.rungs), "a ladder that goes on needs no further rung"
    assert story.ask(MENTEE, AskKind.ACCEPT).ends_at == before.ends_at, "only what was named"
    story.days(10)
    assert len(story.mails(MENTOR, AskKind.ACCEPT)) == 1
    assert len(story.mails(MENTEE, AskKind.ACCEPT)) > 1


def test_patience_counts_beside_a_pause() -> None:
    story = a_silent_mentor()
    story.do(Pause(by=MENTEE, until=story.today(10)))
    before = story.ask(MENTOR, AskKind.ACCEPT)
    coordinate(story, PatienceCommand(days=5))
    assert story.ask(MENTOR, AskKind.ACCEPT).ends_at == before.ends_at + timedelta(days=5)


def test_patience_is_bounded() -> None:
    story = a_silent_mentor()
    with pytest.raises(Rejected, match="Nobody owes anything"):
        coordinate(story, PatienceCommand(days=3, ask="accept.mentee"))
    story.m = story.m.evolve(deadline=story.now + timedelta(days=20))
    with pytest.raises(Rejected, match="fewer days"):
        coordinate(story, PatienceCommand(days=30))
    for _ in range(5):
        coordinate(story, PatienceCommand(days=1))
    with pytest.raises(Rejected, match="often already"):
        coordinate(story, PatienceCommand(days=1))


def test_under_a_stop_of_all_contact_patience_has_no_place() -> None:
    with pytest.raises(Rejected, match="Lift the stop first"):
        coordinate(stopped(), PatienceCommand(days=3))


def test_what_has_an_end_of_its_own_is_not_put_off() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.PREPARE)
    session = next(ask for ask in all_asks(story.m) if ask.kind is AskKind.PREPARE and ask.opened_at <= story.now)
    with pytest.raises(Rejected, match="Nobody owes anything"):
        coordinate(story, PatienceCommand(days=3, ask=session.id))


# Pausing and ending.


def test_a_pause_and_its_end_are_told_to_both() -> None:
    story = a_silent_mentor()
    receipt = coordinate(story, PauseCommand(until=story.today(14), reason="Mara is ill"))
    assert "Both get a mail" in str(receipt.happens_next)
    story.days(3)
    for role in (MENTEE, MENTOR):
        assert [item.note for item in story.items(role, MailKind.PAUSED)] == ["Mara is ill"]
    assert str(coordinate(story, ResumeCommand()).recorded) == "The mentorship goes on."
    story.days(3)
    assert story.items(MENTOR, MailKind.RESUMED)


@pytest.mark.parametrize("outcome", [Outcome.CANCELLED, Outcome.NOT_A_FIT, Outcome.ENDED_EARLY])
def test_an_end_is_worded_as_the_coordinator_chose_and_the_reason_stays_away(outcome: Outcome) -> None:
    story = a_silent_mentor()
    order = EndCommand.model_validate({"outcome": outcome, "reason": "Mara never answered me"})
    coordinate(story, order)
    story.silence()
    assert story.m.outcome is outcome
    for role in (MENTEE, MENTOR):
        (closing,) = story.items(role, MailKind.CLOSING)
        assert closing.outcome == outcome.value
        assert "never answered" not in closing.model_dump_json()
    assert ended(story.m).note == "Mara never answered me"
    assert not ended(story.m).rematch


def test_of_another_mentor_hears_the_mentee_and_not_the_one_who_leaves() -> None:
    story = a_silent_mentor()
    receipt = coordinate(story, EndCommand(successor="pair-2"))
    assert "goes on with another mentor" in str(receipt.recorded)
    story.silence()
    assert ended(story.m).successor == overview(story.m, story.now).successor == "pair-2"
    assert story.items(MENTEE, MailKind.CLOSING)[0].successor == "pair-2"
    assert story.items(MENTOR, MailKind.CLOSING)[0].successor == ""
    assert story.items(COORDINATOR, MailKind.COORDINATOR_CLOSING)[0].successor == "pair-2"


def test_nobody_goes_on_in_the_mentorship_that_ends() -> None:
    story = a_silent_mentor()
    with pytest.raises(Rejected) as refused:
        coordinate(story, EndCommand(successor=story.m.id))
    assert refused.value.field == "successor"
    assert story.m.outcome is None


def test_handing_back_tells_the_platform_and_both_people() -> None:
    story = a_silent_mentor()
    receipt = coordinate(story, EndCommand(outcome=Outcome.NOT_A_FIT, rematch=True))
    assert "matched anew" in str(receipt.recorded)
    assert overview(story.m, story.now).rematch
    story.silence()
    assert ended(story.m).rematch
    assert all(story.items(role, MailKind.CLOSING)[0].rematch for role in (MENTEE, MENTOR))


def test_a_stop_of_all_contact_is_lifted_or_ended_by_the_coordinator() -> None:
    story = stopped()
    assert str(coordinate(story, ResumeCommand()).recorded) == "The stop of all contact is lifted."
    story.days(3)
    assert story.items(MENTOR, MailKind.RESUMED)
    other = stopped()
    coordinate(other, EndCommand(outcome=Outcome.ENDED_EARLY))
    other.silence()
    assert other.m.outcome is Outcome.ENDED_EARLY
    assert other.items(MENTOR, MailKind.CLOSING)
    for order in (ResumeCommand(), EndCommand(), BOTH):
        with pytest.raises(Rejected) as refusal:
            coordinate(other, order)
        assert refusal.value.code == "ended"


def test_what_the_goals_are_stays_between_the_pair_when_the_coordinator_hears_of_the_end() -> None:
    story = stopped()
    assert story.m.goals
    coordinate(story, EndCommand(outcome=Outcome.ENDED_EARLY))
    story.silence()
    (told,) = story.mails(COORDINATOR, MailKind.COORDINATOR_CLOSING)
    assert story.m.goals[0].title not in told.model_dump_json()
    assert story.m.goals[0].title in story.mails(MENTEE, MailKind.CLOSING)[0].model_dump_json()


# Who may.


def test_a_press_counts_once_and_only_the_coordinator_coordinates() -> None:
    story = a_silent_mentor()
    act = Coordinate(command=PatienceCommand(days=5))
    first = story.do(act)
    ends_at = story.ask(MENTOR, AskKind.ACCEPT).ends_at
    story.receipts -= 1
    assert story.do(act) == first
    assert story.ask(MENTOR, AskKind.ACCEPT).ends_at == ends_at
    with pytest.raises(Rejected) as refusal:
        story.do(AskHelp(by=COORDINATOR, message="Me too"))
    assert refusal.value.code == "not_yours"
    with pytest.raises(ValueError, match="by"):
        Coordinate.model_validate({"by": "mentor", "command": {"command": "resume"}})


def test_who_coordinates_no_more_is_out_and_the_new_one_hears_what_is_open() -> None:
    story = a_silent_mentor()
    old = LinkUsed(jti="old", issued_at=story.now)
    story.days(1)
    program = story.m.program
    same = program.evolve(coordinator=program.coordinator.evolve(name="Team mentoring"))
    story.order(ChangeProgramCommand(program=same))
    story.do(Coordinate(command=PatienceCommand(days=7), link=old))
    story.order(
        ChangeProgramCommand(program=program.evolve(coordinator=program.coordinator.evolve(email="new@example.com")))
    )
    with pytest.raises(Rejected) as refusal:
        story.do(Coordinate(command=PatienceCommand(days=1), link=old))
    assert refusal.value.code == "revoked"
    changed = story.now
    story.days(3)
    (told,) = story.mails(COORDINATOR, MailKind.ATTENTION, since=changed - timedelta(seconds=1))
    assert told.to.email == "new@example.com"
    story.do(Coordinate(command=PatienceCommand(days=1), link=LinkUsed(jti="new", issued_at=told.at)))


@pytest.mark.parametrize("role", list(Role))
def test_a_fresh_link_of_the_very_second_of_a_revocation_works(role: Role) -> None:
    """Links know whole seconds, the engine's clock knows parts of them."""
    story = a_silent_mentor()
    story.now += timedelta(hours=1, microseconds=600_000)
    story.order(RevokeLinksCommand(role=role))
    (letter,) = [one for one in story.letters if one.at == story.now and one.to.role is role]
    link = LinkUsed(jti="fresh", issued_at=letter.at.replace(microsecond=0))
    story.do(
        Coordinate(command=PatienceCommand(days=1), link=link) if role is COORDINATOR else FreshLink(by=role, link=link)
    )


# A fresh link.


def test_a_fresh_link_goes_to_the_address_on_record_and_older_ones_go_on_working() -> None:
    story = a_silent_mentor()
    old = LinkUsed(jti="old", issued_at=story.now - timedelta(days=3))
    receipt = coordinate(story, ResendLinkCommand(role=MENTOR))
    assert str(receipt.recorded) == "A fresh link goes to Mara Mentor."
    story.days(1)
    (letter,) = story.mails(MENTOR, MailKind.FRESH_LINK)
    assert letter.to.email == story.m.mentor.email
    assert letter.items[0].ask is not None, "it leads to what is owed"
    story.do(AskHelp(by=MENTOR, message="Where was I?", link=old))


def test_fresh_links_are_bounded_whoever_asks_for_them() -> None:
    story = a_silent_mentor()
    for number in range(3):
        coordinate(story, ResendLinkCommand(role=MENTOR)) if number else story.do(FreshLink(by=MENTOR))
        story.days(0.1)
    with pytest.raises(Rejected, match="several links today"):
        coordinate(story, ResendLinkCommand(role=MENTOR))
    with pytest.raises(Rejected, match="several links today"):
        story.do(FreshLink(by=MENTOR))
    story.days(1)
    coordinate(story, ResendLinkCommand(role=MENTOR))


def test_no_fresh_link_is_mailed_where_no_mail_may_go() -> None:
    with pytest.raises(Rejected, match="All contact is stopped"):
        coordinate(stopped(), ResendLinkCommand(role=MENTEE))
    story = a_silent_mentor()
    story.m = story.m.evolve(unreachable={MENTOR: "bounced"})
    with pytest.raises(Rejected, match="Change the address first"):
        coordinate(story, ResendLinkCommand(role=MENTOR))


def test_a_program_with_another_rhythm_keeps_patience() -> None:
    story = a_silent_mentor()
    coordinate(story, PatienceCommand(days=5))
    story.order(ChangeProgramCommand(program=a_program(nudges={"patience_days": 30})))
    assert story.ask(MENTOR, AskKind.ACCEPT).ends_at > story.now + timedelta(days=20)
