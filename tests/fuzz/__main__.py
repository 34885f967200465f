"""Feeds each parser for a while, one after the other, and prints what came of it: `python -m tests.fuzz --seconds 600`.

The last line is one JSON object; the exit code is 1 when something was found. What was found is kept in `var/fuzz`.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "var" / "fuzz"
PARSERS = ("tokens", "forms", "events", "program_files", "start_files")
GRACE_SECONDS = 120


def main() -> int:
    """Runs those that were named, or all."""
    told = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    told.add_argument("parsers", nargs="*", choices=[*PARSERS, []], help=f"some of {', '.join(PARSERS)}")
    told.add_argument("--seconds", type=int, default=60, help="for each of them (60)")
    chosen = told.parse_args()
    results = {}
    for name in chosen.parsers or PARSERS:
        result = results[name] = run(name, chosen.seconds)
        became = ", ".join(f"{count:,} {what}" for what, count in sorted(result["became"].items()))
        slowest = f"slowest {result['slowest'] * 1000:.0f} ms"
        print(f"{name}: {result['executions']:,} inputs in {result['seconds']} s; {became}; {slowest}", flush=True)
        for line in result["found"]:
            print(f"  FOUND {line}", flush=True)
    print(json.dumps({"findings": sum(len(one["found"]) for one in results.values()), "parsers": results}))
    return int(any(one["found"] for one in results.values()))


def run(name: str, seconds: int) -> dict[str, object]:
    """One parser in a process of its own. A crash of the interpreter or an input that takes too long ends it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        corpus, counts, words = Path(folder) / "corpus", Path(folder) / "counts.json", Path(folder) / "words"
        corpus.mkdir()
        parser = import_module(f"tests.fuzz.{name}")
        for number, seed in enumerate(parser.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
        words.write_text("".join(f"{_quoted(word)}\n" for word in parser.WORDS))
        fed = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.feeding", name, str(counts), str(KEPT), f"-max_total_time={seconds}",
             "-timeout=60", "-rss_limit_mb=1500", "-max_len=16384", "-len_control=50", "-print_final_stats=1",
             f"-dict={words}", f"-artifact_prefix={KEPT}/{name}-", str(corpus)],
            cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=seconds + GRACE_SECONDS,
        )  # fmt: skip
        kept = json.loads(counts.read_text()) if counts.exists() else {"became": {}, "slowest": 0.0, "found": {}}
    executed = re.search(r"stat::number_of_executed_units:\s*(\d+)", fed.stderr)
    return {
        **kept,
        "seconds": seconds,
        "executions": int(executed[1]) if executed else 0,
        "found": [f"{place}: {told}" for place, told in kept["found"].items()]
        + ([] if fed.returncode == 0 else [_end(fed.stdout + fed.stderr)]),
    }


def _quoted(word: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'


def _end(output: str) -> str:
    """Why it ended before its time, and the file that holds the input."""
    raised = re.findall(r"^(?:TimeoutError\b.*|==\d+== ERROR: .*)$", output, re.MULTILINE)
    kept = re.search(r"Test unit written to (\S+)", output)
    return f"{'; '.join(raised) or output[-500:]}; input in {kept[1] if kept else 'nowhere'}"


if __name__ == "__main__":
    sys.exit(main())
