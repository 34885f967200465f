"""The deployment example: what can be run of it here is run, the rest is held against the source."""

import asyncio
import os
import re
import shutil
import subprocess
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
import yaml
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client

from demo.server import server_binary
from settings import ROOT, Settings
from workflows.search_attributes import REGISTRY

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OUTSIDE = {"benchmarks", "deploy", "docs", "examples", "tests", "var"}
"""Folders that no running process needs."""


async def test_the_compose_file_prepares_a_namespace_that_the_worker_can_use(
    client: Client, temporal_address: str
) -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    (script,) = compose["services"]["namespace"]["command"]
    path = f"{server_binary().parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "TEMPORAL_ADDRESS": temporal_address, "TEMPORAL_NAMESPACE": "trellis"}
    for _ in range(2):
        # Compose halves the dollars. The second time everything is there.
        command = ["/bin/sh", "-euc", script.replace("$$", "$")]
        ran = await asyncio.create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=STDOUT)
        said, _ = await ran.communicate()
        assert ran.returncode == 0, said.decode()
    request = ListSearchAttributesRequest(namespace="trellis")
    known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    assert {key.name for key in REGISTRY} <= set(known)


def test_the_image_holds_every_module_that_runs() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Containerfile").read_text(), re.M))
    here = {path.parent.name for path in ROOT.glob("*/*.py")} | {"programs", "templates"}
    assert copied == here - OUTSIDE
    for path in ROOT.glob("*.py"):
        assert path.name in (DEPLOY / "Containerfile").read_text()


def test_every_setting_of_the_example_is_one() -> None:
    files = (DEPLOY / "trellis.env.example", DEPLOY / "compose.yaml", DEPLOY / "Containerfile", *UNITS)
    for path in files:
        for name in re.findall(r"TRELLIS_(\w+)", path.read_text()):
            assert name.lower() in Settings.model_fields, f"{path.name} sets TRELLIS_{name}"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_reads_the_units_without_a_complaint(unit: Path, tmp_path: Path) -> None:
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/trellis/.venv/bin/python", "/usr/bin/env python3"))
    ran = subprocess.run(["systemd-analyze", "verify", str(here)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
