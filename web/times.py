"""Times on a form: those that are offered to be pressed, those that are written, and the regular slot."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.wall_clock import at_wall_clock, is_zone, local_day
from web.forms import Values

SLOT = "slot"
"""The field of the times that are pressed. The act has no such field: they join those that are written."""
WRITTEN = {"propose_times": "times", "report": "new_time", "move_session": "starts_at"}
"""Where the act has the times, by act."""
SEVERAL = frozenset({"times"})


def pressed(act: str, values: Values) -> Values:
    """The values with the pressed times put where the act has them, behind those that are written."""
    field = WRITTEN.get(act)
    if field is None or SLOT not in values:
        return values
    slots = values[SLOT] or ()
    rest = {name: value for name, value in values.items() if name != SLOT}
    if field in SEVERAL:
        return rest | {f"{field}.{row}": at for row, at in enumerate(slots, start=_written(field, rest))}
    return rest | {field: slots[0]} if slots and not rest.get(field) else rest


def said_twice(act: str, values: Values) -> str:
    """The field of a time that was written although another one is pressed; or nothing."""
    field = WRITTEN.get(act, "")
    return field if field not in SEVERAL and values.get(SLOT) and values.get(field) else ""


def shown_at(act: str, values: Values, name: str) -> str:
    """The field at which a problem with a time is shown: where it was pressed or written."""
    field = WRITTEN.get(act, "")
    if name == field:
        return SLOT if field in SEVERAL or values.get(SLOT) or not values.get(field) else name
    row = name.removeprefix(f"{field}.")
    written = _written(field, values)
    return SLOT if field in SEVERAL and row != name and row.isdigit() and int(row) >= written else name


def regular_slot(values: Values, now: datetime) -> datetime | None:
    """The next time at the slot that the agreement's fields name, or None while they name none."""
    weekday, hour, zone = (str(values.get(f"terms.{name}", "")) for name in ("weekday", "time", "zone"))
    try:
        at = time.fromisoformat(hour)
        day = int(weekday)
    except ValueError:
        return None
    if not is_zone(zone) or not 0 <= day <= 6:
        return None
    here = ZoneInfo(zone)
    tomorrow = local_day(now, here) + timedelta(days=1)
    return at_wall_clock(tomorrow + timedelta(days=(day - tomorrow.weekday()) % 7), at, here)


def _written(field: str, values: Values) -> int:
    rows = [int(name.split(".")[1]) for name, value in values.items() if name.startswith(f"{field}.") and value]
    return max(rows, default=-1) + 1
