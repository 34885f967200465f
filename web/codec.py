"""The codec server: decrypts, for operators, what the Temporal UI and command line show; encrypts what they send.

It speaks Temporal's remote codec protocol below /codec: Payloads as protobuf JSON, in and out. Only who has a token of
TRELLIS_CODEC_TOKENS gets an answer, no body is read before, and nothing of it is logged or kept.
"""

import asyncio
import base64
import json
import logging

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from limits import parse
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope
from temporalio.api.common.v1 import Payload, Payloads

from settings import Settings
from web.api.keys import ApiKey, Scope, read_keys, recognised
from web.rates import Rates
from workflows.encryption import Encryption, PayloadUnreadable
from workflows.sealed import is_encrypted

log = logging.getLogger("trellis.codec")

PATH = "/codec"
NEEDS = {f"{PATH}/decode": Scope.READ, f"{PATH}/encode": Scope.WRITE}
MOST_BYTES = 8 * 1024 * 1024
"""A whole page of a long history. Only a token gets as far as being read."""
WITHIN = 30.0
"""Seconds for a body to arrive."""
RATE = parse("3000/minute")
"""How often one token may ask. The UI asks once for each event that it shows."""
STRANGERS = parse("60/minute")
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Authorization-Extras, Content-Type, X-Namespace",
    "Access-Control-Max-Age": "600",
}
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Trellis codec server", charset="UTF-8"'}
"""A browser asks for the token, as a password, keeps it until it is closed, and sends it along from the UI too."""


class CodecServer:
    """Stands before the application and takes what is below /codec."""

    def __init__(self, app: ASGIApp, settings: Settings, rates: Rates) -> None:
        self.app = app
        self._codec = Encryption(settings.payload_keyring)
        self._tokens = read_keys(settings.codec_tokens, "codec-token")
        self._origins = settings.codec_origins
        self._endpoint = settings.base_url + PATH
        self._rates = rates

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        path = str(scope["path"]) if scope["type"] == "http" else ""
        if path != PATH and not path.startswith(f"{PATH}/"):
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        answer = await self._answer(request)
        answer.headers["Vary"] = "Origin"
        if (origin := request.headers.get("origin", "")) in self._origins:
            answer.headers["Access-Control-Allow-Origin"] = origin
            answer.headers["Access-Control-Allow-Credentials"] = "true"
        return await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        path = request.scope["path"]
        if request.method == "OPTIONS":
            # Browsers ask this without credentials, before they send any.
            return Response(status_code=204, headers=PREFLIGHT)
        if request.headers.get("origin", "null") not in ("null", *self._origins) and request.method != "GET":
            return _refusal(403, "This origin is not among TRELLIS_CODEC_ORIGINS.")
        token = self._token(request.headers)
        if refused := await self._too_often(request, token):
            return refused
        if token is None:
            return _refusal(401, "Send a token of TRELLIS_CODEC_TOKENS.", CHALLENGE)
        if path == PATH and request.method in ("GET", "HEAD"):
            return PlainTextResponse(
                "This browser may read what is encrypted. In the Temporal UI, set the codec server to "
                f"{self._endpoint} and let it include cross-origin credentials.\n"
            )
        if path not in NEEDS:
            return _refusal(404, f"There is {' and '.join(NEEDS)}.")
        if request.method != "POST":
            return _refusal(405, "Send a POST.", {"Allow": "POST, OPTIONS"})
        if token.scope < NEEDS[path]:
            return _refusal(403, f"The token {token.name!r} may decode, and not encode.")
        return await self._coded(request, token)

    def _token(self, headers: Headers) -> ApiKey | None:
        kind, _, presented = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            try:
                presented = base64.b64decode(presented, validate=True).decode().partition(":")[2]
            except ValueError:
                return None
        elif kind.lower() != "bearer":
            return None
        return recognised(self._tokens, presented.strip())

    async def _too_often(self, request: Request, token: ApiKey | None) -> Response | None:
        address = request.client.host if request.client is not None else ""
        who = f"codec.{token.name}" if token else f"codec.stranger.{self._rates.bucket(address)}"
        if wait := await self._rates.hit(RATE if token else STRANGERS, who):
            return _refusal(429, f"Try again in {wait} s.", {"Retry-After": str(wait)})
        return None

    async def _coded(self, request: Request, token: ApiKey) -> Response:
        try:
            body = await _body(request)
        except TimeoutError:
            return _refusal(408, "The body took too long.")
        if body is None:
            return _refusal(413, f"A body may have {MOST_BYTES} bytes.")
        try:
            given = Parse(body, Payloads(), ignore_unknown_fields=True)
        except (ParseError, ValueError, RecursionError):
            return _refusal(400, "This is not a JSON object of payloads.")
        encodes = NEEDS[request.scope["path"]] is Scope.WRITE
        log.info("%s for %s: %s", "encoded" if encodes else "decoded", token.name, len(given.payloads))
        payloads = await self._codec.encode(given.payloads) if encodes else [self._shown(one) for one in given.payloads]
        return Response(MessageToJson(Payloads(payloads=payloads), indent=None), media_type="application/json")

    def _shown(self, payload: Payload) -> Payload:
        """What it says; or why it can't be read, in its place: the rest of the page can be."""
        if not is_encrypted(payload):
            return payload
        try:
            return self._codec.opened(payload)
        except PayloadUnreadable as problem:
            return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(f"[{problem}]").encode())


def _refusal(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers)


async def _body(request: Request) -> bytes | None:
    """The body, or None where it is too long. Raises TimeoutError."""
    body = bytearray()
    async with asyncio.timeout(WITHIN):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return None
    return bytes(body)
