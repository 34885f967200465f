"""What Temporal stores is encrypted with keys that it never sees, and what can't be decrypted says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultPayloadConverter, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from tests.payload_keys import entries, settings_with
from workflows.connection import EngineUnreachable, data_converter
from workflows.encryption import EncryptedFailures, Encryption, PayloadUnreadable
from workflows.payload_keys import new_payload_key, read_payload_keys
from workflows.sealed import ENCODING, KEY_ID, key_of

SECRET = "Theo is afraid of talks"


def encryption(*ids: str, workflow: str = "mentorship/one") -> Encryption:
    """The codec with these keys, for the payloads of one workflow."""
    codec = Encryption(read_payload_keys(entries(*ids).split(",")))
    return codec.with_context(WorkflowSerializationContext(namespace="default", workflow_id=workflow))


def plain(text: str = SECRET) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=f'"{text}"'.encode())


async def sealed(codec: Encryption, payload: Payload) -> Payload:
    (found,) = await codec.encode([payload])
    return found


async def opened(codec: Encryption, payload: Payload) -> Payload:
    (found,) = await codec.decode([payload])
    return found


async def refusal(codec: Encryption, payload: Payload) -> str:
    with pytest.raises(PayloadUnreadable) as raised:
        await codec.decode([payload])
    assert SECRET not in str(raised.value)
    assert isinstance(raised.value, EngineUnreachable)
    return str(raised.value)


@given(data=st.binary(max_size=2000), metadata=st.dictionaries(st.text(max_size=8), st.binary(max_size=8), max_size=3))
async def test_whatever_goes_in_comes_out(data: bytes, metadata: dict[str, bytes]) -> None:
    payload = Payload(metadata=metadata, data=data)
    assert await opened(encryption("a"), await sealed(encryption("a"), payload)) == payload


async def test_nothing_of_it_can_be_seen_but_the_id_of_the_key() -> None:
    found = await sealed(encryption("old", "new"), plain())
    assert dict(found.metadata) == {"encoding": ENCODING, KEY_ID: b"new"}
    assert SECRET.encode() not in found.SerializeToString()
    assert b"mentorship" not in found.SerializeToString()


async def test_the_same_is_never_encrypted_to_the_same() -> None:
    found = [await sealed(encryption("a"), plain()) for _ in range(50)]
    assert len({payload.data[:12] for payload in found}) == len({payload.data for payload in found}) == 50


async def test_what_is_long_is_deflated_before_it_is_encrypted() -> None:
    assert len((await sealed(encryption("a"), plain("words " * 1000))).data) < 300


async def test_the_last_key_encrypts_and_every_key_decrypts() -> None:
    before = await sealed(encryption("old"), plain())
    after = await sealed(encryption("old", "new"), plain())
    assert (key_of(before), key_of(after)) == ("old", "new")
    for payload in (before, after):
        assert await opened(encryption("old", "new"), payload) == plain()
        assert await opened(encryption("new", "old"), payload) == plain()


async def test_what_was_written_before_there_were_keys_is_read_as_it_is() -> None:
    assert await opened(encryption("a"), plain()) == plain()


async def test_a_lost_key_is_named_with_those_that_are_there() -> None:
    told = await refusal(encryption("new", "newer"), await sealed(encryption("old"), plain()))
    assert "the key 'old'" in told
    assert "TRELLIS_PAYLOAD_KEYS has new, newer" in told
    assert "docs/encryption.md" in told


async def test_without_any_keys_the_setting_is_named() -> None:
    assert "TRELLIS_PAYLOAD_KEYS is empty" in await refusal(Encryption(()), await sealed(encryption("old"), plain()))


@pytest.mark.parametrize("place", [0, 11, 12, 40, -1])
async def test_a_payload_of_which_one_bit_was_changed_is_refused(place: int) -> None:
    payload = await sealed(encryption("a"), plain())
    data = bytearray(payload.data)
    data[place] ^= 1
    assert "was changed" in await refusal(encryption("a"), Payload(metadata=payload.metadata, data=bytes(data)))


@pytest.mark.parametrize("length", [0, 5, 12, 20, 28])
async def test_a_payload_that_was_cut_off_is_refused(length: int) -> None:
    payload = await sealed(encryption("a"), plain())
    assert "was changed" in await refusal(
        encryption("a"), Payload(metadata=payload.metadata, data=payload.data[:length])
    )


async def test_another_key_under_the_same_id_is_told_apart_from_a_lost_one() -> None:
    payload = await sealed(encryption("a"), plain())
    other = Encryption(read_payload_keys([new_payload_key("a")]))
    assert "another value here than where it was written" in await refusal(other, payload)


async def test_the_id_of_the_key_can_not_be_exchanged() -> None:
    payload = await sealed(encryption("a"), plain())
    twice = Encryption(read_payload_keys([entries("a"), entries("a").replace("a:", "b:", 1)]))
    payload.metadata[KEY_ID] = b"b"
    assert "the key 'b'" in await refusal(twice, payload)


async def test_a_payload_of_another_mentorship_is_refused() -> None:
    payload = await sealed(encryption("a", workflow="mentorship/one"), plain())
    assert "another workflow" in await refusal(encryption("a", workflow="mentorship/two"), payload)


async def test_who_has_the_keys_and_knows_no_workflow_reads_all() -> None:
    payload = await sealed(encryption("a", workflow="mentorship/one"), plain())
    assert await opened(encryption("a", workflow=""), payload) == plain()
    written = await sealed(encryption("a", workflow=""), plain())
    assert await opened(encryption("a", workflow="mentorship/one"), written) == plain()


async def test_a_failure_tells_nothing_but_its_type() -> None:
    converter = data_converter(settings_with(["a"]))
    failure = Failure()
    try:
        raise ApplicationError(f"550 no such user: {SECRET}", SECRET, type="mailbox") from ValueError(SECRET)
    except ApplicationError as problem:
        await converter.encode_failure(problem, failure)
    assert SECRET.encode() not in failure.SerializeToString()
    assert failure.application_failure_info.type == "mailbox"
    again = await converter.decode_failure(failure)
    assert SECRET in str(again)
    assert SECRET in str(again.__cause__)


def test_why_something_can_not_be_decrypted_stays_readable_inside_of_an_encrypted_failure() -> None:
    failure = Failure()
    try:
        raise ApplicationError("Failed decoding arguments") from PayloadUnreadable("The key 'old' is missing.", "old")
    except ApplicationError as problem:
        EncryptedFailures().to_failure(problem, DefaultPayloadConverter(), failure)
    assert failure.message == "Encoded failure"
    assert failure.cause.message.startswith("The key 'old' is missing.")


async def test_local_mode_can_decrypt_without_encrypting() -> None:
    converter = data_converter(settings_with(["a"], encryption=False))
    (written,) = await converter.encode([SECRET])
    assert SECRET.encode() in written.data
    (encrypted,) = await data_converter(settings_with(["a"])).encode([SECRET])
    assert await converter.decode([encrypted]) == [SECRET]


@pytest.mark.parametrize(
    "wrong", ["", "a", "a:", "a:c2hvcnQ=", "A:" + entries("a")[2:], entries("a")[:-1], f"a b:{entries('a')[2:]}"]
)
def test_an_entry_that_is_no_key_is_named_by_its_place_and_not_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"^entry 2 must be id:key") as raised:
        read_payload_keys([entries("ok"), wrong])
    assert not wrong or f" {wrong} " not in str(raised.value)


def test_two_keys_may_not_have_one_id() -> None:
    with pytest.raises(ValueError, match="entry 2 has the id of an earlier one"):
        read_payload_keys([entries("a"), new_payload_key("a")])


def test_a_new_key_is_one() -> None:
    (key,) = read_payload_keys([new_payload_key("2027-01-04")])
    assert key.id == "2027-01-04"
    assert len(key.secret) == 32
    assert str(key.secret) not in repr(key)
