"""Acts, as they reach the workflow: once each, refused without a trace, answered across runs."""

import asyncio

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from models.acts import Coordinate
from models.answers import ActBase, Decision
from models.base import PAIR, Role
from models.commands import EndCommand, PatienceCommand, ResumeCommand
from models.pages import CoordinatorQuery, PageQuery
from models.state import Outcome, Receipt, Stage
from tests.histories import events, run_id
from tests.pairs import a_program, a_start, accepts, goals
from workflows import renewal
from workflows.begin import workflow_id
from workflows.client import ActRejected, Mentorships, NoSuchMentorship
from workflows.time_skipping import idle, skip_to_next


async def begun(mentorships: Mentorships, client: Client) -> str:
    started = await mentorships.start(a_start(), a_program())
    await idle(client, started.id)
    return started.id


async def test_a_press_that_arrives_twice_counts_once(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    first = await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    again = await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    assert again == first
    assert (await mentorships.overview(id)).acts == 1


async def test_two_tabs_with_the_same_form_count_once(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    receipts = await asyncio.gather(
        *(mentorships.act(id, accepts(Role.MENTEE, reason=f"tab {tab}"), update_id="press-1") for tab in range(5))
    )
    assert len(set(map(str, receipts))) == 1
    assert (await mentorships.overview(id)).acts == 1


async def test_a_press_before_a_renewal_gives_the_same_receipt_after_it(
    mentorships: Mentorships, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
    id = await begun(mentorships, client)
    first_run = await run_id(client, id)
    first = await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")
    await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    await skip_to_next(client, id)
    assert await run_id(client, id) != first_run
    before = await mentorships.overview(id)
    assert before.stage is Stage.GOAL_SETTING
    assert _kept(await mentorships.act(id, accepts(Role.MENTEE), update_id="press-1")) == _kept(first)
    assert (await mentorships.overview(id)).acts == before.acts == 2


async def test_presses_during_a_renewal_are_all_counted_once(
    mentorships: Mentorships, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await begun(mentorships, client)
    first_run = await run_id(client, id)
    monkeypatch.setattr(renewal, "EVENTS_ANYWHERE", 8)
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 8)
    acts = [(accepts(role, reason=f"{n}"), f"press-{role}-{n}") for n in range(4) for role in PAIR]

    async def press(act: ActBase, update_id: str) -> Receipt | str:
        try:
            return await mentorships.act(id, act, update_id=update_id)
        except ActRejected as rejected:
            return rejected.code

    _, *once = await asyncio.gather(skip_to_next(client, id), *(press(act, update_id) for act, update_id in acts))
    await skip_to_next(client, id)
    twice = await asyncio.gather(*(press(act, update_id) for act, update_id in acts))
    assert await run_id(client, id) != first_run
    kept = [(one, two) for one, two in zip(once, twice, strict=True) if not isinstance(one, str)]
    assert len(kept) >= 2
    assert all(_kept(one) == _kept(two) for one, two in kept if not isinstance(two, str))
    assert not any(isinstance(two, str) for _, two in kept)


def _kept(receipt: Receipt) -> Receipt:
    """The receipt without what follows from the state at the time of telling: that may have changed meanwhile."""
    return receipt.evolve(changeable=False, next_title="")


async def test_a_refused_act_leaves_no_history(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    before = await events(client, id)
    with pytest.raises(ActRejected) as refused:
        await mentorships.act(id, goals(), update_id="press-1")
    assert refused.value.code in {"not_open", "superseded"}
    assert refused.value.message
    assert await events(client, id) == before


async def test_an_answer_can_be_changed_until_the_engine_acted_on_it(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    first = await mentorships.act(id, accepts(Role.MENTEE, reason="gladly"), update_id="press-1")
    changed = await mentorships.act(id, accepts(Role.MENTEE, reason="very gladly"), update_id="press-2")
    assert changed.id != first.id
    page = await mentorships.page(id, PageQuery(role=Role.MENTEE, ask="accept.mentee"))
    assert page.answer is not None
    assert getattr(page.answer, "reason", None) == "very gladly"


async def test_an_act_that_can_not_be_read_is_refused_with_its_fields(mentorships: Mentorships, client: Client) -> None:
    id = await begun(mentorships, client)
    before = await events(client, id)
    handle = client.get_workflow_handle(workflow_id(id))
    for unreadable in ({"by": "mentee", "decision": "perhaps"}, {"by": "mentee"}, "nonsense", None, 7):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update("accept", unreadable)
        cause = refused.value.cause
        assert isinstance(cause, ApplicationError)
        assert (cause.type, cause.non_retryable) == ("invalid", True)
        assert cause.details[0]["code"] == "invalid"
        if isinstance(unreadable, dict):
            assert cause.details[0]["field"] == "decision"
    assert await events(client, id) == before


async def test_a_press_after_the_end_is_told_so_and_an_old_one_gets_its_receipt(
    mentorships: Mentorships, client: Client
) -> None:
    id = await begun(mentorships, client)
    receipt = await mentorships.act(id, accepts(Role.MENTEE, Decision.NO), update_id="press-1")
    while await skip_to_next(client, id) is not None:
        pass
    assert (await mentorships.result(id)).outcome is Outcome.DECLINED
    assert await mentorships.act(id, accepts(Role.MENTEE, Decision.NO), update_id="press-1") == receipt
    with pytest.raises(ActRejected) as refused:
        await mentorships.act(id, accepts(Role.MENTOR), update_id="press-2")
    assert refused.value.code == "ended"


async def test_the_coordinator_is_answered_once_across_runs_and_refused_without_a_trace(
    mentorships: Mentorships, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 0)
    id = await begun(mentorships, client)
    first_run = await run_id(client, id)
    patience = Coordinate(command=PatienceCommand(days=5))
    given = await mentorships.act(id, patience, update_id="press-c")
    assert "5 more days" in str(given.recorded)
    before = await events(client, id)
    with pytest.raises(ActRejected) as refused:
        await mentorships.act(id, Coordinate(command=ResumeCommand()), update_id="press-r")
    assert refused.value.code == "not_open"
    handle = client.get_workflow_handle(workflow_id(id))
    with pytest.raises(WorkflowUpdateFailedError) as unreadable:
        await handle.execute_update("coordinate", {"command": {"command": "patience", "days": 900}})
    assert isinstance(unreadable.value.cause, ApplicationError)
    assert unreadable.value.cause.details[0]["field"] == "command.patience.days"
    assert await events(client, id) == before
    for role in PAIR:
        await mentorships.act(id, accepts(role), update_id=f"press-{role}")
    await skip_to_next(client, id)
    assert await run_id(client, id) != first_run
    assert await mentorships.act(id, patience, update_id="press-c") == given
    page = await mentorships.coordinator(id, CoordinatorQuery(receipt="press-c"))
    assert page.receipt == given
    assert page.done == (given,)


async def test_a_pair_that_is_handed_back_ends_so_and_a_second_press_gets_its_receipt(
    mentorships: Mentorships, client: Client
) -> None:
    id = await begun(mentorships, client)
    act = Coordinate(command=EndCommand(outcome=Outcome.NOT_A_FIT, rematch=True, reason="moved away"))
    receipt = await mentorships.act(id, act, update_id="press-c")
    while await skip_to_next(client, id) is not None:
        pass
    result = await mentorships.result(id)
    assert (result.outcome, result.rematch, result.note) == (Outcome.NOT_A_FIT, True, "moved away")
    assert await mentorships.act(id, act, update_id="press-c") == receipt
    with pytest.raises(ActRejected) as refused:
        await mentorships.act(id, act, update_id="press-d")
    assert refused.value.code == "ended"


async def test_an_unknown_mentorship_is_told_apart_from_an_ended_one(mentorships: Mentorships) -> None:
    with pytest.raises(NoSuchMentorship):
        await mentorships.act("nobody", accepts(Role.MENTEE), update_id="press-1")
    with pytest.raises(NoSuchMentorship):
        await mentorships.overview("nobody")
