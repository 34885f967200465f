"""What people answer: one act for each kind of ask, and what they are made of.

Limits are chosen so that a whole mentorship stays far below Temporal's 2 MB a payload.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from models.base import Day, Instant, Line, Misfit, Model, Note, OptionalLine, OptionalText, Role, Text, Zone
from models.people import Hour, Weekday

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
            raise Misfit("time", "choose one of the times, or say that none suits")
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
    by_when: Day
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
            raise Misfit("comment", "say what should change")
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
    due: Day
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
                raise Misfit(missing[0], "please fill in, one line is enough")
            if len(self.options) < 2:
                raise Misfit("options", "name at least two")
            if self.rating is None:
                raise Misfit("rating", "choose one")
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
            raise Misfit("correction", "say what should be different")
        return self


class FollowUp(ActBase):
    """How a task stands."""

    act: Literal["follow_up"] = "follow_up"
    status: Literal["done", "on_track", "blocked", "more_time"]
    note: Note = ""
    new_due: Day | None = None

    @model_validator(mode="after")
    def _whole(self) -> "FollowUp":
        if self.status == "more_time" and self.new_due is None:
            raise Misfit("new_due", "choose a new date")
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
AnyAnswer = Annotated[Answer, Field(discriminator="act")]
