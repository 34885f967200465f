"""The rules of mentoring, as pure functions: (state, act, now) -> state, and state -> what is due.

No clock, no randomness, no environment, no I/O: `now` is always an argument, an aware UTC datetime.
"""

from lifecycle.acts import apply, compacted
from lifecycle.beginning import begin
from lifecycle.commands import command
from lifecycle.coordinating import coordinator
from lifecycle.due import Due, is_over, next_due
from lifecycle.export import export
from lifecycle.health import health
from lifecycle.letters import advance
from lifecycle.mail_results import mail_event, sent
from lifecycle.measures import measures
from lifecycle.overview import ended, overview, status, waiting
from lifecycle.pages import journey, page
from lifecycle.rejection import Rejected
from lifecycle.simulation import PreviewMail, preview, simulate
from lifecycle.stages import all_asks

__all__ = [
    "Due",
    "PreviewMail",
    "Rejected",
    "advance",
    "all_asks",
    "apply",
    "begin",
    "command",
    "compacted",
    "coordinator",
    "ended",
    "export",
    "health",
    "is_over",
    "journey",
    "mail_event",
    "measures",
    "next_due",
    "overview",
    "page",
    "preview",
    "sent",
    "simulate",
    "status",
    "waiting",
]
