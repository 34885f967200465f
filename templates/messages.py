"""Collects what there is to translate and brings the catalogs up to date: `python -m templates.messages`.

Sentences come from the templates, from the tables of words, and from the rules: what is asked and what if it is left,
why a mail came, the question bank, receipts and refusals. Programs' own texts stay as they are written.
"""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from activities import wording
from lifecycle.asks import ASKS
from lifecycle.questions import FOR_MENTORS, STEPS
from lifecycle.whys import WHY
from models.state import Outcome, Stage
from settings import ROOT
from templates import calendars
from templates.catalogs import DOMAINS, LANGUAGES, SOURCE, Domain, catalog_file, read_catalog
from web import words

TEMPLATES = ROOT / "templates"
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}
SAID_IN_CODE = {
    "say": ((0, 1),),
    "_": ((0,),),
    "gettext": ((0,),),
    "ngettext": ((0, 1),),
    "ValueError": ((0,),),
    "Misfit": ((1,),),
    "Rejected": ((1,),),
    "ActRejected": ((1,),),
    "Unhappy": ((1,), (2,)),
    "Words": ((0,), (1,)),
}
"""Calls whose literal sentences people read, and which arguments make one: the singular, and a plural."""
CODE: dict[Domain, tuple[str, ...]] = {
    "mail": ("lifecycle/health.py",),
    "pages": (
        "lifecycle/*.py",
        "models/acts.py",
        "models/answers.py",
        "models/base.py",
        "models/people.py",
        "workflows/client.py",
        "workflows/lists.py",
        "web/*.py",
    ),
}
Message = tuple[str | tuple[str, ...], str]
"""A sentence, or its singular and plural, and where it stands."""


def messages(domain: Domain = "mail") -> Iterator[Message]:
    """All that readers may meet in their language, and that this catalog has. A sentence has one catalog only."""
    known = {said for said, _ in _found("mail")} if domain != "mail" else set()
    return ((said, place) for said, place in _found(domain) if said not in known)


def _found(domain: Domain) -> Iterator[Message]:
    yield from _in_templates(TEMPLATES / domain)
    yield from _in_code(CODE[domain])
    yield from _in_tables() if domain == "mail" else ((said, "web/words.py") for said in words.SAID)


def _in_templates(folder: Path) -> Iterator[Message]:
    for path in sorted(folder.rglob("*.*")):
        if path.suffix in (".txt", ".html"):
            with path.open("rb") as file:
                for _, said, _, _ in extract("jinja2", file, options=OPTIONS):
                    yield (said if isinstance(said, str) else tuple(said)), path.relative_to(TEMPLATES).as_posix()


def _in_code(patterns: tuple[str, ...]) -> Iterator[Message]:
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        place = path.relative_to(ROOT).as_posix()
        yield from ((said, place) for said in said_in(path.read_text(encoding="utf-8")))


def said_in(source: str) -> Iterator[str | tuple[str, ...]]:
    """The literal sentences of calls that say something. Babel's own reader misses plurals that may be left out."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        for places in SAID_IN_CODE.get(name, ()):
            arguments = [call.args[place] for place in places if place < len(call.args)]
            found = [one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if found:
                yield tuple(found) if len(found) > 1 else found[0]


def _in_tables() -> Iterator[Message]:
    for rule in ASKS.values():
        yield rule.title, "lifecycle/asks.py"
        yield rule.if_left, "lifecycle/asks.py"
    yield from ((why, "lifecycle/whys.py") for why in WHY.values())
    yield from ((one, "lifecycle/questions.py") for step in (*STEPS, FOR_MENTORS) for one in step)
    yield from ((one.value.replace("_", " "), "models/state.py") for one in (*Stage, *Outcome))
    yield from ((one, "activities/wording.py") for one in wording.SAID)
    yield from ((one, "templates/calendars.py") for one in calendars.SAID)


def template(domain: Domain) -> Catalog:
    """The catalog that translators begin with."""
    found = Catalog(domain=domain, project="Trellis", copyright_holder="", charset="utf-8")
    for said, place in messages(domain):
        found.add(said, locations=[(place, 0)])
    return found


def update() -> None:
    """Writes every catalog anew: what is new is empty, what is gone is left out, what is there stays."""
    for language, domain in ((one, domain) for one in LANGUAGES if one != SOURCE for domain in DOMAINS):
        file = catalog_file(language, domain)
        file.parent.mkdir(parents=True, exist_ok=True)
        catalog = read_catalog(language, domain) if file.exists() else Catalog(locale=language, domain=domain)
        catalog.update(template(domain), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        # Dates of the moment would make every run a change.
        catalog.revision_date = catalog.creation_date = datetime(2026, 1, 1, tzinfo=UTC)
        with file.open("wb") as target:
            write_po(target, catalog, width=110, sort_by_file=True, include_lineno=False, omit_header=False)


if __name__ == "__main__":
    update()
