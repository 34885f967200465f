"""The codec server: Temporal's protocol for who has a token, nothing for anybody else, from no other origin."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads

from settings import LOCAL_KEY, Settings
from tests.payload_keys import entries
from tests.web_parts import BASE, PureEngine
from tests.web_routes import visitor
from web import codec
from web.api.keys import Scope, mint
from web.app import create_app
from workflows.encryption import Encryption
from workflows.payload_keys import read_payload_keys
from workflows.sealed import ENCODING, key_of

READS, READS_ENTRY = mint("ops", Scope.READ)
WRITES, WRITES_ENTRY = mint("on-call", Scope.WRITE)
UI = "https://temporal.example.com"
SECRET = "Theo is afraid of talks"
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(SECRET).encode())


def the_app(**chosen: object) -> httpx.AsyncClient:
    own = {
        "base_url": BASE,
        "link_keys": LOCAL_KEY,
        "outbox_dir": Path("does-not-exist"),
        "payload_keys": entries("a", "b"),
        "codec_tokens": f"{READS_ENTRY},{WRITES_ENTRY}",
        "codec_origins": UI,
        **chosen,
    }
    return visitor(create_app(PureEngine(), Settings.model_validate(own)))


@pytest_asyncio.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with the_app() as client:
        yield client


async def encrypted(*ids: str) -> Payload:
    (payload,) = await Encryption(read_payload_keys(entries(*ids).split(","))).encode([PLAIN])
    return payload


def body(*payloads: Payload) -> dict[str, Any]:
    return MessageToDict(Payloads(payloads=payloads))


def bearer(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "X-Namespace": "default", **more}


def read(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(ParseDict(answer.json(), Payloads()).payloads)


async def test_what_was_encrypted_with_any_key_is_decoded(http: httpx.AsyncClient) -> None:
    given = body(await encrypted("a"), await encrypted("b"), PLAIN)
    answer = await http.post("/codec/decode", json=given, headers=bearer(READS))
    assert read(answer) == [PLAIN, PLAIN, PLAIN]
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_sent_to_a_workflow_is_encoded_for_who_may(http: httpx.AsyncClient) -> None:
    (sent,) = read(await http.post("/codec/encode", json=body(PLAIN), headers=bearer(WRITES)))
    assert (sent.metadata["encoding"], key_of(sent)) == (ENCODING, "b")
    assert read(await http.post("/codec/decode", json=body(sent), headers=bearer(WRITES))) == [PLAIN]
    refused = await http.post("/codec/encode", json=body(PLAIN), headers=bearer(READS))
    assert (refused.status_code, refused.text) == (403, "The token 'ops' may decode, and not encode.\n")


async def test_a_payload_whose_key_is_lost_says_so_in_its_place(http: httpx.AsyncClient) -> None:
    given = body(await encrypted("a"), await encrypted("lost"))
    first, second = read(await http.post("/codec/decode", json=given, headers=bearer(READS)))
    assert first == PLAIN
    assert "the key 'lost', and TRELLIS_PAYLOAD_KEYS has a, b" in json.loads(second.data)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": READS},
        {"Authorization": f"Bearer {READS_ENTRY}"},
        {"Authorization": f"Basic {base64.b64encode(READS.encode()).decode()}"},
        {"Authorization": "Basic é"},
        {"Authorization": "Basic AAAA=A"},
    ],
)
@pytest.mark.parametrize("path", ["/codec", "/codec/decode", "/codec/encode", "/codec/else"])
async def test_nobody_gets_anything_without_a_token(
    http: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await http.post(path, json=body(await encrypted("a")), headers=encoded)
    assert answer.status_code == 401
    assert SECRET not in answer.text
    assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_no_body_is_read_before_the_token_is_known(http: httpx.AsyncClient) -> None:
    read_so_far = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read_so_far
        while True:
            read_so_far += 1
            yield b"x" * 1024 * 1024

    assert (await http.post("/codec/decode", content=endless())).status_code == 401
    assert read_so_far == 0
    answer = await http.post("/codec/decode", content=endless(), headers=bearer(READS))
    assert answer.status_code == 413
    assert read_so_far <= 10


async def test_a_browser_signs_in_with_the_token_as_its_password(http: httpx.AsyncClient) -> None:
    answer = await http.get("/codec", auth=("ops", READS))
    assert answer.status_code == 200
    assert f"{BASE}/codec" in answer.text


async def test_only_the_origins_of_the_settings_may_ask_from_a_browser(http: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace"}
    allowed = await http.options("/codec/decode", headers={"Origin": UI, **asked})
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == UI
    assert allowed.headers["access-control-allow-credentials"] == "true"
    assert "X-Namespace" in allowed.headers["access-control-allow-headers"]
    other = "https://temporal.example.com.attacker.example"
    refused = await http.options("/codec/decode", headers={"Origin": other, **asked})
    assert "access-control-allow-origin" not in refused.headers
    payload = body(await encrypted("a"))
    shown = await http.post("/codec/decode", json=payload, headers=bearer(READS, Origin=UI))
    assert shown.headers["access-control-allow-origin"] == UI
    assert shown.headers["vary"] == "Origin"
    hidden = await http.post("/codec/decode", json=payload, headers=bearer(READS, Origin=other))
    assert hidden.status_code == 403
    assert SECRET not in hidden.text
    # Whoever is refused from the right origin reads why.
    told = await http.post("/codec/decode", json=payload, headers={"Origin": UI})
    assert (told.status_code, told.headers["access-control-allow-origin"]) == (401, UI)


@pytest.mark.parametrize("content", [b"", b"{", b'{"payloads": 1}', b"\xff\xfe", b"[" * 100_000])
async def test_what_is_no_payloads_is_told(http: httpx.AsyncClient, content: bytes) -> None:
    answer = await http.post("/codec/decode", content=content, headers=bearer(READS))
    assert (answer.status_code, answer.text) == (400, "This is not a JSON object of payloads.\n")


async def test_other_methods_and_paths_are_told(http: httpx.AsyncClient) -> None:
    assert (await http.get("/codec/decode", headers=bearer(READS))).status_code == 405
    assert (await http.post("/codec/download", headers=bearer(READS))).status_code == 404
    assert (await http.get("/codecs")).headers["content-type"].startswith("text/html")


async def test_one_token_and_every_stranger_may_ask_so_often(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "RATE", codec.parse("2/minute"))
    monkeypatch.setattr(codec, "STRANGERS", codec.parse("2/minute"))
    for headers, status in ((bearer(READS), 200), ({}, 401)):
        answers = [await http.post("/codec/decode", json=body(PLAIN), headers=headers) for _ in range(3)]
        assert [one.status_code for one in answers] == [status, status, 429]
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_the_log_says_who_asked_and_nothing_of_what(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await http.post("/codec/decode", json=body(await encrypted("a")), headers=bearer(READS))
    assert "decoded for ops: 1" in caplog.text
    assert SECRET not in caplog.text
    assert READS not in caplog.text


async def test_without_tokens_there_is_no_codec_server() -> None:
    async with the_app(codec_tokens="") as http:
        answer = await http.post("/codec/decode", json=body(await encrypted("a")), headers=bearer(READS))
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"codec_tokens": "ops:read:secret"}, "as `python starter.py codec-token NAME` prints it"),
        ({"payload_keys": ""}, "TRELLIS_CODEC_TOKENS is set"),
        ({"codec_origins": "*"}, "must be origins"),
        ({"codec_origins": f"{UI}/"}, "must be origins"),
        ({"codec_origins": "temporal.example.com"}, "must be origins"),
    ],
)
def test_settings_that_make_no_codec_server_are_told(chosen: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        the_app(**chosen)
