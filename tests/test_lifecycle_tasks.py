"""Commitments and their follow-ups, as the two people notice them."""

from datetime import timedelta

import pytest

from lifecycle import Rejected, health
from models.acts import AssignTask, GiveFeedback
from models.answers import NewTask
from models.base import Role
from models.mail import MailKind
from models.program import AskKind
from models.state import Task, TaskStatus
from tests.builders import BERLIN, MENTEE, MENTOR, Story, a_program


def with_a_task(days: int = 14, owner: Role = MENTEE, by: Role = MENTEE, **changes: object) -> Story:
    """At the sessions, on a Monday, with one task that is due after so many days and nothing else to do before."""
    story = Story(a_program(without=(AskKind.PREPARE,), sessions={"every_weeks": 4}, **changes))
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTEE, AskKind.SIGN_AGREEMENT)
    story.says(MENTOR, AskKind.SIGN_AGREEMENT)
    story.do(AssignTask(by=by, task=the_task(story, days, owner)))
    return story


def the_task(story: Story, days: int, owner: Role) -> NewTask:
    return NewTask.model_validate(
        {
            "title": "Talk to Ines",
            "due": story.today(days),
            "owner": owner,
            "obstacle": "She travels",
            "plan": "If she travels, then I will write to her",
        }
    )


def task(story: Story) -> Task:
    return story.m.tasks[0]


def test_a_task_is_followed_up_halfway_on_the_day_and_on_a_ladder_when_overdue() -> None:
    story = with_a_task(days=14)
    start, due = task(story).created_at, task(story).due_at
    story.until(due + timedelta(days=8))
    asked = [
        (letter.at.astimezone(BERLIN).date(), item.ask.rung)
        for letter in story.mails(MENTEE, AskKind.FOLLOW_UP)
        for item in letter.items
        if item.ask is not None and item.ask.id == "follow_up.mentee.1.1"
    ]
    assert [rung for _, rung in asked] == [0, 1, 2, 3]
    halfway = (start + (due - start) / 2).astimezone(BERLIN).date()
    assert 0 <= (asked[0][0] - halfway).days <= 2
    assert 0 <= (asked[1][0] - due.astimezone(BERLIN).date()).days <= 2


def test_a_task_that_is_due_soon_is_not_followed_up_halfway() -> None:
    story = with_a_task(days=4)
    assert task(story).follow_from == task(story).due_at


def test_done_is_told_to_the_partner_who_can_give_feedback_once() -> None:
    story = with_a_task()
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    story.says(MENTEE, AskKind.FOLLOW_UP, status="done", note="She said yes")
    story.days(3)
    (item,) = story.items(MENTOR, MailKind.TASK_DONE)
    assert (item.tasks[0].title, item.note) == ("Talk to Ines", "She said yes")
    story.do(GiveFeedback(by=MENTOR, task=1, feedback="Well done"))
    story.days(3)
    assert story.items(MENTEE, MailKind.TASK_FEEDBACK)[0].tasks[0].feedback == "Well done"
    with pytest.raises(Rejected) as refusal:
        story.do(GiveFeedback(by=MENTOR, task=1, feedback="Very well done"))
    assert refusal.value.code == "superseded"
    with pytest.raises(Rejected) as refusal:
        story.do(GiveFeedback(by=MENTEE, task=1, feedback="Praise of oneself"))
    assert refusal.value.code == "not_yours"


def test_blocked_tells_the_partner_with_the_plan_quoted_and_asks_again_later() -> None:
    story = with_a_task()
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    story.says(MENTEE, AskKind.FOLLOW_UP, status="blocked", note="She is in Peru")
    at = story.now
    story.days(3)
    (item,) = story.items(MENTOR, MailKind.TASK_BLOCKED)
    assert item.tasks[0].obstacle == "She travels"
    assert item.tasks[0].plan == "If she travels, then I will write to her"
    assert "the mentee: task 1 is blocked" in health(story.m, story.now).reasons
    assert health(story.m, story.now).verdict == "on_track", "a blocked task is no alarm"
    assert story.reach(MENTEE, AskKind.FOLLOW_UP).opened_at == at + timedelta(days=4)


def test_more_time_sets_a_new_date_and_tells_the_partner() -> None:
    story = with_a_task()
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    day = story.today(20)
    story.says(MENTEE, AskKind.FOLLOW_UP, status="more_time", new_due=day)
    assert task(story).due_at.astimezone(BERLIN).date() == day
    story.days(3)
    assert story.items(MENTOR, MailKind.TASK_MOVED)
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    with pytest.raises(Rejected) as refusal:
        story.says(MENTEE, AskKind.FOLLOW_UP, status="more_time", new_due=story.today())
    assert refusal.value.field == "new_due"


def test_a_task_is_not_put_off_for_ever() -> None:
    story = with_a_task(days=4)
    for _ in range(5):
        story.reach(MENTEE, AskKind.FOLLOW_UP)
        story.says(MENTEE, AskKind.FOLLOW_UP, status="more_time", new_due=story.today(2))
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    with pytest.raises(Rejected, match="five times"):
        story.says(MENTEE, AskKind.FOLLOW_UP, status="more_time", new_due=story.today(2))


def test_on_track_is_asked_again_when_it_is_due_and_bothers_nobody_else() -> None:
    story = with_a_task()
    story.reach(MENTEE, AskKind.FOLLOW_UP)
    story.says(MENTEE, AskKind.FOLLOW_UP, status="on_track")
    story.until(task(story).due_at - timedelta(minutes=1))
    assert "follow_up.mentee.1.2" not in [ask.id for ask in story.owed(MENTEE)]
    story.until(task(story).due_at)
    assert "follow_up.mentee.1.2" in [ask.id for ask in story.owed(MENTEE)]
    assert not any(item.kind.value.startswith("task_") for letter in story.mails(MENTOR) for item in letter.items)


def test_a_task_that_the_mentor_sets_is_told_to_the_mentee() -> None:
    story = with_a_task(by=MENTOR)
    story.days(1)
    (item,) = story.items(MENTEE, MailKind.TASK_ASSIGNED)
    assert item.by is MENTOR
    assert item.tasks[0].title == "Talk to Ines"


def test_a_mentor_can_owe_a_task_too() -> None:
    story = with_a_task(owner=MENTOR)
    story.until(task(story).due_at + timedelta(days=1))
    assert story.items(MENTOR, AskKind.FOLLOW_UP)
    story.says(MENTOR, AskKind.FOLLOW_UP, status="done")
    story.days(2)
    assert story.items(MENTEE, MailKind.TASK_DONE)


def test_a_task_that_nobody_speaks_of_is_let_go_and_never_mailed_again() -> None:
    story = with_a_task(nudges={"silences_to_lapse": 9})
    story.until(task(story).due_at + timedelta(days=16, minutes=1))
    assert task(story).status is TaskStatus.LET_GO
    at = story.now
    story.days(20)
    ids = [item.ask.id for item in story.items(MENTEE, AskKind.FOLLOW_UP, since=at) if item.ask]
    assert "follow_up.mentee.1.1" not in ids


def test_feedback_on_an_open_task_or_on_none_is_refused() -> None:
    story = with_a_task()
    for number, code in ((1, "not_open"), (7, "invalid")):
        with pytest.raises(Rejected) as refusal:
            story.do(GiveFeedback(by=MENTOR, task=number, feedback="Well done"))
        assert refusal.value.code == code


def test_tasks_wait_for_the_goals_and_stop_with_the_wrap_up() -> None:
    story = Story()
    with pytest.raises(Rejected) as refusal:
        story.do(AssignTask(by=MENTOR, task=the_task(story, 9, MENTEE)))
    assert refusal.value.code == "not_open"
    story.reach(MENTEE, AskKind.REFLECT)
    assert not story.owed(MENTEE, AskKind.FOLLOW_UP)


def test_there_can_be_twelve_open_tasks() -> None:
    story = with_a_task(days=60)
    for _ in range(11):
        story.do(AssignTask(by=MENTEE, task=the_task(story, 60, MENTEE)))
    with pytest.raises(Rejected) as refusal:
        story.do(AssignTask(by=MENTEE, task=the_task(story, 60, MENTEE)))
    assert refusal.value.field == "task.title"
