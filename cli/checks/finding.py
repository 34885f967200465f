"""What a check finds, and what it is given to look at."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from temporalio.client import Client

from models.base import Model
from settings import Settings

Result = Literal["ok", "warning", "problem"]


class Finding(Model):
    """What was found, and how to mend it. A `warning` works, but not for long or not for everybody."""

    check: str = ""
    result: Result
    told: str
    mend: str = ""


class NoTemporal(Exception):
    """This check has nothing to look at, because Temporal can't be reached."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: the settings, and the connection to Temporal where it stands."""

    own: Settings
    connected: Client | None

    @property
    def client(self) -> Client:
        """The connection. Raises NoTemporal: then the check is left out."""
        if self.connected is None:
            raise NoTemporal
        return self.connected


class Check(NamedTuple):
    """One line of doctor's table. A check that raises is a problem of its own."""

    name: str
    look: Callable[[Place], Awaitable[Finding]]


def ok(told: str) -> Finding:
    """All is well."""
    return Finding(result="ok", told=told)


def warning(told: str, mend: str) -> Finding:
    """It works, but."""
    return Finding(result="warning", told=told, mend=mend)


def problem(told: str, mend: str) -> Finding:
    """It does not work, or is not safe."""
    return Finding(result="problem", told=told, mend=mend)
