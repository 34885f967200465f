"""Notices: consequences that wait to be told."""

from datetime import datetime

from models.base import PAIR, Role
from models.mail import MailClass, MailKind
from models.state import Mentorship, Notice


def notify(
    m: Mentorship,
    to: Role,
    kind: MailKind,
    at: datetime,
    about: str = "",
    *,
    mail_class: MailClass = MailClass.DIRECT,
    session: int | None = None,
    task: int | None = None,
    by: Role | None = None,
    note: str = "",
) -> Mentorship:
    """Queues a notice. `about` tells it from others of its kind; the same one again replaces what still waits."""
    notice = Notice(
        key=f"{kind}.{to}.{about}",
        to=to,
        kind=kind,
        mail_class=mail_class,
        due=at,
        session=session,
        task=task,
        by=by,
        note=note,
    )
    return m.evolve(notices=(*(other for other in m.notices if other.key != notice.key), notice))


def notify_both(
    m: Mentorship, kind: MailKind, at: datetime, about: str = "", *, by: Role | None = None, note: str = ""
) -> Mentorship:
    """The same notice to both of the pair."""
    for role in PAIR:
        m = notify(m, role, kind, at, about, by=by, note=note)
    return m


def is_waiting(m: Mentorship, kind: MailKind, to: Role, about: str = "") -> bool:
    """Whether this notice has not been mailed yet."""
    key = f"{kind}.{to}.{about}"
    return any(notice.key == key for notice in m.notices)


def dropped(m: Mentorship, *, session: int | None = None, task: int | None = None) -> Mentorship:
    """Without what waits to be told about a session or a task, because something newer happened to it."""
    return m.evolve(
        notices=tuple(
            notice
            for notice in m.notices
            if not ((session is not None and notice.session == session) or (task is not None and notice.task == task))
        )
    )
