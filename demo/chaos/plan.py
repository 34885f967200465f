"""What a run of chaos has in store: who takes part, by which mail, which clocks are wrong, and which fault comes when.

All of it follows from the seed and the size. What then happens depends on the machine: a fault comes after so many
steps of the people, whoever takes them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from demo.autoplay import Cast
from demo.personas import Persona

PROGRAMS = ("career", "onboarding", "single_session", "single_session")
"""A program is as likely as it is often here. The long ones take a hundred steps each."""
MOST_SKEW = 240
"""Seconds. Receivers of webhooks refuse what was signed more than five minutes from now."""
SOON, LATER = (4, 12), (40, 120)
"""How many steps go by before a fault: in the first round, which shows every kind, and afterwards."""
DAYS_DOWN = (1.0, 3.0)


class Channel(StrEnum):
    """Which mailer carries a mentorship's mail. Each has a worker, with a task queue of its own."""

    SENDGRID = "sendgrid"
    OUTBOX = "outbox"

    @property
    def task_queue(self) -> str:
        return f"trellis-{self.value}"

    @property
    def worker(self) -> str:
        return f"worker-{self.value}"


class FaultKind(StrEnum):
    """What is done to the house."""

    SENDGRID_WORKER_KILLED = "sendgrid_worker_killed"
    OUTBOX_WORKER_KILLED = "outbox_worker_killed"
    WEB_KILLED = "web_killed"
    SERVER_KILLED = "temporal_server_killed"
    PROVIDER_DOWN = "mail_provider_down"
    DISK_FULL = "disk_full"
    PLATFORM_DOWN = "platform_down"


DECK = (
    *(FaultKind.SENDGRID_WORKER_KILLED, FaultKind.OUTBOX_WORKER_KILLED) * 2,
    FaultKind.WEB_KILLED,
    FaultKind.WEB_KILLED,
    FaultKind.SERVER_KILLED,
    FaultKind.PROVIDER_DOWN,
    FaultKind.DISK_FULL,
    FaultKind.PLATFORM_DOWN,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, after how many steps it comes, and (where it lasts) for how many days of the mentorships."""

    kind: FaultKind
    after: int
    days: float


@dataclass(frozen=True, slots=True)
class Role:
    """One mentorship of the run."""

    cast: Cast
    channel: Channel


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole run."""

    seed: int
    roles: tuple[Role, ...]
    skews: dict[str, int]
    """By how many seconds the clock of each machine is wrong."""

    @classmethod
    def of(cls, seed: int, size: int, programs: Sequence[str] = PROGRAMS) -> "Plan":
        """The plan of this seed."""
        chance = Random(f"{seed}/plan")  # noqa: S311 - the seed makes it repeatable  # nosec B311
        personas = [*Persona] * (2 * size // len(Persona) + 1)
        chance.shuffle(personas)
        roles = tuple(
            Role(
                Cast(
                    program=chance.choice(programs),
                    mentor=personas[2 * number],
                    mentee=personas[2 * number + 1],
                    seed=seed * 10_000 + number,
                ),
                Channel.SENDGRID if number % 2 else Channel.OUTBOX,
            )
            for number in range(size)
        )
        machines = (*(channel.worker for channel in Channel), "web")
        return cls(seed, roles, {machine: chance.randint(-MOST_SKEW, MOST_SKEW) for machine in machines})

    def faults(self) -> Iterator[Fault]:
        """The faults in their order, without end: each kind once before any comes more often than its share."""
        chance = Random(f"{self.seed}/faults")  # noqa: S311 - the seed makes it repeatable  # nosec B311
        first, gap = [*FaultKind], SOON
        chance.shuffle(first)
        deal = first
        while True:
            for kind in deal:
                yield Fault(kind, chance.randint(*gap), chance.uniform(*DAYS_DOWN))
            deal, gap = [*DECK], LATER
            chance.shuffle(deal)
