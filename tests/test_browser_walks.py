"""Whole mentorships in a real browser: as both people, on a phone and at a desk, with scripts and without."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from models.acts import ACTS
from models.base import PAIR
from models.program import AskKind
from models.state import Outcome
from tests.browser_house import House, open_house
from tests.browser_person import DESK, PHONE, PLAIN_DESK, SCRIPTED_PHONE
from tests.browser_walks import ASK, Errand, Walk, Walked, both, on_days, plainly, walk_through
from tests.screenshots import NEEDS_CHROMIUM

pytestmark = [NEEDS_CHROMIUM, pytest.mark.timeout(600)]

MENTEE, MENTOR = PAIR
BY_COORDINATOR = "coordinate"
"""What neither of the pair can do; `test_browser_forms.py` does it."""
PREFERENCES = plainly(preferences__language="es", preferences__hours_from="08:30")

CAREER = Walk(
    "walk-career",
    "career",
    mentee=PHONE,
    mentor=DESK,
    errands=(
        Errand(MENTEE, "accept", "snooze", plainly(days="1"), begins=ASK),
        Errand(MENTOR, "accept", "ask_help", plainly(message="What do mentees expect of me?")),
        Errand(MENTOR, "review_goals", "days_away", on_days(first=1, last=2)),
        Errand(MENTEE, "agreement_signed", "fresh_link"),
        Errand(
            MENTEE, "prepare", "move_session",
            then=(Errand(MENTOR, "", "assign_task", both(
                plainly(task__title="Read the page on maps", task__owner="mentee"), on_days(task__due=6))),),
        ),
        Errand(MENTOR, "task_done", "give_feedback", plainly(feedback="That was worth the wait.")),
        Errand(
            MENTEE, "session_confirmed", "pause", on_days(until=9),
            then=(Errand(MENTOR, "", "resume"),),
        ),
        Errand(MENTOR, "confirm/2", "exit_ramp", plainly(choice="slower")),
        Errand(MENTEE, "prepare/3", "cancel_session"),
        Errand(MENTEE, "check_in", "change_preferences", PREFERENCES),
    ),
)  # fmt: skip
ONBOARDING = Walk(
    "walk-onboarding",
    "onboarding",
    mentee=DESK,
    mentor=PHONE,
    mentee_reads="es",
    mentor_reads="es",
    errands=(
        Errand(MENTEE, "report", "unsubscribe", plainly(mail="partner_only"), begins="unsubscribe"),
        Errand(MENTOR, "session_reminder/3", "exit_ramp", plainly(choice="change_topic")),
    ),
)
SINGLE = Walk(
    "walk-single",
    "single_session",
    mentee=SCRIPTED_PHONE,
    mentor=PLAIN_DESK,
    mentor_reads="es",
    errands=(Errand(MENTEE, "prepare", "exit_ramp", plainly(choice="end"), then=(Errand(MENTEE, "", "undo"),)),),
)
STOPPED = Walk(
    "walk-stopped",
    "single_session",
    mentee=PHONE,
    mentor=DESK,
    mentee_reads="es",
    errands=(
        Errand(
            MENTEE, "set_goals", "stop_contact", plainly(message="Please call me."),
            then=(Errand(MENTOR, "", "not_mine"),),
        ),
    ),
    leaves_at="stop_contact",
)  # fmt: skip
WALKS = (CAREER, ONBOARDING, SINGLE, STOPPED)


@dataclass
class Result:
    """All walks, and the house in which they took place."""

    house: House
    walks: dict[str, Walked]

    @property
    def acts(self) -> set[str]:
        return {act for walked in self.walks.values() for act, _ in walked.acts}


@pytest_asyncio.fixture(scope="module")
async def result(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Result]:
    async with open_house(tmp_path_factory.mktemp("walks")) as house:
        walked = await asyncio.gather(*(walk_through(house, walk) for walk in WALKS))
        yield Result(house, {one.walk.id: one for one in walked})


async def test_mentorships_are_carried_to_their_good_end_by_pages_alone(result: Result) -> None:
    for walk in (CAREER, ONBOARDING, SINGLE):
        assert result.walks[walk.id].outcome is Outcome.COMPLETED, walk.id
    assert result.walks[STOPPED.id].outcome is None


async def test_every_kind_of_ask_was_answered(result: Result) -> None:
    assert {kind.value for kind in AskKind} - result.acts == set()


async def test_everything_that_is_possible_at_any_time_was_done(result: Result) -> None:
    assert ACTS.keys() - {kind.value for kind in AskKind} - {BY_COORDINATOR} - result.acts == set()
    assert [errand for walked in result.walks.values() for errand in walked.errands_left] == []


async def test_phone_and_desk_scripts_and_none_meet_in_every_pair() -> None:
    """The few walks that there are cover each device with each role, scripts and none, and both languages."""
    told = {
        (role, device.width, device.scripts, language)
        for walk in WALKS
        for role, device, language in (
            (MENTEE, walk.mentee, walk.mentee_reads),
            (MENTOR, walk.mentor, walk.mentor_reads),
        )
    }
    fields = list(zip(*told, strict=True))
    for first in range(4):
        for second in range(first):
            pairs = {(one[first], one[second]) for one in told}
            assert len(pairs) == len(set(fields[first])) * len(set(fields[second])), (first, second, sorted(told))


async def test_the_mentee_ends_with_a_certificate(result: Result) -> None:
    seen = [seen.html for seen in result.walks[CAREER.id].people[MENTEE].visited]
    told = [" ".join(tag.get_text(" ").split()) for html in seen for tag in html.select(".certificate")]
    assert told
    assert "Jonas Weber" in told[-1]
    assert re.search(r"Certifica(te|do)", told[-1])


async def test_every_page_speaks_the_language_that_its_reader_chose(result: Result) -> None:
    """The mentee of the career program changes it on the way; the others keep theirs."""
    for id, walked in result.walks.items():
        for person, first in zip(walked.people.values(), walked.reads, strict=True):
            told = [str(seen.html.html["lang"]) for seen in person.visited if seen.html.html]
            changes = "change_preferences" in person.done
            assert list(dict.fromkeys(told)) == ([first, "es"] if changes else [first]), (id, person.role)


async def test_no_page_keeps_anyone_out(result: Result) -> None:
    """WCAG 2.2 AA and good practice as axe checks them, by day and by night."""
    assert len(result.house.inspector.inspected) > 60
    assert result.house.inspector.barriers == []


async def test_no_page_scrolls_sideways(result: Result) -> None:
    assert result.house.inspector.sideways == []


async def test_every_page_is_light(result: Result) -> None:
    assert result.house.inspector.heavy == []


async def test_browsers_have_nothing_to_complain_of(result: Result) -> None:
    """No word in the console, no cookie, and no request that goes anywhere but to us."""
    assert [said for person in result.house.people for said in person.disturbed] == []
    for person in result.house.people:
        assert await person.page.context.cookies() == []
    assert all(seen.status < 400 for seen in result.house.inspector.inspected.values())


async def test_no_log_holds_a_link(result: Result) -> None:
    """Even the loudest logger of any part tells no token, whole or by its signature."""
    house = result.house
    tokens = set().union(*(person.tokens() for person in house.people))
    mailed = {token for file in house.parts.outbox.glob("*.eml") for token in in_mail(file.read_text())}
    assert len(tokens) > 50
    assert len(mailed) > 50
    logs = house.logged()
    assert {"web", "worker", "temporal"} <= logs.keys()
    assert "DEBUG" in logs["web"]
    assert "DEBUG" in logs["worker"]
    for name, log in logs.items():
        for token in tokens | mailed:
            assert all(part not in log for part in token.split(".")), name


def in_mail(text: str) -> set[str]:
    """The tokens in a mail as it lies in the outbox."""
    unfolded = text.replace("=\n", "")
    return set(re.findall(r"/[aju]/([\w-]{20,}\.[\w-]{20,})", unfolded))
