"""What people do. Each act is one update of the workflow, named by its `act`, and answers one ask or none.

Limits are chosen so that a whole mentorship stays far below Temporal's 2 MB a payload.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from models.base import Instant, Line, Model, Note, OptionalLine, OptionalText, Role, Text, Zone
from models.people import Hour, MailChoice, Preferences, Weekday

Score = Annotated[int, Field(ge=1, le=5)]
Percent = Annotated[int, Field(ge=0, le=100)]


class LinkUsed(Model):
    """The link that carried an act: its identity and when it was minted."""

    jti: Annotated[str, StringConstraints(max_length=64)]
    issued_at: Instant


class ActBase(Model):
    """What every act carries. `ask` names the ask that is answered; acts possible at any time leave it empty."""

    by: Role
    ask: Annotated[str, StringConstraints(max_length=80)] = ""
    link: LinkUsed | None = None


class Decision(StrEnum):
    YES = "yes"
    NO = "no"


class Accept(ActBase):
    """Yes or no to the mentorship, with how one likes to be written to."""

    act: Literal["accept"] = "accept"
    decision: Decision
    reason: Note = ""
    zone: Zone | None = None
    hours_from: Hour | None = None
    hours_to: Hour | None = None
    days_off: tuple[Weekday, ...] | None = None


class ProposeTimes(ActBase):
    """One to three times for the first conversation, and where it takes place."""

    act: Literal["propose_times"] = "propose_times"
    times: Annotated[tuple[Instant, ...], Field(min_length=1, max_length=3)]
    place: OptionalLine = ""


class PickTime(ActBase):
    """One of the proposed times, or none of them: then the picker proposes instead."""

    act: Literal["pick_time"] = "pick_time"
    time: Instant | None = None
    none_suits: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> "PickTime":
        if (self.time is None) != self.none_suits:
            raise ValueError("choose one of the times, or say that none suits")
        return self


class Fit(StrEnum):
    GOOD = "good"
    NOT_SURE = "not_sure"
    NOT_A_FIT = "not_a_fit"


class FitCheck(ActBase):
    """Private: the partner never learns who said what."""

    act: Literal["fit_check"] = "fit_check"
    fit: Fit
    note: Note = ""


class Goal(Model):
    """A SMART goal with its obstacle and if-then plan (implementation intention, Gollwitzer 1999)."""

    title: Line
    measure: Line
    baseline: Line
    target: Line
    within_reach: Note = ""
    why: Text
    by_when: date
    obstacle: OptionalLine = ""
    plan: OptionalLine = ""


class SetGoals(ActBase):
    """The mentee's goals: a first version, or one that takes up the mentor's comment."""

    act: Literal["set_goals"] = "set_goals"
    goals: Annotated[tuple[Goal, ...], Field(min_length=1, max_length=5)]


class ReviewGoals(ActBase):
    """The mentor's answer to the goals: approve, or ask for a change and say which."""

    act: Literal["review_goals"] = "review_goals"
    verdict: Literal["approve", "change"]
    comment: OptionalText = ""

    @model_validator(mode="after")
    def _says_which(self) -> "ReviewGoals":
        if self.verdict == "change" and not self.comment:
            raise ValueError("comment: say what should change")
        return self


class Terms(Model):
    """What the pair agrees on. `weekday` and `time` are wall-clock in `zone`."""

    every_weeks: Annotated[int, Field(ge=1, le=8)] = 2
    minutes: Annotated[int, Field(ge=15, le=240)] = 60
    weekday: Weekday
    time: Hour
    zone: Zone
    channels: Line
    in_scope: Line
    out_of_scope: OptionalLine = ""
    confidential: Line


class SignAgreement(ActBase):
    """One side of the agreement. It is signed when both sides say the same."""

    act: Literal["sign_agreement"] = "sign_agreement"
    terms: Terms


class Prepare(ActBase):
    """What the mentee wants from the coming session."""

    act: Literal["prepare"] = "prepare"
    topics: Text
    questions: OptionalText = ""


class NewTask(Model):
    """A commitment: what, by when, by whom, what if something gets in the way."""

    title: Line
    due: date
    owner: Literal[Role.MENTEE, Role.MENTOR] = Role.MENTEE
    obstacle: OptionalLine = ""
    plan: OptionalLine = ""
    confidence: Annotated[int, Field(ge=1, le=10)] | None = None


class Report(ActBase):
    """The mentee's record of a session by GROW (Whitmore), or that it did not happen."""

    act: Literal["report"] = "report"
    happened: Decision
    goal: OptionalText = ""
    reality: OptionalText = ""
    options: Annotated[tuple[Line, ...], Field(max_length=10)] = ()
    will: OptionalText = ""
    tasks: Annotated[tuple[NewTask, ...], Field(max_length=10)] = ()
    rating: Score | None = None
    reason: Note = ""
    new_time: Instant | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Report":
        if self.happened is Decision.YES:
            missing = [name for name in ("goal", "reality", "will") if not getattr(self, name)]
            if missing:
                raise ValueError(f"{missing[0]}: please fill in, one line is enough")
            if len(self.options) < 2:
                raise ValueError("options: name at least two")
            if self.rating is None:
                raise ValueError("rating: choose one")
        return self


class Confirm(ActBase):
    """The mentor's side of a session record."""

    act: Literal["confirm"] = "confirm"
    verdict: Literal["right", "correct"]
    correction: OptionalText = ""
    feedback: OptionalText = ""
    rating: Score

    @model_validator(mode="after")
    def _says_what(self) -> "Confirm":
        if self.verdict == "correct" and not self.correction:
            raise ValueError("correction: say what should be different")
        return self


class FollowUp(ActBase):
    """How a task stands."""

    act: Literal["follow_up"] = "follow_up"
    status: Literal["done", "on_track", "blocked", "more_time"]
    note: Note = ""
    new_due: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> "FollowUp":
        if self.status == "more_time" and self.new_due is None:
            raise ValueError("new_due: choose a new date")
        return self


class Pulse(Model):
    """Five qualities of a mentoring relationship, 1 (low) to 5 (high): respect, reciprocity, clear expectations,
    personal connection and shared values (Straus et al. 2013, Academic Medicine 88(1))."""

    respect: Score
    give_and_take: Score
    expectations: Score
    values: Score
    connection: Score


class Progress(Model):
    """How far one goal is. `goal` counts from 1 in the order of the goals."""

    goal: Annotated[int, Field(ge=1, le=5)]
    percent: Percent
    note: Note = ""


class CheckIn(ActBase):
    """A check-in: the mentee tells the progress, both tell the pulse."""

    act: Literal["check_in"] = "check_in"
    progress: Annotated[tuple[Progress, ...], Field(max_length=5)] = ()
    pulse: Pulse
    note: Note = ""
    note_private: bool = False
    refocus: Literal["none", "goals", "session"] = "none"


class Extend(ActBase):
    """Whether to go on for the extra sessions that the program offers. Both must say yes."""

    act: Literal["extend"] = "extend"
    decision: Decision


class Reflect(ActBase):
    """Looking back, and the thanks that are handed to the partner."""

    act: Literal["reflect"] = "reflect"
    then_and_now: Text
    learnt: Text
    next: OptionalText = ""
    thanks: OptionalText = ""


class Pause(ActBase):
    """Rests the mentorship until a day; it goes on by itself then."""

    act: Literal["pause"] = "pause"
    until: date
    reason: Note = ""


class Resume(ActBase):
    """Goes on before the pause is over."""

    act: Literal["resume"] = "resume"


class DaysAway(ActBase):
    """Days on which one is not to be reached, both included, in one's own time zone."""

    act: Literal["days_away"] = "days_away"
    first: date
    last: date

    @model_validator(mode="after")
    def _ordered(self) -> "DaysAway":
        if self.last < self.first:
            raise ValueError("last: must not be before the first day")
        return self


class ChangePreferences(ActBase):
    """When, where on earth and how much someone wants to be written to."""

    act: Literal["change_preferences"] = "change_preferences"
    preferences: Preferences


class Snooze(ActBase):
    """Leave me alone about one ask for some days."""

    act: Literal["snooze"] = "snooze"
    days: Annotated[int, Field(ge=1, le=7)]


class Ramp(StrEnum):
    PAUSE = "pause"
    SLOWER = "slower"
    CHANGE_TOPIC = "change_topic"
    FINISH = "finish"
    END = "end"


class ExitRamp(ActBase):
    """The private way out: the engine words what the partner hears."""

    act: Literal["exit_ramp"] = "exit_ramp"
    choice: Ramp
    until: date | None = None
    note: Note = ""

    @model_validator(mode="after")
    def _whole(self) -> "ExitRamp":
        if self.choice is Ramp.PAUSE and self.until is None:
            raise ValueError("until: choose the day on which to go on")
        return self


class AskHelp(ActBase):
    """A word to the coordinator that the partner does not see."""

    act: Literal["ask_help"] = "ask_help"
    message: Annotated[Note, StringConstraints(min_length=1)]


class StopContact(ActBase):
    """Stops every mail to both people at once and calls the coordinator."""

    act: Literal["stop_contact"] = "stop_contact"
    message: Note = ""


class FreshLink(ActBase):
    """Please mail me a new link to what this one was for. It goes to the address on record only."""

    act: Literal["fresh_link"] = "fresh_link"


class Unsubscribe(ActBase):
    """No more nudges; what the partner does still arrives."""

    act: Literal["unsubscribe"] = "unsubscribe"
    mail: Literal[MailChoice.PARTNER_ONLY, MailChoice.CLOSING_ONLY] = MailChoice.PARTNER_ONLY


class MoveSession(ActBase):
    """Another time for a meeting; both get the new invitation."""

    act: Literal["move_session"] = "move_session"
    session: Annotated[int, Field(ge=0, le=200)]
    starts_at: Instant
    reason: Note = ""


class CancelSession(ActBase):
    """Calls a meeting off; nothing takes its place."""

    act: Literal["cancel_session"] = "cancel_session"
    session: Annotated[int, Field(ge=0, le=200)]
    reason: Note = ""


class AssignTask(ActBase):
    """A commitment between sessions, for oneself or for the partner."""

    act: Literal["assign_task"] = "assign_task"
    task: NewTask


class GiveFeedback(ActBase):
    """The mentor's word on a task that was done."""

    act: Literal["give_feedback"] = "give_feedback"
    task: Annotated[int, Field(ge=1)]
    feedback: Text


class Undo(ActBase):
    """Takes back an ending within the undo time."""

    act: Literal["undo"] = "undo"


Answer = (
    Accept
    | ProposeTimes
    | PickTime
    | FitCheck
    | SetGoals
    | ReviewGoals
    | SignAgreement
    | Prepare
    | Report
    | Confirm
    | FollowUp
    | CheckIn
    | Extend
    | Reflect
)
AnyTime = (
    Pause
    | Resume
    | DaysAway
    | ChangePreferences
    | Snooze
    | ExitRamp
    | AskHelp
    | StopContact
    | FreshLink
    | Unsubscribe
    | MoveSession
    | CancelSession
    | AssignTask
    | GiveFeedback
    | Undo
)
AnyAnswer = Annotated[Answer, Field(discriminator="act")]
Act = Annotated[Answer | AnyTime, Field(discriminator="act")]

ACTS: dict[str, type[ActBase]] = {
    model.model_fields["act"].default: model for model in (*Answer.__args__, *AnyTime.__args__)
}
"""Every act by its name: the registry of the workflow's updates."""
