"""The SMTP mailer, against a real SMTP server."""

import datetime
import email
import email.policy
import ipaddress
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from activities.mail import Courier
from activities.smtp import SmtpMailer
from demo.ports import free_port
from links import Links
from models.base import Role
from models.mail import Letter, MailKind, SendResult
from tests.letters import WITH_LOGO, delivery, letter

LINKS = Links("https://mentoring.example.com", ["k" * 32])
REPORT = letter(MailKind.REPORT, Role.MENTEE)
PASSWORD = "a-password-that-must-stay-secret"


class Post:
    """What the server does: keeps mails, or answers as a test wants. Words for a step instead of yes: `says`."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.says: dict[str, str] = {}
        self.drops_at = ""

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.mail_from = address
        return self.says.get("mail", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.says.get("rcpt", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drops_at == "data":
            server.transport.abort()
        if "data" not in self.says:
            self.taken.append((str(envelope.mail_from), list(envelope.rcpt_tos), bytes(envelope.content or b"")))
        return self.says.get("data", "250 OK")


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def server(post: Post) -> Iterator[int]:
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller.port
    controller.stop()


def courier(port: int, **options: Any) -> Courier:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": "",
        "password": SecretStr(""),
        "timeout": 1.0,
    }
    return Courier(LINKS, SmtpMailer(**given | options), "trellis.example.com")


def sent(port: int, one: Letter = REPORT, **options: Any) -> SendResult:
    (result,) = courier(port, **options).deliver(delivery(one))
    return result


def test_a_mail_arrives_byte_by_byte(server: int, post: Post) -> None:
    one = letter(MailKind.SESSION_INVITE, Role.MENTOR)
    assert sent(server, one) == SendResult(letter=one.id, result="sent")
    ((sender, to, content),) = post.taken
    assert (sender, to) == ("mentoring@example.com", ["ben@example.com"])
    assert content == courier(server).message(delivery(one), one).as_bytes()
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert read["Message-ID"] == f"<{one.id}@trellis.example.com>"
    assert [part.get_content_type() for part in read.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip


def test_a_mail_with_a_logo_arrives_byte_by_byte_too(server: int, post: Post) -> None:
    one = letter(MailKind.SESSION_INVITE, Role.MENTOR)
    of_program = delivery(one, program=WITH_LOGO)
    assert courier(server).deliver(of_program) == [SendResult(letter=one.id, result="sent")]
    ((_, _, content),) = post.taken
    assert content == courier(server).message(of_program, one).as_bytes()
    read = email.message_from_bytes(content, policy=email.policy.default)
    assert [part.get_content_type() for part in read.walk()][2:6] == [
        "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip


def test_lines_that_begin_with_a_dot_survive(server: int, post: Post) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "mentoring@example.com", "ben@example.com"
    message.set_content(".\n..two\n.three\nend", cte="7bit")
    mailer = courier(server).mailer
    assert mailer.send(message, REPORT).result == "sent"
    assert post.taken[0][2] == message.as_bytes()
    assert b"\r\n.\r\n..two\r\n.three\r\n" in post.taken[0][2]


@pytest.mark.parametrize(
    ("step", "words", "retry_after", "says"),
    [
        ("mail", "553 5.7.1 Sender not allowed", None, "sender address"),
        ("mail", "451 4.7.1 Try again later", 300, "451"),
        ("rcpt", "550 5.1.1 No such mailbox", None, "recipient's address"),
        ("rcpt", "450 4.2.1 Greylisted", 300, "Greylisted"),
        ("data", "554 5.6.0 Looks like spam", None, "refuses the message: 554"),
        ("data", "452 4.3.1 Out of space", 300, "Out of space"),
        ("data", "552 5.3.4 Too large", None, "Too large"),
    ],
)
def test_a_refusal_is_final_or_may_pass(
    server: int, post: Post, step: str, words: str, retry_after: int | None, says: str
) -> None:
    post.says[step] = words
    result = sent(server)
    assert (result.result, result.retry_after) == ("not_sent", retry_after)
    assert says in result.reason
    assert post.taken == []


def test_a_connection_that_breaks_after_the_content_is_unknown(server: int, post: Post) -> None:
    post.drops_at = "data"
    assert sent(server).result == "unknown"
    assert len(post.taken) == 1, "the server has it all the same"


def test_no_server_is_tried_again() -> None:
    result = sent(free_port())
    assert (result.result, result.retry_after) == ("not_sent", 60)


@pytest.mark.parametrize("greeting", [b"", b"421 4.3.2 Shutting down\r\n", b"554 5.3.2 No service here\r\n"])
def test_a_server_that_does_not_want_to_talk_has_nothing(greeting: bytes) -> None:
    with socket.socket() as rude:
        rude.bind(("127.0.0.1", 0))
        rude.listen()

        def answer() -> None:
            connection, _ = rude.accept()
            if greeting:
                connection.sendall(greeting)
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        result = sent(rude.getsockname()[1])
    assert result.result == "not_sent"
    assert result.retry_after == (None if greeting.startswith(b"5") else 300 if greeting else 60)


def test_a_silent_server_does_not_hold_us() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        result = sent(silent.getsockname()[1], timeout=0.3)
    assert (result.result, result.retry_after) == ("not_sent", 60)


def test_several_letters_each_have_their_own_result(server: int, post: Post) -> None:
    letters = [letter(MailKind.REPORT, Role.MENTEE, number=number) for number in range(3)]
    results = courier(server).deliver(delivery(*letters))
    assert [(one.letter, one.result) for one in results] == [(one.id, "sent") for one in letters]
    assert len(post.taken) == 3


def test_an_address_that_the_server_cannot_write_is_a_refusal(server: int, post: Post) -> None:
    one = REPORT.evolve(to=REPORT.to.evolve(email="zoë@example.com"))
    result = sent(server, one)
    assert result.result == "not_sent" or post.taken[0][1] == ["zoë@example.com"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only this test trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def authenticated(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(success=(data.login, data.password) == (b"trellis", PASSWORD.encode()), handled=False)


@pytest.fixture(params=["starttls", "tls"])
def guarded(
    request: pytest.FixtureRequest, post: Post, certificate: tuple[Path, Path]
) -> Iterator[tuple[int, Literal["starttls", "tls"]]]:
    """A server that asks for TLS and a login."""
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(*certificate)
    asks: dict[str, Any] = {"authenticator": authenticated, "auth_required": True}
    if request.param == "starttls":
        asks |= {"tls_context": own, "require_starttls": True}
    else:
        asks |= {"ssl_context": own, "auth_require_tls": False}
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), **asks)
    # It would greet itself with its own side of the TLS to see whether it runs.
    controller._trigger_server = lambda: socket.create_connection(("127.0.0.1", controller.port)).close()
    controller.start()
    yield controller.port, request.param
    controller.stop()


def test_it_logs_in_behind_tls_and_says_no_password(
    guarded: tuple[int, Literal["starttls", "tls"]],
    post: Post,
    certificate: tuple[Path, Path],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    port, security = guarded
    options: dict[str, Any] = {"security": security, "user": "trellis"}
    trusting = ssl.create_default_context(cafile=str(certificate[0]))

    wrong = sent(port, **options, password=SecretStr("no"), trust=trusting)
    assert (wrong.result, wrong.retry_after) == ("not_sent", None)
    assert "TRELLIS_SMTP_PASSWORD" in wrong.reason

    stranger = sent(port, **options, password=SecretStr(PASSWORD))
    assert (stranger.result, stranger.retry_after) == ("not_sent", 60), "nothing is said to a server of a strange name"

    assert sent(port, **options, password=SecretStr(PASSWORD), trust=trusting).result == "sent"
    assert len(post.taken) == 1
    ours = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("mail."))
    assert PASSWORD not in ours + "".join(capfd.readouterr())


def test_a_server_without_tls_is_not_talked_to_in_the_clear(server: int, post: Post) -> None:
    result = sent(server, security="starttls")
    assert (result.result, result.retry_after) == ("not_sent", None)
    assert "TRELLIS_SMTP_SECURITY" in result.reason
    assert post.taken == []
