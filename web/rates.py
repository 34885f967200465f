"""How often one address, one person and everybody may look and press, counted in memory or in a shared Redis."""

import asyncio
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import IPv6Address, ip_address
from math import ceil
from typing import TypeVar, cast

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.storage.base import SlidingWindowCounterSupport
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from links import Link, Purpose
from settings import Settings

log = logging.getLogger("trellis.rates")

BUCKETS = 1024
"""Addresses share so many counters, by a keyed hash. A flood from ever new addresses fills no memory, and nobody can
tell whose counter is whose: no address is kept at all."""
ANSWERS_WITHIN = 0.5
"""Seconds for a Redis to count. After that each process counts for itself."""
TRIED_AGAIN_AFTER = 10.0

T = TypeVar("T")


class Rates:
    """Counts by sliding windows: two numbers each, and what was refused does not count.

    Requests with a genuine link are counted apart from those without, so that no stranger can use up what people with a
    link have; and only a genuine link counts against its person.
    """

    def __init__(self, settings: Settings) -> None:
        self._key = settings.link_keys[-1].get_secret_value().encode()
        self._rates = {
            (whose, pressing): parse(rate)
            for whose, looks, presses in (
                ("address", settings.rates_looks_per_address, settings.rates_presses_per_address),
                ("person", settings.rates_looks_per_person, settings.rates_presses_per_person),
                ("all", settings.rates_looks, settings.rates_presses),
            )
            for pressing, rate in ((False, looks), (True, presses))
        }
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(settings.rate_storage.get_secret_value())
        self._away_until = 0.0

    async def wait(self, address: str, purpose: Purpose | None, link: Link | None, *, pressing: bool) -> int:
        """Counts a request. Seconds to wait if it comes too soon, or 0. The signature of `link` was verified."""
        for whose, key in self._counted(address, purpose, link):
            if seconds := await self.hit(self._rates[whose, pressing], f"{whose}.{key}.{int(pressing)}"):
                return seconds
        return 0

    async def hit(self, rate: RateLimitItem, key: str) -> int:
        """Counts one more. Seconds to wait if it comes too soon, or 0."""
        return await self._asked(lambda limiter: _hit(limiter, rate, key))

    async def left(self, rate: RateLimitItem, key: str) -> tuple[int, float]:
        """How many more may come just now, and the seconds until there is room for another."""
        stats = await self._asked(lambda limiter: limiter.get_window_stats(rate, key))
        return stats.remaining, stats.reset_time - time.time()

    def bucket(self, address: str) -> int:
        """The counter that this address shares with some others."""
        return int.from_bytes(self._hashed(network(address))[:4]) % BUCKETS

    def _counted(self, address: str, purpose: Purpose | None, link: Link | None) -> Iterator[tuple[str, str]]:
        known = "stranger" if link is None else "known"
        # Presses of unsubscribe buttons come from the few addresses of a mail provider, for many people (RFC 8058).
        if link is None or purpose is not Purpose.UNSUBSCRIBE:
            yield "address", f"{known}.{self.bucket(address)}"
        if link is not None:
            yield "person", self._hashed(f"{link.role.value}/{link.mentorship}").hex()[:32]
        yield "all", known

    def _hashed(self, text: str) -> bytes:
        return hmac.digest(self._key, f"rates/{text}".encode(), "sha256")

    async def _asked(self, ask: Callable[[SlidingWindowCounterRateLimiter], Awaitable[T]]) -> T:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    return await ask(self._shared)
            except (StorageError, TimeoutError):
                self._away_until = time.monotonic() + TRIED_AGAIN_AFTER
                log.warning("TRELLIS_RATE_STORAGE does not answer: each web process counts for itself until it does")
        return await ask(self._own)


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, and of IPv6 the /64 that one household or machine has."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped) if found.ipv4_mapped else found.packed[:8].hex()


async def _hit(limiter: SlidingWindowCounterRateLimiter, rate: RateLimitItem, key: str) -> int:
    if await limiter.hit(rate, key):
        return 0
    storage = cast(SlidingWindowCounterSupport, limiter.storage)
    window = rate.get_expiry()
    before, rest, current, lives = await storage.get_sliding_window(rate.key_for(key), window)
    # The count is what came in this window, and of the one before as much as still lies in the last `window` seconds.
    if current >= rate.amount:
        return ceil(lives - window * rate.amount / current) + 1
    return max(ceil(rest - window * (rate.amount - current) / before) if before else 0, 0) + 1


def _shared(address: str) -> SlidingWindowCounterRateLimiter | None:
    if address.startswith("memory://"):
        return None
    try:
        storage = storage_from_string(f"async+{address}", implementation="redispy", wrap_exceptions=True)
    except (ConfigurationError, ValueError):
        raise ConfigurationError(
            "TRELLIS_RATE_STORAGE: a Redis needs the Python package redis (pip install redis) and a valid address"
        ) from None
    assert isinstance(storage, Storage)
    return SlidingWindowCounterRateLimiter(storage)
