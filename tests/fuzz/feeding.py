"""One parser under atheris, in a process of its own: `python -m tests.fuzz.feeding NAME FILE FOLDER OPTIONS…`

Only our own modules are instrumented. What became of the inputs is written to FILE now and then (atheris never
returns), and an input that raised what it should not is kept in FOLDER.
"""

import json
import sys
import time
import traceback
from collections import Counter
from importlib import import_module
from pathlib import Path

import atheris

OURS = ["links", "models", "lifecycle", "programs", "web", "cli", "workflows", "activities", "settings", "templates"]
ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 2.0
"""Of this process's own time, so that a busy machine finds nothing."""


def main() -> None:
    """Feeds until libFuzzer has had enough. What is found is noted, once for each place, and does not end it."""
    name, kept, artifacts, *options = sys.argv[1:]
    with atheris.instrument_imports(include=OURS):
        parser = import_module(f"tests.fuzz.{name}")
    became: Counter[str] = Counter()
    found: dict[str, str] = {}
    slowest = 0.0
    written = 0.0

    def once(data: bytes) -> None:
        nonlocal slowest, written
        begun = time.thread_time()
        try:
            became[parser.feed(data)] += 1
        except Exception as problem:
            place = f"{type(problem).__name__} at {_place(problem)}"
            if place not in found:
                artifact = Path(artifacts) / f"{name}-{len(found) + 1}"
                artifact.write_bytes(data)
                found[place] = f"{str(problem)[:200]!r}; input in {artifact}"
        took = time.thread_time() - begun
        slowest = max(slowest, took)
        if took > LONGEST_SECONDS:
            raise TimeoutError(f"took {took:.1f} s")
        if time.monotonic() - written > 0.5:
            written = time.monotonic()
            Path(kept).write_text(json.dumps({"became": became, "slowest": slowest, "found": found}))

    atheris.Setup([sys.argv[0], *options], once)
    atheris.Fuzz()


def _place(problem: Exception) -> str:
    """The last step in code of ours."""
    steps = [one for one in traceback.extract_tb(problem.__traceback__) if one.filename.startswith(str(ROOT))]
    ours = [one for one in steps if "site-packages" not in one.filename]
    return f"{Path(ours[-1].filename).relative_to(ROOT)}:{ours[-1].lineno}"


if __name__ == "__main__":
    main()
