"""Forgetting a person, on a real server: the partner hears kindly, and afterwards nothing is left to be found."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner

from activities.outbox import drop_mails
from cli.app import app
from models.answers import LinkUsed
from models.base import Role
from models.commands import ChangePersonCommand, EndCommand
from models.pages import PageQuery
from settings import LOCAL_KEY, Settings
from tests.api_parts import API_KEYS, KEY, Platform, fields, problem
from tests.pairs import a_program, a_start, accepts, goals
from tests.temporal_server import temporal_server
from tests.test_starter_commands import starter
from tests.web_parts import BASE
from web.api.keys import Scope
from web.app import create_app
from worker import build, build_announcer
from workflows import renewal
from workflows.begin import workflow_id
from workflows.client import Mentorships, NoSuchMentorship
from workflows.connection import connect
from workflows.erasure import Elsewhere, Forget, Forgotten, Trace
from workflows.events import events_id
from workflows.time_skipping import idle, skip_to_next

WORDS = ("Theo", "theo", "Mara", "mara", "Speak at a meetup", "Learns.")
"""What no log may hold."""


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


@pytest.fixture(scope="module")
def temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that deletes soon. It waits until its queues have noted how far they are, by itself twice a minute."""
    noted = [f'history.{queue}ProcessorUpdateAckInterval="200ms"' for queue in ("transfer", "visibility")]
    with temporal_server(tmp_path_factory.mktemp("temporal") / "server.log", noted) as address:
        yield address


@pytest_asyncio.fixture(scope="module")
async def client(temporal: str) -> Client:
    return await connect(temporal)


@pytest_asyncio.fixture(scope="module")
async def engine(client: Client, outbox: Path) -> AsyncIterator[Mentorships]:
    """Mentorships with real mail in the outbox, and a platform that wants to hear of them but has no address."""
    async with build(client), build_announcer(client):
        yield Mentorships(client, webhooks=True)


@pytest.fixture
def elsewhere(outbox: Path) -> Elsewhere:
    return Elsewhere(mailer="outbox", webhooks=True, drop_mails=partial(drop_mails, outbox))


async def begun(engine: Mentorships, client: Client, theo: str) -> str:
    """A mentorship of Mara and Theo in which something happened already."""
    start = a_start()
    id = (await engine.start(start.evolve(mentee=start.mentee.evolve(email=theo)), a_program())).id
    await idle(client, id)
    await engine.act(id, accepts(Role.MENTEE), update_id="press-1")
    await engine.act(id, accepts(Role.MENTOR), update_id="press-2")
    await engine.act(id, goals(), update_id="press-3")
    await idle(client, id)
    return id


async def over(client: Client, *ids: str) -> None:
    for id in ids:
        while await skip_to_next(client, id) is not None:
            pass
        if await is_there(client, events_id(id)):
            await client.get_workflow_handle(events_id(id)).result()


async def found(engine: Mentorships, whom: Forget, elsewhere: Elsewhere, count: int) -> Forgotten:
    """What would be done, once the server's list, which is late, knows of so many."""
    async with asyncio.timeout(30):
        while True:
            would = await engine.forget(whom.evolve(dry_run=True), elsewhere)
            if len(would.traces) >= count:
                return would
            await asyncio.sleep(0.1)


async def runs(client: Client, workflow: str) -> set[str]:
    return {one.run_id async for one in client.list_workflows(f"WorkflowId = '{workflow}'")}


async def is_there(client: Client, workflow: str, run: str | None = None) -> bool:
    try:
        await client.get_workflow_handle(workflow, run_id=run).describe()
    except RPCError as problem:
        if problem.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def gone(client: Client, workflow: str) -> None:
    """The server deletes in the background."""
    async with asyncio.timeout(30):
        while await is_there(client, workflow) or await runs(client, workflow):  # noqa: ASYNC110 - it is another's
            await asyncio.sleep(0.1)


def mails(outbox: Path, id: str) -> list[Path]:
    return sorted(outbox.glob(f"{id}-*.eml"))


def closing(outbox: Path, id: str, role: Role) -> list[str]:
    """The text of this person's closing mails."""
    read = [message_from_bytes(file.read_bytes(), policy=default) for file in mails(outbox, id)]
    mine = [one for one in read if (one["X-Trellis-Kind"], one["X-Trellis-Role"]) == ("closing", role.value)]
    return [str(one.get_body(("plain",)).get_content()) for one in mine]


async def test_a_person_is_forgotten_in_all_their_mentorships_and_the_partner_hears_kindly(
    client: Client,
    engine: Mentorships,
    elsewhere: Elsewhere,
    outbox: Path,
    logged: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 5)  # so that a history has several runs
    address = "theo-who-goes@example.com"
    here, there = await begun(engine, client, address), await begun(engine, client, address)
    another = await begun(engine, client, "someone-else@example.com")
    moved = ChangePersonCommand(role=Role.MENTEE, email="theo-moved@example.com")
    await engine.command(there, moved)
    await idle(client, there)
    await engine.command(there, EndCommand())
    await over(client, there)
    chain = await runs(client, workflow_id(there))
    assert len(chain) > 1

    # By the address that he has now, and by the one that he had.
    whom = Forget(email="Theo-Moved@example.com")
    would = await found(engine, whom, elsewhere, 1)
    assert [(one.mentorship, one.became) for one in would.traces] == [(there, "deleted")]
    whom = Forget(email=address)
    would = await found(engine, whom, elsewhere, 2)
    assert {(one.mentorship, one.roles, one.became) for one in would.traces} == {
        (here, (Role.MENTEE,), "ends"),
        (there, (Role.MENTEE,), "deleted"),
    }
    assert (await engine.overview(here)).status == "active", "a dry run does nothing"
    assert mails(outbox, there)

    first = await engine.forget(whom, elsewhere)
    assert not first.finished
    assert first.again_at is not None
    ended = next(one for one in first.traces if one.mentorship == here)
    assert (ended.became, ended.next_mail_at) == ("ends", first.again_at)
    await over(client, here)
    told = closing(outbox, here, Role.MENTOR)
    assert len(told) == 1
    assert "can end at any time and without blame" in told[0]
    assert "delete" not in told[0].lower()
    assert "forg" not in told[0].lower()
    assert len(closing(outbox, here, Role.MENTEE)) == 1, "a last confirmation"

    second = await engine.forget(whom, elsewhere)
    assert second.finished
    for id in (here, there):
        await gone(client, workflow_id(id))
        await gone(client, events_id(id))
        assert mails(outbox, id) == []
        with pytest.raises(NoSuchMentorship):
            await engine.overview(id)
    assert not any([await is_there(client, workflow_id(there), run) for run in chain])
    assert (await engine.forget(whom, elsewhere)).traces == ()

    # Whoever is not meant keeps what they have.
    assert (await engine.overview(another)).status == "active"
    assert mails(outbox, another)
    assert [word for word in WORDS if word in logged.text] == []
    assert any("mailboxes" in one for one in first.remains)

    # No list of the forgotten is kept, so the id is free: but no link of before opens what begins under it.
    old = LinkUsed(jti="old", issued_at=datetime.now(UTC) - timedelta(minutes=5))
    assert not (await engine.start(a_start(id=here), a_program())).already_running
    page = await engine.page(here, PageQuery(role=Role.MENTEE, ask="accept.mentee", link=old))
    assert page.status == "revoked"


async def test_an_address_of_later_is_remembered_across_renewals(
    client: Client, engine: Mentorships, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = await begun(engine, client, "theo-first@example.com")
    for email in ("theo-second@example.com", "theo-third@example.com"):
        await engine.command(id, ChangePersonCommand(role=Role.MENTEE, email=email))
        await idle(client, id)
    handle = client.get_workflow_handle(workflow_id(id))
    before = await handle.describe()
    monkeypatch.setattr(renewal, "EVENTS_ANYWHERE", 15)
    async with asyncio.timeout(30):
        while (after := await handle.describe()).run_id == before.run_id:
            await skip_to_next(client, id)
    assert after.status is WorkflowExecutionStatus.RUNNING
    for which in ("first", "second", "third"):
        would = await found(engine, Forget(email=f"theo-{which}@example.com"), elsewhere, 1)
        assert [one.mentorship for one in would.traces] == [id]
    assert "theo" not in str(await after.memo())
    assert (await engine.forget(Forget(email="theo-fourth@example.com"), elsewhere)).traces == ()


async def test_who_wants_no_more_contact_gets_no_closing_mail(
    client: Client, engine: Mentorships, elsewhere: Elsewhere, outbox: Path
) -> None:
    id = await begun(engine, client, "theo-stays@example.com")
    whom = Forget(mentorship=id, role=Role.MENTOR, mail=False)
    # By the role's address all of Mara's are found, and other tests have some: only this one is meant here.
    await engine.command(id, ChangePersonCommand(role=Role.MENTOR, email=f"{id}@example.com"))
    assert [one.mentorship for one in (await engine.forget(whom, elsewhere)).traces] == [id]
    await over(client, id)
    assert closing(outbox, id, Role.MENTOR) == []
    assert len(closing(outbox, id, Role.MENTEE)) == 1
    assert (await engine.forget(whom, elsewhere)).finished
    await gone(client, workflow_id(id))
    assert (await engine.forget(whom, elsewhere)) == Forgotten(
        dry_run=False, finished=True, again_at=None, traces=(), remains=()
    )


async def test_what_an_interrupted_erasure_left_is_deleted_by_the_next(
    client: Client, engine: Mentorships, elsewhere: Elsewhere, outbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "EVENTS_AT_A_BOUNDARY", 5)
    id = await begun(engine, client, "theo-who-waits@example.com")
    await engine.command(id, EndCommand())
    await over(client, id)
    left = len(await runs(client, workflow_id(id)))
    assert left > 1
    whom = Forget(email="theo-who-waits@example.com")
    await found(engine, whom, elsewhere, 1)

    def interrupted(mentorship: str, dry_run: bool) -> int:
        elsewhere.drop_mails(mentorship, dry_run)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await engine.forget(whom, Elsewhere(mailer="outbox", webhooks=False, drop_mails=interrupted))
    assert mails(outbox, id) == []
    done = await engine.forget(whom, elsewhere)
    assert done.finished
    assert done.traces[0].runs > left
    await gone(client, workflow_id(id))


async def test_the_command_line_says_what_it_does_and_when_to_come_again(
    client: Client, engine: Mentorships, temporal: str, outbox: Path
) -> None:
    id = await begun(engine, client, "theo-by-hand@example.com")

    async def run(*arguments: str) -> str:
        done = await asyncio.to_thread(starter, "forget", id, "--role", "mentee", *arguments, address=temporal)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    would = await run("--dry-run")
    assert f"{id} (mentee): is open; it would end, with the closing mails, and be deleted by a second run" in would
    ends = await run()
    assert "has ended; the next closing mail leaves" in ends
    assert "run this again after" in ends
    await over(client, id)
    done = await run()
    assert f"{id} (mentee): deleted, " in done
    assert "mails here" in done
    assert "goes with it" in done
    assert mails(outbox, id) == []
    await gone(client, workflow_id(id))
    assert "Nothing is kept of them here" in await run()


async def test_the_api_forgets_and_the_export_is_gone(client: Client, engine: Mentorships, outbox: Path) -> None:
    id = await begun(engine, client, "theo-by-api@example.com")
    await engine.command(id, EndCommand())
    await over(client, id)
    served = create_app(
        engine, Settings.model_validate({"base_url": BASE, "link_keys": LOCAL_KEY, "api_keys": API_KEYS})
    )
    headers = {"Authorization": f"Bearer {KEY[Scope.ADMIN]}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=served), base_url=f"{BASE}/api/v1", headers=headers
    ) as http:
        export = f"/mentorships/{id}/export?role=mentee"
        assert "theo-by-api@example.com" in (await http.get(export)).text
        answer = await http.post("/people/forget", json={"mentorship": id, "role": "mentee"})
        assert answer.status_code == 200
        forgotten = Forgotten.model_validate(answer.json())
        assert forgotten.finished
        assert [(one.mentorship, one.became) for one in forgotten.traces] == [(id, "deleted")]
        assert "theo" not in answer.text
        assert mails(outbox, id) == []
        await gone(client, workflow_id(id))
        assert (await http.get(export)).status_code == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, {"body"}),
        ({"email": "theo@example.com", "mentorship": "pair-1", "role": "mentee"}, {"body"}),
        ({"mentorship": "pair-1"}, {"body"}),
        ({"email": "nobody"}, {"email"}),
        ({"mentorship": "pair-1", "role": "coordinator"}, {"role"}),
    ],
)
async def test_whom_to_forget_is_said_in_one_way(body: dict[str, str], named: set[str]) -> None:
    platform = Platform()
    told = problem(await platform.ask("POST", "/people/forget", json=body), 422, "invalid")
    assert set(fields(told)) == named
    assert platform.engine.calls == []


async def test_only_an_admin_key_forgets() -> None:
    platform = Platform()
    for scope in (Scope.READ, Scope.WRITE):
        told = await platform.ask("POST", "/people/forget", scope, json={"email": "theo@example.com"})
        problem(told, 403, "scope")
    assert platform.engine.calls == []
    assert (await platform.ask("POST", "/people/forget", json={"email": "theo@example.com"})).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["forget"], "ID: must name either the email"),
        (["forget", "--email", "nobody"], "--email: "),
        (["forget", "demo"], "ID: must name either"),
    ],
)
def test_wrong_input_names_the_option(arguments: list[str], told: str) -> None:
    answer = CliRunner().invoke(app, arguments)
    assert answer.exit_code == 2
    assert answer.stderr.startswith(told)


def test_only_the_mails_of_one_mentorship_are_dropped(tmp_path: Path) -> None:
    kept = ["pair-12-0001.eml", "pair-0001.eml", "pair-1-2-0001.eml", "notes.txt", ".pair-12-0001-x.part"]
    for name in ("pair-1-0001.eml", "pair-1-0012.eml", ".pair-1-0002-abc.part", *kept):
        (tmp_path / name).write_text("x")
    assert drop_mails(tmp_path, "pair-1", dry_run=True) == 3
    assert drop_mails(tmp_path, "pair-1") == 3
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(kept)
    assert drop_mails(tmp_path / "not-there", "pair-1") == 0


def test_a_trace_holds_no_personal_data() -> None:
    trace = Trace(mentorship="pair-1", roles=(Role.MENTEE,), became="deleted", runs=2, mails=3)
    assert set(json.loads(trace.model_dump_json())) == {
        "mentorship", "roles", "became", "next_mail_at", "runs", "mails", "events_on_their_way"
    }  # fmt: skip
