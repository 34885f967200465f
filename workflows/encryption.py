"""Encryption of what Temporal stores, with keys that it never sees: AES-256-GCM, a fresh random nonce for each payload.

An encrypted payload says by which key, and nothing else of its content. Inside, sealed with it, stands the workflow it
was written for: moved into the history of another, it is refused. See docs/encryption.md for what that leaves open.
"""

import secrets
import zlib
from collections.abc import Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    PayloadConverter,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from models.answers import ActBase
from workflows.payload_keys import PayloadKey
from workflows.sealed import ENCODING, IS_ACT, KEY_ID, is_encrypted, key_of
from workflows.unreachable import EngineUnreachable

NONCE_BYTES = 12
WORKFLOW = "trellis-workflow"
"""The name in the sealed metadata of the workflow that a payload belongs to."""
_PLAIN, _DEFLATED = b"\x00", b"\x01"
WORTH_DEFLATING = 512
"""Bytes. Shorter ones gain little; the state of a mentorship shrinks to a fifth."""
MOST_BYTES = 32 * 1024 * 1024
"""What is sealed may be no longer. Sixteen times what Temporal takes as one payload."""


class PayloadUnreadable(EngineUnreachable):
    """What Temporal stores can't be decrypted here. Nothing is lost by that: it can be read once the key is there.

    `key` is the id of the key that it names. The text says what to do, and nothing of the content.
    """

    def __init__(self, message: str, key: str) -> None:
        super().__init__(f"{message} See docs/encryption.md.")
        self.key = key


class Encryption(PayloadCodec, WithSerializationContext):
    """Encrypts with the last key and decrypts with any of them. Without keys it encrypts nothing.

    What is not encrypted is read as it is: it was written before there were keys, or by a client without them.
    """

    def __init__(self, keys: Sequence[PayloadKey], *, encrypts: bool = True) -> None:
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self._writes = keys[-1].id if keys and encrypts else ""
        self._workflow = b""

    def with_context(self, context: SerializationContext) -> Self:
        """The same for the payloads of one workflow."""
        workflow = b""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            workflow = (context.workflow_id or "").encode()
        if workflow == self._workflow or not self._ciphers:
            return self
        bound = object.__new__(type(self))
        bound._ciphers, bound._writes, bound._workflow = self._ciphers, self._writes, workflow
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `PayloadCodec.encode`."""
        return [self._sealed(payload) for payload in payloads] if self._writes else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See `PayloadCodec.decode`. Raises PayloadUnreadable, but for an act, which is left as it is."""
        return [self._opened_or_act(payload) if is_encrypted(payload) else payload for payload in payloads]

    def opened(self, payload: Payload) -> Payload:
        """What was encrypted. Raises PayloadUnreadable."""
        key = key_of(payload)
        cipher = self._ciphers.get(key)
        if cipher is None:
            here = f"has {', '.join(self._ciphers)}" if self._ciphers else "is empty"
            raise PayloadUnreadable(
                f"This was encrypted with the key {key!r}, and TRELLIS_PAYLOAD_KEYS {here}. "
                "Put the key back, before the others; then everything goes on.",
                key,
            )
        try:
            sealed = cipher.decrypt(payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:], _bound(key))
            opened = Payload.FromString(_inflated(sealed[1:]) if sealed[:1] == _DEFLATED else sealed[1:])
        except (InvalidTag, ValueError, zlib.error, DecodeError):
            raise PayloadUnreadable(
                f"This names the key {key!r} and can't be decrypted with it: "
                "either the key has another value here than where it was written, or what is stored was changed.",
                key,
            ) from None
        workflow = opened.metadata.pop(WORKFLOW, b"")
        if workflow and self._workflow and workflow != self._workflow:
            raise PayloadUnreadable("This was encrypted for another workflow, and was moved here.", key)
        return opened

    def _sealed(self, payload: Payload) -> Payload:
        inner = Payload()
        inner.CopyFrom(payload)
        inner.metadata[WORKFLOW] = self._workflow
        content = inner.SerializeToString()
        sealed = _DEFLATED + zlib.compress(content) if len(content) >= WORTH_DEFLATING else _PLAIN + content
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = nonce + self._ciphers[self._writes].encrypt(nonce, sealed, _bound(self._writes))
        shown = {name: value for name, value in payload.metadata.items() if name == IS_ACT}
        return Payload(metadata={"encoding": ENCODING, KEY_ID: self._writes.encode(), **shown}, data=data)

    def _opened_or_act(self, payload: Payload) -> Payload:
        try:
            return self.opened(payload)
        except PayloadUnreadable:
            if IS_ACT in payload.metadata:
                return payload
            raise


class EncryptedFailures(DefaultFailureConverterWithEncodedAttributes):
    """Failures whose messages and stack traces are encrypted: they quote addresses, and what people typed.

    Only why something can't be decrypted stays readable. Who has to mend it has no key.
    """

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        """See `FailureConverter.to_failure`."""
        if isinstance(exception, PayloadUnreadable):
            DefaultFailureConverter().to_failure(exception, payload_converter, failure)
        else:
            super().to_failure(exception, payload_converter, failure)


def act_of_a_person(converter: DataConverter, act: ActBase) -> RawValue:
    """An act as it travels to a mentorship. See `workflows.sealed.IS_ACT`."""
    (payload,) = converter.payload_converter.to_payloads([act])
    payload.metadata[IS_ACT] = b"true"
    return RawValue(payload)


def _bound(key: str) -> bytes:
    """What is authenticated without being encrypted: that it is ours, and the key's id."""
    return b"trellis payload 1\x00" + ENCODING + b"\x00" + key.encode()


def _inflated(data: bytes) -> bytes:
    inflating = zlib.decompressobj()
    content = inflating.decompress(data, MOST_BYTES)
    if not inflating.eof:
        raise ValueError("too long, or cut off")
    return content
