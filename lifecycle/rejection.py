"""Why an act is refused, in a code for programs and a sentence for people."""

from typing import Literal

Code = Literal["not_open", "superseded", "expired", "revoked", "paused", "ended", "not_yours", "too_late", "invalid"]


class Rejected(Exception):
    """An act that can't be applied. Nothing has changed. `field` is the path of the field at fault, or empty."""

    def __init__(self, code: Code, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.field = field
