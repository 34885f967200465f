"""Encryption on a real Temporal server: what it stores, how keys change, and what happens when one is missing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import RawValue

from models.base import Role
from models.commands import EndCommand, PauseCommand, ResumeCommand
from models.pages import Overview, PageQuery
from models.state import Stage
from tests.histories import history, run_id
from tests.pairs import a_program, a_start, accepts, goals
from tests.payload_keys import client_with
from tests.recorded_mail import RecordedMail
from worker import build
from workflows import renewal
from workflows.begin import workflow_id
from workflows.client import ActRejected, EngineUnreachable, Mentorships, StartConflict
from workflows.encryption import PayloadUnreadable
from workflows.events import events_id
from workflows.key_usage import KeyUse, keys_in_use, payloads
from workflows.sealed import is_encrypted, key_of
from workflows.time_skipping import current_time, idle, skip_to_next

SECRETS = ("Mara", "Theo", "@example.com", "meetup")


@asynccontextmanager
async def working(client: Client, queue: str) -> AsyncIterator[RecordedMail]:
    """A worker with the keys of this client."""
    mail = RecordedMail()
    async with build(client, task_queue=queue, activities=[mail.deliver]):
        yield mail


async def seen_by_the_server(client: Client, workflow: str, run: str | None = None) -> bytes:
    """Everything that the server has of a run, as it has it."""
    handle = client.get_workflow_handle(workflow, run_id=run)
    described: DescribeWorkflowExecutionResponse = (await handle.describe()).raw_description
    events = (await handle.fetch_history()).events
    return b"".join(one.SerializeToString() for one in (described, *events))


async def keys_of(client: Client, id: str, run: str | None = None) -> set[str]:
    """The keys that the history of a run names; empty for a payload that is not encrypted."""
    return {key_of(one) for event in (await history(client, id, run)).events for one in payloads(event)}


async def why_it_stands(client: Client, id: str) -> str:
    """What the server tells of the workflow task that fails, once it does: the Temporal UI shows it."""
    while True:
        for event in (await history(client, id)).events:
            failed = event.workflow_task_failed_event_attributes
            if failed.failure.message:
                return failed.failure.message
        await asyncio.sleep(0.05)


async def test_the_server_sees_no_word_of_it(temporal_address: str) -> None:
    queue = "encrypted"
    client = await client_with(temporal_address, "a")
    mentorships = Mentorships(client, task_queue=queue, webhooks=True)
    async with working(client, queue):
        start = a_start()
        await mentorships.start(start, a_program())
        await mentorships.act(start.id, accepts(Role.MENTEE), update_id="press-1")
        await mentorships.act(start.id, accepts(Role.MENTOR), update_id="press-2")
        with pytest.raises(ActRejected) as refused:
            await mentorships.act(start.id, accepts(Role.MENTOR, reason="x" * 9), update_id="press-3")
        await mentorships.act(start.id, goals(), update_id="press-4")
        await mentorships.command(start.id, EndCommand(reason="Theo no longer wants to"))
        await idle(client, start.id)
        assert (await mentorships.page(start.id, PageQuery(role=Role.MENTEE))).me.email == "theo@example.com"
        listed = [one async for one in mentorships.list()]
        assert refused.value.message
        with pytest.raises(StartConflict):
            await mentorships.start(start.evolve(shared=("Both sail",)), a_program())
        description = await client.get_workflow_handle(workflow_id(start.id)).describe()
        assert await description.static_summary() == f"A short program: {start.id}"
    for workflow in (workflow_id(start.id), events_id(start.id)):
        stored = await seen_by_the_server(client, workflow)
        assert not [secret for secret in SECRETS if secret.encode() in stored]
        raw = (await client.get_workflow_handle(workflow).fetch_history()).events
        found = [one for event in raw for one in payloads(event)]
        assert found
        assert all(is_encrypted(one) for one in found)
    assert all(one.started_at for one in listed)


async def test_a_key_is_changed_without_a_break_and_a_renewal_leaves_the_old_one_behind(
    temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = "rotating"
    before = await client_with(temporal_address, "old")
    during = await client_with(temporal_address, "new", "old")
    after = await client_with(temporal_address, "old", "new")
    only_new = await client_with(temporal_address, "new")

    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)

    # 1. Everybody has the old key. 2. Some processes know the new one too, and others do not yet.
    async with working(before, queue):
        id = (await Mentorships(before, task_queue=queue).start(a_start(), a_program())).id
        await Mentorships(during, task_queue=queue).act(id, accepts(Role.MENTEE), update_id="press-1")
        await idle(before, id)
    # 3. All know it, and some encrypt with it already.
    async with working(during, queue):
        await Mentorships(after).command(id, ResumeCommand())
        await idle(before, id)
    assert await keys_of(before, id) == {"old", "new"}
    first = await run_id(before, id)
    # 4. All encrypt with it. At its next renewal the mentorship moves.
    async with working(after, queue):
        await Mentorships(after).act(id, accepts(Role.MENTOR), update_id="press-2")
        await skip_to_next(after, id)
        await idle(after, id)
    assert await run_id(after, id) != first
    assert await keys_of(after, id) == {"new"}
    # 5. The old key is dropped. What was pressed under it is still known, and counts once.
    async with working(only_new, queue):
        mentorships = Mentorships(only_new, task_queue=queue)
        assert (await mentorships.overview(id)).stage is Stage.GOAL_SETTING
        assert (await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")).by is Role.MENTEE
        assert [one.id async for one in mentorships.list() if one.id == id] == [id]


async def test_what_began_in_plain_text_goes_on_encrypted(
    temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = "from-now-on"
    plain = await client_with(temporal_address)
    encrypting = await client_with(temporal_address, "a")
    async with working(plain, queue):
        id = (await Mentorships(plain, task_queue=queue).start(a_start(), a_program())).id
        await Mentorships(plain).act(id, accepts(Role.MENTEE), update_id="press-1")
        await idle(plain, id)
    assert await keys_of(plain, id) == {""}
    async with working(encrypting, queue):
        await Mentorships(encrypting).act(id, accepts(Role.MENTOR), update_id="press-2")
        monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
        await skip_to_next(encrypting, id)
        await idle(encrypting, id)
    assert await keys_of(encrypting, id) == {"a"}


async def test_a_worker_without_the_key_loses_nothing_and_says_why_until_the_key_is_back(
    temporal_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("workflows.client.PATIENCE", timedelta(seconds=2))
    queue = "lost-key"
    right = await client_with(temporal_address, "old")
    wrong = await client_with(temporal_address, "new")
    mentorships = Mentorships(right, task_queue=queue)
    async with working(right, queue):
        id = (await mentorships.start(a_start(), a_program())).id
        await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
        await idle(right, id)
        in_a_month = (await current_time(right, id) + timedelta(days=30)).date()
    async with working(wrong, queue) as mail:
        await mentorships.command(id, PauseCommand(until=in_a_month))
        why = await why_it_stands(right, id)
        with pytest.raises(EngineUnreachable):
            await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
        with pytest.raises(EngineUnreachable):
            await mentorships.overview(id)
        # The worker goes on: a mentorship whose key it has is carried.
        other = (await Mentorships(wrong, task_queue=queue).start(a_start(), a_program())).id
        assert (await Mentorships(wrong, task_queue=queue).overview(other)).stage is Stage.INTRO
        assert mail.of(id) == []
    assert "the key 'old'" in why
    assert "TRELLIS_PAYLOAD_KEYS has new" in why
    assert any("the key 'old'" in str(record.exc_info) for record in caplog.records)
    assert (await right.get_workflow_handle(workflow_id(id)).describe()).status is WorkflowExecutionStatus.RUNNING
    monkeypatch.undo()
    async with working(right, queue):
        assert (await _once_it_goes_on(mentorships, id)).status == "paused"
        receipt = await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
        assert receipt.by is Role.MENTOR


async def _once_it_goes_on(mentorships: Mentorships, id: str) -> Overview:
    """Temporal waits before it tries a task again that failed, and until then answers no question."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await mentorships.overview(id)
            except EngineUnreachable:
                await asyncio.sleep(0.2)


async def test_a_client_without_the_key_is_told_which_one_is_missing(temporal_address: str) -> None:
    queue = "client-without"
    client = await client_with(temporal_address, "a")
    without = Mentorships(await client_with(temporal_address), task_queue=queue)
    async with working(client, queue):
        id = (await Mentorships(client, task_queue=queue).start(a_start(), a_program())).id
        with pytest.raises(PayloadUnreadable, match="the key 'a', and TRELLIS_PAYLOAD_KEYS is empty") as raised:
            await without.overview(id)
    assert isinstance(raised.value, EngineUnreachable)
    assert raised.value.key == "a"


async def test_whoever_encrypts_with_a_key_that_no_worker_has_is_refused_and_holds_nothing_up(
    temporal_address: str,
) -> None:
    queue = "too-early"
    client = await client_with(temporal_address, "a")
    foreign = Mentorships(await client_with(temporal_address, "b"), task_queue=queue)
    too_early = Mentorships(await client_with(temporal_address, "a", "b"), task_queue=queue)
    async with working(client, queue):
        id = (await Mentorships(client, task_queue=queue).start(a_start(), a_program())).id
        with pytest.raises(PayloadUnreadable, match=r"the key 'b'\. Give every worker this key first"):
            await too_early.act(id, accepts(Role.MENTEE), update_id="press-1")
        # A question that comes along with a workflow task takes that task with it, and is answered by its time limit.
        await idle(client, id)
        with pytest.raises(EngineUnreachable, match="the key 'b'"):
            await too_early.overview(id)
        with pytest.raises(PayloadUnreadable, match="the key 'a'"):
            await foreign.act(id, accepts(Role.MENTEE), update_id="press-1")
        assert (await Mentorships(client).act(id, accepts(Role.MENTEE), update_id="press-1")).by is Role.MENTEE
    assert await keys_of(client, id) == {"a"}


async def test_a_list_is_told_though_the_key_of_some_is_missing(temporal_address: str) -> None:
    queue = "list-without"
    start = a_start(program="kept")
    await Mentorships(await client_with(temporal_address, "lost"), task_queue=queue).start(
        start, a_program(name="kept")
    )
    mentorships = Mentorships(await client_with(temporal_address, "here"), task_queue=queue)
    found: list[str] = []
    while not found:  # visibility is eventually consistent
        found = [one.id async for one in mentorships.list("TrellisProgram = 'kept'")]
    assert found == [start.id]


async def test_a_payload_moved_from_another_mentorship_is_not_taken(temporal_address: str) -> None:
    queue = "moved"
    client = await client_with(temporal_address, "a")
    raw = await client_with(temporal_address)
    mentorships = Mentorships(client, task_queue=queue)
    async with working(client, queue):
        one, two = [(await mentorships.start(a_start(), a_program())).id for _ in range(2)]
        await mentorships.command(one, ResumeCommand())
        await idle(client, one)
        (signal,) = [
            event.workflow_execution_signaled_event_attributes
            for event in (await history(raw, one)).events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        (payload,) = signal.input.payloads
        await idle(client, two)
        await raw.get_workflow_handle(workflow_id(two)).signal("resume", RawValue(payload))
        assert "for another workflow" in await why_it_stands(client, two)


async def test_keys_in_use_are_told_by_run(temporal_address: str) -> None:
    queue = "keys-in-use"
    client = await client_with(temporal_address, "used-1", "used-2")
    older = await client_with(temporal_address, "used-2", "used-1")
    async with working(older, queue):
        started = (await Mentorships(client, task_queue=queue, webhooks=True).start(a_start(), a_program())).id
        await idle(older, started)
    uses: dict[str, KeyUse] = {}
    while "used-2" not in uses or uses["used-2"].open < 2:  # visibility is eventually consistent
        uses = {use.key: use for use in await keys_in_use(client)}
    assert (uses["used-2"].open, uses["used-2"].closed, uses["used-2"].kept_until) == (2, 0, None)
    assert "used-1" not in uses
    thorough = {use.key: use for use in await keys_in_use(client, every_payload=True)}
    assert (thorough["used-1"].open, thorough["used-2"].open) == (2, 2)
