"""Every persona with every persona, all on the same running parts: how it ends, and what the mails were like."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from demo.autoplay import Cast
from demo.personas import Persona
from demo.server import Parts, Ports
from tests.demo_parts import Played, all_played

GOES_THROUGH = (Persona.EAGER, Persona.SLOW, Persona.UNSURE, Persona.STRUGGLING)


def program(mentor: Persona, mentee: Persona) -> str:
    """Career takes the longest: it is for pairs with someone eager, for two who struggle, and for early ends."""
    both = {mentor, mentee}
    played_to_the_end = both <= set(GOES_THROUGH)
    career = Persona.EAGER in both or both == {Persona.STRUGGLING} or not played_to_the_end
    return "career" if career else "onboarding"


CASTS = [Cast(program(mentor, mentee), mentor, mentee) for mentor in Persona for mentee in Persona]
Matrix = dict[str, Played | BaseException]

pytestmark = pytest.mark.timeout(280)


@pytest_asyncio.fixture(scope="module")
async def matrix(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Matrix]:
    async with Parts(tmp_path_factory.mktemp("matrix"), Ports.free(), headless=True, in_memory=True) as parts:
        yield await all_played(parts, CASTS)


def of(matrix: Matrix, cast: Cast) -> Played:
    played = matrix[cast.id]
    if isinstance(played, BaseException):
        raise played
    return played


def expected(cast: Cast) -> str:
    both = (cast.mentor, cast.mentee)
    if Persona.DECLINES in both:
        return "declined"
    return "lapsed" if Persona.SILENT in both else "completed"


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: f"{cast.mentor}-{cast.mentee}")
def test_every_pair_comes_to_its_end_within_mail_manners(matrix: Matrix, cast: Cast) -> None:
    played = of(matrix, cast)
    assert played.report.outcome == expected(cast)
    assert played.broken_laws == []


def test_an_eager_pair_goes_through_the_five_stages(matrix: Matrix) -> None:
    played = of(matrix, Cast())
    stages = [entered.stage for entered in played.report.stages]
    assert stages == ["intro", "goal_setting", "grow_sessions", "check_ins", "wrap_up", "ended"]
    mentee = played.acts("mentee")
    assert mentee.count("report") >= 4
    assert "check_in" in mentee
    assert "check_in" in played.acts("mentor")
    assert "task_done" in played.item_kinds("mentor")
    assert played.acts("mentee").count("reflect") == played.acts("mentor").count("reflect") == 1


@pytest.mark.parametrize("mentee", [Persona.EAGER, Persona.SLOW])
def test_a_silent_mentor_is_told_to_the_coordinator_before_it_lapses(matrix: Matrix, mentee: Persona) -> None:
    played = of(matrix, Cast(mentor=Persona.SILENT, mentee=mentee))
    told = next(mail.at for mail in played.scene.mails if mail.to == "coordinator" and mail.kind == "attention")
    assert told < played.report.stages[-1].entered_at
    assert played.acts("mentor") == []


def test_an_unsure_mentor_is_asked_again(matrix: Matrix) -> None:
    played = of(matrix, Cast(mentor=Persona.UNSURE))
    assert played.acts("mentor").count("fit_check") == 2
    assert "fit_check" not in played.item_kinds("mentee")[played.item_kinds("mentee").index("set_goals") :]


def test_a_struggling_mentee_gets_there(matrix: Matrix) -> None:
    played = of(matrix, Cast(mentee=Persona.STRUGGLING))
    mentor = played.item_kinds("mentor")
    assert "task_blocked" in mentor
    assert "task_done" in mentor
    assert "move_session" in played.acts("mentee")
    assert any(act.ask.startswith("report.") and act.ask.endswith(".1") for act in played.report.acts), "no-show"
    assert "refocused" in mentor
    stages = [entered.stage for entered in played.report.stages]
    assert stages.count("goal_setting") == 2
    assert "pause" in played.acts("mentee")
    assert "resumed" in mentor
    assert "resume" not in played.acts("mentee") + played.acts("mentor")


@pytest.mark.parametrize("cast", CASTS, ids=lambda cast: f"{cast.mentor}-{cast.mentee}")
def test_no_link_has_expired_when_its_reader_comes_to_it(matrix: Matrix, cast: Cast) -> None:
    assert [deed for deed in of(matrix, cast).scene.deeds if "expired" in deed.came_of_it] == []
