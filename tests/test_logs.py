"""How a record becomes a line, and what no line holds."""

import asyncio
import json
import logging
import sys
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from temporalio.testing import ActivityEnvironment

from settings import Settings
from telemetry.logs import formatter
from tests.payload_keys import entries

SECRET = "the value that was wrong: ines@example.com"
PRODUCTION = Settings.model_validate(
    {"local": False, "link_keys": "k" * 32, "payload_keys": entries("a"), "log_format": "json"}
)
LOCAL = Settings()


def record(message: str, *args: object, name: str = "trellis.test", **extra: Any) -> logging.LogRecord:
    logger = logging.getLogger(name)
    return logger.makeRecord(
        name, logging.WARNING, __file__, 1, message, args, extra.pop("exc_info", None), extra=extra
    )


def line(made: logging.LogRecord, own: Settings = PRODUCTION) -> dict[str, Any]:
    return dict(json.loads(formatter(own).format(made)))


def failing() -> Any:
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as problem:
            raise RuntimeError(SECRET) from problem
    except RuntimeError:
        return sys.exc_info()


def test_a_line_is_one_object_with_when_who_and_what() -> None:
    told = line(record("sent %s of %s", 1, 2))
    assert list(told) == ["timestamp", "level", "logger", "message"]
    assert (told["level"], told["logger"], told["message"]) == ("warning", "trellis.test", "sent 1 of 2")
    assert told["timestamp"].endswith("Z")


def test_a_workflow_names_its_mentorship_and_its_run() -> None:
    told = line(record("ignored", temporal_workflow={"workflow_id": "mentorship/pair-1", "run_id": "r-1"}))
    assert (told["mentorship"], told["run"]) == ("pair-1", "r-1")


def test_whatever_is_logged_in_an_activity_does_too() -> None:
    def activity() -> dict[str, Any]:
        return line(record("sending failed"))

    environment = ActivityEnvironment()
    environment.info = environment.info.__class__(
        **{**environment.info.__dict__, "workflow_id": "events/pair-2", "workflow_run_id": "r-2"}
    )
    told = environment.run(activity)
    assert (told["mentorship"], told["run"]) == ("pair-2", "r-2")


def test_a_request_names_what_was_bound_to_it() -> None:
    with structlog.contextvars.bound_contextvars(mentorship="pair-3", request="abc"):
        told = line(record("refused"))
    assert (told["mentorship"], told["request"]) == ("pair-3", "abc")


def test_outside_local_mode_a_failure_is_told_by_its_kind_and_place() -> None:
    told = line(record("it failed", exc_info=failing()))
    assert "ValueError" in told["exception"]
    assert "test_logs.py" in told["exception"]
    assert SECRET not in json.dumps(told)


def test_even_where_another_handler_has_formatted_it_before() -> None:
    made = record("it failed", exc_info=failing())
    logging.Formatter().format(made)
    assert SECRET not in json.dumps(line(made))


def test_in_local_mode_its_whole_story_is_told() -> None:
    told = formatter(LOCAL).format(record("it failed", exc_info=failing()))
    assert "Traceback" in told
    assert SECRET in told


async def test_a_task_that_nobody_awaited_tells_no_message_either(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    del task
    (made,) = [one for one in caplog.records if one.name == "asyncio"]
    assert SECRET in made.getMessage()
    told = line(made)
    assert told["message"] == "Task exception was never retrieved"
    assert SECRET not in json.dumps(told)


def test_of_what_the_core_adds_only_ids_and_codes_are_taken_over() -> None:
    fields = {"run_id": "r-4", "failure": SECRET, "error": f"Status {{ code: Unavailable, message: {SECRET!r} }}"}
    told = line(record("poll failed", name="temporalio.core", temporal_log=SimpleNamespace(fields=fields)))
    assert (told["run_id"], told["code"]) == ("r-4", "Unavailable")
    assert SECRET not in json.dumps(told)


@pytest.mark.parametrize(
    ("own", "as_json"),
    [(LOCAL, False), (PRODUCTION, True), (PRODUCTION.model_copy(update={"log_format": None}), True),
     (PRODUCTION.model_copy(update={"log_format": "text"}), False)],
)  # fmt: skip
def test_the_form_follows_the_mode_unless_it_is_chosen(own: Settings, as_json: bool) -> None:
    assert formatter(own).format(record("hello")).startswith("{") is as_json
