"""When a mentorship next needs attention, and for what."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lifecycle.agenda import Planned, planned_mails
from lifecycle.mail_results import next_parcel
from lifecycle.moments import next_moment
from models.base import Role
from models.state import Mentorship, Stage


@dataclass(frozen=True, slots=True)
class Due:
    """The next instant (UTC) at which something happens by the clock, and what, for the reader of a timer."""

    at: datetime
    why: str


def next_due(m: Mentorship, now: datetime) -> Due | None:
    """The next thing by the clock, or None once it is over."""
    mail = next(iter(planned_mails(m, now)), None)
    moment = next_moment(m)
    parcel = next_parcel(m, now)
    others = [one.at for one in (mail, moment) if one is not None]
    if parcel is not None and all(parcel <= at for at in others):
        return Due(parcel, "see to a mail that is not surely gone")
    if moment is not None and (mail is None or moment.at <= mail.at):
        return Due(max(moment.at, now), moment.why)
    return Due(mail.at, f"{mail.why}, {_local(m, mail)}") if mail is not None else None


def _local(m: Mentorship, mail: Planned) -> str:
    """When, on the reader's own clock: "Tue 8 Dec 09:00 Berlin"."""
    zone = m.program.coordinator.preferences.zone if mail.to is Role.COORDINATOR else m.person(mail.to).preferences.zone
    local = mail.at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M} {zone.rpartition('/')[2].replace('_', ' ')}"


def is_over(m: Mentorship, now: datetime) -> bool:
    """Whether it has ended and the closing mails are surely gone, or given up."""
    return m.stage is Stage.ENDED and not m.parcels and not planned_mails(m, now)
