"""Whether a process is ready: it is not stopping, and Temporal answers. Asked often, Temporal is asked seldom."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from telemetry import metrics

PATIENCE = 2.0
"""Seconds in which Temporal must answer."""
FRESH_FOR = 2.0
"""Seconds for which an answer is good."""

STARTING = "it has not begun to work"
STOPPING = "it is stopping"
UNREACHABLE = "Temporal can't be reached"
SILENT = f"Temporal did not answer within {PATIENCE:g} seconds"
UNFIT = "Temporal refused the question: see TEMPORAL_NAMESPACE and its credentials"

Check = Callable[[], Awaitable[str]]


class Readiness:
    """What a readiness probe is told. A reason is one of the sentences above and never the words of an error."""

    def __init__(self, check: Check | None = None, *, started: bool = True, fresh_for: float = FRESH_FOR) -> None:
        self._check = check
        self._fresh_for = fresh_for
        self._started = started
        self._stopping = False
        self._known = ""
        self._asked_at: float | None = None
        self._turn = asyncio.Lock()

    def start(self, check: Check) -> None:
        """From now on it may be ready."""
        self._check, self._started, self._asked_at = check, True, None

    def stop(self) -> None:
        """From now on it is not."""
        self._stopping = True

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to."""
        return self._stopping

    async def reason(self) -> str:
        """Why it is not ready; empty when it is. It takes no longer than Temporal is given."""
        told = await self._reason()
        metrics.READY.set(0 if told else 1)
        return told

    async def _reason(self) -> str:
        if self._stopping:
            return STOPPING
        if not self._started:
            return STARTING
        if self._check is None:
            return ""
        async with self._turn:
            if self._asked_at is None or time.monotonic() - self._asked_at > self._fresh_for:
                self._known = await self._check()
                self._asked_at = time.monotonic()
        return self._known


def answers(client: Client) -> Check:
    """Asks for the namespace: address, TLS, key and namespace must all be right for an answer."""

    async def check() -> str:
        request = DescribeNamespaceRequest(namespace=client.namespace)
        try:
            async with asyncio.timeout(PATIENCE):
                await client.workflow_service.describe_namespace(request)
        except TimeoutError:
            return SILENT
        except RPCError as problem:
            return UNREACHABLE if problem.status.name in ("UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED") else UNFIT
        except RuntimeError:
            # A lazy client that can't connect raises this and nothing more specific.
            return UNREACHABLE
        return ""

    return check
