"""Which mentorships there are: lists, pages of them, and counts, by Temporal's list filters."""

import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from workflows import fingerprints, search_attributes
from workflows.begin import workflow_id
from workflows.encryption import PayloadUnreadable
from workflows.replies import BadFilter, Listed, ListedPage
from workflows.unreachable import PATIENCE, unreachable

MOST_A_PAGE = 1000
"""What the server hands out at a time."""


class Lists:
    """Every method raises EngineUnreachable when Temporal does not answer."""

    _client: Client

    async def list(self, query: str = "", *, limit: int | None = None) -> AsyncIterator[Listed]:
        """Mentorships, the latest first. `query` is a Temporal list filter, for example `TrellisHealth = 'at_risk'`.

        Raises BadFilter where it can't be read.
        """
        page = min(limit or MOST_A_PAGE, MOST_A_PAGE)
        found = self._client.list_workflows(_filter(query), page_size=page, limit=limit, rpc_timeout=PATIENCE)
        with _filter_told():
            async for execution in found:
                yield await _listed(execution)

    async def list_page(self, query: str = "", *, limit: int = 50, cursor: str = "") -> ListedPage:
        """The same by pages. `cursor` is the one of the page before; ValueError where it or the filter is wrong."""
        try:
            token = base64.urlsafe_b64decode(cursor.encode("ascii")) if cursor else None
        except ValueError:
            raise ValueError("This is not a cursor of an earlier page") from None
        found = self._client.list_workflows(
            _filter(query), page_size=limit, next_page_token=token, rpc_timeout=PATIENCE
        )
        with _filter_told():
            await found.fetch_next_page()
        listed = tuple([await _listed(execution) for execution in found.current_page or ()])
        token = found.next_page_token
        return ListedPage(
            mentorships=listed, cursor=base64.urlsafe_b64encode(token).decode() if token and listed else None
        )

    async def count(self, query: str = "") -> int:
        """How many `list` would find. Raises BadFilter where it can't be read."""
        with _filter_told():
            return (await self._client.count_workflows(_filter(query), rpc_timeout=PATIENCE)).count


def _filter(query: str) -> str:
    mine = "WorkflowType = 'Mentorship' AND ExecutionStatus != 'ContinuedAsNew'"
    return f"{mine} AND ({query})" if query else mine


@contextmanager
def _filter_told() -> Iterator[None]:
    try:
        yield
    except RPCError as problem:
        if problem.status is RPCStatusCode.INVALID_ARGUMENT:
            raise BadFilter(problem.message) from problem
        raise unreachable(problem) from problem


async def _listed(execution: WorkflowExecution) -> Listed:
    told = execution.typed_search_attributes
    return Listed(
        id=execution.id.removeprefix(workflow_id("")),
        program=told.get(search_attributes.PROGRAM, ""),
        stage=told.get(search_attributes.STAGE, ""),
        status=told.get(search_attributes.STATUS, ""),
        health=told.get(search_attributes.HEALTH, ""),
        outcome=told.get(search_attributes.OUTCOME, ""),
        waiting_on=told.get(search_attributes.WAITING_ON, ""),
        started_at=await _began(execution),
        ended=execution.status is not WorkflowExecutionStatus.RUNNING,
    )


async def _began(execution: WorkflowExecution) -> datetime:
    """When the first run did. The execution's own time is that of its latest run."""
    try:
        return await execution.memo_value(fingerprints.STARTED_AT, execution.start_time, type_hint=datetime)
    except PayloadUnreadable:
        # One mentorship whose key is missing takes no list away.
        return execution.start_time
