"""Views of a mentorship: asked of its workflow while it is open, read from its result once it has ended.

Temporal would send a query of a closed workflow to the build on which it ended, and nobody runs that for ever. So the
result holds the last state, and every later build can show it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition

from models.pages import Ended
from models.state import Mentorship
from workflows.mentorship import MentorshipWorkflow

V = TypeVar("V")
Handle = WorkflowHandle[MentorshipWorkflow, Ended]
Asked = Callable[[QueryRejectCondition], Awaitable[V]]
Read = Callable[[Mentorship, datetime], V]


async def view(handle: Handle, asked: Asked[V], read: Read[V], patience: timedelta) -> V:
    """What `asked` answers of an open workflow, or what `read` makes of the last state and the time of the end.

    A workflow that was terminated, or ended before results held the state, is asked in any case.
    """
    try:
        return await asked(QueryRejectCondition.NOT_OPEN)
    except WorkflowQueryRejectedError:
        described = await handle.describe(rpc_timeout=patience)
    if described.status is WorkflowExecutionStatus.COMPLETED and described.close_time is not None:
        ended = await handle.result(rpc_timeout=patience)
        if ended.state is not None:
            return read(ended.state, described.close_time)
    return await asked(QueryRejectCondition.NONE)
