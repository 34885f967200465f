"""The error of an engine that can't answer now, and when that is said."""

from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode

PATIENCE = timedelta(seconds=10)
"""How long one call waits for Temporal and a worker."""


class EngineUnreachable(Exception):
    """Temporal, or a worker behind it, does not answer. Whatever was asked may be asked again: it counts once."""


def unreachable(problem: RPCError) -> EngineUnreachable:
    """What to look at, by what the server says."""
    if problem.status is RPCStatusCode.FAILED_PRECONDITION and "failed state" in problem.message:
        return EngineUnreachable(
            "The build that should carry this mentorship fails on it and tries again: look at the log of its worker, "
            "and at `A bad deployment` in docs/upgrades.md."
        )
    waited = problem.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)
    hint = "is a worker running?" if waited or "poller" in problem.message else "is Temporal running?"
    return EngineUnreachable(f"No answer from Temporal ({problem.status.name.lower()}: {problem.message}): {hint}")
