"""What the machine says: its clock, its time zones, its disk."""

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError

import httpx

from cli.checks.finding import Finding, Place, ok, problem, warning
from cli.checks.temporal import ACTIVITIES, WORKFLOWS, polled

ANSWERS_WITHIN = 5.0
OFF, FAR_OFF = timedelta(seconds=5), timedelta(seconds=60)
NTP = "Let the machine set its clock by NTP, for example with systemd-timesyncd or chrony."
KNOWN_HOUR = datetime(2026, 7, 1, 12, tzinfo=UTC)
OLD_YEARS = 2
LITTLE, TOO_LITTLE = 1_000_000_000, 50_000_000
"""Bytes. A mail takes some 50 kB."""


async def clock(place: Place) -> Finding:
    """Not behind the server's, of which is known when it was last polled; and near that of a web server of ours."""
    now = datetime.now(UTC)
    polls: list[datetime] = []
    if place.connected is not None:
        for kind in (WORKFLOWS, ACTIVITIES):
            polls += await polled(place.connected, place.own.task_queue, kind)
    if polls and max(polls) - now > OFF:
        return _off(max(polls) - now, "behind", "Temporal")
    for name, address in _neighbours(place):
        told = await _time_of(address)
        if told is None:
            continue
        difference = told - datetime.now(UTC)
        if abs(difference) > OFF:
            return _off(abs(difference), "behind" if difference > timedelta(0) else "ahead of", name)
        return ok(f"within seconds of {name}")
    if polls:
        return ok("not behind Temporal's")
    return warning(
        "no other clock to compare it with: neither worker nor web app answers",
        "Run doctor again when they do; on Linux, `timedatectl` tells whether it is set by NTP.",
    )


async def time_zones(place: Place) -> Finding:
    """The database that is part of the build is there, knows its zones and is not old."""
    try:
        release = version("tzdata")
        offset = KNOWN_HOUR.astimezone(ZoneInfo("Europe/Berlin")).utcoffset()
    except (PackageNotFoundError, ZoneInfoNotFoundError):
        return problem("the tzdata package is not installed", "Install what requirements.txt names.")
    if offset != timedelta(hours=2):
        return problem(
            f"tzdata {release} says that Berlin's summer is {offset} from UTC", "Reinstall the tzdata package."
        )
    if datetime.now(UTC).year - int(release.split(".")[0]) >= OLD_YEARS:
        return warning(f"tzdata {release} is old: countries change their clocks", "Update the tzdata package.")
    own = _named_like_the_system(release)
    if (system := _system_release()) not in ("", own):
        return warning(
            f"this machine's own database ({system}) goes before tzdata {release}: other machines may count otherwise",
            "Set PYTHONTZPATH to nothing, for workers and web: then the package is what counts.",
        )
    return ok(f"tzdata {release}")


async def disk(place: Place) -> Finding:
    """There is room for mails as files, where they are files."""
    if place.own.mailer != "outbox":
        return ok("not needed: mail is not kept here")
    folder = place.own.outbox_dir.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < LITTLE:
        tell = problem if free < TOO_LITTLE else warning
        return tell(f"{free / 1e6:,.0f} MB are free for {folder}", "Make room, or set TRELLIS_OUTBOX_DIR elsewhere.")
    return ok(f"{free / 1e9:,.0f} GB are free for {folder}")


def _named_like_the_system(release: str) -> str:
    """2026.2 is what the database itself calls 2026b."""
    year, number = release.split(".")[:2]
    return f"{year}{chr(ord('a') + int(number) - 1)}"


def _system_release() -> str:
    """The release of the machine's own database, which Python looks at first; empty without one."""
    for folder in TZPATH:
        with suppress(OSError):
            first = (Path(folder) / "tzdata.zi").read_text().partition("\n")[0]
            return first.removeprefix("# version ").strip()
    return ""


def _off(by: timedelta, way: str, whose: str) -> Finding:
    tell = problem if by > FAR_OFF else warning
    return tell(f"this machine is {by.total_seconds():.0f} s {way} {whose}", NTP)


def _neighbours(place: Place) -> list[tuple[str, str]]:
    """Web servers that tell what time it is, those of others first."""
    own = place.own
    found = [("SendGrid", own.sendgrid_host)] if own.mailer == "sendgrid" else []
    return [*found, ("the web app", own.base_url)]


async def _time_of(address: str) -> datetime | None:
    try:
        async with httpx.AsyncClient(timeout=ANSWERS_WITHIN) as http:
            told = (await http.head(address)).headers.get("Date", "")
        return parsedate_to_datetime(told).astimezone(UTC)
    except (httpx.HTTPError, ValueError):
        return None
