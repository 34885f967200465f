"""The `deliver` activity: what the workflow decided to send becomes messages and leaves."""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage

from temporalio import activity
from temporalio.exceptions import ApplicationError

import links
from activities import mailer
from activities.message import build
from activities.rendering import TemplateFailed, render
from models.mail import Delivery, Letter, SendResult
from settings import settings

TEMPLATE_FAILED = "template_failed"
"""The type of the failure when a mail cannot be rendered. It is not retried: the same letter fails the same way."""


@activity.defn(name="deliver")
async def deliver(delivery: Delivery) -> list[SendResult]:
    """Render every letter and hand it to the mailer of the settings; one result for each, in their order.

    Safe to retry: the same delivery gives byte-identical messages under the same ids. Raises ApplicationError of type
    `template_failed`, not retryable, before anything is sent; an error of the disk or the mailer is retried.
    """
    courier = Courier(links.configured(), mailer.configured(), settings().mail_domain)
    return await asyncio.to_thread(courier.deliver, delivery)


@dataclass(frozen=True)
class Courier:
    """The parts that a delivery needs. Links are minted here, while rendering: no token is ever in a history."""

    links: links.Links
    mailer: mailer.Mailer
    mail_domain: str

    def deliver(self, delivery: Delivery) -> list[SendResult]:
        """Render all letters, then send them: a broken template sends none of them."""
        messages = [(letter, self.message(delivery, letter)) for letter in delivery.letters]
        return [self.mailer.send(message, letter) for letter, message in messages]

    def message(self, delivery: Delivery, letter: Letter) -> EmailMessage:
        """The finished message of one letter."""
        try:
            rendered = render(delivery, letter, self.links)
        except TemplateFailed as failure:
            raise ApplicationError(str(failure), type=TEMPLATE_FAILED, non_retryable=True) from failure
        return build(delivery, letter, rendered, self.mail_domain)
