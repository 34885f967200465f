"""What of a history stands in the open, even where payloads are encrypted: no word of anybody.

The histories are those of whole lives, as recorded for upgrades, without encryption: so what people are called and what
they typed is known from the payloads, and looked for everywhere else.
"""

import base64
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.leaks.words import typed
from tests.recording import RECORDINGS

HISTORIES = sorted(RECORDINGS.glob("*/histories/*.json.gz"))
OPEN = ("userMetadata", "searchAttributes", "memo")
"""Payloads that lists and timelines show: summaries, details, attributes. They are read as the rest of the event is."""


def payloads(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every payload below, by its path, with its content."""
    if isinstance(value, dict) and "data" in value and "metadata" in value:
        yield path, base64.b64decode(value["data"]).decode()
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from payloads(one, f"{path}/{name}")
    elif isinstance(value, list):
        for one in value:
            yield from payloads(one, path)


def without_payloads(value: Any) -> Any:
    """The same without what payloads hold."""
    if isinstance(value, dict) and "data" in value and "metadata" in value:
        return {}
    if isinstance(value, dict):
        return {name: without_payloads(one) for name, one in value.items()}
    return [without_payloads(one) for one in value] if isinstance(value, list) else value


def words_of(events: list[dict[str, Any]]) -> set[str]:
    """Every word that must stay inside of payloads."""
    found: set[str] = set()
    for path, content in payloads(events):
        if not any(part in path.split("/") for part in OPEN):
            found.update(typed(json.loads(content)) if content[:1] in "[{" else ())
    return found


def in_the_open(events: list[dict[str, Any]]) -> str:
    """All that can be read without opening an input, a result or a message."""
    shown = [content for path, content in payloads(events) if any(part in path.split("/") for part in OPEN)]
    return "\n".join([json.dumps(without_payloads(events)), *shown])


def events_of(path: Path) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = json.loads(gzip.decompress(path.read_bytes()))["events"]
    return events


def test_the_words_are_there_to_be_found() -> None:
    words = set().union(*(words_of(events_of(path)) for path in HISTORIES))
    assert any("@example.com" in word for word in words)
    assert len(words) > 30


def test_a_word_in_a_summary_is_found() -> None:
    events = events_of(next(path for path in HISTORIES if "mentorship-1" in path.name))
    word = next(iter(words_of(events)))
    data = base64.b64encode(json.dumps(f"mail {word}").encode()).decode()
    leaking = [*events, {"userMetadata": {"summary": {"metadata": {}, "data": data}}}]
    assert word in in_the_open(leaking)


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.name.removesuffix(".json.gz"))
def test_nobodys_name_address_or_words_stand_in_the_open(path: Path) -> None:
    events = events_of(path)
    shown = in_the_open(events)
    assert [word for word in sorted(words_of(events)) if word in shown] == []
