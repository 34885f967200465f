"""A pair that answers by habit: the acts of one whole mentorship, to be played against any implementation."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import lifecycle
from lifecycle.simulation import DELAYS, Habit, answer, sample_start
from models.acts import Act
from models.base import Role
from models.mail import Letter
from models.people import Start
from models.program import Program
from models.state import Mentorship
from models.wall_clock import at_wall_clock, local_day

BEGINS = datetime(2031, 1, 6, 8, tzinfo=UTC)
"""When a played mentorship begins: a fixed Monday, so that weekends and clock changes fall alike in every run."""
MOST_STEPS = 5000


@dataclass(frozen=True, slots=True)
class Deed:
    """What one of the pair does, and when. `id` is the update's and the receipt's."""

    at: datetime
    act: Act
    id: str


@dataclass(frozen=True, slots=True)
class Script:
    """All acts of a mentorship, and the letters that the rules answer them with."""

    start: Start
    program: Program
    deeds: tuple[Deed, ...]
    letters: tuple[Letter, ...]
    outcome: str


def script(program: Program, mentor_zone: str, mentee_zone: str, habit: Habit = "eager") -> Script:
    """Lives a mentorship in the pure core and writes down who did what, when."""
    start = sample_start(program, mentor_zone, mentee_zone)
    now = BEGINS
    m = lifecycle.begin(start, program, now)
    deeds: list[Deed] = []
    letters: list[Letter] = []
    answers: dict[str, datetime] = {}
    for _ in range(MOST_STEPS):
        m, delivery = lifecycle.advance(m, now)
        for letter in delivery.letters if delivery is not None else ():
            letters.append(letter)
            answers |= {ask: at for ask, at in _will_answer(m, letter, DELAYS[habit]) if ask not in answers}
        due = lifecycle.next_due(m, now)
        if due is None:
            return Script(start, program, tuple(deeds), tuple(letters), m.outcome or "")
        open_asks = [(answers[ask.id], ask.id, ask) for ask in lifecycle.all_asks(m) if ask.id in answers]
        at, identity, ask = min(open_asks, default=(due.at, "", None))
        if ask is None or at > due.at:
            now = due.at
            continue
        now = max(now, at)
        deed = Deed(now, answer(m, ask, now), f"press-{len(deeds) + 1:04d}")
        m, _ = lifecycle.apply(m, deed.act, now, deed.id)
        deeds.append(deed)
        del answers[identity]
    raise RuntimeError(f"the mentorship did not end in {MOST_STEPS} steps")


def _will_answer(m: Mentorship, letter: Letter, delay: timedelta | None) -> list[tuple[str, datetime]]:
    if delay is None:
        return []
    at = _by_day(m, letter.to.role, letter.at + delay)
    return [(item.ask.id, at) for item in letter.items if item.ask is not None]


def _by_day(m: Mentorship, role: Role, at: datetime) -> datetime:
    """Between nine in the morning and nine in the evening of one's own time."""
    zone = ZoneInfo(m.person(role).preferences.zone)
    day = local_day(at, zone)
    opens, closes = at_wall_clock(day, time(9), zone), at_wall_clock(day, time(21), zone)
    if at < closes:
        return max(at, opens)
    return at_wall_clock(day + timedelta(days=1), time(9), zone)
