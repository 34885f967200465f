"""The state that is carried: receipts, renewal, what a stranger can make it grow to."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, all_asks, apply, compacted, next_due, page
from models.acts import (
    AskHelp,
    FreshLink,
    Pause,
    Resume,
    Undo,
)
from models.mail import MailKind
from models.pages import PageQuery
from models.program import AskKind
from models.state import Mentorship
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story


def test_a_receipt_is_found_again_after_a_renewal() -> None:
    story = Story()
    act = story.answer(MENTEE, AskKind.ACCEPT)
    receipt = story.do(act)
    story.m = Mentorship.model_validate_json(compacted(story.m, story.now).model_dump_json())
    assert apply(story.m, act, story.now, receipt.id) == (story.m, receipt)
    shown = page(story.m, PageQuery(role=MENTEE, ask="accept.mentee", receipt=receipt.id), story.now)
    assert shown.receipt == receipt


def test_a_receipt_says_what_was_recorded_and_what_comes_next() -> None:
    story = Story()
    receipt = story.says(MENTEE, AskKind.ACCEPT)
    assert str(receipt.recorded) == "You accepted the mentorship."
    assert str(receipt.happens_next) == "We wait for Mara Mentor to answer, and write to you then."


def test_a_renewal_between_a_decline_and_its_undo_mails_nothing_again() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT, decision="no")
    story.m = compacted(story.m, story.now)
    story.do(Undo(by=MENTEE))
    story.days(1)
    assert len(story.mails(MENTEE)) == 1


def test_a_renewal_drops_the_wording_of_answers_that_stand_and_changes_nothing_else() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.CHECK_IN)
    small = compacted(story.m, story.now)
    assert len(small.model_dump_json()) < len(story.m.model_dump_json())
    assert all_asks(small) == all_asks(story.m)
    assert next_due(small, story.now) == next_due(story.m, story.now)


def test_a_whole_mentorship_stays_small_enough_to_carry() -> None:
    story = Story()
    story.live_on()
    assert len(compacted(story.m, story.now).model_dump_json()) < 60_000


def test_fresh_links_to_many_different_things_are_bounded_too() -> None:
    story = Story()
    story.until(story.now.replace(hour=22))
    for number in range(3):
        story.do(FreshLink(by=MENTEE, ask=f"report.mentee.{number}"))
    with pytest.raises(Rejected):
        story.do(FreshLink(by=MENTEE, ask="report.mentee.9"))
    story.days(1)
    assert len(story.mails(MENTEE, MailKind.FRESH_LINK)) == 1


def test_a_fresh_link_to_what_is_not_asked_yet_leads_to_the_journey_instead() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.PREPARE)
    story.do(FreshLink(by=MENTEE, ask="report.mentee.1.0"))
    story.days(1)
    assert story.items(MENTEE, MailKind.FRESH_LINK)[0].ask is None


def test_words_to_the_coordinator_are_bounded_while_they_wait() -> None:
    story = Story()
    story.until(story.now.replace(hour=22))
    for _ in range(5):
        story.do(AskHelp(by=MENTOR, message="x" * 1000))
    with pytest.raises(Rejected, match="on their way"):
        story.do(AskHelp(by=MENTOR, message="Once more"))
    story.do(AskHelp(by=MENTEE, message="I, too"))
    story.days(1)
    assert len(story.items(COORDINATOR, MailKind.HELP_ASKED)) == 6


def test_pausing_and_resuming_over_and_over_comes_to_an_end() -> None:
    story = Story()
    for _ in range(40):
        story.do(Pause(by=MENTEE, until=story.today(3)))
        story.until(story.now + timedelta(minutes=1))
        story.do(Resume(by=MENTEE))
    with pytest.raises(Rejected, match="very often"):
        story.do(Pause(by=MENTEE, until=story.today(3)))
