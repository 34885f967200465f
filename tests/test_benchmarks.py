"""Each benchmark runs, and prints one object of the agreed shape. What it measures is not judged here."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from settings import ROOT

TINY = {
    "bulk_start": ("--mentorships", "20", "--looks", "1"),
    "core_speed": ("--program", "single_session", "--seconds", "0.1"),
    "lifecycle_cost": ("--program", "single_session"),
    "load": ("--seconds", "2", "--lanes", "2", "--sleepers", "0"),
    "mail": ("--seconds", "0.1"),
    "pages": ("--presses", "25"),
}


@pytest.mark.parametrize("name", [path.stem for path in sorted((ROOT / "benchmarks").glob("[a-z]*.py"))])
def test_a_benchmark_prints_one_json_object(name: str) -> None:
    told = _run(name)
    assert told.keys() == {"name", "figures", "ratios", "goals"}
    assert told["name"] == name
    assert told["figures"]
    assert all(isinstance(ratio, int | float) for ratio in told["ratios"].values())
    for goal, verdict in told["goals"].items():
        assert goal in told["figures"] or goal in told["ratios"]
        assert isinstance(verdict["met"], bool)


def test_the_servers_counter_agrees_with_the_histories() -> None:
    figures = _run("lifecycle_cost")["figures"]
    for name in ("engine", "plain", "in_turn"):
        # An act that meets a renewal is sent again: the counter may know of it, the histories do not.
        assert 0 <= figures[f"{name}_actions"] - figures[f"{name}_actions_by_histories"] <= 3


@cache
def _run(name: str) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{name}", *TINY.get(name, ()), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    read: dict[str, Any] = json.loads(done.stdout)
    return read
