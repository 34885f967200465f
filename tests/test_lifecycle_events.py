"""What the platform is told: each thing once, in order, as ids and facts, and nothing that a person said."""

from datetime import UTC, datetime
from random import Random

import pytest

from lifecycle import compacted, mail_event
from lifecycle.events import events
from models.acts import ExitRamp, Ramp, StopContact
from models.answers import Progress
from models.base import Role
from models.commands import EndCommand
from models.events import EVENTS, AnyEvent, read
from models.mail import MailEvent
from models.program import AskKind
from models.state import Mentorship
from tests.builders import MENTEE, MENTOR, Story, a_program
from tests.random_lives import live, watch

MOST_BYTES = 20_000


class Telling:
    """A story whose every step is told to the platform."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.known: Mentorship | None = None
        self.told: list[AnyEvent] = []
        self.look()

    def look(self) -> list[AnyEvent]:
        """What is new."""
        new = list(events(self.known, self.story.m, self.story.now))
        self.known = self.story.m
        self.told += new
        return new


def types(told: list[AnyEvent]) -> list[str]:
    return [event.type for event in told]


def test_the_beginning_is_told_with_its_first_stage_and_nothing_follows_from_nothing() -> None:
    telling = Telling(Story())
    assert types(telling.told) == ["mentorship.started", "stage.entered"]
    assert telling.look() == []
    started = telling.told[0]
    assert started.id == "pair:started"
    assert started.timestamp == telling.story.m.started_at


def test_a_whole_mentorship_is_told_in_order_and_the_end_comes_last() -> None:
    story = Story()
    telling = Telling(story)
    while story.m.outcome is None:
        ready = [ask for role in (MENTEE, MENTOR) for ask in story.owed(role)]
        if ready:
            story.says(ready[0].by, ready[0].kind)
        else:
            story.days(1)
        telling.look()
    told = telling.told
    stages = [event.data.stage.value for event in told if event.type == "stage.entered"]
    assert stages == ["intro", "goal_setting", "grow_sessions", "check_ins", "wrap_up"]
    assert [event.data.session for event in told if event.type == "session.reported"] == [1, 2, 3, 4]
    assert types(told)[-1] == "mentorship.ended"
    assert len({event.id for event in told}) == len(told)
    times = [event.timestamp for event in told]
    assert times == sorted(times)


def test_a_step_across_an_outage_tells_everything_that_happened_meanwhile() -> None:
    story = Story()
    story.live_on()
    told = list(events(None, story.m, story.now))
    assert types(told).count("stage.entered") == 5
    assert types(told)[-1] == "mentorship.ended"


def test_a_renewal_tells_nothing_and_keeps_what_will_be_told() -> None:
    story = Story()
    telling = Telling(story)
    story.reach(MENTEE, AskKind.REPORT)
    telling.look()
    assert not events(story.m, compacted(story.m, story.now), story.now)
    before = compacted(story.m, story.now)
    story.says(MENTEE, AskKind.REPORT)
    assert events(before, story.m, story.now) == events(telling.known, story.m, story.now)


def test_a_goal_at_its_target_is_a_milestone_and_its_title_stays_with_the_pair() -> None:
    story = Story()
    telling = Telling(story)
    story.reach(MENTEE, AskKind.CHECK_IN)
    telling.look()
    story.says(MENTEE, AskKind.CHECK_IN, progress=(Progress(goal=1, percent=100),), refocus="none")
    new = telling.look()
    assert types(new)[0] == "milestone.reached"
    milestone = new[0]
    assert milestone.type == "milestone.reached"
    assert (milestone.data.goal, milestone.data.reached, milestone.data.goals) == (1, 1, len(story.m.goals))
    assert story.m.goals[0].title not in milestone.body()


def test_a_session_that_did_not_happen_is_told_with_its_new_time() -> None:
    story = Story()
    telling = Telling(story)
    story.reach(MENTEE, AskKind.REPORT)
    telling.look()
    story.says(MENTEE, AskKind.REPORT, happened="no", reason="SECRET")
    (event,) = telling.look()
    assert event.type == "session.reported"
    assert (event.data.happened, event.data.missed) == (False, 1)
    assert event.data.starts_at == story.session(1).starts_at > story.now


def test_silence_names_whom_it_waits_for_once() -> None:
    story = Story()
    telling = Telling(story)
    story.days(13)
    told = [event for event in telling.look() if event.type == "attention.needed"]
    assert [(event.data.reason, event.data.role, event.data.ask) for event in told] == [
        ("silent", Role.MENTEE, "accept.mentee"),
        ("silent", Role.MENTOR, "accept.mentor"),
    ]
    story.days(1)
    assert telling.look() == []


@pytest.mark.parametrize("role", [MENTEE, MENTOR])
def test_what_was_said_in_confidence_does_not_say_who_said_it(role: Role) -> None:
    story = Story()
    telling = Telling(story)
    story.reach(role, AskKind.FIT_CHECK)
    telling.look()
    story.says(role, AskKind.FIT_CHECK, fit="not_sure", note="SECRET")
    doubt = telling.look()
    story.do(StopContact(by=role, message="SECRET"))
    stop = telling.look()
    for (event,), reason in ((doubt, "fit"), (stop, "stop")):
        assert event.type == "attention.needed"
        assert (event.data.reason, event.data.role, event.data.ask) == (reason, None, None)
        for text in (event.id, event.body()):
            assert role.value not in text.replace("mentorship", "")
            assert "SECRET" not in text


def test_a_dead_address_is_told_without_the_address() -> None:
    story = Story()
    telling = Telling(story)
    story.days(1)
    telling.look()
    letter = story.mails(MENTEE)[0]
    bounce = MailEvent(letter=letter.id, to=MENTEE, event="bounced", reason="550 no such user theo@example.com")
    story.m = mail_event(story.m, bounce, story.now)
    new = telling.look()
    assert types(new) == ["attention.needed", "mail.undeliverable"]
    lost = new[-1]
    assert lost.type == "mail.undeliverable"
    assert (lost.data.to, lost.data.mail) == (MENTEE, None)
    assert "@" not in lost.body()


@pytest.mark.parametrize("rematch", [False, True])
def test_how_it_ended_is_told_without_why(rematch: bool) -> None:
    story = Story()
    telling = Telling(story)
    story.order(EndCommand(reason="SECRET", rematch=rematch))
    (event,) = telling.look()
    assert event.type == "mentorship.ended"
    assert (event.data.outcome, event.data.rematch) == ("cancelled", rematch)
    assert "SECRET" not in event.body()
    story.days(5)
    assert telling.look() == []


def test_the_platform_hears_where_the_mentee_goes_on() -> None:
    story = Story()
    telling = Telling(story)
    story.order(EndCommand(successor="pair-2"))
    (event,) = telling.look()
    assert event.type == "mentorship.ended"
    assert event.data.successor == "pair-2"


def test_an_end_that_is_taken_back_in_time_was_never_told() -> None:
    story = Story(a_program(manners={"undo_minutes": 15}))
    telling = Telling(story)
    story.reach(MENTEE, AskKind.SET_GOALS)
    telling.look()
    story.do(ExitRamp(by=MENTOR, choice=Ramp.END))
    assert telling.look() == []


def test_every_type_is_read_back_from_its_body() -> None:
    story = Story()
    story.live_on()
    for event in events(None, story.m, datetime(2027, 1, 1, tzinfo=UTC)):
        assert type(event) is EVENTS[event.type]
        assert read.validate_python({"id": event.id, **read.dump_python(event, mode="json")}) == event


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_each_thing_is_told_once_and_nothing_that_anyone_typed(seed: int) -> None:
    world = watch(Random(seed))
    told: list[AnyEvent] = list(events(None, world.m, world.now))
    for _ in range(150):
        before = world.m
        live(world, 1, 0.85)
        told += events(before, world.m, world.now)
    before = world.m
    world.to_the_end()
    told += events(before, world.m, world.now)
    m = world.m
    # A corrected report of progress reaches its goal a second time; everything else is told once.
    once = [event.id for event in told if event.type != "milestone.reached"]
    assert len(set(once)) == len(once)
    assert types(told).count("mentorship.ended") == 1
    ended = types(told).index("mentorship.ended")
    assert set(types(told)[ended + 1 :]) <= {"mail.undeliverable"}
    assert types(told).count("attention.needed") == len(m.raised)
    assert types(told).count("stage.entered") == len(m.visits) - 1
    typed = ("SECRET", "Mara", "Theo", "Mentor ", "Mentee ", "@", "Goal ", "Room 1", "Because", "Thank", "Further")
    for event in told:
        text = f"{event.id} {event.body()}"
        assert len(event.body().encode()) < MOST_BYTES
        assert not [word for word in typed if word in text], text
