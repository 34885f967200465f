"""The local SendGrid inside the process of a test, with its figures at hand."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from demo.sendgrid_events import Key, Reporter
from demo.sendgrid_server import Desk, Trouble, create_app

KEY = "SG.a-key-that-must-stay-secret"


@dataclass(frozen=True, slots=True)
class LocalSendGrid:
    """A running server: its address, and the desk behind it."""

    host: str
    desk: Desk

    def meets(self, *troubles: Trouble) -> None:
        """The next requests meet these, one each."""
        self.desk.forced.extend(troubles)

    @property
    def mails(self) -> dict[str, int]:
        """How often each mail was taken."""
        return dict(self.desk.accepted)


@contextmanager
def local_sendgrid(folder: Path, webhook: str = "") -> Iterator[LocalSendGrid]:
    """A server of one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    reporter = Reporter(Key(folder / "signing-key.pem"), webhook, seed=1)
    desk = Desk(folder, KEY, seed=1, trouble_rate=0, reporter=reporter)
    config = uvicorn.Config(
        create_app(desk), host="127.0.0.1", port=0, log_level="error", access_log=False, timeout_graceful_shutdown=0
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield LocalSendGrid(f"http://127.0.0.1:{port}", desk)
    finally:
        server.should_exit = True
        thread.join(10)
