"""The simulated people: when they answer a mail, and what they put into the form that it leads to.

They know only what a reader of mails and pages knows. All chance comes from the seed.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from demo.answers import Answering, fill
from demo.forms import Form, Values
from demo.mailbox import Mail
from models.base import Role


class Persona(StrEnum):
    """How someone takes part."""

    EAGER = "eager"
    """Answers within minutes, and well."""
    SLOW = "slow"
    """Answers after a nudge or two, but always in time."""
    SILENT = "silent"
    """Never answers anything."""
    DECLINES = "declines"
    """Says no to the invitation."""
    UNSURE = "unsure"
    """Is not sure at the first fit check, and then finds that it fits."""
    STRUGGLING = "struggling"
    """Late answers, a blocked task, a session that did not happen, one that moves, a pause, a refocus; gets there."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something a person does of their own accord, from the journey page."""

    act: str
    after: timedelta


_DELAYS: dict[Persona, tuple[timedelta, timedelta]] = {
    Persona.EAGER: (timedelta(minutes=4), timedelta(minutes=90)),
    Persona.SLOW: (timedelta(days=2, hours=12), timedelta(days=7)),
    Persona.DECLINES: (timedelta(hours=1), timedelta(hours=30)),
    Persona.UNSURE: (timedelta(hours=2), timedelta(hours=30)),
    Persona.STRUGGLING: (timedelta(hours=20), timedelta(days=4)),
}
_IN_TIME = 0.7
"""The part of the time that is left which even a late answer does not exceed."""


class Character:
    """One person of one mentorship."""

    def __init__(self, persona: Persona, role: Role, zone: str, seed: int) -> None:
        self.persona = persona
        self.role = role
        self.zone = zone
        self._random = Random(f"{seed}/{role}/{persona}")  # noqa: S311 - the seed is what makes a play repeatable  # nosec B311
        self._done: Counter[str] = Counter()
        self._planned: set[str] = set()

    def reaction(self, left: timedelta) -> timedelta | None:
        """How long after reading a mail this person answers it; `left` is how long the ask stays open."""
        if self.persona is Persona.SILENT:
            return None
        low, high = _DELAYS[self.persona]
        delay = low + (high - low) * self._random.random()
        return max(min(delay, left * _IN_TIME), timedelta(minutes=1))

    def answer(self, act: str, form: Form, now: datetime) -> Values:
        """What is sent from a page of an act's form, the button that was pressed included."""
        me = Answering(self.persona, self.role, self.zone, now, self._random, self._done)
        values, button = fill(act, form, me)
        if button is not None and button.name:
            return values | {button.name: button.value}
        self._done[act] += 1
        return values

    def errands(self, mail: Mail) -> Iterator[Errand]:
        """What a mail moves this person to do besides answering it."""
        if self.persona is not Persona.STRUGGLING:
            return
        kinds = {item.kind for item in mail.items}
        if "agreement_signed" in kinds or "prepare" in kinds or "session_reminder" in kinds:
            yield from self._once("move_session", timedelta(hours=2))
        if self._done["report"] >= 3 or self._done["confirm"] >= 3:
            yield from self._once("pause", timedelta(hours=3))

    def _once(self, act: str, after: timedelta) -> Iterator[Errand]:
        if act not in self._planned:
            self._planned.add(act)
            yield Errand(act, after)
