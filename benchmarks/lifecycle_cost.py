"""What one mentorship costs on a Temporal server: billed actions, events and bytes.

Each of three implementations lives the same mentorship (the same acts by updates, the same mails) on a real dev server,
in a namespace of its own, its clock skipped: the engine; a plain one with a timer for each reminder; and the same with
one timer for each ask. Mail goes into a list, so that only the workflow is measured.

Actions are the server's own counter, compared with what the histories say. Skipping time is left out of everything: its
call has an action type of its own, and its events are known by their types. The floor is one action for each mail and
one for each act.
"""

import asyncio
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType

import programs
from benchmarks._history import Footprint, footprint
from benchmarks._pair import Script, script
from benchmarks._plain import PlainMentorship, PlainMentorshipInTurn
from benchmarks._play import play
from benchmarks._result import Goal, Result, run
from benchmarks._server import Server, temporal_server
from workflows.mentorship import MentorshipWorkflow

IMPLEMENTATIONS: dict[str, type[Any]] = {
    "engine": MentorshipWorkflow,
    "plain": PlainMentorship,
    "in_turn": PlainMentorshipInTurn,
}
COUNTER_LOOKS = 75
"""How often to look at the server's counter, five times a second, until it agrees with the histories."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one implementation cost, by the server's counter and by its histories."""

    actions: dict[str, int]
    left: Footprint

    @property
    def total(self) -> int:
        return sum(self.actions.values())


async def measure(arguments: Namespace) -> Result:
    """Plays all three, one after the other, on one server."""
    zones = (arguments.mentor_zone, arguments.mentee_zone)
    played = script(programs.load(arguments.program), *zones, arguments.habit)
    async with temporal_server(*(_namespace(name) for name in IMPLEMENTATIONS)) as server:
        costs = {name: await _cost(server, name, played) for name in IMPLEMENTATIONS}
    return _result(played, costs)


async def _cost(server: Server, name: str, played: Script) -> Cost:
    client = await server.client(_namespace(name))
    handle = await play(client, IMPLEMENTATIONS[name], played)
    left = await footprint(client, handle.id)
    return Cost(await _settled(server, _namespace(name), left.actions), left)


def _namespace(name: str) -> str:
    return f"benchmark_{name}"


async def _settled(server: Server, namespace: str, expected: dict[str, int]) -> dict[str, int]:
    """The counter, once it agrees with the histories, or as it is when it had time enough."""
    counted = await server.actions(namespace)
    for _ in range(COUNTER_LOOKS):
        if counted == expected:
            break
        await asyncio.sleep(0.2)
        counted = await server.actions(namespace)
    return counted


def _result(played: Script, costs: dict[str, Cost]) -> Result:
    mails, acts = len(played.letters), len(played.deeds)
    floor = mails + acts
    result = Result("lifecycle_cost", {"mails": mails, "acts": acts, "floor_actions": floor})
    for name, cost in costs.items():
        result.figures |= {
            f"{name}_actions": cost.total,
            f"{name}_actions_by_histories": sum(cost.left.actions.values()),
            f"{name}_actions_by_kind": dict(sorted(cost.actions.items())),
            f"{name}_timers": cost.left.count(EventType.EVENT_TYPE_TIMER_STARTED),
            f"{name}_timers_fired": cost.left.count(EventType.EVENT_TYPE_TIMER_FIRED),
            f"{name}_workflow_tasks": cost.left.count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
            f"{name}_runs": len(cost.left.runs),
            f"{name}_events": len(cost.left.events),
            f"{name}_longest_run_events": cost.left.longest_run,
            f"{name}_bytes": cost.left.bytes,
            f"{name}_open_megabyte_days": round(cost.left.byte_days / 1e6, 2),
        }
    engine, plain, in_turn = (costs[name] for name in IMPLEMENTATIONS)
    result.ratios = {
        "actions_vs_floor": round(engine.total / floor, 3),
        "actions_vs_plain": round(engine.total / plain.total, 3),
        "actions_vs_plain_in_turn": round(engine.total / in_turn.total, 3),
        "events_vs_plain": round(len(engine.left.events) / len(plain.left.events), 3),
        "events_vs_plain_in_turn": round(len(engine.left.events) / len(in_turn.left.events), 3),
        "open_storage_vs_plain": round(engine.left.byte_days / plain.left.byte_days, 3),
        "bytes_vs_plain": round(engine.left.bytes / plain.left.bytes, 3),
        "bytes_vs_plain_in_turn": round(engine.left.bytes / in_turn.left.bytes, 3),
    }
    result.set_goal("actions_vs_floor", Goal(1.5, aim=1.15))
    result.set_goal("actions_vs_plain", Goal(0.5, aim=0.35))
    return result


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        description="What one mentorship costs on a Temporal server, beside a plain implementation."
    )
    parser.add_argument("--program", default="career")
    parser.add_argument("--mentor-zone", default="Europe/Berlin")
    parser.add_argument("--mentee-zone", default="Europe/Berlin", help="another zone keeps mails from leaving together")
    parser.add_argument("--habit", choices=("eager", "typical"), default="eager")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
