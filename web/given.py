"""The receipt just given: the page that a press leads to need not ask the engine for what the press has just told.

A press is two requests: the form, and by its redirect the receipt. All that the receipt shows is known as soon as the
form is answered, from the page on which the form stood and from what the engine said. It is kept until the redirect is
followed, and given out once. What is not here (a reload, another web process, a form that stood open for long) is asked
of the engine, as for any page.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from links import Link, Purpose
from models.acts import ChangePreferences
from models.answers import Accept, ActBase
from models.pages import LinkStatus, Page
from models.state import Receipt

MOST = 500
"""Of each: pages of forms, and of receipts. A few megabytes."""
FORM_WITHIN = 1800.0
"""Seconds for which the page of a form is kept."""
FOLLOWED_WITHIN = 15.0
"""Seconds for a redirect to be followed."""

K = TypeVar("K")
V = TypeVar("V")
Clock = Callable[[], float]


class Given:
    """What one web process has shown and answered lately."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._forms: _Lately[str, Page] = _Lately(FORM_WITHIN, clock)
        self._receipts: _Lately[tuple[Purpose, Link, str], Page] = _Lately(FOLLOWED_WITHIN, clock)

    def shown(self, update_id: str, page: Page) -> None:
        """A form was shown on this page. `update_id` is that of its press."""
        self._forms.keep(update_id, page)

    def told(self, purpose: Purpose, link: Link, act: ActBase, receipt: Receipt) -> None:
        """The engine took the act of a form, and told this."""
        page = self._forms.take(receipt.id)
        if page is not None and (after := _after(page, act, receipt)) is not None:
            self._receipts.keep((purpose, link, receipt.id), after)

    def take(self, purpose: Purpose, link: Link, receipt_id: str) -> Page | None:
        """The page of a receipt that was just told to the bearer of this link."""
        return self._receipts.take((purpose, link, receipt_id))


def _after(page: Page, act: ActBase, receipt: Receipt) -> Page | None:
    """The page as the engine would answer it, as far as a receipt shows it; or None where only the engine knows."""
    if receipt.at < page.now:
        return None  # an earlier press, repeated: much may have happened since
    if isinstance(act, Accept) and act.zone not in (None, page.preferences.zone):
        return None
    after = page.evolve(now=receipt.at, receipt=receipt)
    if isinstance(act, ChangePreferences):
        after = after.evolve(preferences=act.preferences)
    if act.ask and receipt.act == act.ask.split(".")[0]:
        status = LinkStatus.CHANGEABLE if receipt.changeable else LinkStatus.ANSWERED
        after = after.evolve(status=status, answer=act, answered_at=receipt.at)
    return after


class _Lately(Generic[K, V]):
    """So many values, each for so many seconds, and each given out once."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds, self._clock = seconds, clock
        self._kept: OrderedDict[K, tuple[float, V]] = OrderedDict()

    def keep(self, key: K, value: V) -> None:
        self._kept[key] = (self._clock() + self._seconds, value)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST or next(iter(self._kept.values()))[0] < self._clock():
            self._kept.popitem(last=False)

    def take(self, key: K) -> V | None:
        until, value = self._kept.pop(key, (0.0, None))
        return value if until >= self._clock() else None
