"""Which mail goes first when more is due than can leave at once."""

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from models.mail import Delivery, MailClass

PROMPT, BULK = 2, 4
"""Of five, the lower the sooner. What nothing is said of (an act, a timer) has 3, in a queue that no mail is in."""
WAITED_FOR = (MailClass.DIRECT, MailClass.REMINDER, MailClass.CANCELLATION, MailClass.URGENT)
"""Someone has just acted, or a session is near."""
LONGEST_KEY = 64
"""Bytes that a fairness key may have."""


def mail_priority(delivery: Delivery) -> Priority:
    """What someone waits for goes before what the engine begins; programs take turns, however many starts one has."""
    prompt = any(letter.mail_class in WAITED_FOR for letter in delivery.letters)
    return Priority(priority_key=PROMPT if prompt else BULK, fairness_key=delivery.program.name[:LONGEST_KEY])
