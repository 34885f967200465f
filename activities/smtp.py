"""The `smtp` mailer: one connection a message, to a mail server that takes it over.

Until the message's content has been written the server cannot have taken it; from then on only its answer tells.
"""

import re
import smtplib
import ssl
from email.message import EmailMessage
from typing import Literal

from pydantic import SecretStr

from models.mail import Letter, SendResult

RETRY_SOON, RETRY_LATER = 60, 300
LONGEST_REASON = 400

REMEDIES = {
    "greeting": "the mail server does not want to talk to us",
    "login": "the mail server refuses the login: check TRELLIS_SMTP_USER and TRELLIS_SMTP_PASSWORD",
    "sender": "the mail server refuses the sender: check the program's sender address, and whether it needs a login",
    "recipient": "the mail server refuses the recipient's address",
    "content": "the mail server refuses the message",
}
"""What to tell ops, by the step at which the server said no."""


class _No(Exception):
    """The server said no at a step of the dialogue, so it has not taken the message."""

    def __init__(self, step: str, code: int, said: bytes) -> None:
        super().__init__(step)
        self.step, self.code, self.said = step, code, said

    def result(self, letter: str) -> SendResult:
        """A 4xx may pass, a 5xx stays (RFC 5321, 4.2.1)."""
        words = " ".join(self.said.decode("utf-8", "replace").split())
        reason = f"{REMEDIES[self.step]}: {self.code} {words}"[:LONGEST_REASON]
        passes = 400 <= self.code < 500
        return SendResult(letter=letter, result="not_sent", reason=reason, retry_after=RETRY_LATER if passes else None)


class SmtpMailer:
    """Sends by SMTP. `timeout` bounds every step of the dialogue, in seconds."""

    idempotent = False

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Literal["starttls", "tls", "none"],
        user: str,
        password: SecretStr,
        timeout: float,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._host, self._port, self._security = host, port, security
        self._user, self._password, self._timeout = user, password, timeout
        self._trust = trust or ssl.create_default_context()
        self.patience = timeout

    def send(self, message: EmailMessage, letter: Letter) -> SendResult:
        """Hand the message to the mail server."""
        sender, to = (message[name].addresses[0].addr_spec for name in ("From", "To"))
        content = message.as_bytes()
        written = False
        try:
            server = self._introduced()
            try:
                _announce(server, sender, to)
                written = True
                server.send(_lines(content))
                code, said = server.getreply()
            finally:
                server.close()
            if code != 250:
                raise _No("content", code, said)
        except _No as no:
            return no.result(letter.id)
        except smtplib.SMTPNotSupportedError as problem:
            return SendResult(letter=letter.id, result="not_sent", reason=f"{problem} Check TRELLIS_SMTP_SECURITY")
        except OSError as problem:  # smtplib's own errors are among them
            kind = type(problem).__name__
            if written:
                return SendResult(
                    letter=letter.id, result="unknown", reason=f"the mail server left before it answered ({kind})"
                )
            reason = f"no conversation with the mail server at {self._host}:{self._port} ({kind})"
            return SendResult(letter=letter.id, result="not_sent", reason=reason, retry_after=RETRY_SOON)
        return SendResult(letter=letter.id, result="sent")

    def reason_against(self) -> str:
        """Why no message could begin: it connects, logs in where there is a login, and leaves. Empty if all is well."""
        try:
            self._introduced().close()
        except _No as no:
            return no.result("").reason
        except smtplib.SMTPNotSupportedError as problem:
            return f"{problem} Check TRELLIS_SMTP_SECURITY"
        except OSError as problem:
            return f"no conversation with the mail server at {self._host}:{self._port} ({type(problem).__name__})"
        return ""

    def _introduced(self) -> smtplib.SMTP:
        """A connection on which the message can begin."""
        try:
            if self._security == "tls":
                server: smtplib.SMTP = smtplib.SMTP_SSL(
                    self._host, self._port, timeout=self._timeout, context=self._trust
                )
            else:
                server = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        except smtplib.SMTPConnectError as problem:
            raise _no("greeting", problem) from problem
        try:
            if self._security == "starttls":
                server.starttls(context=self._trust)
            if self._user:
                server.login(self._user, self._password.get_secret_value())
            else:
                server.ehlo_or_helo_if_needed()
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPHeloError) as problem:
            server.close()
            step = "login" if isinstance(problem, smtplib.SMTPAuthenticationError) else "greeting"
            raise _no(step, problem) from problem
        except BaseException:
            server.close()
            raise
        return server


def _announce(server: smtplib.SMTP, sender: str, to: str) -> None:
    """Everything up to the point where the content may follow."""
    options = ["SMTPUTF8", "BODY=8BITMIME"] if not f"{sender}{to}".isascii() else []
    if options:
        if not server.has_extn("smtputf8"):
            raise _No("recipient", 553, b"it is not ASCII, and the server does not offer SMTPUTF8")
        server.command_encoding = "utf-8"
    _expect("sender", server.mail(sender, options), 250)
    _expect("recipient", server.rcpt(to), 250, 251)
    _expect("content", server.docmd("data"), 354)


def _expect(step: str, answer: tuple[int, bytes], *expected: int) -> None:
    code, said = answer
    if code not in expected:
        raise _No(step, code, said)


def _lines(content: bytes) -> bytes:
    """The content as it goes over the wire: a line that begins with a dot gets another (RFC 5321, 4.5.2)."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + b".\r\n"


def _no(step: str, problem: smtplib.SMTPResponseException) -> _No:
    said = problem.smtp_error
    return _No(step, problem.smtp_code, said if isinstance(said, bytes) else said.encode())
