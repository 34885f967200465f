"""Health, as the coordinator hears of it."""

from datetime import timedelta

from lifecycle import health, overview
from models.mail import MailKind
from models.program import AskKind
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story, a_program


def test_a_mentorship_that_has_just_begun_is_too_early_to_judge() -> None:
    assert health(Story().m, Story().now).verdict == "too_early"


def test_silence_says_nothing_until_the_ladder_is_used_up() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(11)
    assert health(story.m, story.now).reasons == ()
    story.days(1)
    view = health(story.m, story.now)
    assert view.verdict == "needs_attention"
    assert view.reasons == ("the mentor has not answered “accept the mentorship” for 12 days",)


def test_the_coordinator_hears_of_each_reason_once_with_what_can_be_done() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(15)
    (item,) = story.items(COORDINATOR, MailKind.ATTENTION)
    assert item.reasons[0].remedy
    story.silence()
    keys = [item.key for item in story.items(COORDINATOR, MailKind.ATTENTION)]
    assert len(keys) == len(set(keys))


def test_who_answers_in_time_is_no_longer_a_worry_and_nobody_is_told() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.until(story.now + timedelta(days=12))
    assert health(story.m, story.now).verdict == "needs_attention"
    story.says(MENTOR, AskKind.ACCEPT)
    story.days(5)
    assert health(story.m, story.now).reasons == ()
    assert not story.mails(COORDINATOR), "it was Saturday, and by Monday it was answered"


def test_two_asks_in_a_row_that_ran_out_put_it_at_risk_and_an_act_clears_it() -> None:
    story = Story(a_program(nudges={"silences_to_lapse": 3}))
    story.reach(MENTEE, AskKind.REPORT)
    story.days(17)
    story.reach(MENTEE, AskKind.REPORT, silent=[AskKind.FOLLOW_UP])
    story.days(17)
    assert health(story.m, story.now).verdict == "at_risk"
    assert any("asks in a row" in reason for reason in health(story.m, story.now).reasons)
    owed = story.owed(MENTEE)
    assert owed
    story.says(MENTEE, owed[0].kind)
    assert not any("asks in a row" in reason for reason in health(story.m, story.now).reasons)


def test_a_low_rating_is_told_to_the_coordinator_and_kept_from_the_partner() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.REPORT)
    story.says(MENTEE, AskKind.REPORT, rating=1)
    story.says(MENTOR, AskKind.CONFIRM)
    assert "the mentee rated session 1 with 1 of 5" in health(story.m, story.now).reasons
    story.days(5)
    assert "rated" not in "".join(letter.model_dump_json() for letter in story.mails(MENTOR))


def test_ops_see_who_is_waited_for_since_when_and_what_is_next() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT)
    story.days(3)
    view = overview(story.m, story.now)
    (waiting,) = view.waiting
    assert (waiting.on, waiting.title, waiting.nudges) == (MENTOR, "accept the mentorship", 1)
    assert waiting.since == story.m.started_at
    assert view.next_why == "nudge mentor: accept the mentorship, Mon 14 Sep 09:00 Berlin"
    assert (view.status, view.mails, view.acts) == ("active", 3, 1)


def test_a_willing_pair_is_on_track() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.PREPARE)
    assert health(story.m, story.now).verdict == "on_track"
