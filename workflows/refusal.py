"""Why an update was refused, in the shape in which it crosses the wire."""

from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.exceptions import ApplicationError

from lifecycle.rejection import Rejected
from models.base import Model
from models.phrases import NOTHING, Phrase
from models.problems import Problem, describe
from workflows.sealed import key_of

RENEWING = "renewing"
"""The code that asks the caller to try again: the mentorship is being carried into a new run."""
INVALID = "invalid"
UNDECRYPTABLE = "undecryptable"
"""The code for an act that the worker can't decrypt: `field` is the id of the key that it names."""


class Refusal(Model):
    """The first detail of the ApplicationError, whose type is `code`. `message` is a sentence for a person.

    `field` is the path of the first field at fault, or empty; `problems` names them all when the input can't be read.
    `phrase` is what `message` says with its values apart, for a reader of another language than English.
    """

    code: str
    field: str = ""
    message: str
    phrase: Phrase = NOTHING
    problems: tuple[Problem, ...] = ()

    def error(self) -> ApplicationError:
        """The error that refuses the update."""
        return ApplicationError(self.message, self, type=self.code, non_retryable=self.code != RENEWING)


def rejected(problem: Rejected) -> ApplicationError:
    """The rules say no."""
    return Refusal(code=problem.code, field=problem.field, message=problem.message, phrase=problem.phrase).error()


def unreadable(problem: ValidationError) -> ApplicationError:
    """The input is not an act."""
    problems = tuple(describe(problem))
    first = problems[0]
    message = f"{first.field}: {first.message}" if first.field else first.message
    return Refusal(code=INVALID, field=first.field, message=message, problems=problems).error()


def undecryptable(payload: Payload) -> ApplicationError:
    """The worker has another key than the sender."""
    key = key_of(payload)
    message = f"A worker can't decrypt what was sent: it names the key {key!r}. Give every worker this key first."
    return Refusal(code=UNDECRYPTABLE, field=key, message=message).error()


def renewing() -> ApplicationError:
    """A new run is about to begin."""
    return Refusal(code=RENEWING, message="This mentorship is busy for a moment. Please try again.").error()
