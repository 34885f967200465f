"""What a Temporal server keeps, read before it goes: raw, as whoever can read its database sees it."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from functools import lru_cache

from google.protobuf.message import Message
from pydantic import ValidationError
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from tests.leaks.left import Kind, Left
from tests.leaks.words import typed
from tests.payload_keys import settings_with
from workflows.encryption import Encryption, PayloadUnreadable
from workflows.key_usage import payloads
from workflows.sealed import is_encrypted, key_of

AT_ONCE = 16


def read_now(left: Left, address: str) -> None:
    """The same for those who are in no event loop, or in one that must not be waited for."""
    thread = threading.Thread(target=lambda: asyncio.run(read(left, address)))
    thread.start()
    thread.join()


async def read(left: Left, address: str) -> None:
    """Leaves all that the server keeps of our workflows. Of one that does not answer there is nothing to be read."""
    try:
        client = await Client.connect(address)
        runs = [run async for run in _runs(client)]
    except (RPCError, RuntimeError):
        return
    name = address.replace(":", "-")
    for run in runs:
        left.leave(Kind.SEARCH_ATTRIBUTES, run.SerializeToString(), name)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(run: WorkflowExecutionInfo) -> None:
        async with turn:
            events = await _events(client, run)
        for event in events:
            left.leave(Kind.HISTORY, _shown(left, event), name)

    await asyncio.gather(*map(one, runs))


async def _runs(client: Client) -> AsyncIterator[WorkflowExecutionInfo]:
    token = b""
    while True:
        request = ListWorkflowExecutionsRequest(namespace=client.namespace, page_size=1000, next_page_token=token)
        page = await client.workflow_service.list_workflow_executions(request)
        for run in page.executions:
            yield run
        if not (token := page.next_page_token):
            return


async def _events(client: Client, run: WorkflowExecutionInfo) -> list[HistoryEvent]:
    events: list[HistoryEvent] = []
    token = b""
    while True:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=client.namespace, execution=run.execution, next_page_token=token
        )
        try:
            page = await client.workflow_service.get_workflow_execution_history(request)
        except RPCError:
            # The list is some seconds late: it was deleted meanwhile.
            return events
        events += page.history.events
        if not (token := page.next_page_token):
            return events


def _shown(left: Left, event: HistoryEvent) -> bytes:
    """The event without what is in plain payloads: local mode, which encrypts nothing, stores what people say there.

    Summaries and memos are no such place: lists and timelines show them.
    """
    in_lists = b"".join(one.SerializeToString() for one in _in_lists(event))
    for told in _told_by_people(event):
        left.word(*(word for payload in payloads(told) for word in _words(payload)))
    for payload in payloads(event):
        encrypted = is_encrypted(payload)
        left.places["encrypted payloads" if encrypted else "plain payloads"] += 1
        if not encrypted:
            payload.data = b""
    return event.SerializeToString() + in_lists


def _told_by_people(event: HistoryEvent) -> list[Message]:
    """Where what they are called and what they typed comes in: the start, the acts and the commands."""
    return [
        event.workflow_execution_started_event_attributes.input,
        event.workflow_execution_signaled_event_attributes.input,
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input,
    ]


def _in_lists(event: HistoryEvent) -> list[Message]:
    return [
        event.user_metadata,
        event.workflow_execution_started_event_attributes.memo,
        event.workflow_properties_modified_event_attributes.upserted_memo,
    ]


def _words(payload: Payload) -> list[str]:
    try:
        content = _codec(key_of(payload)).opened(payload).data if is_encrypted(payload) else payload.data
    except (PayloadUnreadable, ValidationError):
        # A key that only one test has, or that no settings would take.
        return []
    if content[:1] not in (b"{", b"["):
        return []
    try:
        value = json.loads(content)
    except ValueError:
        return []
    if not isinstance(value, dict):
        return []
    # A state, which a renewed run begins with, holds nothing new of people, but reasons that are not theirs.
    return list(typed(value.get("start", value if "by" in value or "command" in value else {})))


@lru_cache
def _codec(key: str) -> Encryption:
    return Encryption(settings_with([key]).payload_keyring)
