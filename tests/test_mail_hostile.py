"""What people type stays what they typed: shown as text, cut where a limit is, never a header and never markup."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from pydantic import ValidationError

from models.acts import AskHelp
from models.answers import Goal
from models.base import Role
from models.mail import Letter, MailKind
from models.people import Language, StartPerson
from models.phrases import say
from templates.catalogs import LANGUAGES
from tests.letters import EVERY_LETTER, GOALS, REASONS, SESSION, in_language, letter
from tests.test_mail_rendering import BASE, message, part

OVERRIDE = "\u202egnp.exe\u202c \u2067isolated\u2069"
TYPED = {
    "html": "<b>bold</b> & <a href='https://evil.example.com'>here</a> </td></table><!-- {{ 7 * 7 }} {% if %}",
    "quotes": 'She said "yes" – \'no\' – “maybe” – `x` \\" \\n %(name)s %s 100 %',
    "lines": "first\n\nsecond\r\nthird\n- a list\n> a quote\n---------\nBcc: all@example.com\n\nhttps://evil.example.com/a/x",
    "direction": f"שלום {OVERRIDE} مرحبا \u200f!",
    "emoji": "👩🏽‍💻 grows 🌱 – \U0001d523\U0001d51e ﷽ Z̸̡̛̲a̷l̶g̴o̵",
    "long": "word " * 2000,
    "unbroken": "x" * 10_000,
}
OURS = {
    "html", "head", "meta", "title", "style", "body", "div", "span", "table", "tbody", "tr", "td", "th",
    "p", "a", "b", "h2", "ul", "li", "blockquote", "br", "code",
}  # fmt: skip
CASES = [(what, kind, role) for what in TYPED for kind, role in EVERY_LETTER]


def typed(what: str, kind: MailKind, role: Role) -> Letter:
    """A letter whose every free field holds this."""
    said = TYPED[what]
    one = letter(kind, role)
    lead = one.items[0]
    lead = lead.evolve(
        note=said if lead.note != "session" else "session",
        place=said,
        session=lead.session
        and SESSION.evolve(
            **dict.fromkeys(
                ("place", "topics", "questions", "goal", "reality", "will", "feedback", "correction"), said
            ),
            options=(said, said),
        ),
        tasks=tuple(
            task.evolve(**dict.fromkeys(("title", "note", "obstacle", "plan", "feedback"), said)) for task in lead.tasks
        ),
        goals=tuple(
            card.evolve(
                note=said,
                goal=GOALS[0].goal.evolve(
                    **dict.fromkeys(("title", "measure", "baseline", "target", "why", "obstacle", "plan"), said)
                ),
            )
            for card in lead.goals
        ),
        questions=tuple(said for _ in lead.questions),
        reasons=tuple(
            REASONS[0].evolve(text=say("{who}: mail can't be delivered: {why}", why=said, terms={"who": said}))
            for _ in lead.reasons
        ),
    )
    partner = one.partner and one.partner.evolve(name=said, bio=said)
    pair = tuple(person.evolve(name=said, bio=said) for person in one.pair)
    return one.evolve(items=(lead,), to=one.to.evolve(name=said), partner=partner, pair=pair)


def on_the_wire(one: Letter) -> tuple[bytes, EmailMessage]:
    """The bytes, and what another program reads from them."""
    raw = message(one).as_bytes()
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    return raw, read


@pytest.mark.parametrize(("what", "kind", "role"), CASES)
def test_whatever_is_typed_arrives_as_text(what: str, kind: MailKind, role: Role) -> None:
    one = typed(what, kind, role)
    raw, read = on_the_wire(one)
    assert not read.defects
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert read.keys() == message(letter(kind, role)).keys(), "no header more, none less"
    subject = str(read["Subject"])
    assert 3 <= len(subject) < 60
    assert subject.isprintable() or what == "emoji" or what == "direction"
    assert read["To"].addresses[0].addr_spec == one.to.email

    soup = BeautifulSoup(part(read, "html"), "html.parser")
    usual = BeautifulSoup(part(message(letter(kind, role)), "html"), "html.parser")
    assert {tag.name for tag in soup.find_all()} <= OURS
    assert len(soup.find_all("b")) == len(usual.find_all("b"))
    assert all(str(a["href"]).startswith((BASE, "mailto:")) for a in soup.find_all("a"))
    assert len(soup.select(".action a")) == len(usual.select(".action a")), "nobody adds a button"
    for body in (part(read, "html"), part(read, "plain"), subject):
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", body)
    assert not re.search(r"^\s*https://evil", part(read, "plain"), flags=re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", ["html", "quotes", "emoji"])
def test_what_is_typed_is_shown_letter_by_letter(what: str, language: Language) -> None:
    one = in_language(typed(what, MailKind.TASK_BLOCKED, Role.MENTOR), language)
    _, read = on_the_wire(one)
    page = BeautifulSoup(part(read, "html"), "html.parser")
    assert TYPED[what] in page.find_all("blockquote")[0].get_text()
    quoted = " ".join(re.findall(r"^> (.*)$", part(read, "plain"), flags=re.MULTILINE))
    assert TYPED[what] in " ".join(quoted.split())


def test_writing_from_right_to_left_keeps_its_direction() -> None:
    _, read = on_the_wire(typed("direction", MailKind.TASK_FEEDBACK, Role.MENTEE))
    quote = BeautifulSoup(part(read, "html"), "html.parser").find_all("blockquote")[0]
    assert quote["dir"] == "auto"
    assert "שלום" in quote.get_text()
    assert "مرحبا" in quote.get_text()


@pytest.mark.parametrize(
    "line", ["Eve\nBcc: all@example.com", "Eve\tMallory", f"Eve {OVERRIDE}", "Eve\x00", "x" * 201, " "]
)
def test_a_name_or_a_title_that_is_no_line_is_refused_at_the_door(line: str) -> None:
    with pytest.raises(ValidationError):
        StartPerson(name=line, email="eve@example.com", bio="Eve", zone="UTC")
    with pytest.raises(ValidationError):
        Goal(**(GOALS[0].goal.model_dump() | {"title": line}))


@pytest.mark.parametrize("text", ["x" * 10_000, f"note {OVERRIDE}", "bell \x07"])
def test_a_text_that_is_too_long_or_hides_something_is_refused_at_the_door(text: str) -> None:
    with pytest.raises(ValidationError):
        StartPerson(name="Eve", email="eve@example.com", bio=text, zone="UTC")
    with pytest.raises(ValidationError):
        AskHelp(by=Role.MENTEE, message=text)


@pytest.mark.parametrize("address", ["eve@example.com\nBcc: x@example.com", "a@b@c", "eve@example.com, x@example.com"])
def test_an_address_is_one_address(address: str) -> None:
    with pytest.raises(ValidationError):
        StartPerson(name="Eve", email=address, bio="Eve", zone="UTC")
