"""The short way of a press: what was typed goes straight to the engine.

The page is asked for only where it has to be shown again. What a form needs to be read stands in its signed nonce, and
what is possible just now the rules decide when the act arrives.
"""

from links import Link, Purpose
from models.acts import AskHelp, ChangePreferences, DaysAway, Snooze, StopContact, Undo
from models.answers import ActBase
from models.program import AskKind
from models.state import Receipt
from web.answers import facts_of, read
from web.questions import Press
from web.site import Site
from workflows.client import ActRejected, NoSuchMentorship

CHECKED = frozenset(
    {
        *(kind.value for kind in AskKind),
        *(
            str(act.model_fields["act"].default)
            for act in (AskHelp, ChangePreferences, DaysAway, Snooze, StopContact, Undo)
        ),
    }
)
"""Acts whose rules refuse all that their page would. For the others the page is looked at first."""


async def straight(site: Site, purpose: Purpose, link: Link, press: Press, act: str) -> Receipt | ActRejected | None:
    """The receipt; or why the engine refused; or None where the press has to take the long way.

    A second press has the same update id, and so it gets the receipt of the first. Raises EngineUnreachable.
    """
    nonce = press.nonce
    if press.turn or act not in CHECKED or nonce.act != act or not nonce.zone:
        return None
    if nonce.tick and press.values.get("confirm") != "yes":
        return None
    typed = read(act, press.values, facts_of(link, act), nonce.zone)
    if not isinstance(typed, ActBase):
        return None
    try:
        receipt = await site.engine.act(link.mentorship, typed, update_id=nonce.update_id)
    except ActRejected as refusal:
        return refusal
    except NoSuchMentorship:
        return None
    site.given.told(purpose, link, typed, receipt)
    return receipt
