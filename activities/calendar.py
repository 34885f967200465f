"""What of a letter goes into calendars: iTIP by email (RFC 5546, RFC 6047)."""

from typing import Literal

from models.base import Role
from models.mail import Correspondent, Letter, LetterItem, ProgramCard
from templates.calendars import session_file


def calendar_file(letter: Letter, item: LetterItem, program: ProgramCard, mail_domain: str) -> bytes | None:
    """The invitation, update or cancellation that an item carries, or None. The same letter gives the same bytes."""
    if item.calendar == "none" or item.session is None:
        return None
    return session_file(item.session, people(letter), program, letter.to.language, mail_domain, letter.at, method(item))


def method(item: LetterItem) -> Literal["REQUEST", "CANCEL"]:
    """The iTIP method of an item that carries a calendar file."""
    return "CANCEL" if item.calendar == "cancel" else "REQUEST"


def people(letter: Letter) -> tuple[Correspondent, ...]:
    """The pair, the mentee first."""
    pair = letter.pair or tuple(person for person in (letter.to, letter.partner) if person is not None)
    return tuple(sorted((p for p in pair if p.role is not Role.COORDINATOR), key=lambda p: p.role is Role.MENTOR))
