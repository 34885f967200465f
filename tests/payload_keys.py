"""Payload keys of the tests, and clients that have some of them."""

import base64
from collections.abc import Sequence

from temporalio.client import Client

from settings import Settings
from workflows.connection import data_converter


def entry(id: str) -> str:
    """The key with this id, always the same, as an entry of TRELLIS_PAYLOAD_KEYS."""
    return f"{id}:{base64.b64encode(id.encode().ljust(32, b'.')).decode()}"


def entries(*ids: str) -> str:
    """Several of them; the last one encrypts."""
    return ",".join(map(entry, ids))


async def client_with(address: str, *ids: str, encryption: bool | None = None) -> Client:
    """A client with these keys."""
    return await Client.connect(address, data_converter=data_converter(settings_with(ids, encryption)))


def settings_with(ids: Sequence[str], encryption: bool | None = None) -> Settings:
    """Settings with these keys."""
    return Settings(payload_keys=entries(*ids), payload_encryption=encryption)  # type: ignore[arg-type]
