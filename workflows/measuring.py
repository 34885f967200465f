"""What a mentorship counts of itself, through the SDK: asks opened and closed, and how long answers took.

The SDK leaves out what is counted while a history is replayed. The names and their meaning: docs/observability.md.
"""

from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from lifecycle.tally import Closed, tally
    from models.state import Mentorship

OPENED = "trellis_asks_opened"
CLOSED = "trellis_asks_closed"
ANSWER_HOURS = "trellis_answer_hours"
ANSWER_NUDGES = "trellis_answer_nudges"
BUCKETS = {
    ANSWER_HOURS: (1.0, 4.0, 12.0, 24.0, 48.0, 72.0, 120.0, 168.0, 240.0, 336.0, 504.0),
    ANSWER_NUDGES: (0.0, 1.0, 2.0, 3.0, 4.0),
}
"""People answer within hours or after weeks, and the usual ladder has three nudges."""


class Meters:
    """Looks what became of the asks. What is known when a run begins was counted by the run before it."""

    def __init__(self, known: Mentorship | None) -> None:
        self._known = known
        self._at = workflow.now()

    def look(self, state: Mentorship) -> None:
        """Counts what is new since the last look."""
        now = workflow.now()
        # Nothing that is counted here changes what the workflow does: a replay may leave it out.
        if not workflow.unsafe.is_replaying():
            self._count(state, now)
        self._known, self._at = state, now

    def _count(self, state: Mentorship, now: datetime) -> None:
        seen = tally(self._known, self._at, state, now)
        if not (seen.opened or seen.closed):
            return
        meter = workflow.metric_meter()
        for kind in seen.opened:
            meter.create_counter(OPENED, "Asks that opened.").add(1, {"ask": kind.value})
        for one in seen.closed:
            meter.create_counter(CLOSED, "Asks that closed.").add(1, {"ask": one.kind.value, "how": one.how})
            if one.how == "answered":
                self._count_answer(one)

    def _count_answer(self, one: Closed) -> None:
        meter = workflow.metric_meter()
        hours = one.open_for.total_seconds() / 3600
        ask = {"ask": one.kind.value}
        meter.create_histogram_float(ANSWER_HOURS, "From an ask's opening to its answer.", "h").record(hours, ask)
        meter.create_histogram(ANSWER_NUDGES, "Nudges before an ask was answered.").record(one.nudges, ask)
