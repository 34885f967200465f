"""Long forms, one question at a time: which pages a form has, and where a press between them leads.

Nothing is kept on our side. What was typed on the other pages travels in hidden fields, and a press that names a step
only turns the page: it never acts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from models.base import Role
from models.pages import Page
from web.forms import Values, without_blank_rows

NEXT, BACK, WITHOUT, LOOK = "next", "back", "without", "look"
"""What a button called `step` says, besides the name of the step to go to. WITHOUT is followed by the row to drop."""
CONTROLS = frozenset({"step", "at", "seen"})
"""Fields that say where someone is. They are no answers."""
PRESSED_EACH_TIME = frozenset({"confirm"})
"""Fields that are never carried along: who turns the page has to tick them again."""
MOST_ROWS = 10


@dataclass(frozen=True)
class Step:
    """One page of a form. Its template is `asks/<act>/<kind>.html`; its fields stand below `prefix`."""

    kind: str
    least: Mapping[str, str] = field(default_factory=dict)
    """The least that answers it: it stands in for this step while another one is checked."""
    optional: tuple[str, ...] = ()
    prefix: str = ""

    @property
    def name(self) -> str:
        """What the buttons that lead here say."""
        return f"{self.prefix}{self.kind}"

    @property
    def row(self) -> int:
        """The row of a list that this step is about, from 0."""
        return next((int(part) for part in self.prefix.split(".") if part.isdigit()), 0)

    def holds(self, name: str) -> bool:
        """Whether a field, or a problem with a list of them, belongs on this page."""
        mine = {self.prefix + part.split(".")[0] for part in (*self.least, *self.optional)}
        return any(name == one or name.startswith(f"{one}.") or (name and one.startswith(f"{name}.")) for one in mine)

    def typed(self, values: Values) -> dict[str, str | tuple[str, ...]]:
        """What was typed here."""
        return {name: value for name, value in values.items() if self.holds(name) and value}


@dataclass(frozen=True, slots=True)
class Turn:
    """A press that turns the page: from where to where, and whether all was looked over before."""

    to: str
    at: str
    seen: bool

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Turn | None":
        """The turn that a POST asks for, or None when it is the answer itself."""
        return cls(fields["step"], fields.get("at", ""), fields.get("seen") == "yes") if "step" in fields else None


@dataclass(frozen=True)
class Walk:
    """Where someone is in a long form. Without a step, all is looked over before it is sent."""

    steps: tuple[Step, ...]
    at: Step | None = None
    seen: bool = False
    opened: bool = False
    """Whether this is the page that a link opened, with all known already."""

    @property
    def number(self) -> int:
        """The number of this page, from 1."""
        return self.steps.index(self.at) + 1 if self.at else self.of

    @property
    def of(self) -> int:
        """How many pages there are, the last look included."""
        return len(self.steps) + 1

    @property
    def last(self) -> bool:
        """Whether the next press shows all answers."""
        return self.seen or self.number == len(self.steps)

    def carried(self, values: Values) -> list[tuple[str, str]]:
        """The hidden fields: all that was typed on other pages."""
        return [
            (name, one)
            for name, value in values.items()
            if name not in PRESSED_EACH_TIME and not (self.at and self.at.holds(name))
            for one in ((value,) if isinstance(value, str) else value)
            if one.strip()
        ]


GOAL = (
    Step("goal", {"title": "x"}),
    Step("measure", {"measure": "x", "baseline": "x", "target": "x"}),
    Step("why", {"why": "x"}, ("within_reach",)),
    Step("by_when", {"by_when": "2030-01-01"}),
    Step("plan", {}, ("obstacle", "plan")),
)
HELD = (
    Step("goal", {"goal": "x"}),
    Step("reality", {"reality": "x"}),
    Step("options", {"options.0": "x", "options.1": "x"}),
    Step("will", {"will": "x"}),
    Step("tasks", {}, ("tasks",)),
    Step("rating", {"rating": "3"}),
)
NOT_HELD = (Step("again", {}, ("new_time", "slot", "reason")),)
PROGRESS = Step("progress", {"percent": "0"}, ("goal", "note"))
PULSE = Step(
    "pulse", dict.fromkeys(("respect", "give_and_take", "expectations", "values", "connection"), "3"), prefix="pulse."
)
COURSE = Step("course", {}, ("note", "note_private", "refocus"))
TERMS = (
    Step("rhythm", {"every_weeks": "2", "minutes": "60"}, prefix="terms."),
    Step("slot", {"weekday": "1", "time": "12:00", "zone": "UTC"}, prefix="terms."),
    Step("channels", {"channels": "x"}, prefix="terms."),
    Step("scope", {"in_scope": "x"}, ("out_of_scope",), prefix="terms."),
    Step("confidential", {"confidential": "x"}, prefix="terms."),
)
REFLECT = (
    Step("then_and_now", {"then_and_now": "x"}),
    Step("learnt", {"learnt": "x"}),
    Step("ahead", {}, ("next",)),
    Step("thanks", {}, ("thanks",)),
)


def _goals(page: Page, values: Values, near: str) -> tuple[Step, ...]:
    """Every goal that something was written for, and the one that is being written."""
    written = (_row_of(name) for name, value in values.items() if name.startswith("goals.") and value)
    wanted = min(_row_of(near), page.goals_most - 1) if near.startswith("goals.") else 0
    rows = min(max(0, wanted, *written) + 1, MOST_ROWS)
    return tuple(replace(step, prefix=f"goals.{row}.") for row in range(rows) for step in GOAL)


def _report(page: Page, values: Values, near: str) -> tuple[Step, ...]:
    missed = values.get("happened") == "no"
    asked = Step("happened", {"happened": "no" if missed else "yes"})
    return (asked, *(NOT_HELD if missed else HELD))


def _check_in(page: Page, values: Values, near: str) -> tuple[Step, ...]:
    """The mentor is not asked for progress: what is left to them is short, and stays one page."""
    if page.me.role is Role.MENTOR or not page.goals:
        return ()
    progress = (
        replace(PROGRESS, prefix=f"progress.{row}.", least={**PROGRESS.least, "goal": str(one.number)})
        for row, one in enumerate(page.goals)
    )
    return (*progress, PULSE, COURSE)


def _agreement(page: Page, values: Values, near: str) -> tuple[Step, ...]:
    """Where the two differ, one page shows just that."""
    return () if page.differing else TERMS


def _reflect(page: Page, values: Values, near: str) -> tuple[Step, ...]:
    return REFLECT


STEPS: dict[str, Callable[[Page, Values, str], tuple[Step, ...]]] = {
    "set_goals": _goals,
    "report": _report,
    "check_in": _check_in,
    "sign_agreement": _agreement,
    "reflect": _reflect,
}
"""The pages of a form, by act: they follow from what was answered so far and from the step that is named (`near`)."""


def path(act: str, page: Page, values: Values, *near: str) -> tuple[Step, ...]:
    """The steps of a form in their order; none where the form is one page."""
    rule = STEPS.get(act)
    return max((rule(page, values, one) for one in near or ("",)), key=len) if rule else ()


def found(steps: tuple[Step, ...], name: str) -> Step | None:
    """The step of this name."""
    return next((step for step in steps if step.name == name), None)


def only(step: Step, steps: tuple[Step, ...], values: Values) -> Values:
    """The form as if all the others were answered: what is wrong with it is wrong with this step."""
    others = {f"{other.prefix}{name}": least for other in steps if other != step for name, least in other.least.items()}
    return {**others, **step.typed(values)}


def without(values: Values, row: str) -> Values:
    """The values without one row of a list (`goals.1.`), the later ones moved up."""
    return without_blank_rows({name: value for name, value in values.items() if not row or not name.startswith(row)})


def _row_of(name: str) -> int:
    return next((int(part) for part in name.split(".") if part.isdigit()), 0)
