"""What can be seen of an encrypted payload without a key. Workflows may import this; they need no cipher."""

from temporalio.api.common.v1 import Payload

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
"""The name in the metadata under which other codecs for Temporal tell it, too."""
IS_ACT = "trellis-act"
"""The name in the metadata that marks what a person did, on its way to a mentorship.

A worker that can't decrypt an act refuses it, and its sender hears so. Of everything else it can't tell that it is new:
it lets the workflow wait for the key.
"""


def is_encrypted(payload: Payload) -> bool:
    """Whether it needs a key."""
    return payload.metadata.get("encoding") == ENCODING


def key_of(payload: Payload) -> str:
    """The id of the key that an encrypted payload names, as far as it can be shown; empty for others."""
    return payload.metadata.get(KEY_ID, b"").decode("ascii", "replace")[:40] if is_encrypted(payload) else ""
