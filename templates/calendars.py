"""Calendar files for sessions (RFC 5545), in UTC and without VTIMEZONE: for invitations by mail, and to download."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from models.mail import Correspondent, ProgramCard, SessionCard
from models.people import Language
from templates.catalogs import translations

ALARM_BEFORE = timedelta(minutes=15)
SESSION = "Session %(number)s: %(names)s"
FIRST = "First conversation: %(names)s"
HOW_TO_MOVE = "To move or cancel it, use the links in your email or your journey page."
SAID = (SESSION, FIRST, HOW_TO_MOVE)
"""What a calendar says, for whoever collects the sentences to translate."""
Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
"""What the file is (RFC 5546): an invitation or its update, a cancellation, or an entry to download."""


def session_file(
    session: SessionCard,
    pair: Iterable[Correspondent],
    program: ProgramCard,
    language: Language,
    mail_domain: str,
    at: datetime,
    method: Method,
) -> bytes:
    """One session as a calendar entry. The same arguments give the same bytes.

    UID stays the same for a session's whole life, SEQUENCE rises with each change, and DTSTAMP is `at`: whatever way
    the entry comes, a calendar knows it again. What is published names no attendees (RFC 5546, section 3.2.1), and so
    holds nobody's address.
    """
    both = tuple(pair)
    summary = _summary(session, both, language)

    event = Event()
    event.add("uid", f"{session.uid}@{mail_domain}")
    event.add("sequence", session.sequence)
    event.add("dtstamp", at)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.starts_at + timedelta(minutes=session.minutes))
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("summary", summary)
    event.add("description", f"{program.title}. {translations(language).gettext(HOW_TO_MOVE)}")
    if session.place:
        event.add("location", session.place)
    event["organizer"] = _address(program.branding.name, program.branding.sender)
    if method != "PUBLISH":
        for person in both:
            event.add("attendee", _attendee(person), encode=False)
    if method != "CANCEL":
        event.add_component(_alarm(summary))

    calendar = Calendar()
    calendar.add("prodid", "-//Trellis//Mentorship//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


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
