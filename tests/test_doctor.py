"""Each check of doctor is made to fail, and says how to mend it."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from typer.testing import CliRunner

from cli.app import app
from cli.checks import builds, configuration, encryption, machine, mail, temporal
from cli.checks.finding import Finding, Place
from cli.checks.table import CHECKS
from demo.ports import free_port
from settings import Settings
from settings import settings as cached
from tests.local_sendgrid import KEY, local_sendgrid
from tests.pairs import a_program, a_start
from tests.payload_keys import client_with, entries
from tests.recorded_mail import RecordedMail
from tests.temporal_server import temporal_server
from web.api.keys import Scope, mint
from workflows import search_attributes
from workflows.begin import workflow_id
from workflows.client import Mentorships
from workflows.fleet import Build
from workflows.key_usage import keys_in_use
from workflows.search_attributes import REGISTRY, STAGE

GOOD = "Vq3ZpQm8sXw1LrTn6KbY2cHd9fJg4aEu"
WEAK = "passpasspasspasspasspasspasspass"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjU"


def place(client: Client | None = None, **changes: Any) -> Place:
    """Settings of a real installation, with changes."""
    changes = {
        "local": False,
        "link_keys": GOOD,
        "payload_keys": entries("a"),
        "base_url": "https://mentoring.example.net",
        **changes,
    }
    return Place(Settings(**changes), client)


def says(found: Finding, result: str, told: str, mend: str = "") -> None:
    """It was found like that, and a way to mend it is told whenever it is not well."""
    assert found.result == result, found
    assert told in found.told
    assert mend in found.mend
    assert bool(found.mend) is (result != "ok")


async def test_a_payload_key_that_is_needed_and_missing_is_named(tmp_path: Path) -> None:
    with temporal_server(tmp_path / "server.log") as address:
        await _payload_keys(address)


async def _payload_keys(temporal_address: str) -> None:
    lost = await client_with(temporal_address, "lost")
    start = a_start()
    await Mentorships(lost, task_queue="nobody-doctors-here").start(start, a_program())
    here = place(await client_with(temporal_address, "a"))
    found = await encryption.payload_keys(here)
    while "lost" not in found.told:  # visibility is eventually consistent
        await asyncio.sleep(0.05)
        found = await encryption.payload_keys(here)
    says(found, "problem", "lost", "TRELLIS_PAYLOAD_KEYS")
    await lost.get_workflow_handle(workflow_id(start.id)).terminate()
    while found.result == "problem":
        await asyncio.sleep(0.05)
        found = await encryption.payload_keys(here)
    says(found, "warning", "lost", "`python starter.py keys`")
    says(
        await encryption.payload_keys(place(lost, payload_keys=entries("lost", "a"))), "ok", "a encrypts, lost decrypt"
    )


def build(id: str, status: str, workers: int, runs: int) -> Build:
    return Build.model_validate(
        {"id": id, "status": status, "since": None, "workers": workers, "mentorships": runs, "feeds": 0}
    )


@pytest.mark.parametrize(
    ("found", "result", "told", "mend"),
    [
        ((), "ok", "no versioned worker", ""),
        ((build("b", "current", 1, 4),), "ok", "b is current", ""),
        ((build("b", "current", 1, 4), build("a", "draining", 1, 2)), "ok", "2 open workflows are on others", ""),
        ((build("b", "current", 1, 4), build("a", "draining", 0, 2)), "problem", "2 open workflows wait", "that build"),
        ((build("b", "current", 1, 4), build("a", "drained", 0, 0)), "ok", "b is current", ""),
        ((build("b", "current", 0, 0),), "problem", "nothing begins", "Start its workers"),
        ((build("b", "current", 0, 1), build("a", "draining", 1, 0)), "problem", "1 open workflow waits", "upgrade"),
        ((build("b", "waiting", 1, 0), build("", "unversioned", 1, 3)), "warning", "no build is current", "upgrade"),
    ],
)
def test_builds_without_workers_and_none_that_is_current(
    found: tuple[Build, ...], result: str, told: str, mend: str
) -> None:
    says(builds.judged(found, is_versioned=True), result, told, mend)


async def test_builds_are_those_of_the_server(client: Client) -> None:
    assert (await builds.builds(place(client, task_queue="nobody-builds-here"))).result == "ok"
    assert builds.judged((), is_versioned=False).told == "not versioned"


async def test_local_mode_is_for_this_machine_only() -> None:
    local: dict[str, Any] = {"local": True, "base_url": "http://127.0.0.1:8000"}
    says(await configuration.mode(place(**local)), "ok", "this machine")
    says(await configuration.mode(place(local=True)), "problem", "everybody can read", "TRELLIS_LOCAL=false")
    says(await configuration.mode(place(**local, web_host="0.0.0.0")), "problem", "everybody")
    says(await configuration.mode(place()), "ok", "not local")


async def test_links_lead_people_to_us_by_https() -> None:
    says(await configuration.links(place()), "ok", "mentoring.example.net")
    says(await configuration.links(place(base_url="http://localhost:8000")), "problem", "nobody else", "BASE_URL")
    says(
        await configuration.links(place(base_url="http://mentoring.example.net")), "problem", "read on the way", "https"
    )


async def test_a_key_that_can_be_guessed_is_a_problem_and_is_not_shown() -> None:
    found = await configuration.link_keys(place(link_keys=f"{GOOD},{WEAK}"))
    says(found, "problem", "key 2 of 2 can be guessed", "TRELLIS_LINK_KEYS")
    assert WEAK not in found.model_dump_json()
    says(await configuration.link_keys(place(link_keys=f"{GOOD},{GOOD}")), "warning", "the same", "Drop")
    says(await configuration.link_keys(place()), "ok", "1 key")


async def test_an_api_key_has_one_owner() -> None:
    entry = mint("platform", Scope.WRITE)[1]
    twice = f"{entry},{entry.replace('platform', 'other')}"
    says(await configuration.api_keys(place(api_keys=twice)), "warning", "twice", "owner")
    says(await configuration.api_keys(place(api_keys=entry)), "ok", "platform (write)")
    says(await configuration.api_keys(place()), "ok", "no HTTP API")


async def test_behind_tls_a_proxy_is_to_be_trusted() -> None:
    says(await configuration.proxies(place()), "warning", "all visitors", "TRELLIS_TRUSTED_PROXIES")
    says(await configuration.proxies(place(trusted_proxies="10.0.0.5")), "ok", "10.0.0.5")


async def test_a_program_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    says(await configuration.all_programs(place(programs_dir=tmp_path)), "problem", "none in", "TRELLIS_PROGRAMS_DIR")
    (tmp_path / "broken.yaml").write_text("name: broken\n")
    says(await configuration.all_programs(place(programs_dir=tmp_path)), "problem", "broken.yaml", "preview broken")
    says(await configuration.all_programs(place()), "ok", "career")


async def test_the_endpoint_of_webhooks_can_be_reached(closed_port: int, ahead: str) -> None:
    def of(url: str, **changes: Any) -> Place:
        return place(webhook_url=url, webhook_secrets=SECRET, **changes)

    says(await configuration.webhooks(place()), "ok", "none")
    says(await configuration.webhooks(of("https://nowhere.invalid/")), "problem", "not known", "TRELLIS_WEBHOOK_URL")
    says(await configuration.webhooks(of("https://127.0.0.1/")), "problem", "internal", "ALLOW_INTERNAL")
    inside: dict[str, Any] = {"webhook_allow_internal": True}
    gone = of(f"http://127.0.0.1:{closed_port}/", **inside)
    says(await configuration.webhooks(gone), "problem", "no connection", "endpoint")
    says(await configuration.webhooks(of(ahead, **inside)), "ok", "can be reached")


async def test_a_namespace_that_does_not_exist_is_a_problem(temporal_address: str, client: Client) -> None:
    nowhere = await Client.connect(temporal_address, namespace="nowhere", data_converter=pydantic_data_converter)
    says(await temporal.namespace(place(nowhere)), "problem", "no namespace nowhere", "TEMPORAL_NAMESPACE")
    says(await temporal.namespace(place(client)), "warning", "1 day only", "--retention")
    local = place(client, local=True)
    says(await temporal.namespace(local), "ok", "default at")


@pytest.mark.usefixtures("recorded_mail")
async def test_a_task_queue_that_nobody_polls_is_a_problem(client: Client) -> None:
    says(await temporal.workers(place(client, task_queue="deserted")), "problem", "nobody polls", "python worker.py")
    polled = place(client, task_queue=RecordedMail.TASK_QUEUE)
    for _ in range(100):  # the first poll is a moment under way
        if (await temporal.workers(polled)).result == "ok":
            break
        await asyncio.sleep(0.1)
    says(await temporal.workers(polled), "ok", "workers poll")
    events: dict[str, Any] = {"webhook_url": "https://platform.example.net/", "webhook_secrets": SECRET}
    without = place(client, task_queue=RecordedMail.TASK_QUEUE, **events)
    says(await temporal.workers(without), "problem", f"{RecordedMail.TASK_QUEUE}-events", "worker")


async def test_missing_search_attributes_are_named_and_so_is_one_of_a_wrong_type(bare: Client) -> None:
    says(await temporal.search_attributes(place(bare)), "problem", STAGE.name, f"--name {STAGE.name} --type Keyword")
    number = {STAGE.name: IndexedValueType.INDEXED_VALUE_TYPE_INT}
    await bare.operator_service.add_search_attributes(
        AddSearchAttributesRequest(namespace=bare.namespace, search_attributes=number)
    )
    await search_attributes.register(bare)
    says(await temporal.search_attributes(place(bare)), "problem", f"{STAGE.name} must be", "Keyword")


async def test_all_search_attributes_are_found(client: Client) -> None:
    says(await temporal.search_attributes(place(client)), "ok", f"all {len(REGISTRY)}")


async def test_sendgrid_must_know_the_key(tmp_path: Path, closed_port: int) -> None:
    with local_sendgrid(tmp_path) as sendgrid:
        good: dict[str, Any] = {"mailer": "sendgrid", "sendgrid_key": KEY, "sendgrid_host": sendgrid.host}
        says(await mail.mailer(place(**good)), "ok", "may send")
        wrong = await mail.mailer(place(**{**good, "sendgrid_key": "SG.another"}))
        says(wrong, "problem", "refuses the API key", "TRELLIS_SENDGRID_KEY")
        assert sendgrid.mails == {}
    away: dict[str, Any] = {**good, "sendgrid_host": f"http://127.0.0.1:{closed_port}"}
    says(await mail.mailer(place(**away)), "problem", "can't be reached", "TRELLIS_SENDGRID_HOST")


async def test_a_mail_server_must_greet(closed_port: int) -> None:
    away = place(mailer="smtp", smtp_host="127.0.0.1", smtp_port=closed_port)
    says(await mail.mailer(away), "problem", f"127.0.0.1:{closed_port}", "TRELLIS_SMTP_HOST")


async def test_files_are_a_mailer_for_one_s_own_machine(tmp_path: Path) -> None:
    says(await mail.mailer(place(outbox_dir=tmp_path)), "warning", "nobody gets it", "TRELLIS_MAILER")
    says(await mail.mailer(place(local=True, outbox_dir=tmp_path)), "ok", str(tmp_path))
    (tmp_path / "file").touch()
    says(await mail.mailer(place(outbox_dir=tmp_path / "file")), "problem", "can't be written", "TRELLIS_OUTBOX_DIR")


async def test_mail_comes_from_an_address_of_one_s_own() -> None:
    smtp: dict[str, Any] = {"mailer": "smtp", "smtp_host": "mail.example.net"}
    says(await mail.senders(place(**smtp)), "problem", "career", "branding.sender")
    says(await mail.senders(place()), "ok", "no mail leaves")


async def test_bounces_are_to_be_heard() -> None:
    says(await mail.bounces(place(mailer="sendgrid", sendgrid_key=KEY)), "warning", "bounces", "WEBHOOK_KEY")
    says(await mail.bounces(place()), "ok", "not needed")


async def test_a_clock_that_is_off_is_told(client: Client, ahead: str, closed_port: int) -> None:
    alone: dict[str, Any] = {"task_queue": "deserted"}
    says(await machine.clock(place(base_url=ahead, **alone)), "problem", "s behind the web app", "NTP")
    nobody = place(base_url=f"http://127.0.0.1:{closed_port}", **alone)
    says(await machine.clock(nobody), "warning", "no other clock", "timedatectl")


async def test_time_zones_are_those_of_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "TZPATH", ())
    says(await machine.time_zones(place()), "ok", "tzdata 20")
    (tmp_path / "tzdata.zi").write_text("# version 1999a\n")
    monkeypatch.setattr(machine, "TZPATH", (str(tmp_path),))
    says(await machine.time_zones(place()), "warning", "1999a", "PYTHONTZPATH")
    monkeypatch.setattr(machine, "OLD_YEARS", -100)
    says(await machine.time_zones(place()), "warning", "old", "Update")
    monkeypatch.setattr(machine, "KNOWN_HOUR", datetime(2026, 1, 1, 12, tzinfo=UTC))
    says(await machine.time_zones(place()), "problem", "1:00:00", "Reinstall")


async def test_a_disk_that_is_full_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    says(await machine.disk(place(outbox_dir=tmp_path / "not" / "yet")), "ok", "GB are free")
    monkeypatch.setattr(machine, "LITTLE", 10**18)
    says(await machine.disk(place(outbox_dir=tmp_path)), "warning", "MB are free", "Make room")
    monkeypatch.setattr(machine, "TOO_LITTLE", 10**18)
    says(await machine.disk(place(outbox_dir=tmp_path)), "problem", "MB are free", "Make room")
    says(await machine.disk(place(mailer="smtp", smtp_host="mail.example.net")), "ok", "not needed")


@pytest.fixture
def fresh_settings() -> Iterator[None]:
    """The settings are read again, before and after."""
    cached.cache_clear()
    yield
    cached.cache_clear()


@pytest.mark.usefixtures("fresh_settings")
def test_doctor_without_temporal_looks_at_the_rest_and_leaves_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    told = CliRunner().invoke(app, ["doctor", "--json"])
    found = {one["check"]: one for one in json.loads(told.stdout)}
    assert told.exit_code == 1
    assert found["temporal"]["result"] == "problem"
    assert found["link keys"]["result"] == "ok"
    assert "workers" not in found


@pytest.mark.usefixtures("fresh_settings")
def test_doctor_tells_of_settings_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRELLIS_LOCAL", "false")
    told = CliRunner().invoke(app, ["doctor"])
    assert told.exit_code == 1
    assert "TRELLIS_LINK_KEYS" in told.stdout


@pytest.mark.usefixtures("recorded_mail", "fresh_settings")
async def test_doctor_is_content_with_what_the_tests_run_on(
    client: Client, temporal_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Other tests may have left mentorships with keys of their own on this server.
    monkeypatch.setenv("TRELLIS_PAYLOAD_KEYS", entries(*(use.key for use in await keys_in_use(client) if use.key)))
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_address)
    monkeypatch.setenv("TRELLIS_TASK_QUEUE", RecordedMail.TASK_QUEUE)
    told = await asyncio.to_thread(CliRunner().invoke, app, ["doctor", "--json"])
    found = json.loads(told.stdout)
    assert {one["check"] for one in found} == {"settings", *(check.name for check in CHECKS)}
    assert [one for one in found if one["result"] == "problem"] == []
    assert told.exit_code == 0


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody answers."""
    return free_port()


@pytest.fixture
def ahead() -> Iterator[str]:
    """The address of a web server whose clock is five minutes ahead."""

    class Ahead(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.end_headers()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((datetime.now(UTC) + timedelta(minutes=5)).timestamp())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ahead)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest_asyncio.fixture(scope="session")
async def bare(client: Client, temporal_address: str) -> Client:
    """A client of a namespace that has no search attributes of ours."""
    retention = Duration(seconds=86400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace="bare", workflow_execution_retention_period=retention)
    )
    bare = await Client.connect(temporal_address, namespace="bare", data_converter=pydantic_data_converter)
    for _ in range(200):  # the frontend hears of a new namespace a little later
        try:
            await bare.count_workflows("")
        except Exception:
            await asyncio.sleep(0.1)
        else:
            break
    return bare
