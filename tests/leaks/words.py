"""What somebody is called, and what they typed: in a start, a state, an act or a form."""

from collections.abc import Iterator
from typing import Any

TYPED = {
    *("name", "email", "bio", "title", "measure", "baseline", "target", "within_reach", "obstacle", "plan"),
    *("topics", "questions", "goal", "reality", "options", "will", "feedback", "correction", "comment", "note"),
    *("reason", "then_and_now", "learnt", "next", "thanks", "place", "message"),
}
"""Fields that hold it."""
SHORTEST = 8
"""Characters of a word that is looked for: shorter ones are found by chance."""


def typed(value: Any, field: str = "") -> Iterator[str]:
    """All of it that is below. What a program or an ask is called is nobody's."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in ("program", "wording", "ask"):
                yield from typed(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from typed(one, field)
    elif isinstance(value, str) and field in TYPED and len(value) >= SHORTEST:
        yield value


def is_telling(word: str) -> bool:
    """Whether it can only be there because somebody is called so, or typed it: an address, or several words."""
    return len(word.strip()) >= SHORTEST and ("@" in word or " " in word.strip()) and any(map(str.isalpha, word))
