"""Why an act is refused, in a code for programs and a sentence for people."""

from typing import Literal

from models.phrases import Phrase

Code = Literal["not_open", "superseded", "expired", "revoked", "paused", "ended", "not_yours", "too_late", "invalid"]


class Rejected(Exception):
    """An act that can't be applied. Nothing has changed. `field` is the path of the field at fault, or empty.

    `message` is the sentence in English; `phrase` is the same for a reader of any language.
    """

    def __init__(self, code: Code, message: str | Phrase, field: str = "") -> None:
        super().__init__(str(message))
        self.code: Code = code
        self.message = str(message)
        self.phrase = message if isinstance(message, Phrase) else Phrase(text=message)
        self.field = field
