"""Payload keys change while people press, and so do the workers: nobody is told to come again, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from itertools import count

import pytest
from temporalio.client import Client

from links import Purpose
from models.acts import ChangePreferences
from models.base import Role
from models.people import Preferences
from settings import Settings
from tests.histories import history
from tests.pairs import a_program, a_start
from tests.payload_keys import client_with
from tests.recorded_mail import RecordedMail
from tests.web_parts import LINKS
from tests.web_routes import visitor
from web.app import create_app
from web.server import LateConnected
from worker import build
from workflows import renewal
from workflows.client import Mentorships
from workflows.key_usage import payloads
from workflows.sealed import key_of
from workflows.time_skipping import skip_to_next

QUEUE = "rotating"
STEPS = (("old",), ("new", "old"), ("old", "new"), ("new",))
"""The keys of one deployment after the other, as docs/encryption.md has them; the last key encrypts."""
PAUSE = 0.05


@asynccontextmanager
async def working(client: Client) -> AsyncIterator[None]:
    """A worker with the keys of this client."""
    async with build(client, task_queue=QUEUE, activities=[RecordedMail().deliver]):
        yield


class Presser:
    """One person who changes their mind all the time, through whichever web process is newest."""

    def __init__(self, id: str, by: Role, newest: list[Client]) -> None:
        self.id, self.by, self.newest = id, by, newest
        self.recorded = 0
        self.last: Client | None = None

    async def press(self, stop: asyncio.Event) -> None:
        """Until told to stop. Whatever is answered but a receipt fails."""
        for number in count():
            if stop.is_set():
                return
            client = self.newest[-1]
            act = ChangePreferences(by=self.by, preferences=Preferences(zone="UTC", days_off=(number % 7,)))
            await Mentorships(client).act(self.id, act, update_id=f"{self.by}-{number}")
            self.recorded += 1
            self.last = client
            await asyncio.sleep(PAUSE)


async def test_keys_and_workers_change_under_load_and_every_press_counts_once(
    temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_ANYWHERE", 25)
    steps = [await client_with(temporal_address, *keys) for keys in STEPS]
    newest, stop = [steps[0]], asyncio.Event()
    mentorships = Mentorships(steps[0], task_queue=QUEUE)
    ids = [(await mentorships.start(a_start(), a_program())).id for _ in range(2)]
    people = [Presser(id, by, newest) for id in ids for by in (Role.MENTEE, Role.MENTOR)]
    async with AsyncExitStack() as leaving, asyncio.timeout(120):
        await leaving.enter_async_context(working(steps[0]))
        pressing = asyncio.gather(*(one.press(stop) for one in people))
        await _all_pressed_with(steps[0], people, pressing)
        for client in steps[1:]:
            async with AsyncExitStack() as coming:
                await coming.enter_async_context(working(client))
                # The old worker leaves while the new one works, and only then do others send as the new one does.
                await leaving.aclose()
                newest.append(client)
                await _all_pressed_with(client, people, pressing)
                if client is steps[2]:
                    await _all_moved(client, ids)
                leaving.push_async_exit(coming.pop_all())
        stop.set()
        await pressing
        counted = [(await Mentorships(steps[-1]).overview(id)).acts for id in ids]
    assert counted == [sum(one.recorded for one in people if one.id == id) for id in ids]
    assert all(one.recorded >= len(STEPS) for one in people)


async def _all_pressed_with(client: Client, people: list[Presser], pressing: asyncio.Future[list[None]]) -> None:
    while any(one.last is not client for one in people):
        await asyncio.wait([pressing], timeout=PAUSE)
        assert not pressing.done(), pressing.exception()


async def _all_moved(client: Client, ids: list[str]) -> None:
    """Until no run that goes on needs the old key: each renews once something was due."""
    for id in ids:
        while "old" in {key_of(one) for event in (await history(client, id)).events for one in payloads(event)}:
            await skip_to_next(client, id)


async def test_a_person_whose_mentorship_the_web_can_not_read_gets_a_page_and_the_log_the_reason(
    temporal_address: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = await client_with(temporal_address, "a")
    async with working(client):
        id = (await Mentorships(client, task_queue=QUEUE).start(a_start(), a_program())).id
        without = LateConnected(Mentorships(await client_with(temporal_address)))
        link = LINKS.mint(Purpose.JOURNEY, id, Role.MENTEE, "", f"{id}-0001", datetime.now(UTC))
        async with visitor(create_app(without, Settings())) as http:
            answer = await http.get(link)
    assert answer.status_code == 503
    assert "key" not in answer.text.split("<main", 1)[1]
    assert "the key 'a', and TRELLIS_PAYLOAD_KEYS is empty" in caplog.text
