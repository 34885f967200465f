"""The plugin of pytest that collects while tests run, and searches at the end. A leak makes the run fail."""

import http.client
import logging
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from prometheus_client import generate_latest
from pydantic import SecretStr

from demo.server import Parts
from links import Links
from settings import Settings
from telemetry.logs import CHATTY, QUIET, formatter
from tests.leaks import servers
from tests.leaks.left import LEFT, LINK, Kind, Report
from tests.leaks.words import typed

OTHERS = "mail.log"
"""What the mail server of the tests logs, which stands for one of somebody else."""
REPORTS = pytest.StashKey[list[dict[str, Any]]]()


class _Logged(logging.Handler):
    """Writes what a process outside local mode would log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(formatter(Settings.model_construct(local=False, log_format="json")))

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == OTHERS:
            return
        quiet = record.name.startswith(QUIET) and record.levelno < logging.WARNING
        chatty = record.name.startswith(CHATTY) and record.levelno < logging.ERROR
        if not quiet and not chatty:
            LEFT.leave(Kind.LOG, self.format(record).encode())


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORTS] = []
    logging.getLogger().addHandler(_Logged())
    _after(Links, "mint", lambda *given, result: LEFT.secret(*LINK.findall(result)))
    _after(SecretStr, "__init__", lambda self, value, result: LEFT.secret(value, value.partition(":")[2]))
    _after(secrets, "token_urlsafe", lambda *given, result: LEFT.secret(result))
    for transport, handle in (
        (httpx.ASGITransport, "handle_async_request"),
        (httpx.AsyncHTTPTransport, "handle_async_request"),
        (httpx.HTTPTransport, "handle_request"),
    ):
        _before(transport, handle, lambda self, request: _asked(request))
    _before(
        http.client.HTTPConnection,
        "putrequest",
        lambda self, method, url, *_, **__: LEFT.url(url if "://" in url else f"http://{self.host}:{self.port}{url}"),
    )
    _read_servers_before_they_stop()


def _after(owner: Any, name: str, tell: Callable[..., object]) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def told(*given: Any, **named: Any) -> Any:
        result = real(*given, **named)
        tell(*given, *named.values(), result=result)
        return result

    setattr(owner, name, told)


def _before(owner: Any, name: str, tell: Callable[..., object]) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def told(*given: Any, **named: Any) -> Any:
        tell(*given, **named)
        return real(*given, **named)

    setattr(owner, name, told)


def _asked(request: httpx.Request) -> None:
    LEFT.url(str(request.url), request.headers.get("referer", ""))
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(request.read().decode(errors="replace")))
        LEFT.word(*typed({name.rpartition(".")[2]: value for name, value in form.items()}))


def _read_servers_before_they_stop() -> None:
    stop = Parts.stop

    async def read_and_stop(self: Parts) -> None:
        if "temporal" in self.running:
            await servers.read(LEFT, self.address)
        await stop(self)

    Parts.stop = read_and_stop  # type: ignore[method-assign]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where tests ran, searches. Where they were handed out, the processes that ran them have told what they found."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["leaks"] = asdict(_searched(config))
    elif not config.getoption("numprocesses", None):
        config.stash[REPORTS].append(asdict(_searched(config)))
    if any(report["found"] for report in config.stash[REPORTS]) and not int(exitstatus):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _searched(config: pytest.Config) -> Report:
    base = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    for log in base.rglob("*.log"):
        content = log.read_bytes()
        LEFT.leave(Kind.LOG, content, re.sub(r"\W+", "-", str(log.relative_to(base))), places=content.count(b"\n"))
    for mail in base.rglob("*.eml"):
        LEFT.secret(*LINK.findall(_unfolded(mail.read_bytes())))
    LEFT.leave(Kind.METRICS, generate_latest())
    report = LEFT.search()
    if not report.found:
        shutil.rmtree(LEFT.folder, ignore_errors=True)
    return report


def _unfolded(mail: bytes) -> str:
    return mail.replace(b"=\r\n", b"").replace(b"=\n", b"").decode(errors="replace")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    report = getattr(node, "workeroutput", {}).get("leaks")
    if report is not None:
        node.config.stash[REPORTS].append(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    report = Report.together(config.stash[REPORTS])
    if sum(report.places.values()):
        terminalreporter.write_line(str(report), red=bool(report.found), green=not report.found)
        for one in report.found:
            terminalreporter.write_line(f"  {one}", red=True)
