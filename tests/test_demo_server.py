"""The demo's processes: told to stop, started again, a port in use, a part that dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import httpx
import pytest

from demo import server
from demo.server import DemoProblem, Parts, Ports
from settings import ROOT


@contextmanager
def running_demo(folder: Path, ports: Ports) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The demo once it is ready, and what it has printed until then."""
    command = [sys.executable, "starter.py", "demo", "--dir", str(folder), "--port", str(ports.temporal)]
    command += ["--ui-port", str(ports.ui), "--web-port", str(ports.web)]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.stdout is not None
    impatience = threading.Timer(60, demo.kill)
    impatience.start()
    lines: list[str] = []
    try:
        for line in demo.stdout:
            lines.append(line.rstrip())
            if line.startswith("ready"):
                break
        assert lines[-1].startswith("ready"), "\n".join(lines)
        yield demo, lines
    finally:
        impatience.cancel()
        if demo.poll() is None:
            demo.terminate()
            demo.wait(30)
        demo.stdout.close()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_printed_addresses_answer_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    ports = Ports.free()
    with running_demo(tmp_path, ports) as (demo, lines):
        printed = [word for line in lines for word in line.split() if word.startswith("http://")]
        assert len(printed) == 2
        assert [httpx.get(url, follow_redirects=True, timeout=10).status_code for url in printed] == [200, 200]
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    assert not any(listens(port) for port in (ports.temporal, ports.ui, ports.web))

    with running_demo(tmp_path, ports) as (demo, lines):
        assert any("goes on" in line for line in lines)
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(30) == 0
    assert not any(listens(port) for port in (ports.temporal, ports.ui, ports.web))


@pytest.mark.parametrize(("name", "option"), [("temporal", "--port"), ("ui", "--ui-port"), ("web", "--web-port")])
def test_a_port_in_use_is_one_line_with_the_option_that_changes_it(tmp_path: Path, name: str, option: str) -> None:
    ports = Ports.free()
    with socket.socket() as other:
        other.bind(("127.0.0.1", getattr(ports, name)))
        other.listen()
        with pytest.raises(DemoProblem) as problem:
            ports.check()
    text = str(problem.value)
    assert "\n" not in text
    assert f"Port {getattr(ports, name)} is in use" in text
    assert option in text


def test_a_missing_server_binary_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(server, "distribution", missing)
    with pytest.raises(DemoProblem, match=r"^The Temporal server binary is missing: run `make setup`"):
        server.server_binary()


async def test_a_part_that_dies_is_named_with_its_last_lines_and_the_rest_stops(tmp_path: Path) -> None:
    ports = Ports.free()
    async with Parts(tmp_path, ports, headless=True) as parts:
        os.kill(parts.running["web"].process.pid, signal.SIGKILL)
        with pytest.raises(DemoProblem, match=r"^The web process was ended by SIGKILL\. Its log is "):
            await parts.watch()
    assert not listens(ports.temporal)


async def test_a_part_that_cannot_start_ends_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Ports.free()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DemoProblem, match="stopped with exit code 1"):
        async with Parts(tmp_path, ports, headless=True):
            pass
    assert not listens(ports.temporal)
