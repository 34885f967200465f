"""Pages speak the reader's language: every sentence has its translation, with the same places to fill in."""

import re

import pytest
from babel.messages.catalog import Message

from models.people import Language
from templates.catalogs import LANGUAGES, SOURCE, read_catalog
from templates.messages import TEMPLATES, messages

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")
COUNT = re.compile(r"%\((count|num)\)s|\{count\}")
JINJA = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
MARKUP = re.compile(r"<style>.*?</style>|<[^>]*>|&\w+;", re.DOTALL)
UNREAD = {"outbox.html", "mail.html", "fields.html"}
"""Pages of local mode, which nobody of a pair ever sees, and the parts of forms, whose macros hold bare attributes."""


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def sources(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_of_pages_is_translated_and_none_is_left_over(language: Language) -> None:
    catalog = read_catalog(language, "pages")
    wanted = {said for said, _ in messages("pages")}
    # A sentence that stands alone somewhere, too, has its translation as the singular.
    wanted -= {said[0] for said in wanted if isinstance(said, tuple)}
    known = {one.id: one for one in catalog if one.id}
    assert wanted - known.keys() == set(), "run `make messages`, then translate what is empty"
    assert known.keys() - wanted == set(), "run `make messages`"
    for one in known.values():
        assert not one.fuzzy, one.id
        assert all(form.strip() for form in forms(one)), one.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_fills_in_the_same_places(language: Language) -> None:
    for one in read_catalog(language, "pages"):
        if not one.id:
            continue
        for number, form in enumerate(forms(one)):
            source = sources(one)[min(number, len(sources(one)) - 1)]
            wanted, given = set(PLACE.findall(source)), set(PLACE.findall(form))
            optional = {place for place in wanted | given if COUNT.fullmatch(place)} if number == 0 else set()
            assert wanted - optional == given - optional, one.id


def test_templates_of_pages_hold_no_words_that_cannot_be_translated() -> None:
    for path in (TEMPLATES / "pages").rglob("*.html"):
        if path.name in UNREAD:
            continue
        text = re.sub(r"\{%-?\s*trans\b.*?\{%-?\s*endtrans\s*-?%\}", " ", path.read_text(), flags=re.DOTALL)
        assert not re.findall(r"[A-Za-z]{2,}", MARKUP.sub(" ", JINJA.sub(" ", text))), path
