"""The `deliver` activity: what the workflow decided to send becomes messages and leaves."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial

from temporalio import activity
from temporalio.exceptions import ApplicationError

import links
from activities import mailer
from activities.message import build
from activities.rendering import TemplateFailed, render
from models.mail import Delivery, Letter, SendResult
from settings import settings
from telemetry import metrics

log = logging.getLogger("trellis.mail")

AT_ONCE = 32
"""Deliveries that one worker makes at the same time, each on a thread of its own: none of them waits for a thread
while its time is running."""
TEMPLATE_FAILED = "template_failed"
"""The type of the failure when a mail cannot be rendered. It is not retried: the same letter fails the same way."""
SOON = 1
"""Seconds until a letter may go whose turn did not come."""

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mail")


@activity.defn(name="deliver")
async def deliver(delivery: Delivery) -> list[SendResult]:
    """Render every letter and hand it to the mailer of the settings; one result for each, in their order.

    Raises ApplicationError of type `template_failed`, not retryable, before anything is sent. With the outbox, a
    retry writes the same bytes under the same names. With the others a retry sends nothing: what an earlier attempt did
    is `unknown`, and only the workflow decides to send a letter again.
    """
    info = activity.info()
    courier = Courier(links.configured(), mailer.configured(), settings().mail_domain)
    if info.attempt > 1 and not courier.mailer.idempotent:
        cut_off = "an earlier attempt was cut off and may have sent it"
        return _counted(delivery, [_unknown(letter, cut_off) for letter in delivery.letters])
    time_left = info.start_to_close_timeout.total_seconds() if info.start_to_close_timeout else None
    until = time.monotonic() + time_left if time_left is not None else None
    # With its context, so that what is logged there names the mentorship.
    sending = partial(copy_context().run, courier.deliver, delivery, until)
    return _counted(delivery, await asyncio.get_running_loop().run_in_executor(_threads, sending))


@dataclass(frozen=True)
class Courier:
    """The parts that a delivery needs. Links are minted here, while rendering: no token is ever in a history."""

    links: links.Links
    mailer: mailer.Mailer
    mail_domain: str

    def deliver(self, delivery: Delivery, until: float | None = None) -> list[SendResult]:
        """Render all letters, then send them: a broken template sends none of them.

        `until` (of the monotonic clock) is when nobody will listen to the results any more: a letter is not begun
        that may take longer than that.
        """
        messages = [(letter, self.message(delivery, letter)) for letter in delivery.letters]
        return [self._sent(message, letter, until) for letter, message in messages]

    def message(self, delivery: Delivery, letter: Letter) -> EmailMessage:
        """The finished message of one letter."""
        try:
            rendered = render(delivery, letter, self.links)
        except TemplateFailed as failure:
            raise ApplicationError(str(failure), type=TEMPLATE_FAILED, non_retryable=True) from failure
        return build(delivery, letter, rendered, self.mail_domain)

    def _sent(self, message: EmailMessage, letter: Letter, until: float | None) -> SendResult:
        if self.mailer.idempotent:
            return self.mailer.send(message, letter)
        if until is not None and time.monotonic() + self.mailer.patience > until:
            return SendResult(letter=letter.id, result="not_sent", reason="its turn did not come", retry_after=SOON)
        try:
            return self.mailer.send(message, letter)
        # Whatever went wrong, the letter may have left, and so have those before it: nothing here may cause a retry.
        except Exception as problem:
            log.error("Sending %s failed in a way that nobody foresaw: %s", letter.id, type(problem).__name__)
            return _unknown(letter, f"sending failed unexpectedly: {type(problem).__name__}")


def _counted(delivery: Delivery, results: list[SendResult]) -> list[SendResult]:
    for letter, result in zip(delivery.letters, results, strict=True):
        metrics.MAILS.labels(letter.kind.value, result.result).inc()
    return results


def _unknown(letter: Letter, reason: str) -> SendResult:
    return SendResult(letter=letter.id, result="unknown", reason=reason)
