"""Runs a program whose clock is wrong: `python -m demo.chaos.skewed_clock SECONDS FILE-OR-MODULE`.

Only for chaos: it changes what `time.time` and `datetime.now` say in this process. Python has no switch for that, so
the method is replaced in the type itself, where every module that imported `datetime` finds it.
"""

import ctypes
import gc
import runpy
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any


def skew(seconds: float) -> None:
    """From now on the clock of this process is this far ahead (or behind, when negative)."""
    told: Callable[[], float] = time.time
    now: Any = datetime.__dict__["now"]

    def skewed(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
        shown: datetime = now.__get__(None, cls)(tz)
        return shown + timedelta(seconds=seconds)

    time.time = lambda: told() + seconds
    (attributes,) = gc.get_referents(datetime.__dict__)
    attributes["now"] = classmethod(skewed)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))


def main() -> None:
    """Runs the program as if it had been started by itself."""
    seconds, program = float(sys.argv[1]), sys.argv[2]
    sys.argv = [program]
    skew(seconds)
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
