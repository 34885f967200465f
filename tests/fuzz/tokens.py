"""Link tokens and form nonces: as strangers send them, and as somebody with a stolen key would sign them."""

from collections.abc import Iterable
from datetime import UTC, datetime

from itsdangerous.encoding import base64_encode

from links import BadLink, Links, Purpose
from models.base import Role
from web.nonces import BadNonce, Nonce, Nonces

LINKS = Links("https://mentoring.example.com", ["k" * 40, "l" * 40])
NONCES = Nonces(LINKS)
PURPOSES = tuple(Purpose)
WORDS = ("m", "r", "a", "j", "t", "mentor", "mentee", "coordinator", "tick", "|", "\n")
RAW, SIGNED, NONCE, SIGNED_NONCE = range(4)


def feed(data: bytes) -> str:
    """The first byte chooses: a token as it comes or a payload with a true signature, of a link or of a form."""
    how, rest = (data[0] if data else 0), data[1:]
    mode, purpose = how % 4, PURPOSES[(how >> 2) % len(PURPOSES)]
    if mode in (RAW, SIGNED):
        token = _text(rest) if mode == RAW else _signed(f"link.{purpose.name.lower()}", rest)
        try:
            link = LINKS.read(purpose, token)
        except BadLink:
            return "BadLink"
        assert link.issued_at.tzinfo is not None
        assert link.mentorship
        return "accepted"
    try:
        nonce = NONCES.read(_text(rest) if mode == NONCE else _signed("form", rest))
    except BadNonce:
        return "BadNonce"
    assert len(nonce.update_id) == 32
    return "accepted"


def seeds() -> Iterable[bytes]:
    """Genuine ones, and genuine payloads."""
    at = datetime(2027, 1, 4, 9, tzinfo=UTC)
    for index, purpose in enumerate(PURPOSES):
        address = LINKS.mint(purpose, "pair-1", Role.MENTEE, "accept.mentee", "pair-1-0001", at)
        yield bytes([RAW | index << 2]) + address.rsplit("/", 1)[1].encode()
        yield bytes([SIGNED | index << 2]) + b'{"m":"pair-1","r":"mentee","a":"accept.mentee","j":"abc","t":1799053200}'
    nonce = Nonce("abc", "accept", "accept.mentee", 3, "", "Europe/Berlin", tick=True)
    yield bytes([NONCE]) + NONCES.write(nonce).encode()
    yield bytes([SIGNED_NONCE]) + b'"abc|accept|accept.mentee|3|7\\nEurope/Berlin\\ntick"'
    yield bytes([SIGNED]) + b"[" * 900


def _text(data: bytes) -> str:
    """As a server reads a path."""
    return data.decode("utf-8", errors="replace")


def _signed(salt: str, payload: bytes) -> str:
    signer = LINKS.serializer(salt).make_signer(f"trellis.{salt}".encode())
    return signer.sign(base64_encode(payload)).decode()
