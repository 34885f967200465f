"""Who carries a finished message: one `Mailer` per way of sending, chosen by TRELLIS_MAILER."""

from email.message import EmailMessage
from functools import lru_cache
from typing import Protocol

from activities.outbox import OutboxMailer
from activities.sendgrid import SendGridMailer
from activities.smtp import SmtpMailer
from models.mail import Letter, SendResult
from settings import Settings, settings


class Mailer(Protocol):
    """Hands one message over. Called from several threads at once.

    A message that is handed over again carries the same Message-ID and the same bytes.
    """

    @property
    def idempotent(self) -> bool:
        """Whether handing the same message over twice is the same as once."""
        ...

    @property
    def patience(self) -> float:
        """About how long one hand-over may take, in seconds."""
        ...

    def send(self, message: EmailMessage, letter: Letter) -> SendResult:
        """Hand the message over; the result says what is known of it.

        Only an idempotent mailer may raise, for what is worth a retry of the whole delivery.
        """
        ...


def configured() -> Mailer:
    """The mailer that the settings name."""
    return _mailer(settings())


@lru_cache(maxsize=1)
def _mailer(chosen: Settings) -> Mailer:
    """Made once: the mailers keep what their threads need."""
    match chosen.mailer:
        case "outbox":
            return OutboxMailer(chosen.outbox_dir)
        case "sendgrid":
            return SendGridMailer(chosen.sendgrid_key, chosen.sendgrid_host, chosen.mail_timeout)
        case "smtp":
            return SmtpMailer(
                host=chosen.smtp_host,
                port=chosen.smtp_port,
                security=chosen.smtp_security,
                user=chosen.smtp_user,
                password=chosen.smtp_password,
                timeout=chosen.mail_timeout,
            )
