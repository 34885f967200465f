"""A whole mentorship, played by real processes with encryption on: who looks anywhere but with a key finds nobody."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToJson
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.workflowservice.v1 import ListWorkflowExecutionsRequest, QueryWorkflowRequest
from temporalio.client import Client

from benchmarks._history import footprint
from demo.autoplay import Cast, play
from demo.personas import Persona
from demo.ports import free_ports
from demo.server import Parts, Ports
from tests.demo_parts import sample
from tests.leaks.words import typed
from tests.payload_keys import client_with, entry, settings_with
from workflows.begin import workflow_id
from workflows.encryption import Encryption
from workflows.key_usage import payloads
from workflows.sealed import is_encrypted

CODEC = Encryption(settings_with(["a"]).payload_keyring)
ENOUGH_WORDS = 30


class EncryptedParts(Parts):
    """Parts that encrypt, and show their metrics."""

    metrics: tuple[int, int]

    def environment(self) -> dict[str, str]:
        worker, web = self.metrics
        return Parts.environment(self) | {
            "TRELLIS_PAYLOAD_KEYS": entry("a"),
            "TRELLIS_WORKER_METRICS": f"127.0.0.1:{worker}",
            "TRELLIS_WEB_METRICS": f"127.0.0.1:{web}",
        }

    async def connected(self) -> Client:
        await Parts.connected(self)
        return await client_with(self.address, "a")


@dataclass
class Found:
    """All that the life left behind, by where; and what may be nowhere."""

    places: dict[str, bytes] = field(default_factory=dict)
    payloads: list[Payload] = field(default_factory=list)
    opened: list[Payload] = field(default_factory=list)
    in_the_open: list[str] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)


@pytest_asyncio.fixture(scope="module")
async def found(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Found]:
    parts = EncryptedParts(tmp_path_factory.mktemp("scanned"), Ports.free(), headless=True, in_memory=True)
    (worker, web) = parts.metrics = tuple(free_ports(2))
    cast = Cast("single_session", Persona.EAGER, Persona.EAGER, 5)
    start, seen = sample(cast), Found()
    async with parts, httpx.AsyncClient(base_url=parts.web_url) as http:
        scene = await play(parts, start, cast)
        asked = next(url for mail in scene.mails for _, url in mail.asked)
        await http.get(asked[:-1])
        await http.post(asked, data={"reason": start.mentor.bio})
        for name, port in (("worker", worker), ("web", web)):
            seen.places[f"metrics of {name}"] = (await http.get(f"http://127.0.0.1:{port}/metrics")).content
        await _look_into_the_server(seen, parts.client, start.id)
        seen.places |= {f"log of {part.name}": part.log.read_bytes() for part in parts.running.values()}
        key = (parts.folder / "link-key").read_text()
    seen.words |= {word for word in typed(start.model_dump(mode="json")) if word}
    seen.words |= {start.mentor.name.split()[-1], start.mentee.name.split()[-1]}
    links = re.findall(r"https?://[^\s/]+/[a-z]+/([\w.-]{40,})", "\n".join(mail.text for mail in scene.mails))
    seen.secrets = {*links, key, entry("a").partition(":")[2]}
    yield seen


async def _look_into_the_server(seen: Found, client: Client, id: str) -> None:
    workflow = workflow_id(id)
    events = [event for run in (await footprint(client, workflow)).runs for event in run.events]
    seen.payloads = [payload for event in events for payload in payloads(event)]
    seen.opened = [CODEC.opened(payload) for payload in seen.payloads]
    for payload in seen.opened:
        if payload.data[:1] in (b"{", b"["):
            seen.words.update(typed(client.data_converter.payload_converter.from_payload(payload)))
    service, namespace = client.workflow_service, client.namespace
    execution = WorkflowExecution(workflow_id=workflow)
    asked = QueryWorkflowRequest(
        namespace=namespace, execution=execution, query=WorkflowQuery(query_type="__temporal_workflow_metadata")
    )
    details = (await service.query_workflow(asked)).query_result.payloads[0]
    described = (await client.get_workflow_handle(workflow).describe()).raw_description
    listed = await service.list_workflow_executions(ListWorkflowExecutionsRequest(namespace=namespace))
    assert listed.executions
    summaries = [one for event in events for one in payloads(event.user_metadata)]
    seen.in_the_open = [CODEC.opened(payload).data.decode() for payload in (*summaries, details)]
    for name, messages in (
        ("history", events),
        ("description", [described]),
        ("list", [listed]),
        ("details", [details]),
    ):
        seen.places[f"{name}, as stored"] = b"".join(one.SerializeToString() for one in messages)
        seen.places[f"{name}, as shown"] = "".join(MessageToJson(one) for one in messages).encode()


def test_there_is_something_to_be_found(found: Found) -> None:
    assert len(found.words) > ENOUGH_WORDS
    assert len(found.secrets) > 20
    assert len(found.payloads) > 100
    assert all(found.places.values())


def test_every_payload_is_encrypted(found: Found) -> None:
    assert all(is_encrypted(payload) for payload in found.payloads)


def test_no_name_no_address_and_no_word_of_anybody_is_anywhere(found: Found) -> None:
    told = [
        (where, word) for where, content in found.places.items() for word in found.words if word.encode() in content
    ]
    assert told == []


def test_no_link_and_no_key_is_anywhere(found: Found) -> None:
    places = found.places | {"payloads": b"\n".join(payload.data for payload in found.opened)}
    assert [where for where, content in places.items() for secret in found.secrets if secret.encode() in content] == []


def test_what_an_operator_sees_in_the_timeline_names_nobody(found: Found) -> None:
    shown = "\n".join(found.in_the_open)
    assert "mail mentee" in shown
    assert "Waiting on" in shown
    assert [word for word in found.words if word in shown] == []
