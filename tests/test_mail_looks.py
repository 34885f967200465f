"""How mails look: readable by day and by night, one button that fits a thumb, subjects that fit a phone."""

import re
from datetime import timedelta
from functools import lru_cache

import pytest
from bs4 import BeautifulSoup, Tag

from activities.rendering import render
from models.base import Role
from models.mail import Letter, MailClass, MailKind
from models.people import Language
from models.program import Branding
from templates.catalogs import LANGUAGES
from templates.palette import SHAPE_CONTRAST, TEXT_CONTRAST, Palette, contrast, dark, light
from tests.letters import AT, EVERY_LETTER, GOALS, OUTCOMES, PROGRAM, SESSION, TASKS, delivery, in_language, letter
from tests.test_mail_rendering import FORMS, LINKS, html, message, part

BRANDS = ("#2f6f4f", "#ffd000", "#000000", "#ffffff", "#808080", "#777777", "#e91e63", "#00bcd4", "#123456", "#ff0000")
NAMES = (
    "Amara Okafor",
    "Bo Li",
    "Maximiliane-Josephine von Hohenlohe-Langenburg",
    "Prof. Dr. Venkatanarasimharajuvaripeta Rao",
    "María de los Ángeles Fernández-Villaverde",
)


@lru_cache(maxsize=1000)
def shown(kind: MailKind, role: Role, rung: int, language: Language) -> tuple[BeautifulSoup, str, str]:
    """The HTML, the text and the subject of a mail."""
    mail = message(in_language(letter(kind, role, rung=rung), language))
    return BeautifulSoup(part(mail, "html"), "html.parser"), part(mail, "plain"), str(mail["Subject"])


def subject(one: Letter) -> str:
    return render(delivery(one), one.evolve(items=one.items[:1]), LINKS).subject


def page(one: Letter, **branding: str) -> BeautifulSoup:
    program = PROGRAM.evolve(branding=Branding(name="Trellis Mentoring", **branding)) if branding else PROGRAM
    return BeautifulSoup(html(one, program), "html.parser")


def style_of(tag: Tag) -> dict[str, str]:
    pairs = (rule.split(":", 1) for rule in str(tag.get("style", "")).split(";") if ":" in rule)
    return {name.strip(): value.strip() for name, value in pairs}


def only(found: list[Tag]) -> Tag:
    assert len(found) == 1
    return found[0]


def of_person(one: Letter, mine: str, theirs: str) -> Letter:
    """The letter to and about people of these names."""
    pair = tuple(person.evolve(name=mine if person.role is one.to.role else theirs) for person in one.pair)
    return one.evolve(to=one.to.evolve(name=mine), partner=one.partner and one.partner.evolve(name=theirs), pair=pair)


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("mode", [light, dark])
def test_all_text_can_be_read_by_day_and_by_night_whatever_the_brand(brand: str, mode: type[Palette]) -> None:
    colours = mode(brand)  # type: ignore[call-arg]
    for ink in (colours.text, colours.quiet, colours.quote, colours.link):
        assert contrast(ink, colours.card) >= TEXT_CONTRAST, ink
    assert contrast(colours.text, colours.page) >= TEXT_CONTRAST
    assert contrast(colours.ink, colours.brand) >= TEXT_CONTRAST


@pytest.mark.parametrize("brand", BRANDS)
def test_the_button_stands_out_by_night(brand: str) -> None:
    assert contrast(dark(brand).brand, dark(brand).card) >= SHAPE_CONTRAST


@pytest.mark.parametrize("brand", BRANDS)
def test_a_mail_wears_just_the_colours_that_were_measured(brand: str) -> None:
    """What is inlined is the palette of the day; the one style element that stays holds that of the night."""
    soup = page(letter(MailKind.SESSION_REMINDER, Role.MENTEE), colour=brand)
    kept = only(soup.find_all("style")).get_text()
    assert set(re.findall(r"#[0-9a-f]{6}\b", kept)) <= set(vars(dark(brand)).values())
    assert "prefers-color-scheme: dark" in kept
    inlined = " ".join(str(tag["style"]) for tag in soup.find_all(style=True))
    assert set(re.findall(r"#[0-9a-f]{6}\b", inlined)) <= set(vars(light(brand)).values())
    button = style_of(only(soup.select(".action a")))
    assert button["color"] == light(brand).ink
    assert style_of(only(soup.select(".action td")))["background"] == light(brand).brand


def test_mail_programs_are_told_that_both_modes_are_meant() -> None:
    soup = page(letter(MailKind.ACCEPT, Role.MENTEE))
    scheme = soup.find("meta", attrs={"name": "color-scheme"})
    assert isinstance(scheme, Tag)
    assert scheme["content"] == "light dark"
    assert "color-scheme: light dark" in only(soup.find_all("style")).get_text()


def test_what_is_coloured_by_day_is_coloured_by_night() -> None:
    """Every class that has a colour of its own is named among the rules for the night."""
    soup = page(letter(MailKind.CLOSING, Role.MENTEE))
    night = only(soup.find_all("style")).get_text().split("prefers-color-scheme")[1]
    for tag in soup.find_all(style=re.compile(r"(?<![-\w])(color|background)\s*:")):
        names = [f".{name}" for name in tag.get("class") or ()] or [tag.name]
        if tag.find_parent(class_="foot"):
            names.append(".foot")
        assert any(re.search(rf"{re.escape(name)}\b", night) for name in names), tag.name


@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_a_button_is_high_enough_for_a_thumb(kind: MailKind, role: Role, rung: int) -> None:
    for button in shown(kind, role, rung, "en")[0].select(".action a"):
        style = style_of(button)
        body = style_of(only(button.find_parents("body")))
        padding = float(style["padding"].split()[0].removesuffix("px"))
        line = float(body["font-size"].removesuffix("px")) * float(body["line-height"])
        assert 2 * padding + line >= 44


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_a_mail_has_exactly_one_call_to_action(kind: MailKind, role: Role, rung: int, language: Language) -> None:
    soup, plain, _ = shown(kind, role, rung, language)
    buttons = soup.select(".action a")
    alone = re.findall(r"^(\S.*):\nhttps?://", plain, flags=re.MULTILINE)
    assert alone == [only(buttons).get_text()]
    assert 2 <= len(alone[0]) <= 40, "it fits a narrow screen"


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_closing_mail_asks_for_one_thing_at_the_most(outcome: str) -> None:
    assert len(page(letter(MailKind.CLOSING, Role.MENTEE, outcome=outcome)).select(".action a")) <= 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_every_footer_tells_why_what_if_not_and_how_to_get_less(
    kind: MailKind, role: Role, rung: int, language: Language
) -> None:
    one = in_language(letter(kind, role, rung=rung), language)
    soup, plain, _ = shown(kind, role, rung, language)
    foot = only(soup.select(".foot"))
    paragraphs = [" ".join(p.get_text().split()) for p in foot.find_all("p")]
    why, less = {
        "en": ("Why you get this:", "Less email"),
        "es": ("Por qué te llega esto:", "Menos correo"),
    }[language]
    assert paragraphs[0].startswith(why)
    assert len(paragraphs[1]) > 20, "what happens if it is left"
    assert paragraphs[2].startswith(less)
    in_text = " ".join(plain.split())
    assert in_text.index(paragraphs[0]) < in_text.index(paragraphs[1]) < in_text.index(paragraphs[2])
    listed = {str(a["href"]) for a in foot.find_all("a") if "/change_preferences" in str(a["href"])}
    assert len(listed) == (role is not Role.COORDINATOR and one.mail_class is not MailClass.CLOSING)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("kind", "role", "rung"), FORMS)
def test_a_preheader_goes_on_where_the_subject_ends(kind: MailKind, role: Role, rung: int, language: Language) -> None:
    soup, _, subject_line = shown(kind, role, rung, language)
    hidden = only(soup.select(".preheader"))
    assert style_of(hidden)["display"] == "none"
    said = hidden.get_text().replace("\u200c", "").replace("\xa0", " ").strip()
    assert 20 <= len(said) <= 110
    assert said != subject_line
    assert not re.search(r"[<>{}]|&\w+;", said)


def variations() -> list[Letter]:
    """Every kind of mail in its longer forms: far days, long titles, first conversations, each outcome."""
    far = SESSION.evolve(number=12, of=12, starts_at=AT + timedelta(days=295, hours=3))
    found = [letter(kind, role, rung=rung) for kind, role, rung in FORMS]
    for kind, role in EVERY_LETTER:
        usual = letter(kind, role).items[0]
        if usual.session is not None:
            found += [letter(kind, role, session=card) for card in (far, far.evolve(number=0, of=6))]
        if usual.tasks:
            long = TASKS[0].evolve(title="Write the first version of the migration plan and send it to three reviewers")
            found += [letter(kind, role, tasks=(long,)), letter(kind, role, tasks=(long.evolve(owner=Role.MENTOR),))]
        if usual.goals:
            goal = GOALS[1].goal.evolve(
                title="Become the person in the team whom others ask before they start a design"
            )
            found.append(letter(kind, role, goals=(GOALS[1].evolve(goal=goal),), note=""))
        if usual.until is not None:
            found.append(letter(kind, role, until=AT + timedelta(days=295)))
        found += [letter(kind, role, by=by) for by in (role, None)]
    found += [letter(MailKind.CLOSING, role, outcome=out) for out in OUTCOMES for role in (Role.MENTEE, Role.MENTOR)]
    found += [letter(MailKind.COORDINATOR_CLOSING, Role.COORDINATOR, outcome=outcome) for outcome in OUTCOMES]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theirs", NAMES)
def test_a_subject_fits_a_phone_whatever_the_names(theirs: str, language: Language) -> None:
    for one in variations():
        line = subject(in_language(of_person(one, NAMES[0], theirs), language))
        assert 8 <= len(line) < 60, line
        assert "… …" not in line


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_usual_name_is_never_cut(language: Language) -> None:
    for one in variations():
        one = in_language(of_person(one, "Maximilian Ferdinand", "Alexandra Papadopoulou"), language)
        if not one.items[0].tasks and not one.items[0].goals and one.to.role is not Role.COORDINATOR:
            assert "…" not in subject(one)
