"""docs/getting-started.md, walked as a new platform walks it: every command as it stands, on ports that are free."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from demo.ports import free_ports
from settings import ROOT

PAGE = (ROOT / "docs" / "getting-started.md").read_text()
STEP = "=== next block ==="
WITHIN_SECONDS = 140
CRASHED, AGAIN = 134, "again"


def blocks() -> list[tuple[str, str]]:
    """Each block of commands, but for the installation, and what the page says that it prints."""
    found = re.findall(r"```sh\n(.*?)```(?:\n\n```(?:text|json)\n(.*?)```)?", PAGE, re.S)
    assert found[0][0].startswith("make setup")
    return found[1:]


def walked(folder: Path) -> list[str]:
    """What each block prints, in a folder that holds the project."""
    for entry in ROOT.iterdir():
        if entry.name not in (".git", ".venv", "var"):
            (folder / entry.name).symlink_to(entry)
    ports = free_ports(3)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "TRELLIS_"))}
    environment = kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    (first, _), *others = blocks()
    names = re.findall(r"(\w+_PORT)=\d+", first)
    chosen = "export " + " ".join(f"{name}={port}" for name, port in zip(names, ports, strict=True))
    script = f"\necho '{STEP}'\n".join([chosen, *(code for code, _ in others)])
    process = subprocess.Popen(
        ("bash", "-eu", "-c", script),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # What it starts in the background is taken away with it, however it ends.
        start_new_session=True,
    )
    try:
        out, problems = process.communicate(timeout=WITHIN_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode == CRASHED and folder.name != AGAIN:
        # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300), and
        # the page's own Python says nothing of that: all is walked once more, from the start.
        again = folder.with_name(AGAIN)
        again.mkdir()
        return walked(again)
    assert process.returncode == 0, f"{out[-2000:]}\n{problems[-2000:]}"
    return out.split(f"{STEP}\n")


def pattern(printed: str) -> str:
    """What the page prints, with any instant in the place of one, and anything in the place of an ellipsis."""
    text = re.escape(printed.strip())
    text = re.sub(r"\d{4}\\-\d\d\\-\d\dT[\d:]+Z", r"\\S+Z", text)
    return text.replace("…", ".*")


def test_a_new_platform_starts_in_three_ways_hears_of_it_and_ends_it(tmp_path: Path) -> None:
    told = walked(tmp_path)
    for (code, printed), out in zip(blocks(), told, strict=True):
        assert re.search(pattern(printed), out, re.S), f"{code}\nprinted:\n{out}"
    folder = tmp_path.with_name(AGAIN) if tmp_path.with_name(AGAIN).exists() else tmp_path
    events = (folder / "var" / "first" / "events.log").read_text()
    for id in ("pair-1", "pair-2", "pair-3"):
        kinds = re.findall(rf"verified (\S+) \{{'mentorship': '{id}'", events)
        assert kinds == ["mentorship.started", "stage.entered", "mentorship.ended"]


def test_every_page_that_it_leads_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
