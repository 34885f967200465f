"""The coordinator's page and its forms at their moments: a mentor who says nothing, and what is done about it."""

from collections.abc import Callable

from models.acts import Coordinate
from models.base import Role
from models.commands import Command, EndCommand, MessageCommand, PauseCommand, ResumeCommand, RevokeLinksCommand
from models.program import AskKind
from tests.browser_scenes import MENTOR, Make, Scene

Order = Callable[[Scene], Command]


def desk(path: str = "", *orders: Order) -> Make:
    """The page, or one below it, once the mentor was silent for long and the coordinator has given these orders.

    `{receipt}` in the path stands for the receipt of the last.
    """

    def make(scene: Scene) -> str:
        link = silent_mentor(scene)
        receipt = ""
        for order in orders:
            receipt = scene.story.do(Coordinate(command=order(scene))).id
        return f"{link}{path.format(receipt=receipt)}"

    return make


def silent_mentor(scene: Scene) -> str:
    scene.story.reach(MENTOR, AskKind.ACCEPT)
    scene.story.days(12)
    return scene.desk()


def handed_over(scene: Scene) -> str:
    """Someone else coordinates now: this link was switched off."""
    link = silent_mentor(scene)
    scene.story.days(1)
    scene.story.order(RevokeLinksCommand(role=Role.COORDINATOR))
    return link


def rest(scene: Scene) -> PauseCommand:
    return PauseCommand(until=scene.story.today(12), reason="A move to another town.")


def go_on(scene: Scene) -> ResumeCommand:
    return ResumeCommand()


def tell(scene: Scene) -> MessageCommand:
    return MessageCommand(to="both", text="How are you two?")


def close(scene: Scene) -> EndCommand:
    return EndCommand(rematch=True)
