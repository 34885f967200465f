"""The nonce of a form: it says which question was shown, so that a press counts once however often it arrives."""

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData

from links import Links


class BadNonce(Exception):
    """No form of ours was pressed: the nonce is missing, or nobody signed it."""


@dataclass(frozen=True, slots=True)
class Nonce:
    """Which form was shown. `subject` tells two sessions or two tasks apart where the act alone does not."""

    jti: str
    act: str
    ask: str
    revision: int
    subject: str = ""
    zone: str = ""
    """The zone in which the form's times are read."""
    tick: bool = False
    """Whether the form has to be confirmed."""

    @property
    def payload(self) -> str:
        """What makes one press the same as another.

        No part may hold the separator; jti, ask and subject are made of our own safe characters.
        """
        parts = [self.jti, self.act, self.ask, str(self.revision)]
        return "|".join([*parts, self.subject] if self.subject else parts)

    @property
    def update_id(self) -> str:
        """The id of the update, and of its receipt. Two tabs that showed the same question share it."""
        return hashlib.sha256(self.payload.encode()).hexdigest()[:32]


class Nonces:
    """Signs nonces with the keys of the links, under a salt of their own."""

    def __init__(self, links: Links) -> None:
        self._serializer = links.serializer("form")

    def write(self, nonce: Nonce) -> str:
        """The value of the form's `nonce` field."""
        return str(self._serializer.dumps("\n".join((nonce.payload, nonce.zone, "tick" if nonce.tick else ""))))

    def read(self, value: str) -> Nonce:
        """The nonce that was signed. Raises BadNonce."""
        try:
            payload, _, how = str(self._serializer.loads(value)).partition("\n")
            jti, act, ask, revision, *subject = payload.split("|")
            zone, _, tick = how.partition("\n")
            return Nonce(jti, act, ask, int(revision), subject[0] if subject else "", zone, tick == "tick")
        except (BadData, ValueError) as problem:
            raise BadNonce from problem
