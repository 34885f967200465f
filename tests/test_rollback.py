"""Back to the build before: who can go goes, and who can't waits, is told of, and loses nothing.

Two real builds: this source, and a copy that has one more ask and one more field of the state.
"""

import asyncio
from pathlib import Path

import pytest

from demo.changed_build import A_WISH, ASK, changed
from demo.upgrade_drill import FAILED, settled
from demo.upgrade_house import house
from models.base import Role
from models.state import Receipt
from settings import ROOT
from tests.pairs import a_program, a_start, accepts, goals
from workflows.begin import workflow_id
from workflows.build import build_id, digest
from workflows.client import Mentorships
from workflows.connection import EngineUnreachable
from workflows.fleet import Fleet
from workflows.time_skipping import idle

WISH = {"act": "wish", "by": "mentee", "ask": ASK, "wish": "More time"}


@pytest.mark.timeout(180)
async def test_mentorships_go_back_with_their_answers_and_one_that_cannot_waits_for_the_newer_build(
    tmp_path: Path,
) -> None:
    newer = changed(tmp_path / "newer", A_WISH)
    one, two = build_id(), digest(newer)
    async with house(tmp_path) as at, at.worker(ROOT):
        mentorships, fleet = Mentorships(at.client), Fleet(at.client)
        wished = at.client.get_workflow_handle(workflow_id("wished"))
        for id in ("asleep", "answered", "wished"):
            await mentorships.start(a_start(id), a_program())
            await idle(at.client, id)
            await mentorships.act(id, accepts(Role.MENTEE), update_id=f"{id}-1")
        async with at.worker(newer):
            code, said = await at.starter(newer, "upgrade", "--json", "--rate", "100")
            assert code == 0, said
            assert await settled(fleet, two, 3) == 3

            # Answers are given to the newer build; one of them only it understands.
            receipt = await mentorships.act("answered", accepts(Role.MENTOR), update_id="answered-2")
            wish = await wished.execute_update("wish", WISH, id="wished-2", result_type=Receipt)

            code, said = await at.starter(ROOT, "upgrade", "--rate", "100")
            assert (code, "--back does it all the same" in said) == (1, True), said
            assert await fleet.on(two) == 3
            code, said = await at.starter(ROOT, "upgrade", "--back", "--rate", "100", "--wait", "4")
            assert code == 1
            assert "2 of 3 moved to it." in said
            assert "1 can't be read by this build: mentorship/wished." in said
            assert "have not moved yet" not in said
            assert await settled(fleet, one, 2) == 2

        # The worker of the newer build is gone.
        await mentorships.start(a_start("new"), a_program())
        await idle(at.client, "new")
        assert await settled(fleet, one, 3) == 3
        assert (await mentorships.overview("asleep")).acts == 1
        assert (await mentorships.overview("answered")).acts == 2
        assert await mentorships.act("answered", accepts(Role.MENTOR), update_id="answered-2") == receipt
        await mentorships.act("answered", goals(), update_id="answered-3")
        assert (await mentorships.overview("answered")).stage == "grow_sessions"
        _, said = await at.starter(ROOT, "show", "wished")
        assert "The build that should carry this mentorship fails on it" in said

        async with at.worker(newer):
            code, said = await at.starter(newer, "upgrade", "--rate", "100", "--json")
            assert code == 0, said
            assert await settled(fleet, two, 4) == 4
            assert await acts_once_it_answers(mentorships, "wished") == 2
            again = await wished.execute_update("wish", WISH, id="wished-2", result_type=Receipt)
            assert again == wish
        assert (await at.client.count_workflows(FAILED)).count == 0


async def acts_once_it_answers(mentorships: Mentorships, id: str) -> int:
    """A task that failed is tried again after a while, and longer each time."""
    async with asyncio.timeout(60):
        while True:
            try:
                return (await mentorships.overview(id)).acts
            except EngineUnreachable:
                await asyncio.sleep(0.2)
