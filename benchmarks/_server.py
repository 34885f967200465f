"""A Temporal dev server of a benchmark's own, in memory, and what it counts as billed actions."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from demo.ports import HOST, free_ports
from demo.server import server_binary
from workflows import search_attributes
from workflows.time_skipping import server_arguments

READY_WITHIN_SECONDS = 60

SKIPPING = "grpc_UpdateWorkflowExecutionOptions"
"""The action of moving a workflow's clock. Only a benchmark does that; nothing else here uses this call."""
_ACTION = re.compile(r'^action\{action_type="(?P<type>\w+)",namespace="(?P<namespace>\w+)".*\} (?P<count>\S+)$', re.M)


@dataclass(frozen=True, slots=True)
class Server:
    """A running dev server."""

    port: int
    metrics_port: int

    async def client(self, namespace: str) -> Client:
        """A client of one of its namespaces, with our search attributes registered."""
        client = await Client.connect(
            f"{HOST}:{self.port}", namespace=namespace, data_converter=pydantic_data_converter
        )
        await search_attributes.register(client)
        return client

    async def actions(self, namespace: str) -> dict[str, int]:
        """Billed actions by type, without the skipping of time: the server's own counter, a second or so late."""
        async with httpx.AsyncClient(trust_env=False) as http:
            text = (await http.get(f"http://{HOST}:{self.metrics_port}/metrics")).text
        return {
            found["type"]: int(float(found["count"]))
            for found in _ACTION.finditer(text)
            if found["namespace"] == namespace and found["type"] != SKIPPING
        }


@asynccontextmanager
async def temporal_server(*namespaces: str) -> AsyncIterator[Server]:
    """Starts a server that can skip time, and kills it."""
    port, metrics_port = free_ports(2)
    command = [str(server_binary()), "server", "start-dev", "--headless", "--log-level", "error"]
    command += ["--ip", HOST, "--port", str(port), "--metrics-port", str(metrics_port), *server_arguments()]
    for namespace in namespaces:
        command += ["--namespace", namespace]
    with TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log, start_new_session=True)
        try:
            server = Server(port, metrics_port)
            async with asyncio.timeout(READY_WITHIN_SECONDS):
                while not await _is_serving(server, namespaces):
                    if process.returncode is not None:
                        log.seek(0)
                        raise RuntimeError(f"The Temporal dev server stopped:\n{log.read()[-2000:].decode()}")
                    await asyncio.sleep(0.05)
            yield server
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _is_serving(server: Server, namespaces: tuple[str, ...]) -> bool:
    try:
        for namespace in namespaces:
            await (await server.client(namespace)).count_workflows("")
    except (RPCError, RuntimeError):
        return False
    return True
