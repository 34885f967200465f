"""Pages for links that lead to nothing to fill in. Each says what happened and what can be done next."""

from dataclasses import dataclass, field

from models.pages import LinkStatus
from models.phrases import Phrase
from models.phrases import to_translate as _


@dataclass(frozen=True, slots=True)
class Words:
    """A page of this kind. `pressed` is its status code where a press, and not a look, led to it."""

    title: str
    text: str
    looked: int
    pressed: int
    fresh: bool = False


WORDS = {
    LinkStatus.EXPIRED: Words(
        "The time for this has passed",
        "We heard nothing for a while and went on without an answer, so this link has expired. That is all right: "
        "your journey page shows where things stand, and we can mail you a fresh link to it.",
        410,
        410,
        fresh=True,
    ),
    LinkStatus.REVOKED: Words(
        "This link no longer works",
        "Links that were mailed earlier have been switched off, for example because an address changed. "
        "We can mail a fresh one to the address on record.",
        410,
        410,
        fresh=True,
    ),
    LinkStatus.SUPERSEDED: Words(
        "This has moved on",
        "Things went on without an answer here, so there is nothing left to fill in. Nothing that you sent is lost.",
        200,
        409,
    ),
    LinkStatus.ANSWERED: Words(
        "You have answered this",
        "Your answer is recorded and has been acted on, so it can't be changed here any more.",
        200,
        409,
    ),
    LinkStatus.CHANGEABLE: Words(
        "You have answered this",
        "Your answer is recorded, so there is nothing left to put off. Until it is acted on you can change it: "
        "open the link in your mail again.",
        200,
        409,
    ),
    LinkStatus.EARLY: Words(
        "Not yet",
        "It is too early to answer this. You need not remember it: we write to you when it is time.",
        200,
        409,
    ),
    LinkStatus.ENDED: Words(
        "This mentorship has ended",
        "There is nothing more to fill in. The journey page shows what you did together.",
        200,
        409,
    ),
    LinkStatus.UNKNOWN: Words(
        "There is nothing here",
        "This question does not exist, or it was asked of somebody else. Please open the link from the mail again; "
        "or let us mail you a fresh one, which leads to where things stand.",
        404,
        404,
        fresh=True,
    ),
}

HTTP_PAGES = {
    404: (_("There is no such page"), _("Please open the link from your mail again, or copy all of it.")),
    405: (
        _("This page can't be used like that"),
        _("Please open it in your browser and use the form that it shows."),
    ),
    408: (
        _("Your answer did not arrive in time"),
        _("The connection was too slow, and nothing was recorded. Please go back and press again."),
    ),
    413: (
        _("That is more than we can take"),
        _(
            "Nothing was recorded. Please go back in your browser: what you wrote should still be there. "
            "Shorten it, and press again."
        ),
    ),
    422: (_("This address is not complete"), _("Please open the link from your mail again, or copy all of it.")),
}
OTHERWISE = (_("This did not work"), _("Please open the link from your mail again."))
ELSEWHERE = (
    _("This press came from another site"),
    _("Nothing was recorded. If it was you, open the link from your mail and press there."),
)
OURS = (
    _("Something went wrong on our side"),
    _(
        "Nothing of yours is lost. Please go back and press again in a minute; your answer counts once, "
        "however often you press."
    ),
)

TITLES = {
    "paused": _("This mentorship rests just now"),
    "not_open": _("This is not open any more"),
    "not_yours": _("This was not asked of you"),
    "too_late": _("It is too late for this"),
}
"""What a refusal of the engine is headed, where it brings its own sentence."""
NOT_NOW = _("This is not possible now")

REJECTED = {
    "expired": LinkStatus.EXPIRED,
    "revoked": LinkStatus.REVOKED,
    "ended": LinkStatus.ENDED,
    "superseded": LinkStatus.SUPERSEDED,
}
"""Reasons of the engine that have a page above; the others bring their own sentence."""


@dataclass
class Unhappy(Exception):
    """Ends a request with a page instead of what was asked for."""

    status: int
    title: Phrase | str
    text: Phrase | str
    door: object | None = None
    fresh: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    again: bool = False
    """Whether the very same may work in a while."""


def bad_link() -> Unhappy:
    """The same for a tampered link and one that never was: it tells nothing about what exists."""
    return Unhappy(
        404,
        "This link does not work",
        "Part of the address may be missing. Please open the link from the mail again, or copy all of it.",
    )


def gone() -> Unhappy:
    """For a genuine link whose mentorship is not kept any more."""
    return Unhappy(410, "This is no longer kept", "The mentorship is over and its pages have been removed.")


def unreachable() -> Unhappy:
    """For a look while the engine is away. A press keeps what was typed and has a page of its own."""
    return Unhappy(
        503,
        "We can't reach your mentorship just now",
        "Nothing is lost. Please try again in a minute: reload this page, or open the link from your mail again.",
        headers={"Retry-After": "60"},
        again=True,
    )


def bad_form() -> Unhappy:
    """For a press without the nonce of a form that we showed."""
    return Unhappy(
        403,
        "Please press the button on the page itself",
        "This did not come from the form that we showed, so nothing was recorded. "
        "Open the link from your mail again and answer there.",
    )
