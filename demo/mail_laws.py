"""The laws of mail, held against the `.eml` files of a mentorship that has ended."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from demo.mailbox import Mail
from demo.report import ActSeen
from models.base import PAIR, Role
from models.mail import MailClass
from models.people import Start
from models.program import Program

BUDGETED = (MailClass.INITIATED, MailClass.REMINDER)
ANY_DAY = (MailClass.REMINDER, MailClass.CANCELLATION, MailClass.URGENT)


def broken_laws(start: Start, program: Program, mails: Sequence[Mail], acts: Sequence[ActSeen]) -> list[str]:
    """What is wrong with the mails, one sentence each; empty when every law holds."""
    return [
        *_at_welcome_hours(start, program, mails),
        *within_the_budget(start, program, mails),
        *nothing_after_the_closing(mails),
        *nothing_about_what_is_done(mails, acts),
        *one_mail_a_rung(mails),
        *_none_lost(mails),
    ]


def _welcome(start: Start, program: Program, role: Role) -> tuple[ZoneInfo, time, time, tuple[int, ...]]:
    """Zone, hours and days off, as asked for; the simulated people leave them as they are."""
    if role is Role.COORDINATOR:
        told = program.coordinator.preferences
        return ZoneInfo(told.zone), told.hours_from, told.hours_to, told.days_off
    person, usual = (start.mentor if role is Role.MENTOR else start.mentee), program.manners
    days_off = usual.days_off if person.days_off is None else person.days_off
    return ZoneInfo(person.zone), person.hours_from or usual.hours_from, person.hours_to or usual.hours_to, days_off


def is_decent(start: Start, program: Program, to: Role, mail_class: MailClass, at: datetime) -> bool:
    """Whether a mail of this class may come to this person at this time."""
    zone, opens, closes, days_off = _welcome(start, program, to)
    if mail_class in ANY_DAY:
        opens, closes, days_off = program.manners.waking_from, program.manners.waking_to, ()
    local = at.astimezone(zone)
    return opens <= local.time() < closes and local.weekday() not in days_off


def _at_welcome_hours(start: Start, program: Program, mails: Sequence[Mail]) -> Iterator[str]:
    for mail in mails:
        if not is_decent(start, program, mail.to, mail.mail_class, mail.at):
            zone = _welcome(start, program, mail.to)[0]
            yield f"{_name(mail)} came at {mail.at.astimezone(zone):%a %d %b %H:%M} {zone.key}"


def within_the_budget(start: Start, program: Program, mails: Sequence[Mail]) -> Iterator[str]:
    """No more mails of the engine's own than a day and any seven days in a row may have."""
    for role in PAIR:
        zone = _welcome(start, program, role)[0]
        days: Counter[date] = Counter(
            mail.at.astimezone(zone).date() for mail in mails if mail.to is role and mail.mail_class in BUDGETED
        )
        for day in days:
            if days[day] > program.manners.per_day:
                yield f"the {role} got {days[day]} mails on {day}"
            week = sum(days[day + timedelta(days=later)] for later in range(7))
            if week > program.manners.per_week:
                yield f"the {role} got {week} mails in the seven days from {day}"


def nothing_after_the_closing(mails: Sequence[Mail]) -> Iterator[str]:
    """Each of the two gets a closing mail, and it is the last."""
    for role in PAIR:
        theirs = sorted((mail for mail in mails if mail.to is role), key=lambda mail: mail.at)
        for earlier, later in pairwise(theirs):
            if earlier.mail_class is MailClass.CLOSING:
                yield f"{_name(later)} came after the closing mail"
        if not theirs or theirs[-1].mail_class is not MailClass.CLOSING:
            yield f"the {role} got no closing mail"


def nothing_about_what_is_done(mails: Sequence[Mail], acts: Sequence[ActSeen]) -> Iterator[str]:
    """No mail asks for what its reader had done before."""
    done: dict[str, datetime] = {}
    for act in acts:
        if act.ask:
            done.setdefault(act.ask, act.at)
    for mail in mails:
        for item in mail.items:
            if item.ask in done and done[item.ask] < mail.at:
                yield f"{_name(mail)} asks for {item.ask}, done {mail.at - done[item.ask]} before"


def one_mail_a_rung(mails: Sequence[Mail]) -> Iterator[str]:
    """Each rung of a ladder is mailed once."""
    counted = Counter((item.ask, item.rung) for mail in mails for item in mail.items if item.ask)
    yield from (f"{ask} was mailed {count} times on rung {rung}" for (ask, rung), count in counted.items() if count > 1)


def _none_lost(mails: Sequence[Mail]) -> Iterator[str]:
    """Letters are numbered without a gap, and a number is used once."""
    numbers = sorted(int(mail.path.stem.rsplit("-", 1)[1]) for mail in mails)
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        yield f"the letters' numbers have gaps: {numbers}"
    if len({mail.message_id for mail in mails}) != len(mails):
        yield "two mails have one Message-ID"


def _name(mail: Mail) -> str:
    return f"{mail.path.name} ({mail.kind}, {mail.mail_class}, to the {mail.to})"
