"""Every mail, for every reader: it says what it must, in both parts, and nothing that is private."""

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from temporalio.exceptions import ApplicationError

from activities.mail import TEMPLATE_FAILED, Courier
from activities.outbox import OutboxMailer
from activities.prose import one_line
from activities.rendering import TEMPLATES
from activities.wording import first_name
from links import Links, Purpose
from models.base import Role
from models.mail import Letter, MailClass, MailKind, ProgramCard
from models.program import Branding, Wording
from settings import ROOT
from templates.palette import ink_on, readable
from tests.letters import (
    ASKS,
    AT,
    EVERY_LETTER,
    GOALS,
    OUTCOMES,
    PROGRAM,
    SESSION,
    TASKS,
    delivery,
    item,
    letter,
    letter_of,
)

BASE = "https://mentoring.example.com"
LINKS = Links(BASE, ["k" * 32])
COURIER = Courier(LINKS, OutboxMailer(ROOT / "never-written"), "trellis.example.com")
FORMS = [(kind, role, rung) for kind, role in EVERY_LETTER for rung in ((0, 1, 2) if kind in ASKS else (0,))]


def message(one: Letter, program: ProgramCard = PROGRAM) -> EmailMessage:
    return COURIER.message(delivery(one, program=program), one)


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def text(one: Letter, program: ProgramCard = PROGRAM) -> str:
    return part(message(one, program), "plain")


def html(one: Letter, program: ProgramCard = PROGRAM) -> str:
    return part(message(one, program), "html")


def words(content: str) -> list[str]:
    """The words without addresses, so that two dresses of the same words compare equal."""
    return re.findall(r"[^\W_]+", re.sub(r"https?://\S+", " ", content).lower())


def test_every_kind_has_its_folder_and_nothing_else_lies_there() -> None:
    folders = {path.name: sorted(file.name for file in path.iterdir()) for path in TEMPLATES.iterdir() if path.is_dir()}
    assert set(folders) == {kind.value for kind in MailKind}
    assert all(files == ["body.html", "body.txt", "line.txt", "subject.txt"] for files in folders.values())


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_every_mail_says_the_same_in_text_and_html(kind: MailKind, role: Role, rung: int) -> None:
    mail = message(letter(kind, role, rung=rung))
    page = BeautifulSoup(part(mail, "html"), "html.parser")
    assert page.body is not None
    brand = page.find(class_="brand")
    assert brand is not None
    assert brand.extract().get_text() == PROGRAM.branding.name
    preheader = page.find(class_="preheader")
    assert preheader is not None
    preheader.extract()
    assert words(page.body.get_text(" ")) == words(part(mail, "plain"))


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_every_mail_is_whole(kind: MailKind, role: Role, rung: int) -> None:
    one = letter(kind, role, rung=rung)
    mail = message(one)
    plain, page = part(mail, "plain"), part(mail, "html")
    subject = str(mail["Subject"])
    assert 8 <= len(subject) < 60
    assert subject == subject.strip()
    called = one.to.name if role is Role.COORDINATOR else first_name(one.to.name)
    assert plain.startswith(f"Hi {called},\n\n")
    assert "  \n" not in plain
    assert "\n\n\n" not in plain
    for leftover in ("{{", "{%", "None", "Undefined", "&amp;", "&#", "<p", " .", "..", " ,"):
        assert leftover not in re.sub(r"https?://\S+", "", plain), leftover
    for leftover in ("{{", "{%", ">None<", "&amp;amp;", "&amp;lt;", "<p></p>", "<ul>\n</ul>"):
        assert leftover not in page, leftover
    assert not re.search(r"(src|background)\s*=|url\(|<link|<script|<img", page), "nothing is fetched"


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_the_link_of_the_mail_stands_alone_on_its_line_and_is_the_first(kind: MailKind, role: Role, rung: int) -> None:
    one = letter(kind, role, rung=rung)
    alone = re.findall(r"^(https?://\S+)$", text(one), flags=re.MULTILINE)
    assert alone[0].startswith(BASE)
    purpose, token = Purpose(alone[0].split("/")[3]), alone[0].split("/")[4]
    link = LINKS.read(purpose, token)
    expected = one.items[0].ask
    assert (link.role, link.mentorship) == (role, delivery(one).mentorship)
    assert link.ask == (expected.id if expected else "")
    if role is Role.COORDINATOR:
        assert purpose is Purpose.COORDINATOR
        assert set(re.findall(rf"{BASE}\S*", text(one))) == {alone[0]}, "the coordinator gets no link of the pair"
    assert alone[0] in [a["href"] for a in BeautifulSoup(html(one), "html.parser").find_all("a")]


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_every_mail_says_why_it_came_what_if_left_and_how_to_get_less(kind: MailKind, role: Role, rung: int) -> None:
    one = letter(kind, role, rung=rung)
    plain = " ".join(text(one).split())
    assert one.items[0].why in plain
    if one.items[0].ask:
        assert one.items[0].ask.if_left in plain
    if role is not Role.COORDINATOR and one.mail_class is not MailClass.CLOSING:
        assert "/change_preferences" in plain
        assert "/days_away" in plain
        assert "/pause" in plain
    assert ("/snooze" in plain) == (rung > 0)
    unsubscribable = one.mail_class is MailClass.INITIATED
    assert (f"{BASE}/u/" in plain) == unsubscribable
    assert ("List-Unsubscribe" in message(one)) == unsubscribable


@pytest.mark.parametrize("kind", ASKS)
def test_nudges_are_shorter_and_never_say_reminder_overdue_or_late(kind: MailKind) -> None:
    role = Role.MENTOR if kind in (MailKind.REVIEW_GOALS, MailKind.CONFIRM) else Role.MENTEE
    first, second, third = (message(letter(kind, role, rung=rung)) for rung in (0, 1, 2))
    body = [re.sub(r"https?://\S+", "", part(mail, "plain")).split("-----")[0] for mail in (first, second, third)]
    if kind is not MailKind.FOLLOW_UP:  # its words follow the task's day instead
        assert first["Subject"] != second["Subject"] != third["Subject"]
        assert len(body[1]) < len(body[0]) + 120
    for words_ in (*body[1:], str(second["Subject"]), str(third["Subject"])):
        assert not re.search(r"\b(overdue|late|still waiting|again and again|must|failed)\b", words_, re.IGNORECASE)


def test_a_welcome_introduces_the_partner() -> None:
    plain = text(letter(MailKind.ACCEPT, Role.MENTEE))
    for said in ("Ben Sørensen", "> Staff engineer", "payments, running, Danish", "Accept or decline:", "ten?"):
        assert said in plain


def test_a_reminder_holds_time_agenda_commitments_and_questions() -> None:
    tomorrow = SESSION.evolve(starts_at=AT + timedelta(days=1, hours=8))
    one = letter(MailKind.SESSION_REMINDER, Role.MENTOR, session=tomorrow)
    assert str(message(one)["Subject"]) == "Tomorrow: session 3 with Amara"
    plain = text(one)
    for said in (
        "Wed 2 December 2026, 11:30 (New York time)",
        "> How to open a review",
        "> How do you prepare",
        "you, by Sun 29 November: done",
        "What would make today worth it?",
        "/move_session?session=3",
        "/cancel_session?session=3",
    ):
        assert said in plain


def test_dates_follow_the_reader_across_the_date_line_and_clock_changes() -> None:
    at = SESSION.evolve(starts_at=AT.replace(month=3, day=28, hour=23, minute=30))
    for zone, shown in (
        ("Pacific/Kiritimati", "Sun 29 March 2026, 13:30 (Kiritimati time)"),
        ("Pacific/Niue", "Sat 28 March 2026, 12:30 (Niue time)"),
        ("Europe/Berlin", "Sun 29 March 2026, 00:30 (Berlin time)"),
    ):
        one = letter(MailKind.SESSION_INVITE, Role.MENTEE, session=at)
        assert shown in text(one.evolve(to=one.to.evolve(zone=zone)))


def test_a_blocked_task_quotes_the_foreseen_obstacle_and_the_plan_back() -> None:
    plain = text(letter(MailKind.TASK_BLOCKED, Role.MENTOR))
    assert "> Priya is out all week" in plain
    assert "Priya is busy with the release" in plain
    assert "If she has no time this week, then I ask Tomasz" in plain


def test_a_done_task_invites_the_mentor_to_give_feedback() -> None:
    assert "/give_feedback?task=2" in text(letter(MailKind.TASK_DONE, Role.MENTOR))
    assert "/give_feedback" not in text(letter(MailKind.TASK_DONE, Role.MENTEE))


@pytest.mark.parametrize("days", [3, 0, -2, -8])
def test_a_follow_up_speaks_of_its_day(days: int) -> None:
    task = TASKS[0].evolve(due_at=AT + timedelta(days=days))
    subject = str(message(letter(MailKind.FOLLOW_UP, Role.MENTEE, tasks=(task,)))["Subject"])
    assert subject.startswith({3: "On track?", 0: "Today:", -2: "How did it go?", -8: "No rush:"}[days])


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("role", [Role.MENTEE, Role.MENTOR])
def test_every_ending_is_kind_and_names_nobody_as_its_cause(outcome: str, role: Role) -> None:
    one = letter(MailKind.CLOSING, role, outcome=outcome, note="he never listens", by=None)
    plain = text(one)
    assert "he never listens" not in plain + html(one), "what was said in private stays private"
    partner = one.partner
    assert partner is not None
    name = first_name(partner.name)
    assert not re.search(rf"{name} (has |)(said|declined|ended|decided|does not|did not|didn)", plain)
    assert "reminders" not in plain
    assert "last" in plain or "Nothing more happens" in plain


def test_a_completed_mentorship_hands_over_thanks_summary_and_certificate() -> None:
    plain = text(letter(MailKind.CLOSING, Role.MENTEE))
    for said in ("> Thank you for never giving me the answer.", "6 held", "9 of 11 done", "certificate", "40 %"):
        assert said in plain
    assert "certificate" not in text(letter(MailKind.CLOSING, Role.MENTOR))


def test_undo_is_offered_only_where_the_reader_knows_of_the_ending() -> None:
    until = AT + timedelta(minutes=15)
    closing, other = letter(MailKind.CLOSING, Role.MENTEE), letter(MailKind.MILESTONE, Role.MENTEE)
    shown = COURIER.message(delivery(closing, other, undo_until=until), closing)
    assert "/undo" in part(shown, "plain")
    hidden = COURIER.message(delivery(closing, other, undo_until=until), other)
    assert "/undo" not in part(hidden, "plain")


def test_the_coordinator_hears_reasons_since_when_and_what_can_be_done() -> None:
    one = letter(MailKind.ATTENTION, Role.COORDINATOR)
    assert str(message(one)["Subject"]).startswith("At risk: Amara Okafor")
    plain = " ".join(text(one).split())
    for said in (
        "has not answered “confirm session 3” for 11 days",
        "Since Fri 20 November; needs attention.",
        "Write to them yourself, pause it, or end it.",
        "ben@example.com",
        "mentorship/career-amara-ben",
        "See what can be done:",
    ):
        assert said in plain


def test_several_things_make_one_mail_with_the_rest_as_a_list() -> None:
    one = letter_of(
        item(MailKind.REPORT, Role.MENTEE),
        item(MailKind.FOLLOW_UP, Role.MENTEE),
        item(MailKind.TASK_FEEDBACK, Role.MENTEE),
        to=Role.MENTEE,
    )
    plain = text(one)
    assert str(message(one)["Subject"]).startswith("Session 3 with Ben")
    assert plain.index("Report session 3:") < plain.index("Also:") < plain.index("Why you get this")
    ours = LINKS.mint(Purpose.ASK, delivery(one).mentorship, Role.MENTEE, "follow_up.mentee.1", one.id, one.at)
    assert re.search(rf"^- Say how “Ask Priya[^-]*\n  {re.escape(ours)}$", plain, flags=re.MULTILINE)
    assert "- Ben gave you feedback on" in plain
    assert ours in html(one)


@pytest.mark.parametrize("kind", MailKind)
def test_every_kind_has_its_line_in_a_list(kind: MailKind) -> None:
    role = next(role for known, role in EVERY_LETTER if known is kind)
    first = MailKind.ATTENTION if role is Role.COORDINATOR else MailKind.MILESTONE
    listed = text(letter_of(item(first, role), item(kind, role), to=role)).split("Also:\n\n")[1]
    assert re.match(r"- \S", listed)


def test_a_program_may_put_its_own_words_in_place() -> None:
    own = PROGRAM.evolve(wording={"accept": Wording(subject="Hello <you>", opening="One & two.\n\nThree <b>four</b>.")})
    one = letter(MailKind.ACCEPT, Role.MENTEE)
    assert str(message(one, own)["Subject"]) == "Hello <you>"
    assert "One & two.\n\nThree <b>four</b>.\n" in text(one, own)
    assert ">Three &lt;b&gt;four&lt;/b&gt;.</p>" in html(one, own)
    assert "Meet Ben" not in text(one, own)
    assert "Accept or decline:" in text(one, own)
    other = letter(MailKind.MILESTONE, Role.MENTEE)
    assert text(other, own) == text(other)


def test_branding_is_that_of_the_program() -> None:
    own = PROGRAM.evolve(branding=Branding(name="Growth & Co", colour="#ffd000", sender="hi@growth.example.com"))
    one = letter(MailKind.ACCEPT, Role.MENTEE)
    assert "Growth &amp; Co" in html(one, own)
    assert "#ffd000" in html(one, own)
    assert str(message(one, own)["From"]) == "Growth & Co <hi@growth.example.com>"


def test_brand_colours_stay_readable() -> None:
    assert (ink_on("#2f6f4f"), ink_on("#ffd000")) == ("#ffffff", "#000000")
    assert (readable("#2f6f4f", "#ffffff"), readable("#ffd000", "#ffffff")) == ("#2f6f4f", "#8f7400")


EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_what_people_write_never_becomes_markup(kind: MailKind, role: Role) -> None:
    note = f"{EVIL}\n\n<p>second</p>\nhttps://evil.example.com/a/x\n"
    usual = item(kind, role)
    one = letter_of(
        usual.evolve(
            note=note,
            place=EVIL,
            session=usual.session and SESSION.evolve(place=EVIL, topics=note, questions=note, goal=note, will=note),
            tasks=tuple(
                task.evolve(title=EVIL, note=note, obstacle=EVIL, plan=EVIL, feedback=note) for task in usual.tasks
            ),
            goals=tuple(
                card.evolve(goal=GOALS[0].goal.evolve(title=EVIL, why=note), note=note) for card in usual.goals
            ),
            questions=tuple(EVIL for _ in usual.questions),
        ),
        to=role,
    )
    one = one.evolve(
        to=one.to.evolve(name=f"Eve {EVIL}"), partner=one.partner and one.partner.evolve(name=EVIL, bio=note)
    )
    page = html(one)
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find_all(["script", "img"]) == []
    assert all(str(a["href"]).startswith((BASE, "mailto:")) for a in soup.find_all("a"))
    assert not re.search(r"^\s*https://evil", text(one), flags=re.MULTILINE), "a written address never looks like ours"


@pytest.mark.parametrize(
    "name", ["Eve\r\nBcc: all@example.com", "Eve\nX-Evil: 1", "Eve\u2028X: 1", "E\x00ve", "Eve, Inc. <x@y>"]
)
def test_no_name_adds_a_header(name: str) -> None:
    one = letter(MailKind.PARTNER_ACCEPTED, Role.MENTEE)
    assert one.partner is not None
    one = one.evolve(to=one.to.evolve(name=name), partner=one.partner.evolve(name=name))
    mail = message(one)
    assert "Bcc" not in mail
    assert "X-Evil" not in mail
    assert "\n" not in mail["Subject"]
    raw = mail.as_bytes().split(b"\r\n\r\n")[0]
    assert not re.search(rb"^(bcc|x-evil|x):", raw, flags=re.MULTILINE | re.IGNORECASE)
    assert len(mail["To"].addresses) == 1
    assert mail["To"].addresses[0].addr_spec == "amara@example.com"


def test_a_broken_template_names_itself_and_is_not_retried() -> None:
    broken = letter(MailKind.SESSION_REMINDER, Role.MENTEE, session=None)
    with pytest.raises(ApplicationError) as failure:
        message(broken)
    assert failure.value.non_retryable
    assert failure.value.type == TEMPLATE_FAILED
    assert "session_reminder" in str(failure.value)
    assert "line " in str(failure.value)


def test_first_names_leave_titles_and_initials_alone() -> None:
    assert [first_name(name) for name in ("Amara Okafor", "Dr. Lee", "Prof Li", "J. R. Smith", "Björk", "")] == [
        "Amara", "Dr. Lee", "Prof Li", "J. R. Smith", "Björk", "",
    ]  # fmt: skip


def test_a_header_line_is_cut_where_it_is_too_long() -> None:
    assert one_line("a\r\n\tb  c") == "a b c"
    assert len(one_line("x" * 500)) == 150
