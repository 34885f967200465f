"""The worker as a process: what an operator sees when it starts, can't start, and is asked to stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from models.people import Start
from settings import Settings
from tests.pairs import a_start
from workflows.connection import SharedPydanticConverter, data_converter

ROOT = Path(__file__).resolve().parent.parent


def _worker(log: Path, **environment: str) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "worker.py"], cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output
        )


def test_an_unreachable_temporal_is_one_line_that_names_the_address(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    assert _worker(log, TEMPORAL_ADDRESS="127.0.0.1:9").wait(30) == 1
    told = log.read_text().splitlines()
    assert len(told) == 1
    assert "127.0.0.1:9" in told[0]
    assert "TEMPORAL_ADDRESS" in told[0]


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    assert _worker(log, TRELLIS_WEB_PORT="many").wait(30) == 1
    assert log.read_text().startswith("TRELLIS_WEB_PORT: ")


def test_a_worker_that_is_asked_to_stop_leaves_with_success(tmp_path: Path, temporal_address: str) -> None:
    log = tmp_path / "worker.log"
    worker = _worker(log, TEMPORAL_ADDRESS=temporal_address, TRELLIS_TASK_QUEUE="asked-to-stop")
    try:
        give_up = time.monotonic() + 30
        while "ready" not in log.read_text() and time.monotonic() < give_up:
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    finally:
        worker.kill()
    assert "stopping" in log.read_text()


def test_workflows_share_the_validators_that_pydantic_built_for_them() -> None:
    assert data_converter(Settings()).payload_converter_class is SharedPydanticConverter
    one, other = SharedPydanticConverter(), SharedPydanticConverter()
    start = a_start()
    (payload,) = one.to_payloads([start])
    assert other.from_payloads([payload], [Start]) == [start]
    assert one is not other
    assert all(kept is other.converters[encoding] for encoding, kept in one.converters.items())
