"""Forms: the body of a press, read as the act that the page is about."""

import asyncio
from collections.abc import Iterable
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from models.acts import ACTS
from models.answers import ActBase
from models.base import Role
from web.answers import read
from web.fields import field_name
from web.forms import sent, without_blank_rows
from web.mistakes import worded
from web.questions import CONTROLS

ACT_NAMES = tuple(ACTS)
ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "America/Santiago")
BOUNDARY = "=_x"
CONTENT_TYPES = ("application/x-www-form-urlencoded", f"multipart/form-data; boundary={BOUNDARY}")
WORDS = (
    *("goals.0.title=", "goals.0.by_when=", "terms.weekday=", "terms.time=", "times.0=", "slot=", "progress.0.goal="),
    *("preferences.zone=", "preferences.days_off=", "tasks.1.title=", "pulse.respect=", "decision=yes", "until="),
    *("0001-01-01T00:00", "9999-12-31T23:59", "2027-01-15", "%2B14:00", "&", "command.command=", "confirm=yes"),
)
_loop = asyncio.new_event_loop()


def feed(data: bytes) -> str:
    """The first byte chooses the act, the second the time zone and the encoding; what follows is the body."""
    if len(data) < 2:
        return "too short to say which form"
    act, zone = ACT_NAMES[data[0] % len(ACT_NAMES)], ZONES[data[1] % len(ZONES)]
    try:
        raw = _loop.run_until_complete(_fields(data[2:], CONTENT_TYPES[data[1] >> 7]))
    except HTTPException as refusal:
        assert refusal.status_code == 400
        return "HTTP 400"
    values = without_blank_rows(sent((name, value) for name, value in raw if name not in CONTROLS))
    found = read(act, values, {"by": Role.MENTEE, "ask": f"{act}.mentee"}, zone)
    if isinstance(found, ActBase):
        assert ACTS[act].model_validate_json(found.model_dump_json()) == found, "a history gives back what was typed"
        return "accepted"
    assert found
    for language in ("en", "es"):
        assert all(worded(found, language, zone).values())
        assert all(isinstance(field_name(name, language), str) for name in found)
    return "Mistakes"


def seeds() -> Iterable[bytes]:
    """Something for every act, and a form or two that are right."""
    goals = {
        "goals.0.title": "Lead a team", "goals.0.measure": "Two projects", "goals.0.baseline": "0",
        "goals.0.target": "2", "goals.0.within_reach": "Yes", "goals.0.why": "It matters",
        "goals.0.by_when": "2027-05-01", "goals.0.obstacle": "Time", "goals.0.plan": "Say no",
    }  # fmt: skip
    forms: dict[str, dict[str, str]] = {
        "accept": {"decision": "yes", "preferences.zone": "Europe/Berlin", "preferences.hours_from": "09:00",
                   "preferences.hours_to": "17:00", "preferences.days_off": "6"},
        "set_goals": goals,
        "propose_times": {"times.0": "2027-01-15T17:00", "slot": "2027-01-16T17:00+00:00"},
        "pick_time": {"time": "none_suits"},
        "sign_agreement": {"terms.weekday": "2", "terms.time": "17:00", "terms.zone": "Europe/Berlin"},
        "pause": {"until": "2027-01-15"},
        "move_session": {"session": "1", "starts_at": "9999-12-31T23:59"},
        "coordinate": {"command.command": "patience", "command.days": "7"},
    }  # fmt: skip
    for index, act in enumerate(ACT_NAMES):
        fields = forms.get(act, {"note": "Thank you", "text": "x", "days": "3", "rating": "4"})
        yield bytes([index, 0]) + urlencode(fields).encode()
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in goals.items()
    )
    yield bytes([ACT_NAMES.index("set_goals"), 128]) + f"{parts}--{BOUNDARY}--\r\n".encode()


async def _fields(body: bytes, content_type: str) -> list[tuple[str, str]]:
    """As `web.questions.pressed` reads them."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode())]
    # What the application does with an error of the parser depends on its being there.
    request = Request({"type": "http", "method": "POST", "headers": headers, "app": None}, receive)  # type: ignore[arg-type]
    async with request.form() as form:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
