"""Another mentor for a mentee, on the real server: what comes along, and what stays between those who part."""

import pytest
from temporalio.client import Client

from models.base import Role
from models.commands import EndCommand
from models.mail import MailKind
from models.pages import PageQuery
from models.people import StartPerson
from models.program import Program
from tests.pairs import a_program, a_start, accepts, goals
from tests.recorded_mail import RecordedMail
from workflows.client import ActRejected, Mentorships
from workflows.replacing import Replacement, replace_mentor
from workflows.time_skipping import idle, skip_to_next

NORA = StartPerson(name="Nora Newmentor", email="nora@example.com", bio="Comes anew.", zone="Europe/Madrid")


def program(name: str) -> Program:
    return a_program()


async def with_goals(mentorships: Mentorships, client: Client) -> str:
    started = await mentorships.start(a_start(), a_program())
    await idle(client, started.id)
    for role in (Role.MENTOR, Role.MENTEE):
        await mentorships.act(started.id, accepts(role), update_id=f"press-{role}")
    await mentorships.act(started.id, goals(), update_id="press-goals")
    await idle(client, started.id)
    return started.id


async def test_the_mentee_goes_on_with_their_goals_and_the_mentor_gets_a_kind_goodbye(
    mentorships: Mentorships, client: Client, recorded_mail: RecordedMail
) -> None:
    id = await with_goals(mentorships, client)
    wanted = Replacement(id=f"{id}-2", mentor=NORA, reason="moved away")
    started = await replace_mentor(mentorships, id, wanted, program)
    assert (started.id, started.already_running) == (f"{id}-2", False)
    while await skip_to_next(client, id) is not None:
        pass
    result = await mentorships.result(id)
    assert (result.successor, result.note) == (f"{id}-2", "moved away")
    goodbyes = {letter.to.role: letter.items[0] for letter in recorded_mail.of(id) if letter.kind is MailKind.CLOSING}
    assert (goodbyes[Role.MENTEE].successor, goodbyes[Role.MENTOR].successor) == (f"{id}-2", "")

    for role in (Role.MENTOR, Role.MENTEE):
        await mentorships.act(started.id, accepts(role), update_id=f"press-{role}")
    page = await mentorships.page(started.id, PageQuery(role=Role.MENTEE, ask="set_goals.mentee.1"))
    assert page.draft_goals == goals().goals
    assert (page.me.name, page.partner.name) == ("Theo Mentee", "Nora Newmentor")
    journey = await mentorships.journey(started.id, PageQuery(role=Role.MENTOR))
    assert goals().goals[0].title not in journey.model_dump_json()


async def test_the_same_again_answers_the_same(mentorships: Mentorships, client: Client) -> None:
    id = await with_goals(mentorships, client)
    wanted = Replacement(id=f"{id}-2", mentor=NORA)
    first = await replace_mentor(mentorships, id, wanted, program)
    again = await replace_mentor(mentorships, id, wanted, program)
    assert again == first.evolve(already_running=True)


async def test_after_another_end_nobody_is_replaced_and_nothing_begins(
    mentorships: Mentorships, client: Client
) -> None:
    id = await with_goals(mentorships, client)
    await mentorships.command(id, EndCommand())
    with pytest.raises(ActRejected) as refused:
        await replace_mentor(mentorships, id, Replacement(id=f"{id}-2", mentor=NORA), program)
    assert refused.value.code == "ended"
    assert not [one async for one in mentorships.list() if one.id == f"{id}-2"]


async def test_the_new_mentorship_needs_an_id_of_its_own(mentorships: Mentorships, client: Client) -> None:
    id = await with_goals(mentorships, client)
    with pytest.raises(ActRejected) as refused:
        await replace_mentor(mentorships, id, Replacement(id=id, mentor=NORA), program)
    assert refused.value.field == "id"
    assert (await mentorships.overview(id)).outcome is None
