"""A mentorship in numbers: they are those that people met with, and no words of anyone."""

from datetime import datetime, timedelta

import pytest

import programs
from lifecycle import all_asks, measures
from lifecycle.measures import OPENED, opened_at
from lifecycle.simulation import answer
from models.answers import ActBase
from models.program import AskKind
from models.state import Outcome, Stage
from tests.builders import MENTEE, MENTOR, Story, a_program, a_start


class Watched(Story):
    """A story in which it is noted when each ask that gets an answer was opened."""

    asked: dict[str, datetime]

    def do(self, act: ActBase) -> object:  # type: ignore[override]
        found = next((ask for ask in all_asks(self.m) if ask.id == act.ask), None)
        if found is not None:
            self.__dict__.setdefault("asked", {})[found.id] = found.opened_at
        return super().do(act)


def slow(story: Watched, hours: float = 5) -> None:
    """Both answer everything, some hours after they were asked, to the end."""
    for _ in range(2000):
        open_now = [ask for role in (MENTEE, MENTOR) for ask in story.owed(role)]
        ripe = [ask for ask in open_now if ask.opened_at + timedelta(hours=hours) <= story.now]
        if ripe:
            story.do(answer(story.m, ripe[0], story.now))
        elif open_now:
            story.until(min(ask.opened_at for ask in open_now) + timedelta(hours=hours))
        elif story.m.stage is Stage.ENDED:
            return
        else:
            story.days(0.25)
    raise AssertionError("it never ended")


@pytest.mark.parametrize("program", ["career", "onboarding", "single_session"])
def test_an_answer_took_as_long_as_its_ask_was_open(program: str) -> None:
    story = Watched(programs.load(program), a_start(program=program))
    slow(story)
    told = {given.ask: opened_at(story.m, given) for given in story.m.answers.values()}
    kept = {ask: at for ask, at in told.items() if at is not None}
    assert kept == {ask: at for ask, at in story.asked.items() if AskKind(ask.split(".")[0]) in OPENED}
    hours = [one.hours for one in measures(story.m, story.now).answers]
    assert hours
    assert all(5 <= one <= 11 for one in hours)  # time goes by in steps of six hours where nothing is asked


def test_stages_last_from_one_to_the_next_and_the_last_one_until_now() -> None:
    story = Story(a_program())
    story.days(3)
    for role in (MENTEE, MENTOR):
        story.says(role, AskKind.ACCEPT)
    (intro,) = measures(story.m, story.now + timedelta(days=1)).stays
    assert (intro.stage, intro.days, intro.over) == (Stage.INTRO, 4, False)


def test_a_silent_pair_shows_as_asks_that_ran_out_and_as_mails() -> None:
    story = Story(a_program())
    story.silence()
    told = measures(story.m, story.now)
    assert told.outcome is Outcome.LAPSED
    assert told.ran_out > 0
    assert told.answers == ()
    assert told.mails == len(story.letters)
    assert all(stay.over for stay in told.stays)


def test_the_mails_of_the_last_week_are_counted_for_each_of_the_two() -> None:
    story = Story(a_program())
    story.days(2.5)
    sent = [letter.to.role for letter in story.letters if letter.at > story.now - timedelta(days=7)]
    assert measures(story.m, story.now).mails_last_week == {role: sent.count(role) for role in (MENTEE, MENTOR)}
    assert measures(story.m, story.now + timedelta(days=30)).mails_last_week == {MENTEE: 0, MENTOR: 0}


def test_the_numbers_hold_no_words_of_anyone() -> None:
    story = Watched(a_program(), a_start())
    slow(story)
    told = measures(story.m, story.now).model_dump_json()
    assert all(word not in told for word in ("Mara", "Theo", "example.com", "pair"))


def test_every_kind_of_ask_can_be_told_but_those_whose_days_move() -> None:
    assert set(AskKind) - OPENED.keys() == {AskKind.PREPARE, AskKind.FOLLOW_UP}
