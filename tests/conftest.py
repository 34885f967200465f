"""What many tests share: an outbox of their own, a Temporal dev server, a client, a worker."""

import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client

import settings as settings_module
from tests.payload_keys import entries
from tests.recorded_mail import RecordedMail
from tests.temporal_server import temporal_server
from worker import build
from workflows.client import Mentorships
from workflows.connection import connect

pytest_plugins = ["tests.leaks.plugin"]
_status = pytest.StashKey[int]()


@pytest.fixture(scope="session", autouse=True)
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder into which mail goes in this run of the tests. Everything else is encrypted, as in production."""
    folder = tmp_path_factory.mktemp("outbox")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TRELLIS_OUTBOX_DIR", str(folder))
        environment.setenv("TRELLIS_PAYLOAD_KEYS", entries("tests"))
        settings_module.settings.cache_clear()
        yield folder
    settings_module.settings.cache_clear()


@pytest.fixture(scope="session")
def temporal_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Temporal dev server that can skip time."""
    with temporal_server(tmp_path_factory.mktemp("temporal") / "server.log") as address:
        yield address


@pytest_asyncio.fixture(scope="session")
async def client(temporal_address: str) -> Client:
    """A client of that server."""
    return await connect(temporal_address)


@pytest_asyncio.fixture(scope="session")
async def worker(client: Client, outbox: Path) -> AsyncIterator[None]:
    """The real worker, with the real mail activity."""
    async with build(client):
        yield


@pytest_asyncio.fixture(scope="session")
async def recorded_mail(client: Client) -> AsyncIterator[RecordedMail]:
    """A worker whose mail goes nowhere but into a list, on a task queue of its own."""
    mail = RecordedMail()
    async with build(client, task_queue=RecordedMail.TASK_QUEUE, activities=[mail.deliver]):
        yield mail


@pytest.fixture
def mentorships(client: Client, recorded_mail: RecordedMail) -> Mentorships:
    """Mentorships that are carried by the worker with the recorded mail."""
    return Mentorships(client, task_queue=RecordedMail.TASK_QUEUE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what was left out, in one line for each reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, count in Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped).items():
        terminalreporter.write_line(
            f"{count} {'test was' if count == 1 else 'tests were'} left out: {reason}", yellow=True
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    # What was leaked makes a good run a bad one, and is known only now.
    session.config.stash[_status] = int(session.exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves with the true status, once everything has been reported.

    The interpreter sometimes crashes while it exits after the Temporal SDK was used (temporalio/sdk-python issue 300),
    which would turn a good run into a bad one or the reverse.
    """
    if _status in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_status])
