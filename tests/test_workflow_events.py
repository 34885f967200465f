"""Events on their way from a mentorship to its platform: in order, once, for days if need be, holding nothing up."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import Replayer

import settings as settings_module
from models.base import Role
from models.commands import EndCommand
from models.events import Feed
from models.state import Outcome
from tests.histories import events, history
from tests.pairs import a_program, a_start, accepts, goals
from tests.receiver import SECRETS, Receiver, receiver
from tests.recorded_mail import RecordedMail
from tests.test_starter_commands import starter
from worker import build, build_announcer, runner
from workflows import renewal
from workflows.begin import workflow_id
from workflows.client import Mentorships
from workflows.events import PlatformEventsWorkflow, events_id
from workflows.feeds import Feeds, Troubled
from workflows.mentorship import MentorshipWorkflow
from workflows.time_skipping import idle, skip_feed_by, skip_to_next

QUEUE = "told-to-the-platform"
TOLD = ["mentorship.started", "stage.entered", "stage.entered", "stage.entered", "mentorship.ended"]


@pytest_asyncio.fixture(scope="module")
async def working(client: Client) -> AsyncIterator[None]:
    """The mentorships' worker; the one that delivers events is each test's own."""
    async with build(client, task_queue=QUEUE, activities=[RecordedMail().deliver]):
        yield


@pytest_asyncio.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    async with receiver() as one:
        monkeypatch.setenv("TRELLIS_WEBHOOK_SECRETS", SECRETS[0])
        monkeypatch.setenv("TRELLIS_WEBHOOK_ALLOW_INTERNAL", "true")
        goes_to(one, monkeypatch)
        yield one
    settings_module.settings.cache_clear()


@pytest_asyncio.fixture
async def delivering(client: Client, platform: Receiver, working: None) -> AsyncIterator[None]:
    async with build_announcer(client, task_queue=QUEUE):
        yield


@pytest.fixture
def mentorships(client: Client, working: None) -> Mentorships:
    return Mentorships(client, task_queue=QUEUE, webhooks=True)


def goes_to(platform: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_WEBHOOK_URL", platform.url)
    settings_module.settings.cache_clear()


async def to_the_sessions(mentorships: Mentorships, client: Client, id: str = "") -> str:
    """Both accept and the goals are set: four events."""
    id = id or (await mentorships.start(a_start(), a_program())).id
    await idle(client, id)
    await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await mentorships.act(id, goals(), update_id="press-3")
    return id


async def to_the_end(mentorships: Mentorships, client: Client, id: str) -> None:
    """The platform ends it: the fifth event."""
    await mentorships.command(id, EndCommand(reason="SECRET"))
    while await skip_to_next(client, id) is not None:
        pass


async def feed(client: Client, id: str) -> Feed:
    handle = client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(id))
    return await handle.query(PlatformEventsWorkflow.feed)


async def delivered(client: Client, id: str) -> Feed:
    async with asyncio.timeout(60):
        return await client.get_workflow_handle_for(PlatformEventsWorkflow.run, events_id(id)).result()


async def troubled(client: Client, id: str) -> Troubled:
    """What ops see of it. The server's list is eventually consistent."""
    async with asyncio.timeout(30):
        while True:
            async for one in Feeds(client).troubled():
                if one.mentorship == id:
                    return one
            await asyncio.sleep(0.1)


async def renewed(client: Client, workflow: str) -> None:
    """Waits until its first run is over."""
    async with asyncio.timeout(30):
        while True:
            described = await client.get_workflow_handle(workflow).describe()
            if described.raw_description.workflow_execution_info.first_run_id != described.run_id:
                return
            await asyncio.sleep(0.05)


def types(platform: Receiver, id: str) -> list[str]:
    return [one.type for one in platform.of(id, taken=True)]


async def test_a_mentorship_is_told_once_in_order_and_the_feed_ends_with_it(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    id = await to_the_sessions(mentorships, client)
    await to_the_end(mentorships, client, id)
    assert await delivered(client, id) == Feed(mentorship=id, last=True, delivered=5)
    assert [one.type for one in platform.of(id)] == TOLD
    assert len({one.id for one in platform.of(id)}) == 5


async def test_a_failure_is_tried_again_under_the_same_id_and_nothing_overtakes_it(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    start = a_start()
    platform.answers[start.id] = [500, "reset", 302, 429, 204, 503]
    await mentorships.start(start, a_program())
    await to_the_sessions(mentorships, client, start.id)
    await skip_feed_by(client, start.id, timedelta(hours=1))
    await to_the_end(mentorships, client, start.id)
    await delivered(client, start.id)
    got = platform.of(start.id)
    assert [one.type for one in got] == [TOLD[0]] * 5 + [TOLD[1]] * 2 + TOLD[2:]
    assert len({(one.id, one.body) for one in got}) == 5
    assert types(platform, start.id) == TOLD


async def test_a_receiver_that_is_down_holds_nothing_up_and_its_events_are_given_up_after_days(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    platform.usual = 500
    id = await to_the_sessions(mentorships, client)
    await skip_feed_by(client, id, timedelta(days=2, hours=20))
    attempts = len(platform.of(id))
    assert 70 < attempts < 90
    assert (await feed(client, id)).given_up == ()
    await skip_feed_by(client, id, timedelta(days=1))
    assert len((await feed(client, id)).given_up) == 4
    seen = await troubled(client, id)
    assert (seen.status, seen.waiting, len(seen.given_up)) == ("given_up", 0, 4)
    platform.usual = 204
    await to_the_end(mentorships, client, id)
    assert (await mentorships.result(id)).outcome is Outcome.CANCELLED
    assert (await delivered(client, id)).delivered == 1
    assert types(platform, id) == ["mentorship.ended"]


async def test_an_endpoint_that_is_gone_is_left_alone_until_ops_resume(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None, temporal_address: str
) -> None:
    platform.usual = 410
    id = await to_the_sessions(mentorships, client)
    await platform.until(id, 1)
    assert (await troubled(client, id)).status == "paused"
    await skip_feed_by(client, id, timedelta(days=20))
    await to_the_end(mentorships, client, id)
    assert (await mentorships.result(id)).outcome is Outcome.CANCELLED
    assert len(platform.of(id)) == 1
    assert len((await feed(client, id)).waiting) == 5
    platform.usual = 204
    told = await asyncio.to_thread(starter, "events", "--resume", address=temporal_address)
    assert f"{id}: paused, 5 waiting, resumed now" in told.stdout
    assert (await delivered(client, id)).given_up == ()
    assert types(platform, id) == TOLD


async def test_another_endpoint_is_noticed_with_the_next_event(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.usual = 410
    id = await to_the_sessions(mentorships, client)
    await platform.until(id, 1)
    async with receiver() as moved:
        goes_to(moved, monkeypatch)
        await to_the_end(mentorships, client, id)
        await delivered(client, id)
        assert types(moved, id) == TOLD
    assert len(platform.of(id)) == 1


async def test_what_waits_for_an_endpoint_that_never_comes_back_does_not_wait_for_ever(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    platform.usual = 410
    id = await to_the_sessions(mentorships, client)
    await to_the_end(mentorships, client, id)
    await platform.until(id, 1)
    # The mentorship's own clock was skipped ahead of the feed's.
    await skip_feed_by(client, id, timedelta(days=200))
    assert len((await delivered(client, id)).given_up) == 5
    assert len(platform.of(id)) == 1


async def test_a_lost_worker_delays_events_and_loses_none(
    mentorships: Mentorships, client: Client, platform: Receiver
) -> None:
    start = a_start()
    platform.answers[start.id] = ["hang"]
    await mentorships.start(start, a_program())
    lost = build_announcer(client, task_queue=QUEUE)
    running = asyncio.create_task(lost.run())
    await platform.until(start.id, 1)
    running.cancel()
    await to_the_sessions(mentorships, client, start.id)
    await to_the_end(mentorships, client, start.id)
    assert len(platform.of(start.id)) == 1
    async with build_announcer(client, task_queue=QUEUE):
        await delivered(client, start.id)
    assert types(platform, start.id) == TOLD
    assert {one.id for one in platform.of(start.id)[:2]} == {f"{start.id}:started"}


async def test_a_feed_that_ops_ended_begins_again_with_the_next_event(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    id = await to_the_sessions(mentorships, client)
    await platform.until(id, 4)
    await client.get_workflow_handle(events_id(id)).terminate("by hand")
    await to_the_end(mentorships, client, id)
    await platform.until(id, 5)
    assert types(platform, id) == TOLD


async def test_renewals_of_both_lose_and_double_nothing(
    mentorships: Mentorships,
    client: Client,
    platform: Receiver,
    delivering: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
    monkeypatch.setattr(renewal, "EVENTS_ANYWHERE", 25)
    id = await to_the_sessions(mentorships, client)
    await renewed(client, events_id(id))
    await to_the_end(mentorships, client, id)
    await delivered(client, id)
    await renewed(client, workflow_id(id))
    assert [one.type for one in platform.of(id)] == TOLD


async def test_without_webhooks_nothing_is_handed_over_and_no_feed_is_left_behind(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    start = a_start()
    silent = Mentorships(client, task_queue=QUEUE)
    await silent.start(start, a_program())
    await to_the_sessions(silent, client, start.id)
    assert (await mentorships.start(start, a_program())).already_running
    assert await delivered(client, start.id) == Feed(mentorship=start.id, last=True)
    await to_the_end(silent, client, start.id)
    assert platform.of(start.id) == []
    assert (await events(client, start.id))["SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED"] == 0
    assert "webhooks" not in str(await history(client, start.id))


async def test_two_who_start_it_at_once_do_not_take_its_feed_away(
    mentorships: Mentorships,
    client: Client,
    platform: Receiver,
    delivering: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one who prepared the feed is held up, and the other one begins the mentorship with it."""
    start = a_start()
    assert await Feeds(client, task_queue=QUEUE).start(start.id)
    assert not (await mentorships.start(start, a_program())).already_running

    async def prepared(self: Feeds, mentorship: str) -> bool:
        return True

    with monkeypatch.context() as held_up:
        held_up.setattr(Feeds, "start", prepared)
        assert (await mentorships.start(start, a_program())).already_running
    await to_the_sessions(mentorships, client, start.id)
    described = await client.get_workflow_handle(workflow_id(start.id)).describe()
    assert not described.raw_description.pending_children, "it had to start another feed"
    await to_the_end(mentorships, client, start.id)
    await delivered(client, start.id)
    assert [one.type for one in platform.of(start.id)] == TOLD


async def test_neither_the_address_nor_a_secret_nor_a_name_enters_a_history_and_both_can_be_replayed(
    mentorships: Mentorships, client: Client, platform: Receiver, delivering: None
) -> None:
    start = a_start()
    platform.answers[start.id] = [500, 410]
    await mentorships.start(start, a_program())
    await platform.until(start.id, 1)
    await skip_feed_by(client, start.id, timedelta(minutes=1))
    await to_the_sessions(mentorships, client, start.id)
    await Feeds(client).resume(start.id)
    await to_the_end(mentorships, client, start.id)
    await delivered(client, start.id)
    handle = client.get_workflow_handle(events_id(start.id))
    assert (await handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    of_feed = await handle.fetch_history()
    for secret in (platform.url, "127.0.0.1", "SECRET", "whsec", "Mara", "Theo", "@example", "Speak at"):
        assert secret not in "".join(str(event) for event in of_feed.events)
    replayer = Replayer(
        workflows=[MentorshipWorkflow, PlatformEventsWorkflow],
        data_converter=client.data_converter,
        workflow_runner=runner(),
    )
    await replayer.replay_workflow(of_feed)
    await replayer.replay_workflow(await history(client, start.id))
