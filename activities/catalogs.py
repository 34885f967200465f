"""The words of mails in the reader's language: gettext catalogs, read from their `.po` files at first use."""

from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path
from typing import get_args

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from models.people import Language
from settings import ROOT

LOCALES = ROOT / "templates" / "locale"
DOMAIN = "mail"
SOURCE: Language = "en"
"""The language that templates and rules are written in: it needs no catalog."""
LANGUAGES: tuple[Language, ...] = get_args(Language)


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: Language) -> NullTranslations:
    """What gettext needs for a language. A sentence without a translation stays as it was written."""
    if language == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalog(language))
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)


def read_catalog(language: Language) -> Catalog:
    """The catalog of a language as its translators see it."""
    with catalog_file(language).open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


def catalog_file(language: Language) -> Path:
    """Where the catalog of a language lies."""
    return LOCALES / language / "LC_MESSAGES" / f"{DOMAIN}.po"
