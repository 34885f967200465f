"""Every mail of an autoplay, as mail programs and scanners see it: read from the `.eml` files, not from our objects."""

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import fast_mail_parser
import pytest
import pytest_asyncio
from bs4 import BeautifulSoup, Tag
from icalendar import Calendar

from demo.autoplay import Cast
from demo.personas import Persona
from demo.server import Parts, Ports
from tests.demo_parts import played

TOKEN = re.compile(r"/[aju]/([A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,})")


@pytest_asyncio.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """What an eager mentor and a struggling mentee leave behind: moves, a no-show, a pause, a refocus."""
    path = tmp_path_factory.mktemp("mails")
    async with Parts(path, Ports.free(), headless=True, in_memory=True) as parts:
        result = await played(parts, Cast(mentee=Persona.STRUGGLING, seed=1))
        assert result.broken_laws == []
        yield path


def _mails(folder: Path) -> list[EmailMessage]:
    paths = sorted((folder / "outbox").glob("*.eml"))
    assert len(paths) > 50
    return [BytesParser(policy=policy.default).parsebytes(path.read_bytes()) for path in paths]


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(preferencelist=(kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


async def test_text_and_html_carry_the_same_one_call_to_action(folder: Path) -> None:
    for mail in _mails(folder):
        text, page = _part(mail, "plain"), BeautifulSoup(_part(mail, "html"), "html.parser")
        buttons = [one for one in page.find_all("a") if isinstance(one, Tag) and "button" in (one.get("class") or [])]
        assert len(buttons) <= 1, mail["Subject"]
        alone = [line for line in text.splitlines() if re.fullmatch(r"https?://\S+", line)]
        if buttons and str(buttons[0]["href"]).startswith("http"):
            assert alone, mail["Subject"]
            assert alone[0] == buttons[0]["href"], mail["Subject"]
        said = set(TOKEN.findall(text))
        linked = {match for one in page.find_all("a") if isinstance(one, Tag) for match in TOKEN.findall(one["href"])}
        assert said == linked, mail["Subject"]


async def test_another_parser_reads_the_same(folder: Path) -> None:
    """The standard library wrote these mails; a parser in another language must find the same in them."""
    for path in sorted((folder / "outbox").glob("*.eml")):
        ours = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        theirs = fast_mail_parser.parse_email(path.read_bytes())
        assert theirs.subject == ours["Subject"]
        assert theirs.text_plain[0].split() == _part(ours, "plain").split()
        assert theirs.text_html[0].split() == _part(ours, "html").split()
        files = [part.get_filename() for part in ours.iter_attachments()]
        assert {one.filename for one in theirs.attachments if one.filename} >= set(files)


async def test_headers_are_those_of_the_class_and_nothing_is_tracked(folder: Path) -> None:
    for mail in _mails(folder):
        assert all(mail[name] for name in ("From", "To", "Subject", "Date", "Message-ID", "Reply-To") if name), mail
        assert len(mail.get_all("To")) == 1
        unsubscribes = mail["X-Trellis-Class"] == "initiated"
        assert (mail["List-Unsubscribe"] is not None) == unsubscribes, mail["Subject"]
        assert (mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") == unsubscribes, mail["Subject"]
        page = BeautifulSoup(_part(mail, "html"), "html.parser")
        assert not page.find_all(["script", "iframe", "object"])
        carried = {str(part["Content-ID"]).strip("<>") for part in mail.walk() if part["Content-ID"]}
        assert {str(one["src"]) for one in page.find_all("img")} == {f"cid:{one}" for one in carried}, mail["Subject"]
        assert len(carried) == 1, "the career program has a logo"
        assert not re.search(r"url\(\s*['\"]?https?:", str(page))


async def test_invitations_follow_itip_through_moves(folder: Path) -> None:
    entries: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for mail in _mails(folder):
        for part in mail.iter_attachments():
            if not (part.get_filename() or "").endswith(".ics"):
                continue
            calendar = Calendar.from_ical(part.get_payload(decode=True))
            [event] = calendar.walk("VEVENT")
            assert str(event["DTSTART"].dt.tzinfo) == "UTC"
            assert not calendar.walk("VTIMEZONE")
            assert str(event["ORGANIZER"]).startswith("mailto:")
            assert len(event["ATTENDEE"]) == 2
            method = str(calendar["METHOD"])
            assert (method == "CANCEL") == (str(event.get("STATUS")) == "CANCELLED")
            entries[str(mail["X-Trellis-Role"]), str(event["UID"])].append((int(event["SEQUENCE"]), method))
    assert any(len(told) > 1 for told in entries.values()), "somebody's session was moved"
    for told in entries.values():
        assert [sequence for sequence, _ in told] == sorted({sequence for sequence, _ in told})
        assert all(method == "REQUEST" for _, method in told[:-1])


async def test_no_token_is_in_any_log(folder: Path) -> None:
    tokens = {token for mail in _mails(folder) for token in TOKEN.findall(_part(mail, "plain"))}
    assert tokens
    logs = list((folder / "logs").glob("*.log"))
    assert len(logs) >= 3
    for log in logs:
        written = log.read_text(errors="replace")
        assert not [token for token in tokens if token in written], log.name
