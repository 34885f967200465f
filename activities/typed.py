"""What people typed, made safe for a sentence. The models refuse what is no line; an old state may still hold it."""

import re
from typing import TypeVar

from activities.prose import one_line
from models.base import Model

LONGEST_LINE = 1000
"""Longer than anything that the models take as one line."""
SEVERAL_LINES = frozenset({"note", "bio", "topics", "questions", "thanks", "feedback", "correction"})
"""Fields that may have several lines: templates show them through `ui.quote` only."""
_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
M = TypeVar("M", bound=Model)


def in_lines(facts: M) -> M:
    """The same facts with every name, title and other single line on one line, so that none can begin a new one."""
    changes = {}
    for name, value in facts.__dict__.items():
        new = value if name in SEVERAL_LINES and isinstance(value, str) else _in_lines(value)
        if new is not value:
            changes[name] = new
    return facts.evolve(**changes) if changes else facts


def _in_lines(value: object) -> object:
    # Strings of an enum hold nothing that was typed.
    if type(value) is str:
        return one_line(value, LONGEST_LINE) if len(value) > LONGEST_LINE or _BREAK.search(value) else value
    if isinstance(value, Model):
        return in_lines(value)
    if isinstance(value, tuple):
        new = tuple(_in_lines(one) for one in value)
        return new if any(one is not old for one, old in zip(new, value, strict=True)) else value
    if isinstance(value, dict):
        changed = {name: _in_lines(one) for name, one in value.items()}
        return changed if any(changed[name] is not one for name, one in value.items()) else value
    return value
