"""What the coordinator reads after a press: what was done, and what the pair hears of it."""

from datetime import datetime

from lifecycle.anytime import pause_now
from lifecycle.commands import reached
from models.base import PAIR, Role
from models.commands import (
    ChangePersonCommand,
    ChangeProgramCommand,
    Command,
    EndCommand,
    ExtendCommand,
    MessageCommand,
    PatienceCommand,
    PauseCommand,
    ResendLinkCommand,
    ResumeCommand,
    RevokeLinksCommand,
)
from models.phrases import Phrase, say
from models.state import Mentorship, Stage


def done(order: Command, before: Mentorship, now: datetime) -> Phrase:
    """What was done, in a sentence. `before` is the state that the command met."""
    match order:
        case MessageCommand():
            return _sent(order, before)
        case PatienceCommand(days=days):
            return say("What is open has one more day.", "What is open has {count} more days.", count=days)
        case PauseCommand(until=until):
            return say("The mentorship rests until {day}.", day=until)
        case ResumeCommand():
            resting = pause_now(before, now)
            held = resting is not None and resting.held
            return say("The stop of all contact is lifted.") if held else say("The mentorship goes on.")
        case EndCommand(successor=successor) if successor:
            return say("The mentorship has ended, and the mentee goes on with another mentor.")
        case EndCommand(rematch=True):
            return say("The mentorship has ended, and the two are handed back to be matched anew.")
        case EndCommand():
            return say("The mentorship has ended.")
        case ExtendCommand(days=days):
            return say("It may last one day longer.", "It may last {count} days longer.", count=days)
        case ChangeProgramCommand(program=program):
            return say("It goes on by the rules of “{program}”.", program=program.title)
        case ChangePersonCommand():
            return say("The new name or address is saved.")
        case ResendLinkCommand(role=role):
            return say("A fresh link goes to {name}.", name=before.person(role).name)
        case RevokeLinksCommand():
            return say("Links that were mailed until now have stopped working.")


def heard(order: Command, m: Mentorship) -> Phrase:
    """What the pair hears of it. `m` is the state that the command left."""
    match order:
        case MessageCommand():
            return say("It leaves in the hours in which mail is welcome there. Answers come to you.")
        case PatienceCommand():
            return say("Nobody is mailed about it. We are quiet for that time, and the dates on their pages move.")
        case PauseCommand():
            return say("Both get a mail that it rests until then, with what you wrote to them. It goes on by itself.")
        case EndCommand(successor=successor) if successor:
            return say("Both get a kind closing mail. The mentee's tells them that someone new is there.")
        case EndCommand(silent_to=silent) if silent is not None:
            return say("Only {name} gets a kind closing mail.", name=m.person(Role(silent).partner).name)
        case EndCommand(rematch=True):
            return say("Both get a kind closing mail. It tells them that someone new is looked for.")
        case _ if m.stage is Stage.ENDED:
            return say("Both get a kind closing mail, and what is in their calendars is called off.")
        case ResumeCommand():
            return say("Both get a mail that it goes on.")
        case ExtendCommand() | ChangeProgramCommand():
            return say("Nobody is mailed about it.")
        case ResendLinkCommand():
            return say("It leaves in the hours in which mail is welcome there. Earlier links go on working.")
        case ChangePersonCommand():
            return say("Where the address has changed, a fresh link goes to the new one.")
        case _:
            return say("A fresh link is on its way, where there is something to do.")


def _sent(order: MessageCommand, m: Mentorship) -> Phrase:
    if order.to != "both":
        return say("Your message goes to {name} alone.", name=m.person(Role(order.to)).name)
    lost = next((role for role in PAIR if not reached(m, role)), None)
    if lost is None:
        return say("Your message goes to {mentee} and {mentor}.", mentee=m.mentee.name, mentor=m.mentor.name)
    name, other = m.person(lost.partner).name, m.person(lost).name
    return say("Your message goes to {name} only: our mail does not get to {other} just now.", name=name, other=other)
