"""Collects what there is to translate and brings the catalogs up to date: `python -m activities.messages`.

Sentences come from the templates of mails and from the tables of the rules: what is asked and what if it is left, why
a mail came, the question bank. Programs' own texts stay as they are written.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from activities import calendar, wording
from activities.catalogs import DOMAIN, LANGUAGES, SOURCE, catalog_file, read_catalog
from activities.rendering import TEMPLATES
from lifecycle.asks import ASKS
from lifecycle.questions import FOR_MENTORS, STEPS
from lifecycle.whys import WHY
from models.state import Outcome, Stage

OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}
Message = tuple[str | tuple[str, ...], str]
"""A sentence, or its singular and plural, and where it stands."""


def messages() -> Iterator[Message]:
    """All that readers may meet in their language."""
    for path in sorted(TEMPLATES.rglob("*.*")):
        if path.suffix in (".txt", ".html"):
            place = path.relative_to(TEMPLATES.parent).as_posix()
            with path.open("rb") as file:
                for _, said, _, _ in extract("jinja2", file, options=OPTIONS):
                    yield (said if isinstance(said, str) else tuple(said)), place
    for rule in ASKS.values():
        yield rule.title, "lifecycle/asks.py"
        yield rule.if_left, "lifecycle/asks.py"
    yield from ((why, "lifecycle/whys.py") for why in WHY.values())
    yield from ((one, "lifecycle/questions.py") for step in (*STEPS, FOR_MENTORS) for one in step)
    yield from ((one.value.replace("_", " "), "models/state.py") for one in (*Stage, *Outcome))
    yield from ((one, "activities/wording.py") for one in wording.SAID)
    yield from ((one, "activities/calendar.py") for one in calendar.SAID)


def template() -> Catalog:
    """The catalog that translators begin with."""
    found = Catalog(domain=DOMAIN, project="Trellis", copyright_holder="", charset="utf-8")
    for said, place in messages():
        found.add(said, locations=[(place, 0)])
    return found


def update() -> None:
    """Writes every catalog anew: what is new is empty, what is gone is left out, what is there stays."""
    for language in LANGUAGES:
        if language == SOURCE:
            continue
        file = catalog_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        catalog = read_catalog(language) if file.exists() else Catalog(locale=language, domain=DOMAIN)
        catalog.update(template(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        # Dates of the moment would make every run a change.
        catalog.revision_date = catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
        with file.open("wb") as target:
            write_po(target, catalog, width=110, sort_by_file=True, include_lineno=False, omit_header=False)


if __name__ == "__main__":
    update()
