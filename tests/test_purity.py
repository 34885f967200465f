"""The rules are pure: what a replay, a simulation and a worker compute from the same state must be the same."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE = sorted(path for folder in ("models", "lifecycle") for path in (ROOT / folder).glob("**/*.py"))

ALLOWED_IMPORTS = {
    *(
        "base64",
        "collections",
        "dataclasses",
        "datetime",
        "enum",
        "functools",
        "hashlib",
        "itertools",
        "math",
        "operator",
        "re",
    ),
    *("string", "textwrap", "types", "typing", "unicodedata", "zoneinfo"),
    *("pydantic", "pydantic_core", "models", "lifecycle"),
}
CLOCKS = {"now", "today", "utcnow", "time_ns", "monotonic", "perf_counter", "default_rng", "uuid1", "uuid4", "urandom"}
READERS = {"open", "input", "print", "exec", "eval", "__import__", "id", "hash"}
SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
CONSUMERS = {"list", "tuple", "iter", "enumerate", "next", "map", "filter", "zip", "reversed", "dict", "join"}


SHELL_IMPORTS = ALLOWED_IMPORTS | {"asyncio", "inspect", "json", "temporalio", "workflows"}
"""What the workflows may import besides: asyncio is the SDK's own loop there."""


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _set_names(tree: ast.AST) -> set[str]:
    """Names that are assigned or annotated as a set anywhere in the module: coarse, and on the safe side."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_set(node.value, set()):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            target = node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", "")
            if ast.unparse(node.annotation).split("[")[0] in {"set", "frozenset"}:
                names.add(target)
    return names


def _is_set(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Call):
        return _called(node) in {"set", "frozenset"} | SET_METHODS
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return _is_set(node.left, names) or _is_set(node.right, names)
    return False


def _iterated(tree: ast.Module) -> Iterator[ast.AST]:
    """Every expression whose order of elements shows in the result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor):
            yield node.iter
        elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
            yield from (generator.iter for generator in node.generators)
        elif isinstance(node, ast.Starred):
            yield node.value
        elif isinstance(node, ast.Call) and _called(node) in CONSUMERS:
            yield from node.args


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_rule_knows_no_clock_no_chance_and_no_world(path: Path) -> None:
    tree = _tree(path)
    foreign = [f"line {line}: {name}" for line, name in _imports(tree) if name.split(".")[0] not in ALLOWED_IMPORTS]
    assert not foreign, f"take the value as an argument instead of importing {foreign}"
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    impure = [f"line {call.lineno}: {ast.unparse(call.func)}" for call in calls if _called(call) in CLOCKS]
    impure += [
        f"line {call.lineno}: {call.func.id}"
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in READERS
    ]
    assert not impure, f"take the value as an argument instead of calling {impure}"


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_rule_depends_on_the_order_of_a_set(path: Path) -> None:
    tree = _tree(path)
    names = _set_names(tree)
    found = [f"line {node.lineno}: {ast.unparse(node)}" for node in _iterated(tree) if _is_set(node, names)]  # type: ignore[attr-defined]
    assert not found, f"sort it, or keep it in a dict: the order of a set changes with the hash seed: {found}"


def _shell() -> list[Path]:
    """What runs inside a workflow: the two of them, and what they import of their folder."""
    found, waiting = list[Path](), [ROOT / "workflows" / name for name in ("mentorship.py", "events.py")]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.append(path)
            names = [name for _, name in _imports(_tree(path)) if name.startswith("workflows.")]
            waiting += [ROOT / f"{name.replace('.', '/')}.py" for name in names]
    return sorted(found)


@pytest.mark.parametrize("path", _shell(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_workflow_asks_nobody_but_temporal_what_time_it_is_or_for_chance(path: Path) -> None:
    """The sandbox would see this too, at the price of a copy of the module in every cached workflow."""
    tree = _tree(path)
    foreign = [f"line {line}: {name}" for line, name in _imports(tree) if name.split(".")[0] not in SHELL_IMPORTS]
    assert not foreign, f"do it in an activity instead of importing {foreign}"
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [(call.lineno, ast.unparse(call.func)) for call in calls if _called(call) in CLOCKS | READERS]
    impure = [f"line {line}: {name}" for line, name in named if name != "workflow.now"]
    assert not impure, f"ask `workflow` instead of calling {impure}"


def test_models_import_nothing_of_ours_but_models_and_the_rules_only_models() -> None:
    ours = {
        "activities", "demo", "links", "programs", "settings", "starter", "telemetry", "web", "worker", "workflows",
    }  # fmt: skip
    for path in PURE:
        forbidden = ours | ({"lifecycle"} if path.parent.name == "models" else set())
        wrong = [name for _, name in _imports(_tree(path)) if name.split(".")[0] in forbidden]
        assert not wrong, f"{path.name} imports {wrong}"


@pytest.mark.parametrize(
    "source",
    ["for x in {1, 2}: pass", "names = set(y)\nz = [n for n in names]", "tuple({*a} | b)", "','.join(set(a))"],
)
def test_the_guard_sees_an_iterated_set(source: str) -> None:
    tree = ast.parse(source)
    assert any(_is_set(node, _set_names(tree)) for node in _iterated(tree))
