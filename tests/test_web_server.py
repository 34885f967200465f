"""The web server as a process of its own."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from demo.ports import free_port
from settings import ROOT
from tests.web_parts import Browser, PureEngine, ask_link, filled


@pytest.mark.timeout(60)
async def test_it_serves_before_temporal_does_logs_no_token_and_ends_on_sigterm(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **os.environ,
        "TRELLIS_WEB_PORT": str(port),
        "TRELLIS_OUTBOX_DIR": str(tmp_path),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.server", cwd=ROOT, env=environment, stdout=-1, stderr=asyncio.subprocess.STDOUT
    )
    url = ask_link("accept.mentee")
    path = url.removeprefix("http://127.0.0.1:8000")
    form = filled(await Browser(PureEngine()).get(url), {"decision": "yes"})
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            for _ in range(200):
                try:
                    assert (await http.get("/health")).json() == {"status": "ok"}
                    break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
            assert (await http.get(path)).status_code == 503
            kept = await http.post(path, data=form)
            assert kept.status_code == 503
            assert "Your answer is kept on this page" in kept.text
            assert "Temporal does not answer" in (await http.get("/outbox")).text
    finally:
        server.send_signal(signal.SIGTERM)
        output, _ = await server.communicate()
    assert path.rsplit("/", 1)[-1] not in output.decode()
    assert "Traceback" not in output.decode()
