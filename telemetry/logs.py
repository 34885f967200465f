"""Logs: one line for each event, as JSON or for a reader, and the same way for all who log, Temporal's core included.

No log holds a token, an address or what someone typed. What an exception says may quote any of them: outside local mode
a log tells its kind and the way to it through our code, and not its message.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from opentelemetry import trace
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger
from temporalio import activity, workflow

from settings import Settings
from telemetry.places import places

CORE = logging.getLogger("temporalio.core")
"""Where the SDK's core, which is not Python, is heard."""
QUIET = ("httpx", "httpcore", "python_http_client", "urllib3", "uvicorn.access")
"""Below WARNING they tell addresses, headers or bodies."""
CHATTY = ("opentelemetry",)
"""Below ERROR it tells each try to reach a collector that is away."""
TOLD_BY_CORE = ("run_id", "workflow_id", "task_queue", "attempt")
"""What else the core adds to its words may hold a failure's message."""
_CODE = re.compile(r"code: '?([\w ]+)")


def configure(own: Settings) -> None:
    """From here on all logging of this process goes to its standard error. A root logger that was set up stays."""
    # What the SDK would append to messages stands in fields of its own.
    workflow.logger.workflow_info_on_message = activity.logger.activity_info_on_message = False
    # A log line is no part of what is replayed, and writing one needs the clock and files.
    workflow.logger.unsafe_disable_sandbox()
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(own))
    logging.basicConfig(level=own.log_level.upper(), handlers=[handler])


def formatter(own: Settings) -> logging.Formatter:
    """How a record becomes a line."""
    as_json = (own.log_format or ("text" if own.local else "json")) == "json"
    known: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.contextvars.merge_contextvars,
        _mentorship,
        _trace,
        _core,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # In local mode there are sample people only, and the reader is who wrote the code.
    careful: list[Processor] = [] if own.local else [_failure_by_place, _first_line_of_asyncio]
    written: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.EventRenamer("message"), _in_order]
        if as_json
        else []
    )
    last: Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
    )
    return ProcessorFormatter(
        foreign_pre_chain=known,
        processors=[*careful, ProcessorFormatter.remove_processors_meta, *written, last],
    )


def _mentorship(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Which mentorship it is about and which run of it, where it comes from a workflow or an activity."""
    record = event["_record"]
    told: Mapping[str, Any] = getattr(record, "temporal_workflow", None) or getattr(record, "temporal_activity", {})
    if not told and activity.in_activity():
        told = {"workflow_id": activity.info().workflow_id, "workflow_run_id": activity.info().workflow_run_id}
    if told:
        event["mentorship"] = mentorship_of(str(told["workflow_id"]))
        event["run"] = told.get("run_id") or told.get("workflow_run_id")
    return event


def mentorship_of(workflow_id: str) -> str:
    """The platform's id of a mentorship, by the id of one of its workflows."""
    return workflow_id.partition("/")[2] or workflow_id


def _trace(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event["trace"] = trace.format_trace_id(span.trace_id)
    return event


def _core(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """What the core says beside its words, as far as that can be no one's data; of an error, gRPC's code."""
    log = getattr(event["_record"], "temporal_log", None)
    if log is not None:
        fields = log.fields
        event.update((key, fields[key]) for key in TOLD_BY_CORE if key in fields)
        if code := _CODE.search(str(fields.get("error", ""))):
            event["code"] = code[1]
    return event


def _failure_by_place(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    problem = event.pop("exc_info", None)
    if isinstance(problem, tuple):
        problem = problem[1]
    if isinstance(problem, BaseException):
        event["exception"] = "; caused by ".join(places(problem))
    # Formatted by somebody else, it would be taken over as it is.
    event["_record"].exc_text = None
    return event


def _first_line_of_asyncio(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    """Below it stands the task or the future with its exception, message and all."""
    if event.get("logger") == "asyncio":
        event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _in_order(logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
    first = {key: event.pop(key) for key in ("timestamp", "level", "logger", "message") if key in event}
    return {**first, **event}
