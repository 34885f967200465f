"""The connection to Temporal, set up as everywhere else: TEMPORAL_ADDRESS, TEMPORAL_PROFILE, TLS, API keys.

See https://docs.temporal.io/develop/environment-configuration.
"""

import dataclasses
from collections.abc import Sequence

from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import PydanticPayloadConverter, pydantic_data_converter
from temporalio.converter import CompositePayloadConverter, DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from settings import Settings, settings
from workflows.encryption import EncryptedFailures, Encryption
from workflows.unreachable import EngineUnreachable

__all__ = ["EngineUnreachable", "connect", "data_converter"]

DEFAULT_ADDRESS = "localhost:7233"
_SHARED = PydanticPayloadConverter()


class SharedPydanticConverter(CompositePayloadConverter):
    """The SDK makes a converter for each workflow. These share one memory of the validators that pydantic has built
    for our types, which are some 55 kB for a mentorship and take longer to build than to use."""

    def __init__(self) -> None:
        super().__init__(*_SHARED.converters.values())


async def connect(
    address: str | None = None, *, runtime: Runtime | None = None, interceptors: Sequence[Interceptor] = ()
) -> Client:
    """Connects to Temporal by environment and profile; an `address` given here goes before both.

    Raises EngineUnreachable, whose text names the address and what to set.
    """
    try:
        config = ClientConfig.load_client_connect_config()
    except RuntimeError as problem:
        raise EngineUnreachable(f"The Temporal profile can't be read: {_reason(problem)}") from problem
    if address is not None:
        config["target_host"] = address
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config, data_converter=data_converter(settings()), runtime=runtime, interceptors=interceptors
        )
    except (RuntimeError, RPCError, ValueError) as problem:
        raise EngineUnreachable(
            f"Can't reach Temporal at {config['target_host']}: {_reason(problem)}. "
            "Start one with `make demo`, or set TEMPORAL_ADDRESS."
        ) from problem


def data_converter(own: Settings) -> DataConverter:
    """How everything travels to Temporal and back: as JSON, and encrypted where the settings have keys for it."""
    encrypts = own.encrypts_payloads
    return dataclasses.replace(
        pydantic_data_converter,
        payload_converter_class=SharedPydanticConverter,
        payload_codec=Encryption(own.payload_keyring, encrypts=encrypts),
        failure_converter_class=EncryptedFailures if encrypts else pydantic_data_converter.failure_converter_class,
    )


def _reason(problem: Exception) -> str:
    """The part of the error that a person can use: the transport's own words are several nested structures."""
    text = str(problem)
    for told in ("connection refused", "dns error", "timed out", "certificate"):
        if told in text.casefold():
            return told
    return text.splitlines()[0][:200] if text else type(problem).__name__
