"""A mail activity for tests of the shell: it keeps what it is given and can be told to fail."""

from temporalio import activity
from temporalio.exceptions import ApplicationError

from models.mail import Delivery, Letter, SendResult


class RecordedMail:
    """Letters by mentorship, in the order in which they left."""

    TASK_QUEUE = "recorded-mail"

    def __init__(self) -> None:
        self.letters: dict[str, list[Letter]] = {}
        self.broken_for: set[str] = set()

    @activity.defn(name="deliver")
    async def deliver(self, delivery: Delivery) -> list[SendResult]:
        """Keeps the letters; for a mentorship in `broken_for` it fails for good."""
        if delivery.mentorship in self.broken_for:
            raise ApplicationError("the template is broken", type="template_failed", non_retryable=True)
        self.letters.setdefault(delivery.mentorship, []).extend(delivery.letters)
        return [SendResult(letter=letter.id, result="sent") for letter in delivery.letters]

    def of(self, mentorship: str) -> list[Letter]:
        """What was mailed for this mentorship."""
        return self.letters.get(mentorship, [])
