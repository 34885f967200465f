"""What a person can take away: all of their own, and nothing that is the partner's alone."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.client import Client

from lifecycle import export
from models.acts import AskHelp, ExitRamp, Ramp
from models.answers import LinkUsed
from models.base import PAIR, Role
from models.pages import PageQuery
from models.program import AskKind
from models.state import Stage
from tests.builders import COORDINATOR, MENTEE, MENTOR, Story
from tests.pairs import a_program, a_start, accepts
from tests.private_words import OTHER, lives_otherwise
from tests.random_lives import live, watch
from tests.web_parts import Browser, PureEngine, journey_link
from workflows.client import Mentorships
from workflows.time_skipping import idle

THANKS = "Thank you for the harbour."


def a_whole_life() -> Story:
    """A pair that went the whole way, and thanked each other."""
    story = Story()
    story.reach(MENTEE, AskKind.REFLECT)
    story.says(MENTEE, AskKind.REFLECT, then_and_now="Mine alone", learnt="Mine alone", thanks="To my mentor")
    story.says(MENTOR, AskKind.REFLECT, then_and_now="Not for others", learnt="Not for others", thanks=THANKS)
    story.days(3)
    assert story.stage() is Stage.ENDED
    return story


def test_the_file_holds_all_that_someone_said_and_got() -> None:
    story = a_whole_life()
    mine = export(story.m, MENTEE, story.now)
    assert (mine.me, mine.role, mine.outcome) == (story.m.mentee, MENTEE, story.m.outcome)
    assert {one.ask for one in mine.answers} == {ask for ask in story.m.answers if f".{MENTEE}" in ask}
    assert [one.number for one in mine.sessions] == [one.number for one in story.m.sessions]
    assert {one.mentee_rating for one in mine.sessions if one.goal} == {5}
    assert [one.answer.pulse for one in mine.check_ins] == [one.answers[MENTEE].pulse for one in story.m.check_ins]
    assert [goal.reported for goal in mine.goals] == [state.history for state in story.m.goal_states]
    assert len(mine.tasks) == len(story.m.tasks) > 0
    assert mine.terms == story.m.terms
    assert mine.reflection is not None
    assert mine.reflection.learnt == "Mine alone"
    assert mine.thanks_received == THANKS
    assert [one.kind for one in mine.mails] == [one.kind for one in story.m.mails if one.to is MENTEE]


def test_thanks_are_in_it_only_after_the_end() -> None:
    story = Story()
    story.reach(MENTOR, AskKind.REFLECT)
    story.says(MENTOR, AskKind.REFLECT, thanks=THANKS)
    assert THANKS not in export(story.m, MENTEE, story.now).model_dump_json()
    assert THANKS in export(story.m, MENTOR, story.now).model_dump_json()


def test_what_went_to_the_coordinator_is_in_the_file_of_whoever_wrote_it() -> None:
    story = Story()
    story.reach(MENTEE, AskKind.SET_GOALS)
    story.days(0.5)  # by night, when the coordinator gets no mail
    story.do(AskHelp(by=MENTOR, message="They never answer"))
    story.do(ExitRamp(by=MENTOR, choice=Ramp.END, note="It is too much"))
    own = export(story.m, MENTOR, story.now)
    assert (own.messages_to_the_coordinator, own.reason_for_ending) == (("They never answer",), "It is too much")
    others = export(story.m, MENTEE, story.now).model_dump_json()
    assert "They never answer" not in others
    assert "It is too much" not in others


def test_no_identity_of_a_link_is_in_it() -> None:
    story = Story()
    story.says(MENTEE, AskKind.ACCEPT, link=LinkUsed(jti="the-key", issued_at=story.now))
    assert "the-key" in story.m.model_dump_json()
    assert "the-key" not in export(story.m, MENTEE, story.now).model_dump_json()


def test_a_coordinator_has_no_data_of_their_own() -> None:
    story = Story()
    with pytest.raises(ValueError, match="only the mentor and the mentee"):
        export(story.m, COORDINATOR, story.now)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 150))
def test_nothing_private_of_the_partner_shows_whatever_happens(seed: int, steps: int) -> None:
    world = watch(Random(seed))
    live(world, 20, 0.95)
    live(world, steps)
    for role in PAIR:
        other = lives_otherwise(world.m, role.partner)
        file = export(world.m, role, world.now)
        assert export(other, role, world.now) == file
        written = file.model_dump_json()
        assert world.m.person(role.partner).email not in written
        assert OTHER not in export(other, role, world.now).model_dump_json()
        own = export(lives_otherwise(world.m, role), role, world.now)
        assert own != file, "what is one's own is in the file"


async def test_it_is_downloaded_as_a_file_and_looking_changes_nothing() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    before = engine.m
    answer = await browser.http.get(f"{journey_link(MENTOR)}/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="mentorship-pair-1.json"'
    assert answer.json()["me"]["name"] == "Jonas Meyer"
    assert answer.json()["partner"] == {"role": "mentee", "name": "Ines Duarte", "bio": "Draws maps."}
    assert "ines@example.com" not in answer.text
    assert (await browser.http.head(f"{journey_link(MENTOR)}/export")).status_code == 200
    assert engine.m is before


async def test_it_is_not_handed_out_for_a_link_that_was_withdrawn_or_while_the_engine_is_away() -> None:
    engine = PureEngine()
    browser = Browser(engine)
    engine.down = True
    await browser.get(f"{journey_link()}/export", 503)
    engine.down = False
    engine.m = engine.m.evolve(links_from={Role.MENTEE: engine.now.replace(year=2028)})
    page = await browser.get(f"{journey_link()}/export", 410)
    assert "ines@example.com" not in str(page)


async def test_the_workflow_answers_with_it(mentorships: Mentorships, client: Client) -> None:
    started = await mentorships.start(a_start(), a_program())
    await idle(client, started.id)
    await mentorships.act(started.id, accepts(Role.MENTEE), update_id="press-1")
    found = await mentorships.export(started.id, PageQuery(role=Role.MENTEE))
    assert (found.mentorship, found.me.name) == (started.id, "Theo Mentee")
    assert [one.ask for one in found.answers] == ["accept.mentee"]
