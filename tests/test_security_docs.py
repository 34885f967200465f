"""The threat model names the test that shows each defence: they are there, and no attack is without one."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text()
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
NAMED = re.compile(r"^- (tests/\w+\.py)::(\w+)$", re.MULTILINE)
NO_ATTACKS = {"The least that each part needs", "Found something?"}
ATTACKS = [name for name in SECTIONS if name not in NO_ATTACKS]


def named_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_each_defence_has_tests_that_exist(attack: str) -> None:
    named = NAMED.findall(SECTIONS[attack])
    assert named, "an attack without a test that shows the defence"
    assert len(named) == SECTIONS[attack].count("::")
    assert [f"{file}::{test}" for file, test in named if test not in named_in(file)] == []


@pytest.mark.parametrize(
    "word",
    [
        "forwarded", "scanner", "link key leaks", "API key leaks", "hostile mentee", "platform", "curious operator",
        "Mail injection", "Forged webhooks", "SSRF", "Replay", "Denial of service", "supply chain",
    ],
)  # fmt: skip
def test_no_attack_is_forgotten(word: str) -> None:
    assert any(word in name for name in ATTACKS)


def test_every_setting_that_is_named_exists() -> None:
    settings = (ROOT / "settings.py").read_text()
    for page in ("security.md", "retention.md"):
        for name in set(re.findall(r"TRELLIS_([A-Z_]+)", (ROOT / "docs" / page).read_text())):
            assert f"    {name.lower()}: " in settings, name
