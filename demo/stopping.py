"""Being told to stop: Ctrl-C, SIGTERM, a closed terminal."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def until_told_to_stop() -> AsyncIterator[None]:
    """Ctrl-C, SIGTERM or a closed terminal cancel what runs inside; a second one does not disturb the clearing up."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told = False

    def tell() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, tell)
    try:
        yield
    except asyncio.CancelledError:
        if not told:
            raise
        task.uncancel()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
