"""What the fields of a form are called where a page speaks of them: in a list of mistakes, in what was answered."""

from jinja2 import pass_context
from jinja2.runtime import Context

from models.people import Language
from models.phrases import to_translate as _
from templates.catalogs import translations

FIELDS = {
    "ask": _("what it is about"),
    "baseline": _("where it stands now"),
    "by_when": _("by when"),
    "channels": _("channels and hours for messages"),
    "choice": _("what would help"),
    "comment": _("your comment"),
    "confidence": _("how sure"),
    "confidential": _("what stays between you"),
    "confirm": _("the box to tick"),
    "connection": _("personal connection"),
    "correction": _("your correction"),
    "days": _("how long"),
    "days_off": _("your days off"),
    "decision": _("your decision"),
    "due": _("by when"),
    "every_weeks": _("how often"),
    "expectations": _("clear expectations"),
    "feedback": _("your feedback"),
    "first": _("the first day"),
    "fit": _("how it feels"),
    "give_and_take": _("give and take"),
    "goal": _("the goal"),
    "goals": _("the goals"),
    "happened": _("whether you met"),
    "hours_from": _("the start of your hours"),
    "hours_to": _("the end of your hours"),
    "in_scope": _("what it is about"),
    "language": _("the language"),
    "last": _("the last day"),
    "learnt": _("what you learnt"),
    "mail": _("how much mail"),
    "measure": _("how it is measured"),
    "message": _("your message"),
    "minutes": _("how long"),
    "new_due": _("the new date"),
    "new_time": _("the new time"),
    "next": _("what comes next"),
    "none_suits": _("none of the times suits"),
    "note": _("your note"),
    "note_private": _("for the coordinator only"),
    "obstacle": _("what could get in the way"),
    "options": _("the options"),
    "out_of_scope": _("what it is not about"),
    "outcome": _("how it is worded"),
    "owner": _("who does it"),
    "percent": _("how far it is"),
    "place": _("where"),
    "plan": _("what you do then"),
    "preferences": _("your settings"),
    "progress": _("the progress"),
    "pulse": _("how it goes between you"),
    "questions": _("the questions"),
    "rating": _("how it was"),
    "reality": _("where things stand"),
    "reason": _("the reason"),
    "refocus": _("whether to change course"),
    "respect": _("respect"),
    "session": _("the session"),
    "slot": _("the time"),
    "starts_at": _("the new time"),
    "status": _("how it stands"),
    "target": _("the target"),
    "task": _("the task"),
    "tasks": _("the tasks"),
    "terms": _("the terms"),
    "text": _("your words"),
    "thanks": _("your thanks"),
    "then_and_now": _("then and now"),
    "time": _("the time"),
    "times": _("the times"),
    "to": _("to whom"),
    "title": _("what it is called"),
    "topics": _("the topics"),
    "until": _("until when"),
    "values": _("shared values"),
    "verdict": _("your answer"),
    "weekday": _("the day of the week"),
    "why": _("why it matters"),
    "will": _("the way forward"),
    "within_reach": _("why it is within reach"),
    "zone": _("the time zone"),
}
ROWS = {
    "goals": _("goal %(number)s"),
    "options": _("option %(number)s"),
    "progress": _("goal %(number)s"),
    "tasks": _("task %(number)s"),
    "times": _("time %(number)s"),
}
"""What one row of a list is called."""
WHOLES = frozenset({"pulse", "terms", "preferences", "task"})
"""Parts of an act that go without saying before the field that is in them."""


def field_name(field: str, language: Language = "en") -> str:
    """A field name as a person says it: `goals.0.by_when` is "goal 1, by when". A field that is unknown stays."""
    say = translations(language)
    parts = [part for part in field.split(".") if part not in WHOLES] or field.split(".")
    said: list[str] = []
    for index, part in enumerate(parts):
        row = parts[index + 1] if index + 1 < len(parts) else ""
        if part in ROWS and row.isdigit():
            said.append(say.gettext(ROWS[part]) % {"number": int(row) + 1})
        elif not part.isdigit():
            said.append(say.gettext(FIELDS[part]) if part in FIELDS else part.replace("_", " "))
    return ", ".join(said)


@pass_context
def spoken(context: Context, field: str) -> str:
    """The same, as a filter for templates."""
    return field_name(field, context["language"])
