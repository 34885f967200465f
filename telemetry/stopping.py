"""Being asked to stop: by SIGTERM or Ctrl-C, once or many times, and as the first process of a container too."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

log = logging.getLogger("trellis.stopping")

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def on_stop(stop: Callable[[], object]) -> None:
    """Calls `stop`, in this event loop, each time the process is asked to stop.

    The handlers stay when the loop is gone, unlike the loop's own: whoever asks again while the process is leaving
    would otherwise end it with another status, and a first process would not hear at all.
    """
    loop = asyncio.get_running_loop()

    def told(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop)

    for number in SIGNALS:
        signal.signal(number, told)


def leave_if_asked() -> None:
    """Until then, whoever asks is obeyed at once: nothing has begun that would have to be finished.

    The first process of a container is not even ended by a signal for which it has no handler.
    """

    def leave_now(number: int, frame: FrameType | None) -> None:
        leave(0)

    for number in SIGNALS:
        signal.signal(number, leave_now)


def leave(status: int) -> NoReturn:
    """Ends the process with this status.

    The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300). When
    this is called all is done, and what was written is flushed here.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def leave_within(seconds: float) -> None:
    """Ends the process with status 1 if it is still there by then: whatever it waits for, it waited long enough."""

    def give_up() -> None:
        log.error("Not everything came to an end within %g seconds of being asked to stop", seconds)
        leave(1)

    asyncio.get_running_loop().call_later(seconds, give_up)
