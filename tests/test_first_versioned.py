"""Mentorships that began before versioning was turned on go on, and come to the first versioned build."""

from pathlib import Path

import pytest

from demo.upgrade_drill import FAILED, settled
from models.base import Role
from tests.pairs import a_program, a_start, accepts, goals
from tests.payload_keys import entries
from tests.processes import running, until
from tests.temporal_server import temporal_server
from workflows import search_attributes
from workflows.client import Mentorships
from workflows.connection import connect
from workflows.fleet import UNVERSIONED, Fleet
from workflows.time_skipping import idle, skip_to_next
from workflows.upgrading import upgrade

OPEN = ("asleep", "answered", "waking")
HERE = {"LOCAL": "true", "PAYLOAD_KEYS": entries("tests")}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("beside", [True, False], ids=["beside the old worker", "after the old worker"])
async def test_mentorships_begun_without_versioning_come_to_the_first_versioned_build(
    tmp_path: Path, beside: bool
) -> None:
    with temporal_server(tmp_path / "server.log") as address:
        client = await connect(address)
        await search_attributes.register(client)
        mentorships, fleet = Mentorships(client, webhooks=True), Fleet(client)
        async with running("worker", tmp_path, address, **HERE, VERSIONED="false") as old:
            await old.until_ready()
            for id in OPEN:
                await mentorships.start(a_start(id), a_program())
                await idle(client, id)
                await mentorships.act(id, accepts(Role.MENTEE), update_id=f"{id}-1")
            receipt = await mentorships.act("answered", accepts(Role.MENTOR), update_id="answered-2")
            assert await settled(fleet, UNVERSIONED, 6) == 6
            if not beside:
                old.stop()
                assert await old.status() == 0

            async with running("worker", tmp_path, address, **HERE, VERSIONED="true", BUILD_ID="first") as new:
                # It takes nothing from the old worker, and makes itself current over nobody's head.
                await until(lambda: "build first waits" in new.said)
                assert await fleet.on("first") == 0
                if beside:
                    assert (await mentorships.overview("asleep")).acts == 1

                done = await upgrade(fleet, "first", rate=100, patience=20)
                assert (done.before, done.left, done.deserted, done.failing) == (6, 0, 0, ())
                if beside:
                    old.stop()
                    assert await old.status() == 0
                assert await settled(fleet, "first", 6) == 6
                assert [(await mentorships.overview(id)).acts for id in OPEN] == [1, 2, 1]
                assert await mentorships.act("answered", accepts(Role.MENTOR), update_id="answered-2") == receipt
                await mentorships.act("answered", goals(), update_id="answered-3")
                assert (await mentorships.overview("answered")).stage == "grow_sessions"
                await skip_to_next(client, "waking")
                assert (await mentorships.overview("waking")).last_mail
                assert (await client.count_workflows(FAILED)).count == 0
