"""Messages by table: one update for each act of `models.acts`, one signal for each command of `models.commands`."""

import inspect
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue

from models.acts import ACTS
from models.answers import ActBase
from models.commands import COMMANDS, Command
from models.state import Receipt
from workflows.refusal import undecryptable, unreadable
from workflows.sealed import is_encrypted


class Recipient(Protocol):
    """What a workflow does with the messages."""

    def check(self, act: ActBase) -> None:
        """Raises the ApplicationError that refuses the act; changes nothing."""

    def take(self, act: ActBase) -> Receipt:
        """Applies the act."""

    def obey(self, command: Command) -> None:
        """Applies the command, or leaves a warning in the log."""


R = TypeVar("R", bound=Recipient)


def takes_acts_and_commands(workflow_class: type[R]) -> type[R]:
    """Gives the class its updates and signals. Stands below `@workflow.defn`."""
    for name, act in ACTS.items():
        setattr(workflow_class, f"update_{name}", _update(workflow_class, name, act))
    for name, command in COMMANDS.items():
        setattr(workflow_class, f"signal_{name}", _signal(workflow_class, name, command))
    return workflow_class


def _update(owner: type, name: str, model: type[ActBase]) -> object:
    # The argument is raw so that what can't be read is refused with its fields named. Read by the data converter, it
    # would be refused as "Failed decoding arguments".
    def handler(self: Recipient, raw: RawValue) -> Receipt:
        if is_encrypted(raw.payload):
            # It was accepted before, with a key that is gone: this lets the workflow task fail until it is back.
            raise RuntimeError(undecryptable(raw.payload).message)
        return self.take(_read(model, raw))

    def validator(self: Recipient, raw: RawValue) -> None:
        if is_encrypted(raw.payload):
            raise undecryptable(raw.payload)
        self.check(_read(model, raw))

    _declare(handler, owner, f"update_{name}", raw=RawValue, result=Receipt)
    _declare(validator, owner, f"validate_{name}", raw=RawValue, result=None)
    registered: Any = workflow.update(name=name, description=_description(model, name))(handler)
    registered.validator(validator)
    return registered


def _signal(owner: type, name: str, model: type[Command]) -> object:
    def handler(self: Recipient, command: Command) -> None:
        self.obey(command)

    _declare(handler, owner, f"signal_{name}", command=model, result=None)
    return workflow.signal(name=name, description=_description(model, name))(handler)


def _read(model: type[ActBase], raw: RawValue) -> ActBase:
    try:
        return model.model_validate_json(raw.payload.data)
    except ValidationError as problem:
        raise unreadable(problem) from None


def _declare(function: Callable[..., object], owner: type, name: str, *, result: object, **arguments: object) -> None:
    """Names a function as if it stood in the class. The SDK reads the types, and takes an annotated `self` for one."""
    function.__name__ = name
    function.__qualname__ = f"{owner.__qualname__}.{name}"
    function.__annotations__ = {**arguments, "return": result}


def _description(model: type[ActBase] | type[Command], name: str) -> str:
    return inspect.cleandoc(model.__doc__ or f"{name.replace('_', ' ').capitalize()}.")
