"""What people can do at any time: rest, slow down, change course, get help, or leave without blame."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lifecycle import calendar, check_ins, grow_sessions, links, tasks
from lifecycle.asks import Ask
from lifecycle.ending import decide, take_effect
from lifecycle.health import stop_reason
from lifecycle.notices import notify, notify_both
from lifecycle.rejection import Rejected
from lifecycle.stages import all_asks, enter_wrap_up, has_substance
from models.acts import (
    AskHelp,
    ChangePreferences,
    DaysAway,
    ExitRamp,
    Pause,
    Ramp,
    Resume,
    Snooze,
    StopContact,
    Undo,
    Unsubscribe,
)
from models.base import PAIR, Role, Span
from models.mail import MailClass, MailKind
from models.phrases import say
from models.phrases import to_translate as _
from models.state import Ending, Mentorship, Outcome, Pausing, Stage
from models.wall_clock import at_wall_clock, local_day

SAFETY_HOLD = timedelta(days=14)
"""How long a stop of all contact waits for the coordinator before it ends the mentorship."""
MOST_AWAY_DAYS = 60
MOST_SNOOZES = 3
MOST_HELP_WAITING = 5
MOST_PAUSES = 40


def pause_now(m: Mentorship, now: datetime) -> Pausing | None:
    """The pause that `now` lies in."""
    return next((one for one in m.pauses if one.start <= now < one.end), None)


def paused(m: Mentorship, until: date, at: datetime, by: Role | None, note: str = "") -> Mentorship:
    """Rests until the welcome hours of that day begin. Sessions in that time move behind it."""
    if m.stage is Stage.ENDED:
        raise Rejected("ended", "This mentorship has ended.")
    if pause_now(m, at) is not None:
        raise Rejected("paused", "It is paused already. Resume first, then choose another day.", "until")
    if by is not None and len(m.pauses) >= MOST_PAUSES:
        raise Rejected("too_late", "It was paused very often already. The coordinator can help.", "until")
    zone = ZoneInfo(m.person(by or Role.MENTEE).preferences.zone)
    end = at_wall_clock(until, time(6), zone)
    limits = m.program.pauses
    if end <= at:
        raise Rejected("invalid", "Please choose a day from tomorrow on.", "until")
    if end - at > timedelta(days=limits.longest_days + 1):
        raise Rejected("invalid", say("A pause can last {days} days at the most.", days=limits.longest_days), "until")
    rested = sum((one.end - one.start for one in m.pauses), timedelta())
    if rested + (end - at) > timedelta(days=limits.total_days + 1):
        raise Rejected(
            "invalid",
            say("All pauses together can last {days} days. Please choose an earlier day.", days=limits.total_days),
            "until",
        )
    m = m.evolve(pauses=(*m.pauses, Pausing(start=at, end=end, by=by)))
    m = calendar.around_a_pause(m, end, at)
    for role in PAIR:
        if role is not by:
            m = notify(m, role, MailKind.PAUSED, at, by=by, note=note)
    return m


def resumed(m: Mentorship, at: datetime, by: Role | None) -> Mentorship:
    """Goes on now instead of later."""
    resting = pause_now(m, at)
    if resting is None:
        raise Rejected("not_open", "It is not paused.")
    if resting.held and by is not None:
        raise Rejected("paused", "The coordinator looks into this first. They can lift the stop.")
    m = m.evolve(pauses=tuple(one.evolve(end=at, over=True) if one is resting else one for one in m.pauses))
    if resting.held and m.ending is not None:
        return m.evolve(ending=m.ending.evolve(effective_at=at))
    return said_resumed(m, at, by)


def said_resumed(m: Mentorship, at: datetime, by: Role | None) -> Mentorship:
    """Tells those who did not do it themselves. A pause that nobody heard of yet needs no second mail."""
    m = m.evolve(notices=tuple(one for one in m.notices if one.kind is not MailKind.PAUSED))
    for role in PAIR:
        if role is not by:
            m = notify(m, role, MailKind.RESUMED, at, by=by)
    return m


def _pause(m: Mentorship, act: Pause, now: datetime) -> Mentorship:
    return paused(m, act.until, now, act.by, act.reason)


def _resume(m: Mentorship, act: Resume, now: datetime) -> Mentorship:
    return resumed(m, now, act.by)


def _days_away(m: Mentorship, act: DaysAway, now: datetime) -> Mentorship:
    person = m.person(act.by)
    zone = ZoneInfo(person.preferences.zone)
    today = local_day(now, zone)
    if act.last < today:
        raise Rejected("invalid", "These days have passed.", "last")
    if act.last > today + timedelta(days=365):
        raise Rejected("invalid", "Please choose days within the next year.", "last")
    start = at_wall_clock(max(act.first, today), time(0), zone)
    end = at_wall_clock(act.last + timedelta(days=1), time(0), zone)
    total = sum((span.end - span.start for span in person.away), timedelta()) + (end - start)
    if total > timedelta(days=MOST_AWAY_DAYS + 1):
        raise Rejected(
            "invalid",
            say("Days away can be {days} in all. For longer, a pause is better.", days=MOST_AWAY_DAYS),
            "last",
        )
    m = m.evolve(**{act.by.value: person.evolve(away=(*person.away, Span(start=start, end=end)))})
    return notify(m, act.by.partner, MailKind.PARTNER_AWAY, now, by=act.by)


def _change_preferences(m: Mentorship, act: ChangePreferences, now: datetime) -> Mentorship:
    return m.evolve(**{act.by.value: m.person(act.by).evolve(preferences=act.preferences)})


def _owed(m: Mentorship, identity: str, by: Role, now: datetime) -> Ask:
    for ask in all_asks(m):
        if ask.id == identity and ask.opened_at <= now:
            if ask.by is not by:
                raise Rejected("not_yours", "This was asked of your partner.")
            return ask
    raise Rejected("not_open", "Nothing is asked of you here any more.")


def _snooze(m: Mentorship, act: Snooze, now: datetime) -> Mentorship:
    ask = _owed(m, act.ask, act.by, now)
    before = m.snoozes.get(ask.id, ())
    if len(before) >= MOST_SNOOZES:
        raise Rejected("too_late", "This was put off three times already. A pause may be the better way.")
    if before and before[-1].end > now:
        raise Rejected("too_late", "This is put off already.")
    span = Span(start=now, end=now + timedelta(days=act.days))
    return m.evolve(snoozes={**m.snoozes, ask.id: (*before, span)})


def _exit_ramp(m: Mentorship, act: ExitRamp, now: datetime) -> Mentorship:
    match act.choice:
        case Ramp.PAUSE:
            assert act.until is not None
            return paused(m, act.until, now, act.by)
        case Ramp.SLOWER:
            return _slower(m, act.by, now)
        case Ramp.CHANGE_TOPIC:
            if m.stage not in (Stage.GROW_SESSIONS, Stage.CHECK_INS):
                raise Rejected("not_open", "The topic can be changed once the sessions have begun.", "choice")
            return check_ins.refocus(m, "goals", act.by, now)
        case Ramp.FINISH:
            if m.stage not in (Stage.GOAL_SETTING, Stage.GROW_SESSIONS, Stage.CHECK_INS) or not has_substance(m):
                raise Rejected(
                    "not_open", "You can finish early once you have had a session. You can end it now, too.", "choice"
                )
            m = m.evolve(finish_asked=True)
            return enter_wrap_up(m, now, _("someone asked to finish early"))
        case Ramp.END:
            if m.ending is not None and m.ending.by is act.by.partner and not _is_held(m, now):
                return take_effect(m, now)  # now that both want it, neither has anything to take back
            return decide(m, Outcome.ENDED_EARLY, now, act.by, note=act.note, undoable=True)


def _is_held(m: Mentorship, now: datetime) -> bool:
    resting = pause_now(m, now)
    return resting is not None and resting.held


def _slower(m: Mentorship, by: Role, now: datetime) -> Mentorship:
    if m.terms is None or not calendar.planned(m):
        raise Rejected("not_open", "There is no session to come that could be slowed down.", "choice")
    every = min(m.terms.every_weeks * 2, 8)
    if every == m.terms.every_weeks:
        raise Rejected("too_late", "It does not get slower than every eight weeks.", "choice")
    first = calendar.planned(m)[0]
    m = calendar.laid_out_again(m, max(first.starts_at, now + calendar.lead_time(m)), now, every)
    return notify_both(m, MailKind.SLOWER, now)


def _ask_help(m: Mentorship, act: AskHelp, now: datetime) -> Mentorship:
    waiting = [one for one in m.notices if one.kind is MailKind.HELP_ASKED and one.by is act.by]
    if len(waiting) >= MOST_HELP_WAITING:
        raise Rejected("too_late", "Several messages of yours are on their way to the coordinator already.")
    return notify(
        m,
        Role.COORDINATOR,
        MailKind.HELP_ASKED,
        now,
        f"{m.acts}",
        mail_class=MailClass.ALERT,
        by=act.by,
        note=act.message,
    )


def _stop_contact(m: Mentorship, act: StopContact, now: datetime) -> Mentorship:
    resting = pause_now(m, now)
    if resting is not None and resting.held:
        raise Rejected("paused", "All contact is stopped already, and the coordinator knows.")
    kept = tuple(one.evolve(end=now, over=True) if one is resting else one for one in m.pauses)
    hold = Pausing(start=now, end=now + SAFETY_HOLD, by=act.by, held=True)
    reason = stop_reason(m, act.by, now, SAFETY_HOLD)
    m = m.evolve(pauses=(*kept, hold), raised={**m.raised, reason.key: reason})
    if m.ending is not None:
        # An end that was about to be told waits as well: until the coordinator decides, nobody is written to.
        m = m.evolve(ending=m.ending.evolve(effective_at=hold.end))
    return notify(
        m,
        Role.COORDINATOR,
        MailKind.STOP_ASKED,
        now,
        mail_class=MailClass.URGENT,
        by=act.by,
        note=act.message,
    )


def _unsubscribe(m: Mentorship, act: Unsubscribe, now: datetime) -> Mentorship:
    person = m.person(act.by)
    preferences = person.preferences.evolve(mail=act.mail)
    return m.evolve(**{act.by.value: person.evolve(preferences=preferences)})


def _undo(m: Mentorship, act: Undo, now: datetime) -> Mentorship:
    ending: Ending | None = m.ending
    if ending is None or m.stage is Stage.ENDED:
        raise Rejected("too_late", "There is nothing to take back any more.")
    if ending.by is not act.by:
        raise Rejected("not_yours", "There is nothing of yours to take back.")
    answers = {identity: one for identity, one in m.answers.items() if identity != ending.ask}
    return m.evolve(ending=None, answers=answers)


ANY_TIME: dict[str, Callable[[Mentorship, Any, datetime], Mentorship]] = {
    "pause": _pause,
    "resume": _resume,
    "days_away": _days_away,
    "change_preferences": _change_preferences,
    "snooze": _snooze,
    "exit_ramp": _exit_ramp,
    "ask_help": _ask_help,
    "stop_contact": _stop_contact,
    "fresh_link": links.fresh_link,
    "not_mine": links.not_mine,
    "unsubscribe": _unsubscribe,
    "move_session": grow_sessions.move_session,
    "cancel_session": grow_sessions.cancel_session,
    "assign_task": tasks.assign_task,
    "give_feedback": tasks.give_feedback,
    "undo": _undo,
}
"""The rule for each act that answers no ask, by the act's name."""
