"""What a form holds when it opens: what is known already. The choice that a form is about is never among it."""

from models.base import Role
from models.pages import LinkStatus, Page
from web.dates import local_date
from web.forms import Values, flatten


def first_values(act: str, page: Page) -> Values:
    """The values by field name. A recorded answer that can still be changed comes back as it was given."""
    zone = page.preferences.zone
    values = _known(act, page)
    if page.status == LinkStatus.CHANGEABLE and page.answer is not None and page.answer.act == act:
        values |= {name: value for name, value in flatten(page.answer, zone).items() if value}
        if page.answer.act == "pick_time":
            values["time"] = page.answer.time.isoformat() if page.answer.time else "none_suits"
    return values


def _known(act: str, page: Page) -> dict[str, str | tuple[str, ...]]:
    zone = page.preferences.zone
    match act:
        case "accept":
            known = flatten(page.preferences, zone)
            known.pop("mail")
            known["days_off"] = tuple(str(day) for day in page.preferences.days_off)
            return known
        case "change_preferences":
            known = {f"preferences.{name}": value for name, value in flatten(page.preferences, zone).items()}
            known["preferences.days_off"] = tuple(str(day) for day in page.preferences.days_off)
            return {name: value for name, value in known.items() if not name.startswith("preferences.days_off.")}
        case "propose_times":
            return {"place": page.place}
        case "set_goals":
            return {
                f"goals.{row}.{name}": value
                for row, goal in enumerate(page.draft_goals)
                for name, value in flatten(goal, zone).items()
                # A day that has passed is no answer any more: the form opens where another one is chosen.
                if name != "by_when" or str(value) > local_date(page.now, zone)
            }
        case "sign_agreement":
            offered = page.terms or page.partner_terms
            if offered is None:
                return {"terms.zone": zone, "terms.minutes": str(page.minutes)}
            return {f"terms.{name}": value for name, value in flatten(offered, zone).items()}
        case "check_in":
            return {
                f"progress.{row}.{name}": str(value)
                for row, card in enumerate(page.goals if page.me.role is Role.MENTEE else ())
                for name, value in (("goal", card.number), ("percent", card.percent))
            }
        case _:
            return {}
