"""The program's logo in its mails: there without any request, named for those who do not see it, and the same again."""

import base64
import json
import re
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from pathlib import Path

import fast_mail_parser
import pytest
from bs4 import BeautifulSoup, Tag
from pydantic import SecretStr

from activities.mail import Courier
from activities.sendgrid import SendGridMailer, body
from demo import sendgrid_contract as contract
from demo.sendgrid_server import rebuilt
from models.base import Role
from models.mail import Letter, MailKind, ProgramCard
from models.program import Branding
from templates.palette import light
from tests.letters import CLARA, EVERY_LETTER, PROGRAM, WITH_LOGO, delivery, letter
from tests.local_sendgrid import KEY, local_sendgrid
from tests.pictures import GIF, JPEG, png, uri
from tests.test_mail_rendering import LINKS, html, message, text
from web.mailbox import Mailbox

INVITE = letter(MailKind.SESSION_INVITE, Role.MENTEE)
PLAIN = letter(MailKind.REPORT, Role.MENTEE)


def branded(logo: bytes, kind: str = "png", name: str = "Trellis Mentoring") -> ProgramCard:
    return PROGRAM.evolve(branding=Branding(name=name, logo=uri(logo, kind)))


def image(one: Letter, program: ProgramCard = WITH_LOGO) -> Tag:
    found = BeautifulSoup(html(one, program), "html.parser").find_all("img")
    assert len(found) == 1
    assert isinstance(found[0], Tag)
    return found[0]


def tree(part: MIMEPart) -> list[object]:
    """The types of the parts, nested as they are."""
    inner = [tree(one) for one in part.iter_parts()] if part.is_multipart() else []
    return [part.get_content_type(), *inner]


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_every_mail_shows_the_picture_that_it_carries(kind: MailKind, role: Role) -> None:
    one = letter(kind, role)
    carried = fast_mail_parser.parse_email(message(one, WITH_LOGO).as_bytes())
    (picture,) = [file for file in carried.attachments if file.mimetype == "image/png"]
    assert uri(picture.content) == WITH_LOGO.branding.logo
    assert image(one)["src"] == f"cid:{str(picture.content_id).strip('<>')}"
    assert text(one, WITH_LOGO) == text(one, PROGRAM.evolve(branding=WITH_LOGO.branding.evolve(logo="")))


def test_the_picture_belongs_to_the_html_and_the_invitation_stays_an_alternative() -> None:
    with_files = ["multipart/related", ["text/html"], ["image/png"]]
    alternative = ["multipart/alternative", ["text/plain"], with_files]
    assert tree(message(PLAIN, WITH_LOGO)) == alternative
    assert tree(message(INVITE, WITH_LOGO)) == [
        "multipart/mixed", [*alternative, ["text/calendar"]], ["application/ics"],
    ]  # fmt: skip


def test_a_program_without_a_logo_shows_its_name() -> None:
    assert tree(message(PLAIN)) == ["multipart/alternative", ["text/plain"], ["text/html"]]
    page = BeautifulSoup(html(PLAIN), "html.parser")
    assert page.find("img") is None
    brand = page.select_one(".brand")
    assert brand is not None
    assert brand.get_text() == PROGRAM.branding.name


@pytest.mark.parametrize(("content", "kind"), [(JPEG, "jpeg"), (GIF, "gif"), (png(80, 80), "png")])
def test_the_picture_is_of_the_kind_that_it_is(content: bytes, kind: str) -> None:
    part = next(one for one in message(PLAIN, branded(content)).walk() if one.get_content_maintype() == "image")
    assert part.get_content_type() == f"image/{kind}"
    assert (part.get_filename(), part.get_content_disposition()) == (f"logo.{kind}", "inline")
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize("name", ['The "Best" <b>Mentors</b> & Co', "Ana's", "Übung ✓", '" onerror="alert(1)'])
def test_who_sees_no_pictures_reads_the_name(name: str) -> None:
    tag = image(PLAIN, branded(png(80, 80), name=name))
    assert tag["alt"] == name
    assert set(tag.attrs) == {"src", "alt", "height", "style"}


@pytest.mark.parametrize(
    ("size", "height"),
    [((80, 80), 40), ((196, 80), 40), ((480, 80), 40), ((960, 80), 20), ((1000, 2), 1), ((20, 20), 20), ((2, 900), 40)],
)
def test_the_picture_is_forty_pixels_high_and_never_wider_than_a_phone(size: tuple[int, int], height: int) -> None:
    tag = image(PLAIN, branded(png(*size)))
    assert int(str(tag["height"])) == height
    assert size[0] / size[1] * height <= 320 - 2 * 20 - 2 * 10 or height == 1
    assert "max-width: 100%" in str(tag["style"])


@pytest.mark.parametrize("colour", ["#2f6f4f", "#ffffff", "#000000", "#ffd000"])
def test_by_day_and_by_night_the_picture_lies_on_white(colour: str) -> None:
    program = PROGRAM.evolve(branding=WITH_LOGO.branding.evolve(colour=colour))
    page = BeautifulSoup(html(PLAIN, program), "html.parser")
    plate, style = page.select_one(".brand .plate"), page.find("style")
    assert plate is not None
    assert style is not None
    assert "background: #ffffff linear-gradient(#ffffff, #ffffff)" in str(plate["style"])
    assert f"color: {light(colour).text}" in str(plate["style"]), "the name where pictures are off"
    night = style.get_text().split("prefers-color-scheme: dark")[1].partition("{")[2]
    recoloured = [tag for selector in re.findall(r"([^{}]+)\{", night) for tag in page.select(selector.strip())]
    assert len(recoloured) > 10
    assert not [tag for tag in recoloured if tag is plate or tag.name == "img"]


def test_the_same_mail_is_the_same_bytes_again() -> None:
    assert message(INVITE, WITH_LOGO).as_bytes() == message(INVITE, WITH_LOGO).as_bytes()


def test_sendgrid_gets_it_inline_and_its_reader_sees_it(tmp_path: Path) -> None:
    with local_sendgrid(tmp_path / "sendgrid") as server:
        courier = Courier(LINKS, SendGridMailer(SecretStr(KEY), server.host, 5), "trellis.example.com")
        for _ in range(2):
            (result,) = courier.deliver(delivery(INVITE, program=WITH_LOGO))
            assert result.result == "sent"
        assert server.desk.violations == []
        assert server.desk.figures()["different_bodies"] == []
        mail = BytesParser(policy=policy.default).parsebytes((server.desk.folder / f"{INVITE.id}.eml").read_bytes())
    assert isinstance(mail, EmailMessage)
    assert tree(mail) == tree(message(INVITE, WITH_LOGO))
    part = next(one for one in mail.walk() if one.get_content_maintype() == "image")
    assert image(INVITE)["src"] == f"cid:{str(part['Content-ID']).strip('<>')}"
    assert uri(part.get_content()) == WITH_LOGO.branding.logo


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_every_mail_with_a_logo_keeps_to_the_contract(kind: MailKind, role: Role) -> None:
    one = letter(kind, role)
    request = body(message(one, WITH_LOGO), one)
    assert contract.faults(json.dumps(request).encode()) == []
    inline, *files = request["attachments"]
    assert (inline["disposition"], inline["type"], inline["filename"]) == ("inline", "image/png", "logo.png")
    assert uri(base64.b64decode(inline["content"])) == WITH_LOGO.branding.logo
    assert all(file["disposition"] == "attachment" and "content_id" not in file for file in files)
    assert [part["type"] for part in request["content"]][:2] == ["text/plain", "text/html"]
    assert tree(rebuilt(request)) == tree(message(one, WITH_LOGO))


def test_the_outbox_shows_it_and_does_not_offer_it_as_a_file(tmp_path: Path) -> None:
    for one in (PLAIN, INVITE.evolve(id=f"{INVITE.id}-b"), letter(MailKind.ATTENTION, CLARA.role, number=9)):
        (tmp_path / f"{one.id}.eml").write_bytes(message(one, WITH_LOGO).as_bytes())
        mail = Mailbox(tmp_path).open(one.id)
        assert mail is not None
        shown = BeautifulSoup(mail.html, "html.parser").find("img")
        assert isinstance(shown, Tag)
        assert shown["src"] == WITH_LOGO.branding.logo
        assert [file.name for file in mail.attachments] == (["invite.ics"] if one.kind is INVITE.kind else [])
