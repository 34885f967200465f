"""What any Temporal client can rely on: names, ids, payloads. Read off the workflows, so that it is what they take."""

import inspect
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode
from temporalio import workflow

from models.acts import ACTS
from models.events import Feed
from workflows import fingerprints, search_attributes
from workflows.begin import Begin, workflow_id
from workflows.events import QUEUE, PlatformEventsWorkflow, events_id
from workflows.mentorship import MentorshipWorkflow
from workflows.refusal import Refusal

Json = dict[str, Any]

TASK_QUEUE = "trellis"
REFERENCE = "#/$defs/{model}"
FOR_OUR_PAGES = frozenset({"page", "journey", "coordinator"})
"""Queries that are made for the web app of the same version, and change with it: no part of the contract."""
_WORKFLOWS: tuple[tuple[type, str, type[BaseModel]], ...] = (
    (MentorshipWorkflow, workflow_id("<id>"), Begin),
    (PlatformEventsWorkflow, events_id("<id>"), Feed),
)
"""Each with its id, and what its first run is given: later ones are given what the run before them carries over."""


def document() -> Json:
    """The contract as JSON: the messages of each workflow, and the JSON Schema (2020-12) of all that they carry."""
    schemas = _Schemas()
    workflows = [_workflow(*one, schemas) for one in _WORKFLOWS]
    refusal = schemas.reference(Refusal, "serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What Trellis's workflows take and answer",
        "workflows": workflows,
        "refusal": refusal,
        "task_queue": {"default": TASK_QUEUE, "events": TASK_QUEUE + QUEUE},
        "search_attributes": {key.name: "Keyword" for key in search_attributes.REGISTRY},
        "memo": {
            fingerprints.MEMO: "digests of the start request, by dotted field",
            fingerprints.STARTED_AT: "the instant of the start",
        },
        "$defs": schemas.definitions(),
    }


class _Schemas:
    """The schemas of payloads, each shape once. What is read and what is answered can differ."""

    def __init__(self) -> None:
        self._wanted: dict[tuple[str, JsonSchemaMode], TypeAdapter[Any]] = {}
        self._placed: list[tuple[tuple[str, JsonSchemaMode], Json]] = []

    def reference(self, model: Any, mode: JsonSchemaMode) -> Json:
        """A place that `definitions` fills in."""
        key = (f"{model.__module__}.{model.__qualname__}", mode)
        self._wanted[key] = TypeAdapter(model)
        place: Json = {}
        self._placed.append((key, place))
        return place

    def definitions(self) -> Json:
        """All of them, by the name of their model."""
        inputs = [(name, mode, adapter) for (name, mode), adapter in self._wanted.items()]
        found, shared = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE)
        for key, place in self._placed:
            place.update(found[key])
        definitions: Json = shared.get("$defs", {})
        return {name: definitions[name] for name in sorted(definitions)}


def _workflow(owner: type, id: str, given: type[BaseModel], schemas: _Schemas) -> Json:
    told = workflow._Definition.must_from_class(owner)
    return {
        "type": told.name,
        "id": id,
        "description": _summary(owner.__doc__),
        "input": schemas.reference(given, "validation"),
        "result": schemas.reference(told.ret_type, "serialization"),
        "updates": [
            _message(name, ACTS[str(name)].__doc__, [ACTS[str(name)]], one.ret_type, schemas)
            for name, one in sorted(told.updates.items(), key=lambda each: str(each[0]))
        ],
        "signals": [
            _message(name, one.description, one.arg_types, None, schemas)
            for name, one in sorted(told.signals.items(), key=lambda each: str(each[0]))
        ],
        "queries": [
            _message(name, one.description, one.arg_types, one.ret_type, schemas)
            for name, one in sorted(told.queries.items(), key=lambda each: str(each[0]))
            if name not in FOR_OUR_PAGES
        ],
    }


def _message(
    name: str | None, description: str | None, taken: Sequence[Any] | None, answered: Any, schemas: _Schemas
) -> Json:
    told: Json = {"name": name, "description": inspect.cleandoc(description or "")}
    if taken:
        told["input"] = schemas.reference(taken[0], "validation")
    if answered is not None:
        told["result"] = schemas.reference(answered, "serialization")
    return told


def _summary(text: str | None) -> str:
    return inspect.cleandoc(text or "").splitlines()[0]
