"""From a delivery to files in the outbox: whole, in order, and the same on every retry."""

import email
import email.policy
import json
import subprocess
import sys
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from icalendar import Calendar
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import activities.mailer
import links
from activities.mail import Courier, deliver
from activities.outbox import OutboxMailer
from links import Links
from models.base import Role
from models.mail import Delivery, Letter, MailKind, SendResult
from settings import Settings
from tests.letters import AT, BEN, EVERY_LETTER, ID, SESSION, delivery, item, letter, letter_of

LINKS = Links("https://mentoring.example.com", ["k" * 32])


def courier(directory: Path) -> Courier:
    return Courier(LINKS, OutboxMailer(directory), "trellis.example.com")


def read(path: Path) -> EmailMessage:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def sent(directory: Path, one: Letter) -> EmailMessage:
    assert courier(directory).deliver(delivery(one)) == [SendResult(letter=one.id, result="sent")]
    return read(directory / f"{one.id}.eml")


def calendar_of(message: EmailMessage) -> tuple[Calendar, str]:
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert isinstance(calendar, Calendar)
    return calendar, str(part.get_param("method"))


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_every_mail_survives_the_wire_with_its_headers(kind: MailKind, role: Role, tmp_path: Path) -> None:
    one = letter(kind, role)
    mail = sent(tmp_path, one)
    assert mail["Message-ID"] == f"<{one.id}@trellis.example.com>"
    assert mail["Date"].datetime == AT
    assert mail["To"].addresses[0].addr_spec == one.to.email
    assert mail["To"].addresses[0].display_name == one.to.name
    assert mail["From"] == "Trellis Mentoring <mentoring@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Trellis-Mentorship"] == ID
    assert mail["X-Trellis-Kind"] == kind.value
    assert mail["X-Trellis-Class"] == one.mail_class.value
    assert mail["X-Trellis-Role"] == role.value
    assert datetime.fromisoformat(mail["X-Trellis-At"]) == AT
    ask = one.items[0].ask
    assert json.loads(mail["X-Trellis-Items"]) == [{"kind": kind.value, "ask": ask.id if ask else "", "rung": 0}]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().startswith("Hi ")
    assert "</html>" in html.get_content()


def test_many_items_and_long_ids_survive_the_wire(tmp_path: Path) -> None:
    many = [item(kind, Role.MENTEE) for kind in MailKind if (kind, Role.MENTEE) in EVERY_LETTER]
    one = letter_of(*many, to=Role.MENTEE).evolve(id=f"{'m' * 63}-0001")
    courier(tmp_path).deliver(delivery(one).evolve(mentorship="m" * 63))
    mail = read(tmp_path / f"{one.id}.eml")
    assert mail["X-Trellis-Mentorship"] == "m" * 63
    assert [entry["kind"] for entry in json.loads(mail["X-Trellis-Items"])] == [entry.kind.value for entry in many]
    assert mail["Message-ID"] == f"<{one.id}@trellis.example.com>"
    longest = max(len(line) for line in (tmp_path / f"{one.id}.eml").read_bytes().split(b"\r\n"))
    assert longest <= 998, "RFC 5322, 2.1.1"


def test_a_retry_writes_the_same_bytes_and_no_second_file(tmp_path: Path) -> None:
    letters = [letter(kind, role, number=at) for at, (kind, role) in enumerate(EVERY_LETTER)]
    courier(tmp_path).deliver(delivery(*letters))
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    courier(tmp_path).deliver(delivery(*letters))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert set(first) == {f"{one.id}.eml" for one in letters}


def test_another_process_with_another_hash_seed_and_locale_writes_the_same_bytes(tmp_path: Path) -> None:
    one = letter_of(item(MailKind.SESSION_MOVED, Role.MENTEE), item(MailKind.REPORT, Role.MENTEE), to=Role.MENTEE)
    written = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
        run = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; from links import Links; from activities.mail import Courier;"
                "from activities.outbox import OutboxMailer; from models.mail import Delivery;"
                "d = Delivery.model_validate_json(sys.stdin.read());"
                "links = Links('https://mentoring.example.com', ['k' * 32]);"
                "c = Courier(links, OutboxMailer('.'), 'm.example.com');"
                "sys.stdout.buffer.write(c.message(d, d.letters[0]).as_bytes())",
            ],
            input=delivery(one).model_dump_json().encode(),
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": "."},
        )
        written.append(run.stdout)
    assert written[0] == written[1]
    assert len(written[0]) > 1000


def test_a_letter_is_the_same_whichever_letters_go_with_it(tmp_path: Path) -> None:
    alone, other = letter(MailKind.REPORT, Role.MENTEE), letter(MailKind.CONFIRM, Role.MENTOR, number=8)
    before = sent(tmp_path, alone).as_bytes()
    courier(tmp_path).deliver(delivery(other, alone))
    assert read(tmp_path / f"{alone.id}.eml").as_bytes() == before


def test_one_broken_letter_sends_none(tmp_path: Path) -> None:
    fine, broken = letter(MailKind.REPORT, Role.MENTEE), letter(MailKind.REPORT, Role.MENTEE, number=8, session=None)
    with pytest.raises(ApplicationError):
        courier(tmp_path).deliver(delivery(fine, broken))
    assert list(tmp_path.iterdir()) == []


def test_a_letter_that_the_disk_refuses_is_not_sent_and_tried_later_at_an_hour_its_reader_likes(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    (result,) = courier(blocked / "outbox").deliver(delivery(letter(MailKind.REPORT, Role.MENTEE)))
    assert (result.result, result.retry_after) == ("not_sent", 60)
    assert "TRELLIS_OUTBOX_DIR" in result.reason
    assert str(tmp_path) not in result.reason, "a path does not belong in a history"


def test_a_letter_id_never_leaves_the_outbox(tmp_path: Path) -> None:
    one = letter(MailKind.REPORT, Role.MENTEE).evolve(id="../evil")
    (result,) = courier(tmp_path / "outbox").deliver(delivery(one))
    assert result.result == "not_sent"
    assert not list(tmp_path.rglob("*evil*"))


async def test_the_activity_uses_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Settings(outbox_dir=tmp_path / "outbox", base_url="https://own.example.com", mail_domain="own.example.com")
    for module in (activities.mailer, activities.mail, links):
        monkeypatch.setattr(module, "settings", lambda: own)
    links.configured.cache_clear()
    try:
        given = Delivery.model_validate_json(delivery(letter(MailKind.ACCEPT, Role.MENTEE)).model_dump_json())
        results = await ActivityEnvironment().run(deliver, given)
    finally:
        links.configured.cache_clear()
    assert [result.result for result in results] == ["sent"]
    mail = read(tmp_path / "outbox" / f"{ID}-0007.eml")
    assert mail["Message-ID"] == f"<{ID}-0007@own.example.com>"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "https://own.example.com/a/" in plain.get_content()


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        (MailKind.SESSION_INVITE, "REQUEST", "CONFIRMED"),
        (MailKind.SESSION_MOVED, "REQUEST", "CONFIRMED"),
        (MailKind.SESSION_CANCELLED, "CANCEL", "CANCELLED"),
    ],
)
def test_a_session_comes_with_its_calendar_file(kind: MailKind, method: str, status: str, tmp_path: Path) -> None:
    mail = sent(tmp_path, letter(kind, Role.MENTOR))
    calendar, said = calendar_of(mail)
    assert said == method
    assert calendar["METHOD"] == method
    assert [part.name for part in calendar.subcomponents] == ["VEVENT"], "UTC needs no VTIMEZONE"
    (event,) = calendar.events
    assert event["UID"] == f"{SESSION.uid}@trellis.example.com"
    assert event["SEQUENCE"] == SESSION.sequence
    assert event["STATUS"] == status
    assert event["DTSTAMP"].dt == AT
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (SESSION.starts_at, SESSION.starts_at + timedelta(minutes=60))
    assert event["DTSTART"].to_ical() == b"20261208T160000Z"
    assert event["ORGANIZER"] == "mailto:mentoring@example.com"
    assert [str(one) for one in event["ATTENDEE"]] == ["mailto:amara@example.com", "mailto:ben@example.com"]
    assert event["SUMMARY"] == "Session 3: Amara Okafor & Ben Sørensen"
    assert event["LOCATION"] == SESSION.place
    assert "mentoring.example.com" not in event.to_ical().decode(), "a calendar is shared: it carries no capability"
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "invite.ics"
    inline = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    assert attached.get_payload(decode=True) == inline.get_payload(decode=True)


def test_both_people_get_the_same_event(tmp_path: Path) -> None:
    (mine,), (theirs,) = (
        calendar_of(sent(tmp_path, letter(MailKind.SESSION_INVITE, role, number=at)))[0].events
        for at, role in enumerate((Role.MENTEE, Role.MENTOR))
    )
    assert mine.to_ical() == theirs.to_ical()


def test_the_first_conversation_is_called_so(tmp_path: Path) -> None:
    mail = sent(tmp_path, letter(MailKind.SESSION_INVITE, Role.MENTEE, session=SESSION.evolve(number=0, place="")))
    (event,) = calendar_of(mail)[0].events
    assert event["SUMMARY"].startswith("First conversation: ")
    assert "LOCATION" not in event
    assert str(mail["Subject"]).startswith("Your first talk with Ben: Tue 8 Dec, 17:00")


def test_several_sessions_in_one_mail_are_several_files(tmp_path: Path) -> None:
    later = SESSION.evolve(number=4, uid="later", starts_at=SESSION.starts_at + timedelta(weeks=2))
    mail = sent(
        tmp_path,
        letter_of(
            item(MailKind.AGREEMENT_SIGNED, Role.MENTEE),
            item(MailKind.SESSION_INVITE, Role.MENTEE),
            item(MailKind.SESSION_INVITE, Role.MENTEE, session=later),
            to=Role.MENTEE,
        ),
    )
    assert [part.get_filename() for part in mail.iter_attachments()] == ["invite.ics", "invite-2.ics"]
    assert sum(part.get_content_type() == "text/calendar" for part in mail.walk()) == 1


def test_outside_text_cannot_add_a_calendar_line(tmp_path: Path) -> None:
    evil = "x\r\nATTENDEE:mailto:all@example.com;,\\"
    one = letter(MailKind.SESSION_INVITE, Role.MENTEE, session=SESSION.evolve(place=evil))
    one = one.evolve(pair=(one.to, BEN.evolve(name='Ben"\r\nX-EVIL:1')))
    (event,) = calendar_of(sent(tmp_path, one))[0].events
    assert len(event["ATTENDEE"]) == 2
    assert "X-EVIL" not in event


def test_names_and_domains_beyond_ascii_are_written_as_mail_servers_read_them(tmp_path: Path) -> None:
    one = letter(MailKind.ACCEPT, Role.MENTEE)
    one = one.evolve(to=one.to.evolve(name="Zoë Müller, Ph. D.", email="zoe@bücher.example.com"))
    mail = sent(tmp_path, one)
    assert mail["To"].addresses[0].addr_spec == "zoe@xn--bcher-kva.example.com"
    assert mail["To"].addresses[0].display_name == "Zoë Müller, Ph. D."
