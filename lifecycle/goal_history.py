"""How the goals came to be what they are, round by round, and how each came along."""

from collections.abc import Iterator
from datetime import datetime

from models.answers import Goal
from models.journeys import GoalChange, GoalPath, GoalRound
from models.state import GoalState, GoalVersion, Mentorship

STANDS = ("approved", "assumed")


def goal_paths(m: Mentorship) -> tuple[GoalPath, ...]:
    """For each agreed goal: since when it stands, what was reported when, and whether it was reached."""
    return tuple(
        GoalPath(number=index + 1, since=_since(m, goal, state), points=state.history, reached_at=state.reached_at)
        for index, (goal, state) in enumerate(zip(m.goals, m.goal_states, strict=True))
    )


def _since(m: Mentorship, goal: Goal, state: GoalState) -> datetime:
    """When it was agreed first. A goal keeps its progress through a refocus as long as it keeps its title."""
    since = m.goal_versions[-1].at
    for version in reversed(m.goal_versions):
        if version.verdict not in STANDS:
            continue
        if all(other.title != goal.title for other in version.goals):
            break
        since = version.reviewed_at or version.at
    return min([since, *(at for at, _ in state.history[:1])])


def goal_rounds(m: Mentorship) -> tuple[GoalRound, ...]:
    """Every version with what changed, the oldest first."""
    before: tuple[Goal, ...] = ()
    found: list[GoalRound] = []
    for version in m.goal_versions:
        found.append(_round(version, before))
        before = version.goals
    return tuple(found)


def _round(version: GoalVersion, before: tuple[Goal, ...]) -> GoalRound:
    return GoalRound(
        number=version.number,
        at=version.at,
        changes=tuple(_changes(before, version.goals)),
        verdict=version.verdict,
        comment=version.comment,
        reviewed_at=version.reviewed_at,
    )


def _changes(before: tuple[Goal, ...], after: tuple[Goal, ...]) -> Iterator[GoalChange]:
    """A goal is the same goal if it has the same title, or else the same place among those that have no match."""
    titles = [goal.title for goal in before]
    left = [goal for goal in before if goal.title not in [one.title for one in after]]
    for goal in after:
        if goal.title in titles:
            yield _change(before[titles.index(goal.title)], goal)
        elif left:
            yield _change(left.pop(0), goal)
        else:
            yield GoalChange(before=None, after=goal)
    yield from (GoalChange(before=goal, after=None) for goal in left)


def _change(before: Goal, after: Goal) -> GoalChange:
    fields = tuple(name for name in Goal.model_fields if getattr(before, name) != getattr(after, name))
    return GoalChange(before=before, after=after, fields=fields)
