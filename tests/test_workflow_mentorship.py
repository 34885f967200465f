"""The workflow around the rules: it starts once, mails, rests, obeys, survives its worker, ends and can be replayed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.worker import Replayer, Worker

import lifecycle
from models.answers import Decision
from models.base import Role
from models.commands import EndCommand, PauseCommand, ResumeCommand
from models.mail import MailEvent
from models.pages import Overview, PageQuery
from models.state import Outcome, Stage
from tests.builders import Story
from tests.histories import events, history, run_id
from tests.older_build import OlderMentorship
from tests.pairs import a_program, a_start, accepts, goals
from tests.recorded_mail import RecordedMail
from worker import build, runner
from workflows import renewal
from workflows.begin import workflow_id
from workflows.client import ActRejected, EngineUnreachable, Listed, Mentorships, StartConflict
from workflows.mentorship import MentorshipWorkflow
from workflows.search_attributes import WAITING_ON
from workflows.time_skipping import current_time, idle, skip_by, skip_to_next


async def begun(mentorships: Mentorships, client: Client) -> str:
    """A mentorship whose first mails have gone out."""
    started = await mentorships.start(a_start(), a_program())
    await idle(client, started.id)
    for _ in range(3):
        if (await mentorships.overview(started.id)).mails >= 2:
            break
        await skip_to_next(client, started.id)
    return started.id


async def test_ops_see_how_long_it_waits_by_the_time_of_day(mentorships: Mentorships, client: Client) -> None:
    started = await mentorships.start(a_start(), a_program())
    await idle(client, started.id)
    asked = datetime.now(UTC)
    seen = await mentorships.overview(started.id)
    assert seen.now >= asked
    # The Temporal UI asks without saying what time it is, and sees the workflow's own clock: that of its last event.
    bare = await client.get_workflow_handle(workflow_id(started.id)).query("overview", result_type=Overview)
    assert bare.now < asked
    assert bare.waiting == seen.waiting


async def to_the_end(client: Client, id: str) -> None:
    while await skip_to_next(client, id) is not None:
        pass


async def test_starting_twice_is_the_same_mentorship(mentorships: Mentorships, client: Client) -> None:
    start = a_start()
    first = await mentorships.start(start, a_program())
    again = await asyncio.gather(*(mentorships.start(start, a_program()) for _ in range(5)))
    assert (first.workflow_id, first.already_running) == (f"mentorship/{start.id}", False)
    assert all(one.already_running and one.id == first.id for one in again)
    await mentorships.command(start.id, EndCommand())
    await to_the_end(client, start.id)
    assert (await mentorships.start(start, a_program())).already_running


async def test_starting_the_same_id_with_other_facts_names_what_differs_and_changes_nothing(
    mentorships: Mentorships, client: Client
) -> None:
    start = a_start()
    await mentorships.start(start, a_program())
    other = start.evolve(
        mentee=start.mentee.evolve(email="someone.else@example.com", days_off=(0,)), shared=("Both sail",)
    )
    with pytest.raises(StartConflict) as refused:
        await mentorships.start(other, a_program())
    assert refused.value.fields == ("mentee.days_off", "mentee.email", "shared")
    page = await mentorships.page(start.id, PageQuery(role=Role.MENTEE))
    assert page.me.email == start.mentee.email
    # What is known of the start outlives the run that began with it, and the end.
    await to_the_end(client, start.id)
    assert (await mentorships.start(start, a_program())).already_running
    with pytest.raises(StartConflict):
        await mentorships.start(other, a_program())


async def test_silence_is_mailed_and_ends_by_itself(
    mentorships: Mentorships, client: Client, recorded_mail: RecordedMail
) -> None:
    id = await begun(mentorships, client)
    await to_the_end(client, id)
    assert (await mentorships.result(id)).outcome is Outcome.LAPSED
    letters = recorded_mail.of(id)
    assert len(letters) > 4
    assert len({letter.id for letter in letters}) == len(letters)


async def test_pause_resume_and_end_are_signals(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    until = (await current_time(client, id) + timedelta(days=30)).date()
    await mentorships.command(id, PauseCommand(until=until))
    assert (await mentorships.overview(id)).status == "paused"
    await mentorships.command(id, ResumeCommand())
    assert (await mentorships.overview(id)).status == "active"
    await mentorships.command(id, ResumeCommand())  # nothing to resume: logged, not fatal
    await mentorships.command(id, EndCommand(reason="the platform closes"))
    await to_the_end(client, id)
    assert (await mentorships.result(id)).outcome is Outcome.CANCELLED
    with pytest.raises(ActRejected) as refused:
        await mentorships.command(id, ResumeCommand())
    assert refused.value.code == "ended"


async def test_signals_that_can_not_be_read_or_obeyed_change_nothing(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    handle = client.get_workflow_handle(workflow_id(id))
    before = await mentorships.overview(id)
    await handle.signal("pause", {"until": "someday"})
    await handle.signal("mail_event", "nonsense")
    await handle.signal("mail_event", MailEvent(letter="unknown", to=Role.MENTEE, event="delivered"))
    await idle(client, id)
    after = await mentorships.overview(id)
    assert after.status == before.status == "active"
    assert after.mails == before.mails


async def test_mail_that_can_not_be_rendered_is_visible_and_does_not_stop_the_mentorship(
    mentorships: Mentorships, client: Client, recorded_mail: RecordedMail
) -> None:
    start = a_start()
    recorded_mail.broken_for.add(start.id)
    await mentorships.start(start, a_program())
    await idle(client, start.id)
    await skip_by(client, start.id, timedelta(days=4))
    assert (await mentorships.overview(start.id)).undelivered >= 1
    await mentorships.act(start.id, accepts(Role.MENTEE), update_id="press-1")


async def test_a_lost_worker_delays_and_loses_nothing(client: Client) -> None:
    mail = RecordedMail()
    queue = "lost-worker"
    mentorships = Mentorships(client, task_queue=queue)
    async with build(client, task_queue=queue, activities=[mail.deliver]):
        id = await begun(mentorships, client)
        receipt = await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    press = asyncio.create_task(mentorships.act(id, accepts(Role.MENTOR), update_id="press-2"))
    await asyncio.sleep(1)
    async with build(client, task_queue=queue, activities=[mail.deliver]):
        assert (await press).by is Role.MENTOR
        assert await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1") == receipt
        await idle(client, id)
        assert (await mentorships.overview(id)).stage is Stage.GOAL_SETTING
        sent = [letter.id for letter in mail.of(id)]
        assert len(sent) == len(set(sent))


async def test_a_silent_engine_is_told_apart(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.client.PATIENCE", timedelta(seconds=1))
    mentorships = Mentorships(client, task_queue="nobody-works-here")
    started = await mentorships.start(a_start(), a_program())
    with pytest.raises(EngineUnreachable, match="worker"):
        await mentorships.act(started.id, accepts(Role.MENTEE), update_id="press-1")
    with pytest.raises(EngineUnreachable, match="worker"):
        await mentorships.overview(started.id)


async def test_a_page_knows_the_time_though_nothing_has_happened_for_days(
    mentorships: Mentorships, client: Client
) -> None:
    id = await begun(mentorships, client)
    last = (await mentorships.overview(id)).now

    async def later(mentorship: str) -> datetime:
        return last + timedelta(hours=30)

    async def behind(mentorship: str) -> datetime:
        return last - timedelta(hours=30)

    query = PageQuery(role=Role.MENTEE)
    assert (await Mentorships(client, clock=later).page(id, query)).now == last + timedelta(hours=30)
    assert (await Mentorships(client, clock=later).journey(id, query)).page.now == last + timedelta(hours=30)
    assert (await Mentorships(client, clock=behind).page(id, query)).now == last


async def test_lists_find_mentorships_by_their_attributes(mentorships: Mentorships, client: Client) -> None:
    running = (await mentorships.start(a_start(program="listed"), a_program(name="listed"))).id
    declined = (await mentorships.start(a_start(program="listed"), a_program(name="listed"))).id
    await mentorships.act(declined, accepts(Role.MENTEE, Decision.NO), update_id="press-1")
    await to_the_end(client, declined)

    async def found(query: str) -> dict[str, Listed]:
        return {one.id: one async for one in mentorships.list(query)}

    listed: dict[str, Listed] = {}
    while listed.keys() != {running, declined} or not listed[declined].ended:  # visibility is eventually consistent
        await asyncio.sleep(0.1)
        listed = await found("TrellisProgram = 'listed'")
    assert (listed[running].stage, listed[running].status, listed[running].ended) == ("intro", "active", False)
    assert (listed[declined].outcome, listed[declined].status, listed[declined].ended) == ("declined", "ended", True)
    assert (await found("TrellisProgram = 'listed' AND TrellisOutcome = 'declined'")).keys() == {declined}
    with pytest.raises(ValueError, match="filter"):
        await found("Nonsense ===")
    assert await mentorships.count("TrellisProgram = 'listed'") == 2
    first = await mentorships.list_page("TrellisProgram = 'listed'", limit=1)
    assert first.cursor is not None
    second = await mentorships.list_page("TrellisProgram = 'listed'", limit=1, cursor=first.cursor)
    assert {one.id for one in (*first.mentorships, *second.mentorships)} == {running, declined}
    with pytest.raises(ValueError, match="cursor"):
        await mentorships.list_page("", cursor="é")


async def test_whoever_was_nudged_and_has_not_answered_is_found_by_an_attribute(
    mentorships: Mentorships, client: Client
) -> None:
    id = await begun(mentorships, client)
    handle = client.get_workflow_handle(workflow_id(id))

    async def waiting_on() -> str:
        return (await handle.describe()).typed_search_attributes.get(WAITING_ON, "")

    await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    assert await waiting_on() == "nobody"
    while not any(one.nudges for one in (await mentorships.overview(id)).waiting):
        await skip_to_next(client, id)
    await idle(client, id)
    assert await waiting_on() == "mentor"
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await idle(client, id)
    assert await waiting_on() == "nobody"


async def test_attributes_are_upserted_only_when_they_change(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    await idle(client, id)
    assert (await events(client, id))["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"] == 0
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await idle(client, id)
    assert (await events(client, id))["UPSERT_WORKFLOW_SEARCH_ATTRIBUTES"] == 1


async def test_a_message_that_makes_nothing_sooner_keeps_the_timer(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    before = await events(client, id)
    await mentorships.command(id, ResumeCommand())
    await idle(client, id)
    after = await events(client, id)
    assert (after["TIMER_STARTED"], after["TIMER_CANCELED"]) == (before["TIMER_STARTED"], before["TIMER_CANCELED"])


async def test_the_history_tells_the_story_without_names(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await idle(client, id)
    handle = client.get_workflow_handle(workflow_id(id))
    told = [event.user_metadata.summary for event in (await history(client, id)).events]
    timers_and_mails = [
        (await client.data_converter.decode([summary], [str]))[0] for summary in told if summary.ByteSize()
    ]
    assert any(summary.startswith("mail mentee") for summary in timers_and_mails)
    metadata = str(await handle.query("__temporal_workflow_metadata"))
    assert "Waiting on:" in metadata
    for text in (*timers_and_mails, metadata, await (await handle.describe()).static_summary() or ""):
        assert "Mara" not in text
        assert "Theo" not in text
        assert "@" not in text


async def test_every_run_of_a_finished_mentorship_can_be_replayed(
    mentorships: Mentorships, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
    id = await begun(mentorships, client)
    runs = [await run_id(client, id)]
    await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await skip_to_next(client, id)
    runs.append(await run_id(client, id))
    monkeypatch.undo()
    await mentorships.act(id, goals(), update_id="press-3")
    await skip_by(client, id, timedelta(days=3))
    await mentorships.command(id, EndCommand())
    await to_the_end(client, id)
    assert len(set(runs)) == 2
    assert (await client.get_workflow_handle(workflow_id(id)).describe()).status is WorkflowExecutionStatus.COMPLETED
    replayer = Replayer(workflows=[MentorshipWorkflow], data_converter=client.data_converter, workflow_runner=runner())
    # The first run renewed at its stage boundary, whatever its length.
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
    await replayer.replay_workflow(await history(client, id, runs[0]))
    monkeypatch.undo()
    await replayer.replay_workflow(await history(client, id, runs[1]))


async def test_a_worker_of_an_older_build_is_asked_as_it_can_be_asked(client: Client) -> None:
    m = Story().m
    seen = lifecycle.overview(m, m.started_at)
    async with Worker(client, task_queue="older-build", workflows=[OlderMentorship]):
        handle = await client.start_workflow(
            "Mentorship", seen.model_dump(mode="json"), id=workflow_id("older"), task_queue="older-build"
        )
        mentorships = Mentorships(client, task_queue="older-build")
        assert await mentorships.overview("older") == seen
        with pytest.raises(EngineUnreachable, match="can't tell"):
            await mentorships.measures("older")
        await mentorships.command("older", EndCommand())
        await handle.result()
