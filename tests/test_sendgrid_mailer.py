"""The SendGrid mailer, with the real client, against a server that keeps to the published contract."""

import dataclasses
import email
import email.policy
import http.server
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from pydantic import SecretStr
from temporalio.testing import ActivityEnvironment

import activities.mail
import activities.mailer
import links
from activities.mail import Courier, deliver
from activities.sendgrid import SendGridMailer, body
from demo import sendgrid_contract as contract
from demo.sendgrid_server import Trouble
from links import Links
from models.base import Role
from models.mail import Letter, MailKind, SendResult
from settings import Settings
from tests.letters import EVERY_LETTER, ID, delivery, item, letter, letter_of
from tests.local_sendgrid import KEY, LocalSendGrid, local_sendgrid

LINKS = Links("https://mentoring.example.com", ["k" * 32])
REPORT = letter(MailKind.REPORT, Role.MENTEE)


@pytest.fixture
def sendgrid(tmp_path: Path) -> Iterator[LocalSendGrid]:
    with local_sendgrid(tmp_path / "sendgrid") as running:
        yield running


def mailer(host: str, *, key: str = KEY, timeout: float = 0.5) -> SendGridMailer:
    return SendGridMailer(SecretStr(key), host, timeout)


def courier(host: str, **options: Any) -> Courier:
    return Courier(LINKS, mailer(host, **options), "trellis.example.com")


def sent(host: str, one: Letter = REPORT, **options: Any) -> SendResult:
    (result,) = courier(host, **options).deliver(delivery(one))
    return result


def read(sendgrid: LocalSendGrid, one: Letter) -> EmailMessage:
    content = (sendgrid.desk.folder / f"{one.id}.eml").read_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def request_for(one: Letter) -> dict[str, Any]:
    made = Courier(LINKS, mailer("http://127.0.0.1:1"), "trellis.example.com").message(delivery(one), one)
    return json.loads(json.dumps(body(made, one)))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_every_mail_keeps_to_the_contract(kind: MailKind, role: Role) -> None:
    request = request_for(letter(kind, role))
    assert contract.faults(json.dumps(request).encode()) == []
    assert all(not setting["enable"] for setting in request["tracking_settings"].values())
    assert set(request["tracking_settings"]) == {
        "click_tracking",
        "open_tracking",
        "subscription_tracking",
        "ganalytics",
    }
    assert request["custom_args"] == {"mid": f"{ID}-0007", "mentorship": ID, "role": role.value}
    assert request["categories"] == ["career", kind.value]
    assert not {"From", "To", "Reply-To", "Subject", "Date", "MIME-Version", "Content-Type"} & request["headers"].keys()
    assert ("List-Unsubscribe" in request["headers"]) == ("List-Unsubscribe-Post" in request["headers"])


def test_only_what_the_engine_begins_can_be_unsubscribed_from() -> None:
    begun, caused = request_for(REPORT), request_for(letter(MailKind.TASK_DONE, Role.MENTOR))
    assert begun["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "List-Unsubscribe" not in caused["headers"]


def test_an_accepted_mail_arrives_whole(sendgrid: LocalSendGrid, tmp_path: Path) -> None:
    one = letter(MailKind.SESSION_INVITE, Role.MENTOR)
    assert sent(sendgrid.host, one) == SendResult(letter=one.id, result="sent")
    mail = read(sendgrid, one)
    ours = courier(sendgrid.host).message(delivery(one), one)
    for name in ("From", "To", "Reply-To", "Subject", "Message-ID", "X-Trellis-Items", "X-Trellis-At"):
        assert str(mail[name]) == str(ours[name]), name
    for kind in ("plain", "html"):
        theirs, own = mail.get_body((kind,)), ours.get_body((kind,))
        assert theirs is not None
        assert own is not None
        assert theirs.get_content().replace("\r\n", "\n") == own.get_content().replace("\r\n", "\n")
    invitation = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert invitation.get_param("method") == "REQUEST"
    assert Calendar.from_ical(invitation.get_content())["METHOD"] == "REQUEST"
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == ("invite.ics", "application/ics")


def test_a_name_with_a_comma_is_sent_as_the_contract_allows(sendgrid: LocalSendGrid) -> None:
    one = REPORT.evolve(to=REPORT.to.evolve(name="Zoë Müller, Ph. D.; MSc", email="zoe@bücher.example.com"))
    assert sent(sendgrid.host, one).result == "sent"
    assert sendgrid.desk.violations == []
    assert read(sendgrid, one)["To"].addresses[0].display_name == "Zoë Müller Ph. D. MSc"


def test_a_mail_about_many_things_keeps_to_the_contract() -> None:
    many = [item(kind, Role.MENTEE) for kind in MailKind if (kind, Role.MENTEE) in EVERY_LETTER]
    request = request_for(letter_of(*many, to=Role.MENTEE))
    assert contract.faults(json.dumps(request).encode()) == []


def test_sending_again_asks_for_the_very_same(sendgrid: LocalSendGrid) -> None:
    for _ in range(2):
        assert sent(sendgrid.host).result == "sent"
    assert sendgrid.mails == {REPORT.id: 2}
    assert sendgrid.desk.figures()["different_bodies"] == []


@pytest.mark.parametrize("trouble", [one for one in Trouble if one not in (Trouble.THROTTLE, Trouble.REDIRECT)])
def test_what_may_have_been_taken_is_unknown(sendgrid: LocalSendGrid, trouble: Trouble) -> None:
    sendgrid.meets(trouble)
    began = time.monotonic()
    result = sent(sendgrid.host)
    assert result.result == "unknown"
    assert result.retry_after is None
    assert time.monotonic() - began < 3
    assert sendgrid.mails == ({REPORT.id: 1} if trouble.takes_the_mail else {})


def test_a_redirect_is_not_followed_and_not_taken_for_a_success(sendgrid: LocalSendGrid) -> None:
    sendgrid.meets(Trouble.REDIRECT)
    assert sent(sendgrid.host).result == "unknown"
    assert sendgrid.desk.violations == [], "the key must not go where a redirect points"


def test_throttling_is_waited_for_as_long_as_the_provider_says(sendgrid: LocalSendGrid) -> None:
    sendgrid.meets(Trouble.THROTTLE)
    result = sent(sendgrid.host)
    assert result.result == "not_sent"
    assert result.retry_after in (1, 2)
    assert sendgrid.mails == {}


def test_a_wrong_key_is_final_and_names_the_setting(sendgrid: LocalSendGrid) -> None:
    result = sent(sendgrid.host, key="SG.another-secret")
    assert (result.result, result.retry_after) == ("not_sent", None)
    assert "TRELLIS_SENDGRID_KEY" in result.reason
    assert "another-secret" not in result.reason


def test_a_bad_address_is_final_and_names_the_field(sendgrid: LocalSendGrid) -> None:
    result = sent(sendgrid.host, REPORT.evolve(to=REPORT.to.evolve(email="nobody@localhost")))
    assert (result.result, result.retry_after) == ("not_sent", None)
    assert "personalizations.0.to.0.email: Does not contain a valid address." in result.reason


@contextmanager
def answering(status: int, content: bytes = b"", **headers: str) -> Iterator[str]:
    """A server that gives every request this answer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def errors(message: str, field: str = "") -> bytes:
    return json.dumps({"errors": [{"message": message, "field": field or None, "help": None}]}).encode()


@pytest.mark.parametrize(
    ("status", "content", "retry_after", "says"),
    [
        (401, errors("The provided authorization grant is invalid"), None, "TRELLIS_SENDGRID_KEY"),
        (401, errors("Maximum credits exceeded"), 3600, "plan is used up"),
        (
            403,
            errors("The from address does not match a verified Sender Identity.", "from"),
            None,
            "verify the program's",
        ),
        (403, errors("You are temporarily blocked from sending emails"), 3600, "for a while"),
        (400, errors("The subject is required.", "subject"), None, "subject: The subject is required."),
        (400, b"<html>not what was promised</html>", None, "refuses the content"),
        (413, b"", None, "larger than"),
        (404, b"", None, "TRELLIS_SENDGRID_HOST"),
    ],
)
def test_a_refusal_tells_ops_what_to_do(status: int, content: bytes, retry_after: int | None, says: str) -> None:
    with answering(status, content) as host:
        result = sent(host)
    assert (result.result, result.retry_after) == ("not_sent", retry_after)
    assert says in result.reason


@pytest.mark.parametrize("status", [200, 201, 204, 301, 307, 308, 408, 418, 500, 502, 503, 504])
def test_any_other_answer_is_unknown(status: int) -> None:
    with answering(status, Location="/v3/elsewhere") as host:
        assert sent(host).result == "unknown"


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"X_RateLimit_Reset": "{in_a_quarter}"}, 600, 900),
        ({"X_RateLimit_Reset": "0"}, 1, 1),
        ({"X_RateLimit_Reset": "99999999999"}, 3600, 3600),
        ({"Retry_After": "17"}, 17, 17),
        ({"Retry_After": "soon"}, 60, 60),
        ({}, 60, 60),
    ],
)
def test_the_wait_is_the_providers_within_reason(headers: dict[str, str], least: int, most: int) -> None:
    told = {name: value.format(in_a_quarter=int(time.time()) + 900) for name, value in headers.items()}
    with answering(429, **told) as host:
        result = sent(host)
    assert result.retry_after is not None
    assert least <= result.retry_after <= most


@pytest.mark.parametrize("host", ["http://127.0.0.1:1", "http://nowhere.invalid", "https://127.0.0.1:1"])
def test_a_connection_that_never_stood_is_tried_again(host: str) -> None:
    result = sent(host)
    assert (result.result, result.retry_after) == ("not_sent", 60)
    assert host in result.reason


def test_tls_that_fails_before_anything_was_written_is_tried_again(sendgrid: LocalSendGrid) -> None:
    result = sent(sendgrid.host.replace("http:", "https:"))
    assert (result.result, result.retry_after) == ("not_sent", 60)
    assert sendgrid.mails == {}


def test_each_letter_is_tried_once_whatever_happens_to_the_others(sendgrid: LocalSendGrid) -> None:
    letters = [letter(MailKind.REPORT, Role.MENTEE, number=number) for number in range(4)]
    sendgrid.meets(Trouble.ERROR_AFTER, Trouble.DROP_AFTER, Trouble.THROTTLE)
    results = courier(sendgrid.host).deliver(delivery(*letters))
    assert [one.result for one in results] == ["unknown", "unknown", "not_sent", "sent"]
    assert [sendgrid.desk.attempts[one.id] for one in letters] == [1, 1, 1, 1]


def test_an_unforeseen_error_is_a_result_and_never_a_retry() -> None:
    class Broken(SendGridMailer):
        def send(self, message: EmailMessage, letter: Letter) -> SendResult:
            raise RuntimeError("SG.secret in a message")

    broken = Courier(LINKS, Broken(SecretStr(KEY), "http://127.0.0.1:1", 1), "trellis.example.com")
    (result,) = broken.deliver(delivery(REPORT))
    assert result == SendResult(letter=REPORT.id, result="unknown", reason="sending failed unexpectedly: RuntimeError")


def test_a_letter_whose_turn_comes_too_late_is_not_begun(sendgrid: LocalSendGrid) -> None:
    letters = [letter(MailKind.REPORT, Role.MENTEE, number=number) for number in range(3)]
    sendgrid.meets(Trouble.HANG_AFTER)
    until = time.monotonic() + 0.8
    results = courier(sendgrid.host).deliver(delivery(*letters), until)
    assert [(one.result, one.retry_after) for one in results] == [("unknown", None), ("not_sent", 1), ("not_sent", 1)]
    assert sum(sendgrid.mails.values()) == 1
    assert time.monotonic() < until + 0.5


@pytest.fixture
def configured(sendgrid: LocalSendGrid, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    own = Settings(mailer="sendgrid", sendgrid_key=SecretStr(KEY), sendgrid_host=sendgrid.host, mail_timeout=2)
    for module in (activities.mailer, activities.mail, links):
        monkeypatch.setattr(module, "settings", lambda: own)
    links.configured.cache_clear()
    yield
    links.configured.cache_clear()


@pytest.mark.usefixtures("configured")
async def test_the_activity_sends_and_a_second_attempt_sends_nothing(sendgrid: LocalSendGrid) -> None:
    results = []
    for attempt in (1, 2):
        environment = ActivityEnvironment()
        timing = {"attempt": attempt, "start_to_close_timeout": timedelta(seconds=20)}
        environment.info = dataclasses.replace(environment.info, **timing)
        results += await environment.run(deliver, delivery(REPORT))
    assert [one.result for one in results] == ["sent", "unknown"]
    assert sendgrid.mails == {REPORT.id: 1}


def test_nothing_secret_is_logged_at_debug(
    sendgrid: LocalSendGrid, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    sendgrid.meets(Trouble.ERROR_BEFORE, Trouble.DROP_BEFORE)
    for _ in range(3):
        sent(sendgrid.host)
    sent(sendgrid.host, key="SG.wrong")
    logged = caplog.text + "".join(capfd.readouterr())
    (token,) = {line.rsplit("/", 1)[1] for line in request_for(REPORT)["content"][0]["value"].split() if "/a/" in line}
    for secret in (KEY, "SG.wrong", token, "Bearer", "Amara", "mentee@example.com", "Hi "):
        assert secret not in logged


def test_threads_do_not_share_a_client(sendgrid: LocalSendGrid) -> None:
    shared = courier(sendgrid.host, timeout=5)
    letters = [letter(MailKind.REPORT, Role.MENTEE, number=number) for number in range(24)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda one: shared.deliver(delivery(one))[0].result, letters))
    assert results == ["sent"] * 24
    assert sendgrid.mails == {one.id: 1 for one in letters}
    for one in letters:
        assert str(read(sendgrid, one)["Message-ID"]) == f"<{one.id}@trellis.example.com>"


def test_a_server_that_never_says_a_word_does_not_hold_us() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        assert sent(f"http://127.0.0.1:{silent.getsockname()[1]}").result == "unknown"
        assert time.monotonic() - began < 2
