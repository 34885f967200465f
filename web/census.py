"""How many mentorships there are, by what Temporal's list knows of them: whichever process asks, the same numbers."""

import asyncio
import time

from models.state import Stage
from telemetry import metrics
from telemetry.readiness import Readiness
from web.engine import Engine
from workflows.connection import EngineUnreachable
from workflows.search_attributes import HEALTH, STAGE, WAITING_ON

FRESH_FOR = 60.0
"""Seconds. Each census is a dozen questions to Temporal."""
PATIENCE = 5.0
"""Seconds for all of them. Prometheus gives up after ten."""
RUNNING = "ExecutionStatus = 'Running'"
HEALTHS = ("too_early", "on_track", "needs_attention", "at_risk")
LATE = ("mentor", "mentee", "both")


class Census:
    """Brings the gauges up to date. Where Temporal does not answer, they tell nothing instead of something old."""

    def __init__(self, engine: Engine, readiness: Readiness) -> None:
        self._engine = engine
        self._readiness = readiness
        self._taken_at: float | None = None
        self._turn = asyncio.Lock()

    async def take(self) -> None:
        """Counts, if the last time was not just now."""
        async with self._turn:
            if self._taken_at is None or time.monotonic() - self._taken_at > FRESH_FOR:
                self._taken_at = time.monotonic() if await self._is_taken() else None

    async def _is_taken(self) -> bool:
        try:
            if not await self._readiness.reason():
                async with asyncio.timeout(PATIENCE):
                    await self._count()
                return True
        except (EngineUnreachable, TimeoutError):
            pass
        for gauge in (metrics.MENTORSHIPS, metrics.HEALTH, metrics.WAITED_FOR):
            gauge.clear()
        return False

    async def _count(self) -> None:
        for stage in Stage:
            metrics.MENTORSHIPS.labels(stage.value).set(await self._counted(STAGE.name, stage.value))
        for health in HEALTHS:
            metrics.HEALTH.labels(health).set(await self._counted(HEALTH.name, health))
        mentor, mentee, both = [await self._counted(WAITING_ON.name, late) for late in LATE]
        metrics.WAITED_FOR.labels("mentor").set(mentor + both)
        metrics.WAITED_FOR.labels("mentee").set(mentee + both)

    async def _counted(self, attribute: str, value: str) -> int:
        return await self._engine.count(f"{RUNNING} AND {attribute} = '{value}'")
