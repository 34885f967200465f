"""The command line of Trellis, and its client for Python backends: `from starter import Mentorships, connect`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs this with another Python should read why it does not work
    sys.exit(f"Trellis needs Python 3.11 or later, and this is {sys.version.split()[0]}: use .venv/bin/python")

import os

from pydantic import ValidationError

from cli.app import app
from cli.start_file import read_start
from cli.terminal import WRONG_INPUT
from settings import Settings, told
from workflows.client import ActRejected, Mentorships, NoSuchMentorship, StartConflict, Started, StartedOne
from workflows.connection import EngineUnreachable, connect

__all__ = [
    "ActRejected",
    "EngineUnreachable",
    "Mentorships",
    "NoSuchMentorship",
    "StartConflict",
    "Started",
    "StartedOne",
    "connect",
    "read_start",
]


def main() -> int:
    """The command line; returns its exit code."""
    try:
        app(prog_name="python starter.py")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except ValidationError as problem:
        if problem.title != Settings.__name__:
            raise
        print(told(problem), file=sys.stderr)
        return WRONG_INPUT
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300). All is
    # done and flushed here: leave with the true status.
    os._exit(status)
