"""The current details of a mentorship in the Temporal UI: short Markdown. People appear by their role only."""

from datetime import datetime

from models.mail import Delivery
from models.pages import Overview, Waiting


def current_details(overview: Overview) -> str:
    """Where the mentorship stands, whom it waits for, what comes next, how it does and what was mailed last."""
    # The program is here too because a renewed run has no static summary.
    lines = [
        f"**Program:** {overview.program}",
        f"**Stage:** {_words(overview.stage)} ({overview.status}{_until(overview)})",
    ]
    if overview.outcome is not None:
        anew = ", to be matched anew" if overview.rematch else ""
        goes_on = f", the mentee goes on in {overview.successor}" if overview.successor else ""
        lines.append(f"**Outcome:** {_words(overview.outcome)}{anew}{goes_on}")
    lines.append(f"**Waiting on:** {_waiting(overview.waiting)}")
    lines.append(f"**Next:** {_next(overview)}")
    lines.append(f"**Health:** {_words(overview.health.verdict)}{_reasons(overview.health.reasons)}")
    lines.append(f"**Last mail:** {_last_mail(overview)}")
    if overview.undelivered:
        lines.append(f"**Not delivered:** {overview.undelivered}")
    return "\n".join(f"- {line}" for line in lines)


def mail_summary(delivery: Delivery) -> str:
    """What a delivery is about: kinds and roles, for example `mail mentee: set_goals; mentor: review_goals`."""
    letters = (f"{letter.to.role}: {', '.join(item.kind for item in letter.items)}" for letter in delivery.letters)
    return f"mail {'; '.join(letters)}"[:400]


def moment(at: datetime) -> str:
    """An instant as an operator reads it, in UTC."""
    return f"{at:%a %d %b %Y %H:%M} UTC"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _until(overview: Overview) -> str:
    return f" until {moment(overview.paused_until)}" if overview.paused_until else ""


def _waiting(waiting: tuple[Waiting, ...]) -> str:
    if not waiting:
        return "nobody"
    return "; ".join(f"{ask.on} to {ask.title}, since {moment(ask.since)}{_nudged(ask.nudges)}" for ask in waiting)


def _nudged(times: int) -> str:
    return f", nudged {times} {'time' if times == 1 else 'times'}" if times else ""


def _next(overview: Overview) -> str:
    return f"{moment(overview.next_at)}, {overview.next_why}" if overview.next_at else "nothing"


def _reasons(reasons: tuple[str, ...]) -> str:
    return "".join(f"\n  - {reason}" for reason in reasons)


def _last_mail(overview: Overview) -> str:
    if overview.last_mail_at is None:
        return "none yet"
    return f"{overview.last_mail}, {moment(overview.last_mail_at)}"
