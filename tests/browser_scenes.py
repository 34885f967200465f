"""States of mentorships in which a page shows itself: told quickly by the pure rules, served to a real browser.

Looking at pages needs no Temporal, so the engine here is the rules themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import lifecycle
from links import Links, Purpose
from models.acts import ExitRamp, NotMine, Pause, Ramp, StopContact
from models.answers import ActBase, Decision, Fit
from models.base import Role
from models.commands import EndCommand, RevokeLinksCommand
from models.program import AskKind
from tests.builders import Story
from tests.web_parts import PureEngine
from workflows.time_skipping import MARGIN

MENTEE, MENTOR = Role.MENTEE, Role.MENTOR


@dataclass
class Scene:
    """A mentorship at one moment, and the links that its mails carry."""

    story: Story
    links: Links

    @property
    def id(self) -> str:
        return self.story.m.id

    @property
    def engine(self) -> PureEngine:
        """The rules at that moment."""
        return PureEngine(self.story.m, self.story.now + MARGIN)

    def ask(self, role: Role, kind: str, at: datetime | None = None) -> str:
        """The link of what someone is or was asked; the newest of that kind."""
        found = [ask.id for ask in lifecycle.all_asks(self.story.m)]
        found += [*self.story.m.answers, *self.story.m.ran_out, kind]
        ask = next(id for id in found if id.startswith(f"{kind}.{role}") or id == kind)
        return self._minted(Purpose.ASK, role, ask, at)

    def journey(self, role: Role) -> str:
        return self._minted(Purpose.JOURNEY, role, "", None)

    def unsubscribing(self, role: Role) -> str:
        return self._minted(Purpose.UNSUBSCRIBE, role, "", None)

    def desk(self) -> str:
        """The coordinator's link."""
        return self._minted(Purpose.COORDINATOR, Role.COORDINATOR, "", None)

    def _minted(self, purpose: Purpose, role: Role, ask: str, at: datetime | None) -> str:
        return self.links.mint(purpose, self.id, role, ask, "letter", at or self.story.now)


Make = Callable[[Scene], str]
"""Brings the mentorship of a scene to the moment in question, and returns the address to open."""


def asked(kind: AskKind, role: Role) -> Make:
    """Someone is asked this for the first time."""

    def make(scene: Scene) -> str:
        return scene._minted(Purpose.ASK, role, scene.story.reach(role, kind).id, None)

    return make


def answered(kind: AskKind, role: Role, then: AskKind | None = None) -> Make:
    """Someone has answered this, and time has gone on to what comes later, if anything is named."""

    def make(scene: Scene) -> str:
        ask = scene.story.reach(role, kind)
        scene.story.says(role, kind)
        if then is not None:
            scene.story.reach(MENTEE, then)
        return scene._minted(Purpose.ASK, role, ask.id, None)

    return make


def second_round(scene: Scene) -> str:
    """The mentor has asked for a change of the goals."""
    scene.story.reach(MENTOR, AskKind.REVIEW_GOALS)
    scene.story.says(MENTOR, AskKind.REVIEW_GOALS, verdict="change", comment="Please make the target easier to check.")
    return scene.ask(MENTEE, "set_goals")


def differing(scene: Scene) -> str:
    """The two want different things of the agreement."""
    story = scene.story
    story.reach(MENTEE, AskKind.SIGN_AGREEMENT)
    offer = story.answer(MENTEE, AskKind.SIGN_AGREEMENT)
    story.do(offer)
    wish = offer.terms.evolve(every_weeks=3, channels="A call on Fridays")  # type: ignore[attr-defined]
    story.says(MENTOR, AskKind.SIGN_AGREEMENT, terms=wish)
    return scene.ask(MENTEE, "sign_agreement")


def journey(role: Role, kind: AskKind, by: Role = MENTEE) -> Make:
    """The journey page when someone is asked this."""

    def make(scene: Scene) -> str:
        scene.story.reach(by, kind)
        return scene.journey(role)

    return make


def act(name: str, role: Role = MENTEE, kind: AskKind = AskKind.REPORT, query: str = "") -> Make:
    """The form of what is possible at any time, when the mentee is asked this."""

    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, kind)
        return f"{scene.journey(role)}/{name}{query}"

    return make


def of_session(name: str) -> Make:
    """The form for the next session that is planned."""

    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, AskKind.PREPARE)
        coming = next(one for one in scene.story.m.sessions if one.starts_at > scene.story.now)
        return f"{scene.journey(MENTEE)}/{name}?session={coming.number}"

    return make


def of_done_task(query: str) -> Make:
    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, AskKind.CHECK_IN)
        return f"{scene.journey(MENTOR)}/give_feedback{query}"

    return make


def snooze(scene: Scene) -> str:
    scene.story.reach(MENTEE, AskKind.PREPARE)
    return f"{scene.ask(MENTEE, 'prepare')}/snooze"


def did(act: Callable[[Scene], ActBase], path: Callable[[Scene], str], days: float = 0) -> Make:
    """In the middle of the sessions someone does something, and some days go by."""

    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, AskKind.REPORT)
        scene.story.do(act(scene))
        scene.story.days(days)
        return path(scene)

    return make


def pause(scene: Scene) -> Pause:
    return Pause(by=MENTEE, until=scene.story.today(12), reason="A move to another town.")


def end(scene: Scene) -> ExitRamp:
    return ExitRamp(by=MENTEE, choice=Ramp.END)


def stop(scene: Scene) -> StopContact:
    return StopContact(by=MENTEE)


def receipt(kind: AskKind, role: Role) -> Make:
    """The receipt of an answer."""

    def make(scene: Scene) -> str:
        ask = scene.story.reach(role, kind)
        found = scene.story.says(role, kind)
        return f"{scene._minted(Purpose.ASK, role, ask.id, None)}/receipt/{found.id}"

    return make


def receipt_of(act: Callable[[Scene], ActBase]) -> Make:
    """The receipt of something that the mentee did in the middle of the sessions."""

    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, AskKind.REPORT)
        found = scene.story.do(act(scene))
        return f"{scene.journey(MENTEE)}/{found.act}/receipt/{found.id}"

    return make


def ended(role: Role, how: Callable[[Story], object], path: str = "") -> Make:
    """The journey page of a mentorship that has ended like this, or a page below it."""

    def make(scene: Scene) -> str:
        how(scene.story)
        scene.story.silence()
        return f"{scene.journey(role)}{path}"

    return make


def not_mine(scene: Scene) -> NotMine:
    return NotMine(by=MENTEE)


def together(story: Story) -> None:
    story.live_on(silent=())


def by_saying(kind: AskKind, **changes: Any) -> Callable[[Story], object]:
    def how(story: Story) -> object:
        story.reach(MENTOR, kind)
        return story.says(MENTOR, kind, **changes)

    return how


declined = by_saying(AskKind.ACCEPT, decision=Decision.NO)
no_fit = by_saying(AskKind.FIT_CHECK, fit=Fit.NOT_A_FIT)


def early(story: Story) -> None:
    story.reach(MENTEE, AskKind.REPORT)
    story.do(ExitRamp(by=MENTEE, choice=Ramp.END))


def silent(story: Story) -> None:
    """Nobody ever answers."""


def cancelled(story: Story) -> None:
    story.order(EndCommand())


def late(path: str = "") -> Make:
    """The link of something that went on without an answer, or a page below it."""

    def make(scene: Scene) -> str:
        scene.story.reach(MENTEE, AskKind.PREPARE)
        ask = scene.ask(MENTEE, "prepare")
        scene.story.days(30)
        return ask + path

    return make


def revoked(scene: Scene) -> str:
    link = scene.ask(MENTEE, "accept")
    scene.story.days(1)
    scene.story.order(RevokeLinksCommand(role=Role.MENTEE))
    return link


def too_soon(scene: Scene) -> str:
    scene.story.reach(MENTEE, AskKind.PREPARE)
    later = next(ask for ask in lifecycle.all_asks(scene.story.m) if ask.opened_at > scene.story.now)
    return scene._minted(Purpose.ASK, later.by, later.id, None)


def over(scene: Scene) -> str:
    link = scene.ask(MENTEE, "accept")
    scene.story.order(EndCommand())
    scene.story.silence()
    return link


def unknown(scene: Scene) -> str:
    return scene._minted(Purpose.ASK, MENTEE, "dance.mentee", None)


def bad_link(scene: Scene) -> str:
    return f"{scene.journey(MENTEE)}x"


def not_kept(scene: Scene) -> str:
    return scene.links.mint(Purpose.JOURNEY, "forgotten", MENTEE, "", "letter", scene.story.now)


def unsubscribing(scene: Scene) -> str:
    scene.story.reach(MENTEE, AskKind.PREPARE)
    return scene.unsubscribing(MENTEE)


def plain(path: str) -> Make:
    """A page that belongs to nobody."""
    return lambda scene: path
