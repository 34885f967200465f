"""The words of mails and pages in the reader's language: gettext catalogs, read from their `.po` files at first use."""

from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Literal, get_args

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from models.people import Language
from settings import ROOT

LOCALES = ROOT / "templates" / "locale"
Domain = Literal["mail", "pages"]
DOMAINS: tuple[Domain, ...] = get_args(Domain)
"""A catalog each. What both say, and the sentences of the rules that mails quote, stands in that of the mails."""
SOURCE: Language = "en"
"""The language that templates and rules are written in: it needs no catalog."""
LANGUAGES: tuple[Language, ...] = get_args(Language)


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: Language) -> NullTranslations:
    """What gettext needs for a language. A sentence without a translation stays as it was written."""
    if language == SOURCE:
        return NullTranslations()
    mail, pages = (_compiled(language, domain) for domain in DOMAINS)
    mail.add_fallback(pages)
    return mail


def read_catalog(language: Language, domain: Domain = "mail") -> Catalog:
    """The catalog of a language as its translators see it."""
    with catalog_file(language, domain).open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def catalog_file(language: Language, domain: Domain = "mail") -> Path:
    """Where the catalog of a language lies."""
    return LOCALES / language / "LC_MESSAGES" / f"{domain}.po"


def _compiled(language: Language, domain: Domain) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, read_catalog(language, domain))
    compiled.seek(0)
    return Translations(compiled, domain=domain)
