"""The `sendgrid` mailer: Twilio SendGrid's v3 Mail Send API, through its own client.

The API knows no idempotency key, and 202 means that the message is queued. So only a documented refusal, or a
connection that never stood, counts as not sent; everything else is unknown until the provider's events tell.
See https://www.twilio.com/docs/sendgrid/api-reference/mail-send.
"""

import base64
import http.client
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage, Message
from functools import partial
from typing import IO, Any, NoReturn
from urllib.error import HTTPError

from pydantic import SecretStr
from python_http_client.client import Client
from python_http_client.exceptions import HTTPError as Refused
from sendgrid import SendGridAPIClient

from models.mail import Letter, SendResult

# At DEBUG the client logs the API key and the whole body.
logging.getLogger("python_http_client").setLevel(logging.WARNING)

RESERVED = ("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding")
FIELDS_OF_THE_REQUEST = ("to", "from", "subject", "reply-to", "cc", "bcc")
NOT_OURS_TO_SET = frozenset((*RESERVED, *FIELDS_OF_THE_REQUEST, "mime-version", "date"))
"""Headers that the API refuses to take, or writes itself. All others travel as they are, Message-ID included."""
LONGEST_LINE = 990
RETRY_SOON, RETRY_LATER = 60, 3600
LONGEST_REASON = 400

Body = dict[str, Any]


class SendGridMailer:
    """Sends by the real client, one for each thread. `timeout` bounds every step of a request, in seconds."""

    idempotent = False

    def __init__(self, key: SecretStr, host: str, timeout: float) -> None:
        self._key, self._host, self._timeout = key, host, timeout
        self._threads = threading.local()
        self.patience = timeout

    def send(self, message: EmailMessage, letter: Letter) -> SendResult:
        """Ask SendGrid to take the message. Its result never holds the key, nor anything of the message's body."""
        line = _Line()
        result = partial(SendResult, letter=letter.id)
        try:
            status = self._posted(body(message, letter), line)
        except Refused as refusal:
            return result(**_judged(refusal.status_code, refusal.body, refusal.headers or {}))
        except (OSError, http.client.HTTPException) as problem:
            what = type(getattr(problem, "reason", problem)).__name__
            if not line.connected:
                reason = f"SendGrid can't be reached at {self._host} ({what})"
                return result(result="not_sent", reason=reason, retry_after=RETRY_SOON)
            return result(result="unknown", reason=f"the connection to SendGrid broke before it answered ({what})")
        if status == 202:
            return result(result="sent")
        return result(result="unknown", reason=f"SendGrid answered {status}, and only 202 means accepted")

    def _posted(self, content: Body, line: "_Line") -> int:
        client = getattr(self._threads, "client", None)
        if client is None:
            client = self._threads.client = SendGridAPIClient(self._key.get_secret_value(), host=self._host)
            client.client.timeout = self._timeout
        endpoint = client.client.mail.send
        # The client would follow a redirect, as a GET that then looks like a success, and take the key along.
        endpoint._make_request = lambda opener, request, timeout=None: Client._make_request(
            endpoint, line.opener(), request, timeout
        )
        return int(endpoint.post(request_body=content).status_code)


def body(message: EmailMessage, letter: Letter) -> Body:
    """The request for a message. Categories and arguments, which SendGrid keeps for good, hold no personal data."""
    sender, to = message["From"].addresses[0], message["To"].addresses[0]
    request: Body = {
        "personalizations": [{"to": [_address(to.addr_spec, _plain_name(to.display_name))]}],
        "from": _address(sender.addr_spec, sender.display_name),
        "subject": str(message["Subject"]),
        "content": _contents(message),
        "headers": _headers(message),
        "categories": list(dict.fromkeys([str(message["X-Trellis-Program"]), letter.kind.value])),
        "custom_args": {
            "mid": letter.id,
            "mentorship": str(message["X-Trellis-Mentorship"]),
            "role": letter.to.role.value,
        },
        # Click tracking would rewrite the links, which are capabilities.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
            "ganalytics": {"enable": False},
        },
    }
    if message["Reply-To"]:
        reply_to = message["Reply-To"].addresses[0]
        request["reply_to"] = _address(reply_to.addr_spec, reply_to.display_name)
    if files := [_attachment(part) for part in message.walk() if part.get_content_disposition()]:
        request["attachments"] = files
    return request


def _headers(message: EmailMessage) -> dict[str, str]:
    """What travels beside the request's own fields. One that does not fit a line is left out: it is only for us."""
    told = {name: str(value) for name, value in message.items() if name.lower() not in NOT_OURS_TO_SET}
    return {name: value for name, value in told.items() if len(name) + len(value) < LONGEST_LINE}


def _contents(message: EmailMessage) -> list[Body]:
    """Text first, then HTML, as the API demands. Of parameters it takes only the method of an invitation."""
    found = []
    for part in message.walk():
        kind = part.get_content_type()
        if part.get_content_disposition() or part.is_multipart():
            continue
        method = f"; method={part.get_param('method')}" if kind == "text/calendar" else ""
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found.append({"type": kind + method, "value": payload.decode()})
    return found


def _attachment(part: Message) -> Body:
    """A file to open, or one that the HTML shows: that one has a content id."""
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    file: Body = {
        "content": base64.b64encode(payload).decode(),
        "type": part.get_content_type(),
        "filename": part.get_filename(),
        "disposition": part.get_content_disposition(),
    }
    if part["Content-ID"]:
        file["content_id"] = str(part["Content-ID"]).strip("<>")
    return file


def _address(email: str, name: str) -> Body:
    return {"email": email, "name": name} if name else {"email": email}


def _plain_name(name: str) -> str:
    """A recipient's name may hold neither of these (Mail Send, limitations)."""
    return " ".join(name.replace(",", " ").replace(";", " ").split())


def _judged(status: int, answer: bytes, headers: Mapping[str, str]) -> Body:
    """What a status that is no success says of the message: the fields of its SendResult."""
    told = _told(answer)
    says = f": {told}" if told else ""
    match status:
        case 429:
            return _refused(f"SendGrid throttles{says}", retry_after=_wait(headers))
        case 401 if "credits" in told.lower():
            return _refused(f"the SendGrid plan is used up{says}", retry_after=RETRY_LATER)
        case 401:
            return _refused(
                f"SendGrid does not know the key: check TRELLIS_SENDGRID_KEY and TRELLIS_SENDGRID_HOST{says}"
            )
        case 403 if "blocked" in told.lower():
            return _refused(f"SendGrid blocks this account for a while{says}", retry_after=RETRY_LATER)
        case 403:
            return _refused(
                "SendGrid does not let us send: verify the program's sender address there, and check that the account "
                f"is not suspended and that TRELLIS_SENDGRID_KEY may send mail{says}"
            )
        case 400:
            return _refused(f"SendGrid refuses the content or an address{says}")
        case 413:
            return _refused(f"the mail is larger than SendGrid takes{says}")
        case 404 | 405 | 406 | 415 | 451:
            return _refused(f"SendGrid refuses the request ({status}): check TRELLIS_SENDGRID_HOST{says}")
        case _:
            reason = f"SendGrid answered {status}, which says nothing of the mail{says}"
            return {"result": "unknown", "reason": reason[:LONGEST_REASON]}


def _refused(reason: str, retry_after: int | None = None) -> Body:
    return {"result": "not_sent", "reason": reason[:LONGEST_REASON], "retry_after": retry_after}


def _told(answer: bytes) -> str:
    """The API's own list of errors, each with the field that caused it."""
    try:
        errors = json.loads(answer)["errors"]
        lines = [
            f"{error['field']}: {error['message']}"
            if error.get("field") not in (None, "", "null")
            else error["message"]
            for error in errors
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
    return " ".join("; ".join(map(str, lines)).split())


def _wait(headers: Mapping[str, str]) -> int:
    """Seconds until the limit is lifted: X-RateLimit-Reset is a point in time (epoch seconds), Retry-After a span."""
    reset, after = headers.get("X-RateLimit-Reset", ""), headers.get("Retry-After", "")
    if reset.isdecimal():
        seconds = int(reset) - int(time.time())
    elif after.isdecimal():
        seconds = int(after)
    else:
        seconds = RETRY_SOON
    return min(max(seconds, 1), RETRY_LATER)


class _Line:
    """One request on the wire. It knows whether its connection stood, so whether anything can have been written."""

    def __init__(self) -> None:
        self.connected = False

    def opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(_NoRedirect, _Http(self), _Https(self))

    def plain(self, *given: Any, **options: Any) -> http.client.HTTPConnection:
        return _watched(http.client.HTTPConnection(*given, **options), self)

    def secure(self, *given: Any, **options: Any) -> http.client.HTTPConnection:
        return _watched(http.client.HTTPSConnection(*given, **options), self)


def _watched(connection: http.client.HTTPConnection, line: _Line) -> http.client.HTTPConnection:
    connect, began = connection.connect, time.monotonic()

    def watched() -> None:
        connect()
        line.connected = True
        # The timeout is for the whole of it: what connecting took is not there any more for the answer.
        if connection.timeout is not None:
            connection.sock.settimeout(max(began + connection.timeout - time.monotonic(), 0.1))

    connection.connect = watched  # type: ignore[method-assign]
    return connection


class _Http(urllib.request.HTTPHandler):
    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._line.plain, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._line.secure, req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> NoReturn:
        raise HTTPError(req.full_url, code, msg, headers, fp)
