"""Renders letters: Jinja2 over `templates/mail/<kind>/`, strict about what is undefined, escaping in HTML.

A kind's folder holds `subject.txt`, `line.txt` (its one line in the list of a mail that something else leads),
`body.txt` (the words, written once for both parts) and `body.html` (which inherits them, and may show a block better).
"""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, pass_context
from jinja2.runtime import Context

from activities.calendar import people
from activities.logo import inline_logo
from activities.prose import SUBJECT_LIMIT, one_direction, one_line, paragraphs, wrap_text
from activities.typed import in_lines
from activities.wording import FILTERS, first_name
from links import Links, Purpose, form_url
from models.base import Role
from models.mail import Delivery, GoalCard, Letter, LetterItem, MailClass, MailKind
from models.program import Wording
from settings import ROOT
from templates.catalogs import translations

SUBJECT_ROOM = 59
"""A longer subject is cut by phones and by many mail programs."""
ROOMS = (SUBJECT_LIMIT, 40, 32, 26, 20, 15, 12, 9)
"""How long one name or title in a subject may be, tried in turn."""
TEMPLATES = ROOT / "templates" / "mail"


class TemplateFailed(Exception):
    """A mail could not be rendered: the template or what it was given is wrong. Trying again fails again."""


@dataclass(frozen=True)
class Rendered:
    """What a letter says. `unsubscribe_url` is empty where the reader cannot unsubscribe from this kind of mail."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str


@dataclass(frozen=True)
class Also:
    """One of the further things in a mail: its line, and where it is done ("" for a mere notice)."""

    line: str
    url: str


def render(delivery: Delivery, letter: Letter, links: Links) -> Rendered:
    """The subject, the text and the HTML of a letter. Raises TemplateFailed, naming the template and the kind."""
    kind, letter = letter.kind, in_lines(letter)
    context = _context(delivery, letter, links)
    also = tuple(_also(delivery, letter, item, links) for item in letter.items[1:])
    wording = _wording(delivery, kind)
    subject = one_line(wording.subject) or _subject(kind, context)
    body = {**context, "subject": subject, "also": also, "own_opening": wording.opening}
    return Rendered(
        subject=subject,
        text=wrap_text(one_direction(_fill("txt", kind, "body.txt", body))),
        html=_inliner().inline(one_direction(_fill("html", kind, "body.html", body))),
        unsubscribe_url=str(context["unsubscribe_url"]),
    )


def _subject(kind: MailKind, context: Mapping[str, object]) -> str:
    """The subject, with names and titles cut just so far that phones show all of it."""
    subject, their_name = "", str(context["their_name"])
    for room in ROOMS:
        subject = one_line(
            _fill("txt", kind, "subject.txt", {**context, "room": room, "their_name": one_line(their_name, room)})
        )
        if len(subject) <= SUBJECT_ROOM:
            return subject
    return one_line(subject, SUBJECT_ROOM)


def _wording(delivery: Delivery, kind: MailKind) -> Wording:
    """The program's own words for a kind of mail; empty ones mean the shipped ones."""
    card = delivery.program
    return card.wording.get(kind.value, Wording())


def _also(delivery: Delivery, letter: Letter, item: LetterItem, links: Links) -> Also:
    context = _context(delivery, letter, links, item)
    line = one_line(_fill("txt", item.kind, "line.txt", context), limit=300)
    link = context["link"]
    assert callable(link)
    return Also(line=line, url=link(item) if item.ask else "")


def _context(delivery: Delivery, letter: Letter, links: Links, item: LetterItem | None = None) -> dict[str, object]:
    """What templates may use. It is documented in templates/mail/README.md for those who write them."""
    lead = item or letter.items[0]
    me, partner = letter.to, letter.partner
    for_pair = me.role is not Role.COORDINATOR

    def mint(purpose: Purpose, ask: str) -> str:
        return links.mint(purpose, delivery.mentorship, me.role, ask, letter.id, letter.at)

    # The page that a mail leads to where it leads to no ask. What hangs below the journey page is for the pair.
    home_url = mint(Purpose.JOURNEY if for_pair else Purpose.COORDINATOR, "")
    initiated = letter.mail_class is MailClass.INITIATED
    by_role = {person.role: person for person in people(letter)}
    return {
        "letter": letter,
        "item": lead,
        "others": letter.items[1:],
        "ask": lead.ask,
        "rung": lead.ask.rung if lead.ask else 0,
        "session": lead.session,
        "task": lead.tasks[0] if lead.tasks else None,
        "reached": _reached(lead),
        "by_me": lead.by is me.role,
        "by_partner": partner is not None and lead.by is partner.role,
        "me": me,
        "room": SUBJECT_LIMIT,
        "my_name": me.name if me.role is Role.COORDINATOR else first_name(me.name),  # often a team
        "i_mentor": me.role is Role.MENTOR,
        "partner": partner,
        "their_name": first_name(partner.name) if partner else "",
        "mentee": by_role.get(Role.MENTEE),
        "mentor": by_role.get(Role.MENTOR),
        "for_pair": for_pair,
        "mentorship": delivery.mentorship,
        "program": delivery.program,
        "logo": inline_logo(delivery.program.branding.logo),
        "shared": delivery.shared,
        "stage": delivery.stage,
        "undo_until": delivery.undo_until,
        "home_url": home_url,
        "unsubscribe_url": mint(Purpose.UNSUBSCRIBE, "") if initiated else "",
        "link": lambda item: mint(Purpose.ASK, item.ask.id) if item.ask else home_url,
        "form_url": lambda act, **query: form_url(home_url, act, **query),
    }


def _reached(item: LetterItem) -> GoalCard | None:
    """The goal that a milestone is about: the one that its note names."""
    return next((card for card in item.goals if card.reached and item.note in ("", card.goal.title)), None)


def _fill(form: Literal["txt", "html"], kind: MailKind, file: str, context: Mapping[str, object]) -> str:
    name = f"{kind.value}/{file}"
    try:
        return _template(form, name).render(context)
    # Whatever goes wrong in here goes wrong on every retry too: a filter that was given nonsense as much as a typo.
    except Exception as error:
        problem = f"{type(error).__name__}: {error}" if not isinstance(error, TemplateError) else str(error)
        raise TemplateFailed(
            f"The mail {kind.value!r} cannot be rendered: template mail/{name}{_place(error)}: {problem}"
        ) from error


def _place(error: BaseException) -> str:
    """The line of the innermost template that the error came through."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(TEMPLATES)]
    return f" (in {Path(frames[-1].filename).relative_to(TEMPLATES)}, line {frames[-1].lineno})" if frames else ""


def _template(form: Literal["txt", "html"], name: str) -> Template:
    return environment(form).get_template(name)


@lru_cache(maxsize=2)
def environment(form: Literal["txt", "html"]) -> Environment:
    """The environment of one part. Both read the same words; layout, macros and escaping differ."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=form == "html",  # noqa: S701 – plain text must not be escaped  # nosec B701
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=400,
        extensions=["jinja2.ext.i18n"],
    )
    # Added by the extension, which types do not know of. "New style": the variables of a sentence are escaped in it.
    install = env.install_gettext_callables  # type: ignore[attr-defined]
    install(_gettext, _ngettext, newstyle=True)
    env.filters.update(FILTERS)
    env.filters["prose"] = paragraphs if form == "html" else _unchanged
    env.globals.update(layout=f"layout.{form}", parts=f"parts.{form}")
    return env


@pass_context
def _gettext(context: Context, sentence: str) -> str:
    return translations(context["me"].language).gettext(sentence)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return translations(context["me"].language).ngettext(one, many, count)


def _unchanged(text: str) -> str:
    """Plain text is wrapped as a whole, in the end."""
    return text


@lru_cache(maxsize=1)
def _inliner() -> CSSInliner:
    # Neither the network nor a file is ever read: the layout's own style element is all there is. What depends on the
    # reader's screen (narrow, dark) cannot be inlined and stays in it.
    return CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
