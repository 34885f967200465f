"""What people call a time zone."""

from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from models.people import Language
from templates.catalogs import translations


@lru_cache(maxsize=1000)
def zone_name(zone: str, language: Language) -> str:
    """The zone by the city it is named after, for example "Berlin time"."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    city = get_timezone_location(ZoneInfo(zone), locale=language, return_city=True)
    return translations(language).gettext("%(city)s time") % {"city": city}
