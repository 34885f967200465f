"""Every page there is, in one table: what it is called, its template, the moment at which it shows, what is done on it.

A new page is one more line; `test_browser_contact_sheet.py` says which template or route has none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from models.base import Role
from models.program import AskKind
from tests import browser_desk as desks
from tests import browser_scenes as scenes
from tests.browser_desk import desk
from tests.browser_scenes import MENTEE, MENTOR, Make, act, answered, asked, did, ended, journey, plain
from tests.browser_walks import NOTHING, Says, both, on_days, plainly
from tests.web_parts import PureEngine


class Then(StrEnum):
    """What is done on a page once it is open."""

    LOOK = "look"
    """Nothing."""
    ANSWER = "answer"
    """Its form is filled in and pressed, step by step, up to the receipt."""
    PRESS = "press"
    """Its button is pressed with nothing but `says` filled in."""


def well(engine: PureEngine) -> None:
    """Nothing is in the way of the press."""


def away(engine: PureEngine) -> None:
    """The engine goes away before the press."""
    engine.down = True


@dataclass(frozen=True)
class Shown:
    """One page. With `then`, `template` and `status` are those of the page that opens, `after` of what comes then."""

    name: str
    template: str
    make: Make
    then: Then = Then.LOOK
    says: Says = NOTHING
    status: int = 200
    after: tuple[str, int] = ("receipt.html", 200)
    presses: int = 1
    """How often the button is pressed before the page is looked at; `says` is filled in for the last time."""
    meanwhile: Callable[[PureEngine], None] = well
    program: str = "career"

    @property
    def group(self) -> str:
        return self.name.split(":")[0]

    @property
    def act(self) -> str:
        """The act of its form, by its template: `asks/report.html` is about `report`."""
        return self.template.rpartition("/")[2].removesuffix(".html")


def ask(kind: AskKind, role: Role, says: Says = NOTHING) -> Shown:
    return Shown(f"Ask: {kind}, {role}", f"asks/{kind}.html", asked(kind, role), Then.ANSWER, says)


def at_any_time(name: str, make: Make, says: Says = NOTHING) -> Shown:
    return Shown(f"At any time: {name}", f"acts/{name}.html", make, Then.ANSWER, says)


def at_the_desk(name: str, says: Says = NOTHING, *orders: desks.Order) -> Shown:
    return Shown(f"Coordinator: {name}", f"coordinator/{name}.html", desk(f"/{name}", *orders), Then.ANSWER, says)


TASK = both(plainly(task__title="Read the page on maps", task__owner="mentee"), on_days(task__due=6))
LESS = plainly(mail="partner_only")
NO_SESSION = plainly(happened="no", reason="I was ill on the day.")
K = AskKind

PAGES: tuple[Shown, ...] = (
    ask(K.ACCEPT, MENTEE),
    ask(K.ACCEPT, MENTOR),
    ask(K.PROPOSE_TIMES, MENTEE),
    ask(K.PICK_TIME, MENTOR),
    ask(K.FIT_CHECK, MENTEE),
    ask(K.SET_GOALS, MENTEE),
    Shown("Ask: set_goals, second round", "asks/set_goals.html", scenes.second_round),
    ask(K.REVIEW_GOALS, MENTOR),
    ask(K.SIGN_AGREEMENT, MENTEE),
    ask(K.SIGN_AGREEMENT, MENTOR),
    Shown("Ask: sign_agreement, differing", "asks/sign_agreement.html", scenes.differing),
    ask(K.PREPARE, MENTEE),
    ask(K.REPORT, MENTEE),
    Shown("Ask: report, not held", "asks/report.html", asked(K.REPORT, MENTEE), Then.ANSWER, NO_SESSION),
    ask(K.CONFIRM, MENTOR),
    ask(K.FOLLOW_UP, MENTEE),
    ask(K.CHECK_IN, MENTEE),
    ask(K.CHECK_IN, MENTOR),
    ask(K.EXTEND, MENTEE),
    ask(K.REFLECT, MENTEE),
    ask(K.REFLECT, MENTOR),
    Shown("Ask: changeable", "asks/prepare.html", answered(K.PREPARE, MENTEE)),
    Shown(
        "Mistakes: accept", "asks/accept.html", asked(K.ACCEPT, MENTEE), Then.PRESS, after=("asks/accept.html", 422)
    ),
    Shown(
        "Mistakes: report",
        "asks/report.html",
        asked(K.REPORT, MENTEE),
        Then.PRESS,
        after=("asks/report.html", 422),
    ),
    Shown("Mistakes: pause", "acts/pause.html", act("pause"), Then.PRESS, after=("acts/pause.html", 422)),
    Shown("Receipt: report", "receipt.html", scenes.receipt(K.REPORT, MENTEE)),
    Shown("Receipt: pause", "receipt.html", scenes.receipt_of(scenes.pause)),
    at_any_time("pause", act("pause"), on_days(until=12)),
    at_any_time("resume", did(scenes.pause, lambda scene: f"{scene.journey(MENTOR)}/resume", days=1)),
    at_any_time("days_away", act("days_away"), on_days(first=2, last=5)),
    at_any_time("change_preferences", act("change_preferences")),
    at_any_time("exit_ramp", act("exit_ramp"), plainly(choice="slower")),
    at_any_time("ask_help", act("ask_help"), plainly(message="Could you join us once?")),
    at_any_time("stop_contact", act("stop_contact")),
    at_any_time("move_session", scenes.of_session("move_session")),
    at_any_time("cancel_session", scenes.of_session("cancel_session")),
    at_any_time("assign_task", act("assign_task", MENTOR), TASK),
    at_any_time("give_feedback", scenes.of_done_task("?task=1"), plainly(feedback="That was worth the wait.")),
    at_any_time("undo", did(scenes.end, lambda scene: f"{scene.journey(MENTEE)}/undo")),
    at_any_time("fresh_link", act("fresh_link")),
    Shown("At any time: fresh_link, late", "acts/fresh_link.html", scenes.late("/fresh"), Then.ANSWER),
    at_any_time("unsubscribe", act("unsubscribe"), LESS),
    at_any_time("not_mine", act("not_mine")),
    Shown("At any time: not_mine, over", "acts/not_mine.html", ended(MENTEE, scenes.silent, "/not_mine")),
    at_any_time("snooze", scenes.snooze, plainly(days="2")),
    Shown("At any time: choose a session", "choose.html", act("move_session", kind=K.PREPARE)),
    Shown("At any time: choose a task", "choose.html", scenes.of_done_task("")),
    Shown("Unsubscribe: the page", "acts/unsubscribe.html", scenes.unsubscribing, Then.ANSWER, LESS),
    Shown("Journey: at the beginning", "journey.html", journey(MENTEE, K.ACCEPT)),
    Shown("Journey: goal setting", "journey.html", journey(MENTEE, K.SET_GOALS)),
    Shown("Journey: sessions", "journey.html", journey(MENTEE, K.REPORT)),
    Shown("Journey: sessions, mentor", "journey.html", journey(MENTOR, K.CONFIRM, by=MENTOR)),
    Shown("Journey: tasks", "journey.html", journey(MENTEE, K.FOLLOW_UP)),
    Shown("Journey: check-ins", "journey.html", journey(MENTEE, K.CHECK_IN)),
    Shown("Journey: looking back", "journey.html", journey(MENTEE, K.REFLECT)),
    Shown("Journey: paused", "journey.html", did(scenes.pause, lambda scene: scene.journey(MENTEE), days=1)),
    Shown("Journey: about to end", "journey.html", did(scenes.end, lambda scene: scene.journey(MENTEE))),
    Shown("Journey: contact stopped", "journey.html", did(scenes.stop, lambda scene: scene.journey(MENTEE))),
    Shown("Ending: completed, mentee", "journey.html", ended(MENTEE, scenes.together)),
    Shown("Ending: completed, mentor", "journey.html", ended(MENTOR, scenes.together)),
    Shown("Ending: not a fit", "journey.html", ended(MENTEE, scenes.no_fit)),
    Shown("Ending: declined", "journey.html", ended(MENTEE, scenes.declined)),
    Shown("Ending: early", "journey.html", ended(MENTEE, scenes.early)),
    Shown("Ending: lapsed", "journey.html", ended(MENTEE, scenes.silent)),
    Shown("Ending: cancelled", "journey.html", ended(MENTEE, scenes.cancelled)),
    Shown("Ending: certificate", "certificate.html", ended(MENTEE, scenes.together, "/certificate")),
    Shown("Ending: no certificate", "unhappy.html", ended(MENTOR, scenes.together, "/certificate"), status=404),
    Shown("Coordinator: page", "coordinator/page.html", desk()),
    Shown("Coordinator: at rest", "coordinator/page.html", desk("", desks.tell, desks.rest)),
    Shown("Coordinator: over", "coordinator/page.html", desk("", desks.close)),
    Shown("Coordinator: not possible now", "coordinator/page.html", desk("/resume")),
    at_the_desk("message", plainly(to="both", text="How are you two?")),
    at_the_desk("patience", plainly(days="7")),
    at_the_desk("pause"),
    at_the_desk("resume", NOTHING, desks.rest),
    at_the_desk("rematch", plainly(outcome="not_a_fit")),
    at_the_desk("end", plainly(outcome="ended_early")),
    Shown("Coordinator: receipt", "coordinator/receipt.html", desk("/receipt/{receipt}", desks.rest)),
    Shown(
        "Mistakes: message",
        "coordinator/message.html",
        desk("/message"),
        Then.PRESS,
        after=("coordinator/message.html", 422),
    ),
    Shown("Unhappy: coordinator's link", "unhappy.html", desks.handed_over, status=410),
    Shown("Unhappy: answered", "answered.html", answered(K.PREPARE, MENTEE, then=K.REPORT)),
    Shown("Unhappy: ran out", "unhappy.html", scenes.late(), status=410),
    Shown("Unhappy: revoked", "unhappy.html", scenes.revoked, status=410),
    Shown("Unhappy: too soon", "unhappy.html", scenes.too_soon),
    Shown("Unhappy: over", "unhappy.html", scenes.over),
    Shown("Unhappy: unknown", "unhappy.html", scenes.unknown, status=404),
    Shown("Unhappy: bad link", "unhappy.html", scenes.bad_link, status=404),
    Shown("Unhappy: not kept", "unhappy.html", scenes.not_kept, status=410),
    Shown("Unhappy: no such page", "unhappy.html", plain("/nowhere"), status=404),
    Shown("Unhappy: not possible now", "unhappy.html", act("undo"), status=200),
    Shown(
        "Away: a press is kept",
        "asks/prepare.html",
        asked(K.PREPARE, MENTEE),
        Then.PRESS,
        plainly(topics="The next step.\nAnd the one after.", questions="How?"),
        after=("retry.html", 503),
        meanwhile=away,
    ),
    Shown(
        "Away: too often",
        "asks/accept.html",
        asked(K.ACCEPT, MENTEE),
        Then.PRESS,
        plainly(decision="yes", reason="At last."),
        after=("too_soon.html", 429),
        presses=21,
    ),
    Shown("Demo: outbox", "outbox.html", plain("/outbox")),
    Shown("Demo: a mail", "mail.html", plain("/outbox/mail-1")),
)  # fmt: skip

WITHOUT_PICTURE = {
    "unsubscribed.html": "the answer to a mail program (RFC 8058), which shows it to nobody",
}
"""Templates of pages that the table leaves out, and why."""
NO_PAGE = {
    "/health": "for load balancers",
    "/ready": "for load balancers",
    "/": "leads on to the outbox",
    "/j/{token}/next.ics": "a file",
    "/j/{token}/export": "a file",
    "/outbox/{mail_id}/html": "a mail inside the page of a mail",
    "/outbox/{mail_id}/attachment/{index}": "a file",
}
"""Routes that show no page of ours, and why."""
