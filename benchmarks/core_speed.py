"""How fast the rules are, without and with Temporal around them.

Lifetimes: whole mentorships lived in the pure core. Replay: the recorded histories of one finished mentorship, run
through the SDK's Replayer. Seconds are those of one core: the processor time of the process, all its threads together.
"""

import gc
import time
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Callable
from functools import partial

from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import programs
from benchmarks._history import Footprint, footprint
from benchmarks._pair import BEGINS, script
from benchmarks._play import play
from benchmarks._result import Goal, Result, run
from benchmarks._server import temporal_server
from lifecycle.simulation import Habit, sample_start, simulate
from models.program import Program
from worker import runner
from workflows.mentorship import MentorshipWorkflow

NAMESPACE = "benchmark"
ZONE, ANOTHER_ZONE = "Europe/Berlin", "America/New_York"


async def measure(arguments: Namespace) -> Result:
    """Simulates, records one mentorship, replays it."""
    program, seconds = programs.load(arguments.program), arguments.seconds
    lives = {habit: _per_second(partial(_live, program, habit, ZONE), seconds) for habit in ("eager", "typical")}
    apart = _per_second(partial(_live, program, "eager", ANOTHER_ZONE), seconds)
    recorded = await _recorded(program)
    replays = await _replays_per_second(recorded, seconds)
    events = sum(len(one.events) for one in recorded.runs)
    result = Result(
        "core_speed",
        figures={
            "lifetimes_per_second": round(lives["eager"], 1),
            "typical_lifetimes_per_second": round(lives["typical"], 1),
            "two_zone_lifetimes_per_second": round(apart, 1),
            "milliseconds_per_lifetime": round(1000 / lives["eager"], 2),
            "recorded_runs": len(recorded.runs),
            "recorded_events": events,
            "events_replayed_per_second": round(replays * events),
            "milliseconds_per_replayed_mentorship": round(1000 / replays, 1),
        },
        ratios={
            "replay_time_vs_simulation": round(lives["eager"] / replays, 2),
            "two_zone_time_vs_one": round(lives["eager"] / apart, 2),
        },
    )
    result.set_goal("lifetimes_per_second", Goal(200, at_least=True))
    return result


def _live(program: Program, habit: Habit, mentee_zone: str) -> None:
    simulate(sample_start(program, ZONE, mentee_zone), program, BEGINS, habit)


def _per_second(once: Callable[[], None], seconds: float) -> float:
    """The median of five rounds, after one that warms up."""
    once()
    rates = []
    for _ in range(5):
        gc.collect()
        count, began = 0, time.process_time()
        while (took := time.process_time() - began) < seconds / 5:
            once()
            count += 1
        rates.append(count / took)
    return sorted(rates)[2]


async def _recorded(program: Program) -> Footprint:
    """One mentorship, lived on a real server whose clock is skipped."""
    async with temporal_server(NAMESPACE) as server:
        client = await server.client(NAMESPACE)
        handle = await play(client, MentorshipWorkflow, script(program, ZONE, ZONE))
        return await footprint(client, handle.id)


async def _replays_per_second(recorded: Footprint, seconds: float) -> float:
    """How often all runs of the mentorship can be replayed, by one worker. A replay that diverges raises."""
    replayer = Replayer(
        workflows=[MentorshipWorkflow], workflow_runner=runner(), data_converter=pydantic_data_converter
    )

    async def histories() -> AsyncIterator[WorkflowHistory]:
        while True:
            for history in recorded.runs:
                yield history

    done, began = 0, 0.0
    async with replayer.workflow_replay_iterator(histories()) as results:
        async for result in results:
            if result.replay_failure is not None:
                raise result.replay_failure
            done += 1
            # The first round loads the workflow's modules and does not count.
            rounds = done / len(recorded.runs) - 1
            if rounds == 0:
                began = time.process_time()
            elif rounds > 0 and rounds == int(rounds) and (took := time.process_time() - began) > seconds:
                return rounds / took
    raise RuntimeError("the replays ended by themselves")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description="Whole lifetimes simulated per second, and the replay speed of a history.")
    parser.add_argument("--program", default="career")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each figure is measured (default 3)")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
