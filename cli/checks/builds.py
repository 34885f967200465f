"""Whether every build that carries mentorships has workers, and one of them is for what begins."""

from cli.checks.finding import Finding, Place, ok, problem, warning
from workflows.fleet import Build, Fleet


async def builds(place: Place) -> Finding:
    """As `fleet` shows them."""
    found = await Fleet(place.client, task_queue=place.own.task_queue).builds()
    return judged(found, is_versioned=place.own.is_versioned)


def judged(builds: tuple[Build, ...], *, is_versioned: bool) -> Finding:
    """What stands still goes before what can't begin, and that before what is only odd."""
    if deserted := [build for build in builds if build.is_deserted]:
        waiting = sum(build.runs for build in deserted)
        return problem(
            f"{waiting} open {'workflow waits' if waiting == 1 else 'workflows wait'} for workers of a build that has "
            f"none: {', '.join(build.id for build in deserted)}",
            "Start a worker of that build again. There they go on, until `python starter.py upgrade` moves them.",
        )
    named = [build for build in builds if build.id]
    current = next((build for build in named if build.status == "current"), None)
    if current is not None and not current.workers:
        return problem(
            f"nothing begins: the current build, {current.id}, has no worker",
            "Start its workers, or make another build current: python starter.py upgrade",
        )
    if current is None and named:
        return warning("no build is current: versioned workers get no work", "python starter.py upgrade")
    if current is None:
        return ok("no versioned worker has been here yet" if is_versioned else "not versioned")
    older = sum(build.runs for build in builds if build is not current)
    return ok(f"{current.id} is current" + (f", {older} open workflows are on others" if older else ""))
