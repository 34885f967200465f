"""How a benchmark tells its result: one JSON object on stdout, or a table for a person."""

import asyncio
import json
import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field

Figure = int | float | str | dict[str, int]


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure or a ratio shall be: at most (or at least) `bound`, better `aim`."""

    bound: float
    aim: float | None = None
    at_least: bool = False

    def tell(self, value: float) -> dict[str, float | bool]:
        """The goal beside what was measured."""
        told: dict[str, float | bool] = {"at_least" if self.at_least else "at_most": self.bound}
        if self.aim is not None:
            told["aim"] = self.aim
        return told | {"met": value >= self.bound if self.at_least else value <= self.bound}


@dataclass(slots=True)
class Result:
    """What one benchmark found. Ratios are taken within the run, so that they hold on any machine."""

    name: str
    figures: dict[str, Figure] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    goals: dict[str, dict[str, float | bool]] = field(default_factory=dict)

    def set_goal(self, name: str, goal: Goal) -> None:
        """Judges the ratio, or the figure, of this name."""
        value = self.ratios[name] if name in self.ratios else self.figures[name]
        assert isinstance(value, int | float)
        self.goals[name] = goal.tell(value)

    def table(self) -> str:
        """For a person."""
        lines = [self.name]
        for name, value in {**self.figures, **self.ratios}.items():
            lines.append(f"  {name:<34} {_value(value):>10}{self._verdict(name)}")
        return "\n".join(lines)

    def _verdict(self, name: str) -> str:
        goal = self.goals.get(name)
        if goal is None:
            return ""
        wanted = ", ".join(f"{word.replace('_', ' ')} {bound:g}" for word, bound in goal.items() if word != "met")
        return f"   {'good' if goal['met'] else 'MISSED'} ({wanted})"


def _value(value: Figure) -> str:
    if isinstance(value, dict):
        return "".join(f"\n      {name:<34} {count:>6}" for name, count in value.items())
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value


def run(parser: ArgumentParser, measure: Callable[[Namespace], Coroutine[None, None, Result]]) -> None:
    """Reads the arguments, measures, prints, leaves the process."""
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # Whatever libraries print (the Temporal SDK's core writes to descriptor 1) goes to stderr: stdout is the result's.
    stdout = os.dup(1)
    os.dup2(2, 1)
    result = asyncio.run(measure(arguments))
    text = json.dumps(asdict(result)) if arguments.json else result.table()
    os.write(stdout, f"{text}\n".encode())
    sys.stderr.flush()
    # The interpreter sometimes crashes while it exits after the SDK was used (temporalio/sdk-python issue 300).
    os._exit(0)
