"""What is installed is what was looked at: every package pinned, with its hashes."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt")
PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]+\])?==(?P<version>[^\s;]+)(?: ; .+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: str) -> list[list[str]]:
    """Each package with its options, a line of the file at a time."""
    lines = [line for line in (ROOT / lock).read_text().splitlines() if not line.startswith("#")]
    return [[part.strip() for part in entry.split(" \\\n")] for entry in re.split(r"\n(?=\S)", "\n".join(lines))]


def locked(lock: str) -> dict[str, str]:
    found = [PINNED.fullmatch(first) for first, *_ in entries(lock)]
    return {one["name"].lower(): one["version"] for one in found if one is not None}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_its_hashes(lock: str) -> None:
    for first, *options in entries(lock):
        assert PINNED.fullmatch(first), first
        assert options, f"{first} has no hash"
        assert all(HASH.fullmatch(option) for option in options), first
    assert len(locked(lock)) > 20


def test_what_the_project_names_is_what_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runs, dev = locked(LOCKS[0]), locked(LOCKS[1])
    for known, wanted in ((runs, project["project"]["dependencies"]), (dev, project["dependency-groups"]["dev"])):
        for one in wanted:
            name, _, version = one.split(";")[0].strip().partition("==")
            assert known[re.sub(r"\[.*\]", "", name).lower()] == version, one
    assert {name: dev.get(name, version) for name, version in runs.items()} == runs, "tests run what production runs"
