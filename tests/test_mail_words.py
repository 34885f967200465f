"""Mails speak the reader's language: every sentence has its translation, and dates and zones follow the locale."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from babel.messages.catalog import Message

from activities.rendering import TEMPLATES
from lifecycle import begin
from lifecycle.cards import correspondent
from models.base import Role
from models.mail import MailKind
from models.people import Language, Preferences
from templates.catalogs import LANGUAGES, SOURCE, read_catalog, translations
from templates.messages import messages
from templates.zones import zone_name
from tests.builders import a_program, a_start
from tests.letters import AT, EVERY_LETTER, SESSION, delivery, in_language, item, letter, letter_of
from tests.test_mail_rendering import COURIER, FORMS, html, message, text

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
WORDLESS = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<style>.*</style>|<[^>]*>|&\w+;", re.DOTALL)
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language: Language) -> None:
    catalog = read_catalog(language)
    wanted = {said for said, _ in messages()}
    known = {one.id: one for one in catalog if one.id}
    assert wanted - known.keys() == set(), "run `make messages`, then translate what is empty"
    assert known.keys() - wanted == set(), "run `make messages`"
    for one in known.values():
        assert not one.fuzzy, one.id
        assert all(form.strip() for form in forms(one)), one.id
    assert not catalog.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_placeholders_of_its_sentence(language: Language) -> None:
    for one in read_catalog(language):
        if not one.id:
            continue
        sources = (one.id,) if isinstance(one.id, str) else tuple(one.id)
        for index, form in enumerate(forms(one)):
            source = sources[min(index, len(sources) - 1)]
            assert set(PLACEHOLDER.findall(form)) == set(PLACEHOLDER.findall(source)), one.id


def test_templates_hold_no_words_that_cannot_be_translated() -> None:
    """Outside of tags and of the style sheet, only names of people, places and programs stand by themselves."""
    for path in TEMPLATES.rglob("*.*"):
        if path.suffix not in (".txt", ".html"):
            continue
        source = re.sub(
            r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}|<style>.*</style>|<[^>]*>|&\w+;", " ", path.read_text(), flags=re.S
        )
        assert not re.findall(r"[A-Za-z]{2,}", source), path
    literal = re.compile(r"ui\.(heading|bullets|facts|links)\(\[?\(?\"")
    assert not [path for path in TEMPLATES.rglob("*.txt") if literal.search(path.read_text())]


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_a_mail_in_spanish_is_whole_and_holds_no_english(kind: MailKind, role: Role, rung: int) -> None:
    one = in_language(letter(kind, role, rung=rung), "es")
    plain = text(one)
    assert plain.startswith("Hola, ")
    assert '<html lang="es"' in html(one)
    for leftover in ("{{", "{%", "%(", "None", "Undefined", "&amp;", "&#", ".."):
        assert leftover not in re.sub(r"https?://\S+", "", plain), leftover
    ours = re.sub(r"^>.*|https?://\S+", "", plain, flags=re.M)
    assert not re.search(r"\b(you|your|the mentorship|session|journey|email)\b", _without_facts(ours), re.IGNORECASE)


def _without_facts(plain: str) -> str:
    """Without what the fixtures (in English) brought in: goals, questions of a program, the ask's own end."""
    return "\n\n".join(block for block in plain.split("\n\n") if not _from_fixtures(block))


def _from_fixtures(block: str) -> bool:
    brought = (
        "Twelve weeks", "What did you want", "Design notes", "Reviews I have led",
        "six sessions", "Write things down", "Lead a design", "Be ready for the review", "Ask Priya",
    )  # fmt: skip
    return any(one in " ".join(block.split()) for one in brought)


def test_what_the_rules_say_is_translated_too() -> None:
    usual = item(MailKind.REPORT, Role.MENTEE)
    assert usual.ask is not None
    asked = usual.evolve(
        why="By the calendar, you have just met.",
        ask=usual.ask.evolve(title="report session 3", if_left="If you leave it, the session stays without a record."),
    )
    plain = " ".join(text(in_language(letter_of(asked, to=Role.MENTEE), "es")).split())
    assert "Por qué te llega esto: Según el calendario, os acabáis de ver." in plain
    assert "Si lo dejas pasar, la sesión queda sin notas. Eso sería el jueves 17 de diciembre." in plain
    fresh = letter_of(asked.evolve(kind=MailKind.FRESH_LINK), to=Role.MENTEE)
    assert str(message(in_language(fresh, "es"))["Subject"]) == "Tu enlace nuevo: contar la sesión 3"
    prepare = item(MailKind.PREPARE, Role.MENTEE, questions=("What is missing?", "A question of the program?"))
    plain = text(in_language(letter_of(prepare, to=Role.MENTEE), "es"))
    assert "- ¿Qué falta?\n- A question of the program?" in plain


def test_dates_times_and_zones_are_those_of_the_reader() -> None:
    one = letter(MailKind.SESSION_INVITE, Role.MENTEE)
    assert "Tue 8 December 2026, 17:00 (Berlin time)" in text(one)
    assert "martes 8 de diciembre de 2026, 17:00 (hora de Berlín)" in text(in_language(one, "es"))
    assert str(message(in_language(one, "es"))["Subject"]) == "Sesión 3 con Ben: mar 8 dic, 17:00"


def test_a_zone_has_a_name_that_people_know() -> None:
    assert [zone_name(zone, "en") for zone in ("America/New_York", "Asia/Kolkata", "UTC", "Etc/GMT+5")] == [
        "New York time", "Kolkata time", "UTC", "Etc/GMT+5",
    ]  # fmt: skip
    assert zone_name("America/New_York", "es") == "hora de Nueva York"


def test_a_programs_own_texts_stay_as_they_are_written() -> None:
    one = in_language(letter(MailKind.ACCEPT, Role.MENTEE), "es")
    plain = " ".join(text(one).split())
    assert "What did you want to be when you were ten?" in plain
    assert "Twelve weeks with someone" in plain


@pytest.mark.parametrize(("kind", "role"), EVERY_LETTER)
def test_languages_differ_in_words_and_never_in_links(kind: MailKind, role: Role) -> None:
    one = letter(kind, role)
    links = [re.findall(r"https?://\S+", text(in_language(one, language))) for language in LANGUAGES]
    assert links[0] == links[1]


def test_a_mail_is_the_same_on_every_try_in_every_language() -> None:
    for language in LANGUAGES:
        one = in_language(letter(MailKind.SESSION_REMINDER, Role.MENTOR), language)
        first = COURIER.message(delivery(one), one).as_bytes()
        translations.cache_clear()
        assert COURIER.message(delivery(one), one).as_bytes() == first


def test_the_language_of_a_person_reaches_their_mail() -> None:
    start = a_start()
    m = begin(start.evolve(mentee=start.mentee.evolve(language="es")), a_program(), datetime(2026, 9, 1, tzinfo=UTC))
    assert correspondent(m, Role.MENTEE).language == "es"
    assert correspondent(m, Role.MENTOR).language == "en"


def test_preferences_of_before_there_were_languages_still_load() -> None:
    assert Preferences.model_validate({"zone": "Europe/Berlin"}).language == "en"


def test_a_reader_of_spanish_sees_tomorrow() -> None:
    tomorrow = SESSION.evolve(starts_at=AT + timedelta(days=1, hours=8))
    one = in_language(letter(MailKind.SESSION_REMINDER, Role.MENTOR, session=tomorrow), "es")
    assert str(message(one)["Subject"]) == "Mañana: sesión 3 con Amara"
    assert "Mañana te ves con Amara: la sesión 3 de 6." in text(one)


def test_an_invitation_speaks_the_language_of_its_reader() -> None:
    mail = message(in_language(letter(MailKind.SESSION_INVITE, Role.MENTEE), "es"))
    (calendar,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    said = calendar.get_content().replace("\r\n ", "")
    assert "SUMMARY:Sesión 3: Amara Okafor & Ben Sørensen" in said
    assert "usa los enlaces de tu correo" in said
