"""The `announce` activity: one event becomes one signed request to the platform (Standard Webhooks).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. What is raised ends up in a
history, so it never holds the address or a secret.
"""

import asyncio
import hashlib
import hmac
import logging
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import httpcore
import httpx
from standardwebhooks import Webhook
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.network import InternalAddress, OutsideNetwork
from models.events import Announcement, AnyEvent
from settings import settings
from telemetry import metrics

log = logging.getLogger("trellis.webhooks")

AT_ONCE = 64
"""Requests that one worker makes at the same time."""
TIMEOUT = 10.0
"""Seconds that one request may take in all, from looking the name up to the status line."""
GONE = "gone"
"""The type of the failure after which nothing is sent any more. Its first detail is the mark of the endpoint."""
REFUSED = "refused"
"""The type of any other failure. It is tried again."""
LONGEST_WISH = timedelta(hours=1)
"""A receiver may ask for a later retry (Retry-After), but not for one later than this."""
BUSY = (429, 503)


@activity.defn(name="announce")
async def announce(announcement: Announcement) -> None:
    """Delivers one event. Without a TRELLIS_WEBHOOK_URL it is dropped: nobody wants it any more.

    Raises ApplicationError: `gone`, not retryable, when the endpoint answered 410 now or before; `refused` for
    everything that may pass.
    """
    own = settings()
    if not own.webhook_url:
        log.info("Dropped %s: TRELLIS_WEBHOOK_URL is not set", announcement.event.id)
        _count(announcement.event, "dropped")
        return
    secrets = [secret.get_secret_value() for secret in own.webhook_secrets]
    endpoint = Endpoint(own.webhook_url, secrets, allow_internal=own.webhook_allow_internal)
    if announcement.gone == endpoint.mark:
        raise _gone(endpoint)
    _judge(await _answer(endpoint, announcement.event), announcement.event, endpoint)
    _count(announcement.event, "delivered")


class Answer(NamedTuple):
    """What a receiver said. Its body is not read."""

    status: int
    retry_after: str = ""


class Endpoint:
    """Where events go, and how they are signed."""

    def __init__(self, url: str, secrets: Sequence[str], *, allow_internal: bool = False) -> None:
        self._url = url
        self._webhooks = [Webhook(secret) for secret in secrets]
        self._network = OutsideNetwork(allow_internal=allow_internal)
        self.mark = hmac.new(secrets[-1].encode(), url.encode(), hashlib.sha256).hexdigest()[:16]
        """Tells this endpoint from others without telling what it is: a history may hold it."""

    def headers(self, event: AnyEvent, body: str, at: datetime) -> dict[str, str]:
        """The headers of one attempt, with a signature by each secret."""
        return {
            "content-type": "application/json",
            "user-agent": "Trellis-Webhooks",
            "webhook-id": event.id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(webhook.sign(event.id, at, body) for webhook in self._webhooks),
        }

    async def post(self, event: AnyEvent) -> Answer:
        """One attempt on a connection of its own. Redirects are answers like any other: nothing follows them."""
        body = event.body()
        headers = self.headers(event, body, datetime.now(UTC))
        async with (
            asyncio.timeout(TIMEOUT),
            self._pool() as pool,
            pool.stream("POST", self._url, headers=list(headers.items()), content=body.encode()) as response,
        ):
            told = {name.lower(): value for name, value in response.headers}
            return Answer(response.status, told.get(b"retry-after", b"").decode("latin-1"))

    def _pool(self) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            ssl_context=_trusted(), max_keepalive_connections=0, network_backend=self._network
        )


async def _answer(endpoint: Endpoint, event: AnyEvent) -> Answer:
    try:
        return await endpoint.post(event)
    except InternalAddress:
        reason = "the address is internal; TRELLIS_WEBHOOK_ALLOW_INTERNAL=true would allow it"
    except TimeoutError:
        reason = f"no answer within {TIMEOUT:g} seconds"
    # The words of other errors may hold the name of the host.
    except Exception as problem:
        reason = f"no answer ({type(problem).__name__})"
    raise _refused(event, reason) from None


def _judge(answer: Answer, event: AnyEvent, endpoint: Endpoint) -> None:
    if 200 <= answer.status < 300:
        return
    if answer.status == httpx.codes.GONE:
        _count(event, GONE)
        raise _gone(endpoint)
    redirected = ", a redirect, which is not followed" if 300 <= answer.status < 400 else ""
    raise _refused(event, f"the receiver answered {answer.status}{redirected}", _wished(answer))


def _refused(event: AnyEvent, reason: str, retry_after: timedelta | None = None) -> ApplicationError:
    """One line in the log is enough of it: benign failures leave no stack trace there."""
    log.warning("%s was not delivered: %s", event.id, reason)
    _count(event, REFUSED)
    return ApplicationError(
        reason, type=REFUSED, next_retry_delay=retry_after, category=ApplicationErrorCategory.BENIGN
    )


def _count(event: AnyEvent, result: str) -> None:
    metrics.WEBHOOKS.labels(event.type, result).inc()


def _wished(answer: Answer) -> timedelta | None:
    if answer.status not in BUSY or not (answer.retry_after.isascii() and answer.retry_after.isdigit()):
        return None
    # Cut before it is read: the receiver may have sent any number of digits.
    seconds = int(answer.retry_after[:9])
    return min(timedelta(seconds=seconds), LONGEST_WISH) if seconds else None


def _gone(endpoint: Endpoint) -> ApplicationError:
    return ApplicationError(
        "the receiver answered 410: it wants no more events",
        endpoint.mark,
        type=GONE,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()
