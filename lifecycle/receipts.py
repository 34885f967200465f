"""What a person reads after a press: what was recorded, and what happens next."""

from lifecycle import calendar, tasks
from lifecycle.intro import accepted_at
from lifecycle.links import SWITCHED_OFF
from lifecycle.notices import is_waiting
from models.acts import (
    AskHelp,
    AssignTask,
    CancelSession,
    DaysAway,
    ExitRamp,
    MoveSession,
    NotMine,
    Pause,
    Ramp,
    Snooze,
    StopContact,
    Unsubscribe,
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
    ProposeTimes,
    Report,
    ReviewGoals,
    SetGoals,
    SignAgreement,
)
from models.mail import MailKind
from models.phrases import Phrase, say
from models.state import Mentorship, SessionStatus, Stage

FIT = {
    Fit.GOOD: say("You said that it feels good. Only we know that; your partner never learns it."),
    Fit.NOT_SURE: say("You said that you are not sure yet. Only we know that; your partner never learns it."),
    Fit.NOT_A_FIT: say("You said that it is not a fit. Only we know that; your partner never learns it."),
}
RAMPS = {
    Ramp.PAUSE: say("The mentorship rests."),
    Ramp.SLOWER: say("You will meet at half the pace."),
    Ramp.CHANGE_TOPIC: say("You go back to the goals."),
    Ramp.FINISH: say("You finish here: the wrap-up begins."),
    Ramp.END: say("The mentorship ends, without blame on anyone."),
}
SIMPLE = {
    "prepare": say("Your topics are on the agenda."),
    "check_in": say("Your check-in is saved."),
    "reflect": say("Your words are saved."),
    "resume": say("The mentorship goes on."),
    "change_preferences": say("Your preferences are saved."),
    "ask_help": say("Your message goes to the coordinator. Your partner does not see it."),
    "stop_contact": say("All contact is stopped."),
    "fresh_link": say("A fresh link is on its way to the address we have on record."),
    "not_mine": say("Every link that was mailed to the person whom this one was for is switched off."),
    "unsubscribe": say("You will get no more nudges."),
    "cancel_session": say("The session is called off."),
    "give_feedback": say("Your feedback is saved."),
    "undo": say("It is taken back, as if it had never been said."),
}


def recorded(m: Mentorship, act: ActBase) -> Phrase:
    """One or two sentences on what was recorded, to the person who did it."""
    match act:
        case Accept(decision=Decision.YES):
            return say("You accepted the mentorship.")
        case Accept():
            return say("You declined the mentorship.")
        case ProposeTimes():
            return say("You proposed: {times}.", times=act.times)
        case PickTime(time=None):
            return say("None of the times suits you.")
        case PickTime():
            assert act.time is not None
            return say("Your first conversation is on {at}.", at=act.time)
        case FitCheck():
            return FIT[act.fit]
        case SetGoals():
            return say("{count} goal is saved.", "{count} goals are saved.", count=len(act.goals))
        case ReviewGoals(verdict="approve"):
            return say("You approved the goals.")
        case ReviewGoals():
            return say("You asked for a change to the goals.")
        case SignAgreement(terms=terms):
            return say(
                "You agree to meet every week for {minutes} minutes, at {time} ({zone}).",
                "You agree to meet every {count} weeks for {minutes} minutes, at {time} ({zone}).",
                count=terms.every_weeks,
                minutes=terms.minutes,
                time=f"{terms.time:%H:%M}",
                zone=terms.zone,
            )
        case Report(happened=Decision.NO):
            return say("The session did not happen.")
        case Report(tasks=()):
            return say("Your session record is saved.")
        case Report():
            return say(
                "Your session record is saved, with {count} commitment.",
                "Your session record is saved, with {count} commitments.",
                count=len(act.tasks),
            )
        case Confirm(verdict="right"):
            return say("You confirmed the session.")
        case Confirm():
            return say("Your correction is saved.")
        case FollowUp():
            return _stands(act, tasks.of_ask(m, act.ask).title)
        case Extend(decision=Decision.YES):
            return say("You would like to go on.")
        case Extend():
            return say("You want to finish as planned.")
        case Pause():
            return say("The mentorship rests until {until}.", until=act.until)
        case DaysAway():
            return say("You are away from {first} to {last}.", first=act.first, last=act.last)
        case Snooze():
            return say(
                "We leave you alone about this for {count} day.",
                "We leave you alone about this for {count} days.",
                count=act.days,
            )
        case MoveSession():
            return say("The session is now on {at}.", at=act.starts_at)
        case AssignTask():
            return say("The task “{task}” is set, due on {due}.", task=act.task.title, due=act.task.due)
        case ExitRamp():
            return RAMPS[act.choice]
    return SIMPLE[str(getattr(act, "act", ""))]


def _stands(act: FollowUp, task: str) -> Phrase:
    match act.status:
        case "done":
            return say("Your task “{task}” is done.", task=task)
        case "on_track":
            return say("Your task “{task}” is on track.", task=task)
        case "blocked":
            return say("Your task “{task}” is blocked.", task=task)
        case "more_time":
            return say("Your task “{task}” needs more time.", task=task)


RESTING = (Pause, DaysAway, Snooze, StopContact, Unsubscribe, ExitRamp)
"""Acts of who wants less: their receipts lead on to nothing that is owed."""


def happens_next(before: Mentorship, m: Mentorship, act: ActBase, *, more: bool = False) -> Phrase:
    """What the person can expect now, and when. `more`: the receipt leads on to something that they owe."""
    if m.ending is not None and m.stage is not Stage.ENDED and m.ending.by is act.by:
        return say(
            "You can take this back within {count} minute. Then both of you get a closing mail.",
            "You can take this back within {count} minutes. Then both of you get a closing mail.",
            count=m.program.manners.undo_minutes,
        )
    if m.stage is Stage.ENDED:
        return say("That was the last step. Both of you get a closing mail.")
    if before.stage is not m.stage:
        return STAGE_NEXT[m.stage]
    partner = m.person(act.by.partner).name
    match act:
        case Accept() if accepted_at(m) is not None:
            if more:
                return say("You both said yes. There is one more thing for you to do.")
            return say("You both said yes. We write to you when it is your turn.")
        case Accept():
            return say("We wait for {partner} to answer, and write to you then.", partner=partner)
        case ProposeTimes():
            return say("{partner} picks one. A calendar invitation follows.", partner=partner)
        case PickTime(none_suits=True):
            return say("Now propose times that suit you.")
        case PickTime():
            return say("Both of you get a calendar invitation. Afterwards we ask you privately how it felt.")
        case SetGoals():
            return say("{mentor} looks at them and approves, or suggests a change.", mentor=m.mentor.name)
        case ReviewGoals(verdict="change"):
            return say("{mentee} gets your comment and writes a new version.", mentee=m.mentee.name)
        case ReviewGoals():
            return say("Next, you both agree on how you work together.")
        case SignAgreement():
            return say("{partner} is asked next. Where you differ, you see just the differences.", partner=partner)
        case Report(happened=Decision.NO):
            one = calendar.session(m, int(act.ask.split(".")[2]))
            if one is not None and one.status is SessionStatus.PLANNED:
                return say("The new time is {at}. Both get an invitation; you can move it.", at=one.starts_at)
            return say("It is dropped after several tries, and the next session follows as planned.")
        case Report():
            return say(
                "{mentor} reads it and may add to it. You hear from us about your commitments.", mentor=m.mentor.name
            )
        case Confirm():
            return say("{mentee} gets your words.", mentee=m.mentee.name)
        case FollowUp(status="blocked"):
            return say("{partner} hears of it and can help.", partner=partner)
        case FollowUp(status="on_track"):
            return say("We ask again when it is due.")
        case NotMine() if is_waiting(m, MailKind.FRESH_LINK, act.by, SWITCHED_OFF):
            return say("A fresh link goes to their address on record. You can delete the mail that brought you here.")
        case NotMine():
            return say("Several links went to that person today, so the next one is mailed when they ask for it.")
        case MoveSession() | CancelSession():
            return say("Both of you get the change for your calendar.")
        case Pause():
            return say("No mail until then. It goes on by itself, and you can resume earlier from your journey page.")
        case DaysAway():
            return say("No mail on these days, and what is due waits. Your partner hears when to expect an answer.")
        case CheckIn(refocus="none"):
            return say("Your partner reads what you shared. The journey page shows the rest.")
        case AskHelp():
            return say("The coordinator gets in touch with you.")
        case StopContact():
            return say(
                "The coordinator hears of it now and gets in touch with you. Until then, neither of you gets any mail. "
                "If you are in danger, please call your local emergency number."
            )
    return say("There is one more thing for you to do.") if more else say("Nothing else is needed from you for now.")


STAGE_NEXT = {
    Stage.INTRO: say("You are getting to know each other."),
    Stage.GOAL_SETTING: say("You are on to the goals. We write to whoever is next."),
    Stage.GROW_SESSIONS: say("You are on to the sessions. The dates are on your journey page."),
    Stage.CHECK_INS: say("You are on to the check-ins: a lower beat, with time between."),
    Stage.WRAP_UP: say("You are on to the wrap-up: looking back, and saying thanks."),
    Stage.ENDED: say("That was the last step."),
}
