"""The registry of search attributes: keywords by which ops find mentorships, without personal data.

Each upsert is a billed action, so an attribute is here only if a list is filtered by it, and says no more than a list
needs: whom a mentorship waits for is told from the first nudge on, since until then it changes with every act and is
nobody's worry. The current details tell it always.
"""

from collections.abc import Mapping

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, SearchAttributeUpdate, TypedSearchAttributes

from models.pages import Overview
from models.program import Program
from models.state import Stage

Key = SearchAttributeKey[str]

STAGE: Key = SearchAttributeKey.for_keyword("TrellisStage")
STATUS: Key = SearchAttributeKey.for_keyword("TrellisStatus")
HEALTH: Key = SearchAttributeKey.for_keyword("TrellisHealth")
PROGRAM: Key = SearchAttributeKey.for_keyword("TrellisProgram")
OUTCOME: Key = SearchAttributeKey.for_keyword("TrellisOutcome")
WAITING_ON: Key = SearchAttributeKey.for_keyword("TrellisWaitingOn")
"""Who has been nudged and has not answered: `mentor`, `mentee`, `both` or `nobody`."""
NOBODY = "nobody"
REGISTRY: tuple[Key, ...] = (STAGE, STATUS, HEALTH, PROGRAM, OUTCOME, WAITING_ON)


async def register(client: Client) -> None:
    """Makes the namespace know the attributes; those that it knows already are left alone.

    For a server of one's own. Temporal Cloud has no operator service: there `tcld` or its pages add them.
    """
    service, namespace = client.operator_service, client.namespace
    known = (await service.list_search_attributes(ListSearchAttributesRequest(namespace=namespace))).custom_attributes
    missing = {key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in REGISTRY if key.name not in known}
    if missing:
        await service.add_search_attributes(AddSearchAttributesRequest(namespace=namespace, search_attributes=missing))


def at_start(program: Program) -> TypedSearchAttributes:
    """What a mentorship begins with; values given with the start cost nothing."""
    begun = {STAGE: Stage.INTRO.value, STATUS: "active", HEALTH: "too_early", PROGRAM: program.name, WAITING_ON: NOBODY}
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in begun.items()])


def changed_attributes(shown: TypedSearchAttributes, overview: Overview) -> list[SearchAttributeUpdate[str]]:
    """What to upsert, in one call; empty when nothing changed that is worth an action."""
    changed = {key: value for key, value in _values(overview).items() if shown.get(key) != value}
    if list(changed) == [HEALTH] and changed[HEALTH] == "on_track" and shown.get(HEALTH) == "too_early":
        # Nobody looks for what has just become normal: it goes along with the next change.
        return []
    return [key.value_set(value) for key, value in changed.items()]


def _values(overview: Overview) -> Mapping[Key, str]:
    values = {
        STAGE: overview.stage.value,
        STATUS: _status(overview),
        HEALTH: overview.health.verdict,
        PROGRAM: overview.program,
        WAITING_ON: _waiting_on(overview),
    }
    if overview.outcome is not None:
        values[OUTCOME] = overview.outcome.value
    return values


def _waiting_on(overview: Overview) -> str:
    late = {one.on for one in overview.waiting if one.nudges}
    return "both" if len(late) > 1 else next((role.value for role in late), NOBODY)


def _status(overview: Overview) -> str:
    """The undo time and the closing mails take minutes: they are not worth an action each."""
    return {"ending": "active", "closing": "ended"}.get(overview.status, overview.status)
