"""Calendar files for sessions: iTIP by email (RFC 5546, RFC 6047), in UTC and without VTIMEZONE."""

from datetime import timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from models.base import Role
from models.mail import Correspondent, Letter, LetterItem, ProgramCard, SessionCard
from models.people import Language
from templates.catalogs import translations

ALARM_BEFORE = timedelta(minutes=15)
SESSION = "Session %(number)s: %(names)s"
FIRST = "First conversation: %(names)s"
HOW_TO_MOVE = "To move or cancel it, use the links in your email or your journey page."
SAID = (SESSION, FIRST, HOW_TO_MOVE)
"""What a calendar says, for whoever collects the sentences to translate."""


def calendar_file(letter: Letter, item: LetterItem, program: ProgramCard, mail_domain: str) -> bytes | None:
    """The invitation, update or cancellation that an item carries, or None. The same letter gives the same bytes.

    UID stays the same for a session's whole life, SEQUENCE rises with each change, and DTSTAMP is the letter's time.
    """
    if item.calendar == "none" or item.session is None:
        return None
    session = item.session
    cancelled = item.calendar == "cancel"
    pair = people(letter)
    summary = _summary(session, pair, letter.to.language)

    event = Event()
    event.add("uid", f"{session.uid}@{mail_domain}")
    event.add("sequence", session.sequence)
    event.add("dtstamp", letter.at)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.starts_at + timedelta(minutes=session.minutes))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", summary)
    event.add("description", f"{program.title}. {translations(letter.to.language).gettext(HOW_TO_MOVE)}")
    if session.place:
        event.add("location", session.place)
    event["organizer"] = _address(program.branding.name, program.branding.sender)
    for person in pair:
        event.add("attendee", _attendee(person), encode=False)
    if not cancelled:
        event.add_component(_alarm(summary))

    calendar = Calendar()
    calendar.add("prodid", "-//Trellis//Mentorship//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method(item))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def method(item: LetterItem) -> str:
    """The iTIP method of an item that carries a calendar file."""
    return "CANCEL" if item.calendar == "cancel" else "REQUEST"


def people(letter: Letter) -> tuple[Correspondent, ...]:
    """The pair, the mentee first."""
    pair = letter.pair or tuple(person for person in (letter.to, letter.partner) if person is not None)
    return tuple(sorted((p for p in pair if p.role is not Role.COORDINATOR), key=lambda p: p.role is Role.MENTOR))


def _summary(session: SessionCard, pair: tuple[Correspondent, ...], language: Language) -> str:
    said = translations(language).gettext(SESSION if session.number else FIRST)
    return said % {"number": session.number, "names": " & ".join(person.name for person in pair)}


def _address(name: str, email: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params["CN"] = vText(name)
    return address


def _attendee(person: Correspondent) -> vCalAddress:
    attendee = _address(person.name, person.email)
    attendee.params["ROLE"] = vText("REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    # A reply would land in the sender's mailbox, which nobody reads: moving and cancelling go through links.
    attendee.params["RSVP"] = vText("FALSE")
    return attendee


def _alarm(summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", summary)
    alarm.add("trigger", -ALARM_BEFORE)
    return alarm
