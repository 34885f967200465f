"""What a person reads after a press: what was recorded, and what happens next."""

from datetime import datetime
from zoneinfo import ZoneInfo

from lifecycle import calendar, tasks
from models.acts import (
    AssignTask,
    CancelSession,
    DaysAway,
    ExitRamp,
    MoveSession,
    Pause,
    Ramp,
    Snooze,
)
from models.answers import (
    Accept,
    ActBase,
    CheckIn,
    Confirm,
    Decision,
    Extend,
    Fit,
    FitCheck,
    FollowUp,
    PickTime,
    Prepare,
    ProposeTimes,
    Report,
    ReviewGoals,
    SetGoals,
    SignAgreement,
)
from models.base import Role
from models.state import Mentorship, Stage

FIT = {
    Fit.GOOD: "that it feels good",
    Fit.NOT_SURE: "that you are not sure yet",
    Fit.NOT_A_FIT: "that it is not a fit",
}
STATUS = {"done": "is done", "on_track": "is on track", "blocked": "is blocked", "more_time": "needs more time"}
SIMPLE = {
    "set_goals": "Your goals are saved.",
    "sign_agreement": "Your side of the agreement is saved.",
    "prepare": "Your topics are on the agenda.",
    "reflect": "Your words are saved.",
    "resume": "The mentorship goes on.",
    "change_preferences": "Your preferences are saved.",
    "ask_help": "Your message goes to the coordinator. Your partner does not see it.",
    "stop_contact": "All contact is stopped.",
    "fresh_link": "A fresh link is on its way to the address we have on record.",
    "unsubscribe": "You will get no more nudges.",
    "give_feedback": "Your feedback is saved.",
    "undo": "It is taken back, as if it had never been said.",
}


def _day(m: Mentorship, by: Role, at: datetime) -> str:
    """A date and time in the reader's zone, with the zone named."""
    zone = m.person(by).preferences.zone
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y}, {local:%H:%M} ({zone})"


def _date(value: object) -> str:
    return f"{value:%A} {value.day} {value:%B %Y}" if hasattr(value, "day") else str(value)


def recorded(m: Mentorship, act: ActBase, now: datetime) -> str:
    """One or two sentences on what was recorded, to the person who did it."""
    match act:
        case Accept(decision=Decision.YES):
            return "You accepted the mentorship."
        case Accept():
            return "You declined the mentorship."
        case ProposeTimes():
            times = "; ".join(_day(m, act.by, at) for at in act.times)
            return f"You proposed: {times}."
        case PickTime(time=None):
            return "None of the times suits you."
        case PickTime():
            assert act.time is not None
            return f"Your first conversation is on {_day(m, act.by, act.time)}."
        case FitCheck():
            return f"You said {FIT[act.fit]}. Only we know that; your partner never learns it."
        case SetGoals():
            count = len(act.goals)
            return f"{count} {'goal is' if count == 1 else 'goals are'} saved."
        case ReviewGoals():
            return "You approved the goals." if act.verdict == "approve" else "You asked for a change to the goals."
        case SignAgreement(terms=terms):
            weeks = "every week" if terms.every_weeks == 1 else f"every {terms.every_weeks} weeks"
            return f"You agree to meet {weeks} for {terms.minutes} minutes, at {terms.time:%H:%M} ({terms.zone})."
        case Prepare():
            return "Your topics are on the agenda."
        case Report(happened=Decision.NO):
            return "The session did not happen."
        case Report():
            count = len(act.tasks)
            extra = "" if not count else f", with {count} {'commitment' if count == 1 else 'commitments'}"
            return f"Your session record is saved{extra}."
        case Confirm():
            return "You confirmed the session." if act.verdict == "right" else "Your correction is saved."
        case FollowUp():
            return f"Your task “{tasks.of_ask(m, act.ask).title}” {STATUS[act.status]}."
        case CheckIn():
            return "Your check-in is saved."
        case Extend():
            return "You would like to go on." if act.decision is Decision.YES else "You want to finish as planned."
        case Pause():
            return f"The mentorship rests until {_date(act.until)}."
        case DaysAway():
            return f"You are away from {_date(act.first)} to {_date(act.last)}."
        case Snooze():
            return f"We leave you alone about this for {act.days} {'day' if act.days == 1 else 'days'}."
        case MoveSession():
            return f"The session is now on {_day(m, act.by, act.starts_at)}."
        case CancelSession():
            return "The session is called off."
        case AssignTask():
            return f"The task “{act.task.title}” is set, due on {_date(act.task.due)}."
        case ExitRamp():
            return RAMPS[act.choice]
    return SIMPLE[str(getattr(act, "act", ""))]


RAMPS = {
    Ramp.PAUSE: "The mentorship rests.",
    Ramp.SLOWER: "You will meet at half the pace.",
    Ramp.CHANGE_TOPIC: "You go back to the goals.",
    Ramp.FINISH: "You finish here: the wrap-up begins.",
    Ramp.END: "The mentorship ends, without blame on anyone.",
}


def happens_next(before: Mentorship, m: Mentorship, act: ActBase, now: datetime) -> str:
    """What the person can expect now, and when."""
    if m.ending is not None and m.stage is not Stage.ENDED and m.ending.by is act.by:
        minutes = m.program.manners.undo_minutes
        return f"You can take this back within {minutes} minutes. Then both of you get a closing mail."
    if m.stage is Stage.ENDED:
        return "That was the last step. Both of you get a closing mail."
    if before.stage is not m.stage:
        return STAGE_NEXT[m.stage]
    match act:
        case Accept():
            return f"We wait for {m.person(act.by.partner).name} to answer, and write to you then."
        case ProposeTimes():
            return f"{m.person(act.by.partner).name} picks one. A calendar invitation follows."
        case PickTime(none_suits=True):
            return "Now propose times that suit you."
        case PickTime():
            return "Both of you get a calendar invitation. Afterwards we ask you privately how it felt."
        case SetGoals():
            return f"{m.mentor.name} looks at them and approves, or suggests a change."
        case ReviewGoals(verdict="change"):
            return f"{m.mentee.name} gets your comment and writes a new version."
        case ReviewGoals():
            return "Next, you both agree on how you work together."
        case SignAgreement():
            return f"{m.person(act.by.partner).name} is asked next. Where you differ, you see just the differences."
        case Report(happened=Decision.NO):
            one = calendar.session(m, int(act.ask.split(".")[2]))
            if one is not None and one.status.value == "planned":
                return f"The new time is {_day(m, act.by, one.starts_at)}. Both get an invitation; you can move it."
            return "It is dropped after several tries, and the next session follows as planned."
        case Report():
            return f"{m.mentor.name} reads it and may add to it. You hear from us about your commitments."
        case Confirm():
            return f"{m.mentee.name} gets your words."
        case FollowUp(status="blocked"):
            return f"{m.person(act.by.partner).name} hears of it and can help."
        case FollowUp(status="on_track"):
            return "We ask again when it is due."
        case MoveSession() | CancelSession():
            return "Both of you get the change for your calendar."
        case Pause():
            return "No mail until then. It goes on by itself, and you can resume earlier from your journey page."
        case DaysAway():
            return "No mail on these days, and what is due waits. Your partner hears when to expect an answer."
        case CheckIn(refocus="none"):
            return "Your partner reads what you shared. The journey page shows the rest."
    return "Nothing else is needed from you for now."


STAGE_NEXT = {
    Stage.INTRO: "You are getting to know each other.",
    Stage.GOAL_SETTING: "You are on to the goals. We write to whoever is next.",
    Stage.GROW_SESSIONS: "You are on to the sessions. The dates are on your journey page.",
    Stage.CHECK_INS: "You are on to the check-ins: a lower beat, with time between.",
    Stage.WRAP_UP: "You are on to the wrap-up: looking back, and saying thanks.",
    Stage.ENDED: "That was the last step.",
}
