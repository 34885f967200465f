"""What a simulated person writes into a form: one small rule for each act, by the names that the fields have."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from demo.forms import Button, Field, Form, Values
from models.base import Role


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers, when, and how often they have answered this kind of ask before."""

    persona: str
    role: Role
    zone: str
    now: datetime
    random: Random
    done: Counter[str]

    def day(self, days: int) -> str:
        """A date that many days from now, as this person's calendar has it."""
        return (self.now.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=days)).isoformat()

    def meeting(self, days: int) -> str:
        """A weekday at least that many days from now, as a `datetime-local` field takes it.

        The mentee of the sample lives six hours east of the mentor: in the afternoon both are awake.
        """
        day = self.now.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=days)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        hour = time(16) if self.role is Role.MENTEE else time(10)
        return f"{datetime.combine(day, hour):%Y-%m-%dT%H:%M}"

    def pick(self, *texts: str) -> str:
        return self.random.choice(texts)


Rule = Callable[[Answering, Form], Values]


def fill(act: str, form: Form, me: Answering) -> tuple[Values, Button | None]:
    """What a page is filled with, and the button that is pressed then.

    It is what the page put in, what the act's rule says, something for fields still missing, a tick.
    """
    rule = RULES.get(act)
    said = rule(me, form) if rule else {}
    seen = {name: field for name, field in form.fields.items() if not field.hidden}
    values = form.prefilled | {name: value for name, value in said.items() if name in seen}
    for name, field in seen.items():
        if field.required and not values.get(name):
            values[name] = _something(field, me)
    if "confirm" in seen:
        values["confirm"] = seen["confirm"].options[0]
    return values, _button(act, form, me) or form.way_on


def _button(act: str, form: Form, me: Answering) -> Button | None:
    """What someone presses instead of going on, when all is there to look over: a second goal, or another target."""
    if act != "set_goals" or "seen" in form.fields:
        return None
    if me.done[act]:
        old = form.fields.get("goals.0.target")
        return form.button("goals.0.measure") if old and old.value != REVISED else None
    return form.button("goals.1.goal") if "goals.1.title" not in form.fields else None


def _something(field: Field, me: Answering) -> str:
    """An answer for a field that no rule speaks of."""
    if field.options:
        return next((option for option in field.options if option), "")
    return {"date": me.day(14), "datetime-local": me.meeting(4), "time": "10:00", "number": "5"}.get(
        field.type, "Fine with me."
    )


def _accept(me: Answering, form: Form) -> Values:
    if me.persona == "declines":
        return {"decision": "no", "reason": "This season is fuller than I thought."}
    return {"decision": "yes"}


def _propose_times(me: Answering, form: Form) -> Values:
    """Three of the times that are offered, over the days; where there are none, times of one's own."""
    field = form.fields.get("slot")
    if field and field.options:
        return {"slot": field.options[::3][:3], "place": "Video call"}
    return {"times.0": me.meeting(4), "times.1": me.meeting(9), "times.2": me.meeting(15), "place": "Video call"}


def _pick_time(me: Answering, form: Form) -> Values:
    field = form.fields.get("time")
    for option in field.options if field else []:
        try:
            at = datetime.fromisoformat(option)
        except ValueError:
            continue
        at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(me.zone))
        if at > me.now + timedelta(hours=2):
            return {"time": option}
    return {"time": "none_suits"}


def _fit_check(me: Answering, form: Form) -> Values:
    if me.persona == "unsure" and not me.done["fit_check"]:
        return {"fit": "not_sure", "note": "We talked more about the past than about what comes."}
    return {"fit": "good"}


REVISED = "One project from plan to launch, with a budget of its own"


def _set_goals(me: Answering, form: Form) -> Values:
    goals = (
        {
            "title": "Lead a project of my own",
            "measure": "Size of the project that I answer for",
            "baseline": "Parts of others' projects",
            "target": "One project from plan to launch",
            "within_reach": "My team lead offered one for the autumn.",
            "why": "I want to know whether leading suits me.",
            "by_when": me.day(80),
            "obstacle": "Daily business eats the week",
            "plan": "If the week fills up, then I keep Tuesday mornings free",
        },
        {
            "title": "Speak calmly in front of groups",
            "measure": "Talks held",
            "baseline": "None",
            "target": "Three",
            "within_reach": "There is a monthly round that looks for speakers.",
            "why": "Good work that nobody hears of helps nobody.",
            "by_when": me.day(90),
            "obstacle": "I put it off",
            "plan": "If I put it off twice, then I tell my mentor",
        },
    )
    if me.done["set_goals"]:
        # The page holds the goals as they were, but for days that have passed: another one is chosen.
        dates: Values = {name: me.day(70) for name, field in form.fields.items() if field.leaf == "by_when"}
        return {"goals.0.target": REVISED} | dates
    return {f"goals.{row}.{name}": value for row, goal in enumerate(goals) for name, value in goal.items()}


def _review_goals(me: Answering, form: Form) -> Values:
    picky = me.persona == "struggling" or me.random.random() < 0.3
    if picky and not me.done["review_goals"]:
        return {"verdict": "change", "comment": "Please make the target of the first one easier to check."}
    return {"verdict": "approve", "comment": "Clear and worth it."}


def _sign_agreement(me: Answering, form: Form) -> Values:
    """Whatever the page suggests is fine; what it leaves empty is filled with one's own wish."""
    wishes: Values = {
        "terms.every_weeks": "2",
        "terms.minutes": "60",
        "terms.weekday": "1",
        "terms.time": "16:00" if me.role is Role.MENTEE else "10:00",
        "terms.zone": me.zone,
        "terms.channels": "Mail, on working days; a call when it is urgent",
        "terms.in_scope": "Leading, speaking, finding one's place",
        "terms.out_of_scope": "Staffing decisions",
        "terms.confidential": "Everything, unless we say otherwise",
    }
    return {name: value for name, value in wishes.items() if name in form.fields and form.fields[name].empty}


def _prepare(me: Answering, form: Form) -> Values:
    return {
        "topics": me.pick("Where the project stands and what it needs", "The talk: what to say and what to leave out"),
        "questions": "How did you do it the first time?",
    }


def _report(me: Answering, form: Form) -> Values:
    if me.persona == "struggling" and me.done["report"] == 1:
        return {"happened": "no", "reason": "I was ill on the day."} | _first_offer(form, "new_time", me.meeting(4))
    said: Values = {
        "happened": "yes",
        "goal": "Decide on the next step for the project",
        "reality": me.pick("The plan stands, two people are missing", "The draft is there, nobody has read it"),
        "options.0": "Ask the other team for two days a week",
        "options.1": "Cut the scope by a third",
        "options.2": "Wait until autumn (the silly one)",
        "will": "I ask the other team, with a page that shows what they gain.",
        "rating": str(me.random.choice((4, 4, 5))),
    }
    task: Values = {
        "tasks.0.title": me.pick("Write the page for the other team", "Show the draft to two people"),
        "tasks.0.due": me.day(me.random.choice((5, 7, 9))),
        "tasks.0.owner": "mentee",
        "tasks.0.obstacle": "No quiet hour",
        "tasks.0.plan": "If there is no quiet hour by Thursday, then I take one on Friday at eight",
        "tasks.0.confidence": str(me.random.randint(6, 9)),
    }
    return said | task


def _confirm(me: Answering, form: Form) -> Values:
    if me.random.random() < 0.2:
        return {"verdict": "correct", "correction": "We also agreed to look at the budget.", "rating": "4"}
    return {"verdict": "right", "feedback": "You came well prepared, and it showed.", "rating": "5"}


def _follow_up(me: Answering, form: Form) -> Values:
    if me.persona == "struggling" and not me.done["follow_up"]:
        return {"status": "blocked", "note": "No quiet hour, as I feared."}
    if me.persona in ("slow", "unsure") and me.done["follow_up"] == 1:
        return {"status": "more_time", "note": "Half of it is there.", "new_due": me.day(6)}
    if me.random.random() < 0.25:
        return {"status": "on_track", "note": "Half of it is there."}
    return {"status": "done", "note": "Done, and easier than I thought."}


def _check_in(me: Answering, form: Form) -> Values:
    percent = min(30 + 20 * me.done["check_in"], 90)
    said: Values = {"note": "We are in step.", "refocus": "none"}
    for name, field in form.fields.items():
        if name.startswith("pulse."):
            said[name] = str(me.random.choice((4, 4, 5)))
        elif name.startswith("progress.") and field.leaf == "percent":
            said[name] = str(percent)
        elif name.startswith("progress.") and field.leaf == "note":
            said[name] = "Further than last time."
    if me.persona == "struggling" and not me.done["check_in"]:
        said["refocus"] = "goals"
    return said


def _extend(me: Answering, form: Form) -> Values:
    return {"decision": "yes" if me.persona == "unsure" else "no"}


def _reflect(me: Answering, form: Form) -> Values:
    return {
        "then_and_now": "In the beginning I waited to be asked. Now I ask.",
        "learnt": me.pick("To say what I need before it is late.", "That a plan for the obstacle is half the way."),
        "next": "A project of my own, from plan to launch.",
        "thanks": "Thank you for your time and for your questions.",
    }


def _pause(me: Answering, form: Form) -> Values:
    return {"until": me.day(12), "reason": "A move to another town."}


def _move_session(me: Answering, form: Form) -> Values:
    return {"reason": "A clash on that day."} | _first_offer(form, "starts_at", me.meeting(3))


def _first_offer(form: Form, written: str, own: str) -> Values:
    field = form.fields.get("slot")
    offered = [option for option in field.options if option] if field else []
    return {"slot": offered[0]} if offered else {written: own}


RULES: dict[str, Rule] = {
    "accept": _accept,
    "propose_times": _propose_times,
    "pick_time": _pick_time,
    "fit_check": _fit_check,
    "set_goals": _set_goals,
    "review_goals": _review_goals,
    "sign_agreement": _sign_agreement,
    "prepare": _prepare,
    "report": _report,
    "confirm": _confirm,
    "follow_up": _follow_up,
    "check_in": _check_in,
    "extend": _extend,
    "reflect": _reflect,
    "pause": _pause,
    "move_session": _move_session,
}
"""What is written, by the name of the act. The names of the fields are those of the act's model."""
