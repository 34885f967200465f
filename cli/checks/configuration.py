"""What the settings say: addresses, keys, programs, webhooks."""

import asyncio
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

import programs
from activities.network import is_public
from cli.checks.finding import Finding, Place, ok, problem, warning
from settings import LOCAL_KEY
from web.api.keys import read_keys

NEW_KEY = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
LEAST_DIFFERENT = 10
"""A random key of 32 characters or more has more different ones than this."""
REACHED_WITHIN = 5.0
"""Seconds until a connection must stand."""


async def mode(place: Place) -> Finding:
    """Local mode is for one's own machine: it shows all mail to everybody, and its link key is known."""
    own = place.own
    if not own.local:
        return ok("not local: no outbox pages, no skipping ahead")
    if _is_loopback(urlsplit(own.base_url).hostname or "") and _is_loopback(own.web_host):
        return ok("local mode, for this machine only")
    return problem(
        f"local mode, where others can come ({own.base_url}): everybody can read all mail and forge links",
        "Set TRELLIS_LOCAL=false, and TRELLIS_LINK_KEYS to keys of your own.",
    )


async def links(place: Place) -> Finding:
    """Links must lead people to us, by https."""
    url = urlsplit(place.own.base_url)
    if place.own.local:
        return ok(f"links lead to {place.own.base_url}")
    if _is_loopback(url.hostname or ""):
        return problem(
            f"links lead to {place.own.base_url}, which nobody else can open",
            "Set TRELLIS_BASE_URL to the web app's address, as people reach it.",
        )
    if url.scheme != "https":
        return problem(
            f"links lead to {place.own.base_url}, where they can be read on the way",
            "Set TRELLIS_BASE_URL to an https address.",
        )
    return ok(f"links lead to {place.own.base_url}")


async def link_keys(place: Place) -> Finding:
    """Keys that can be guessed make links that can be forged."""
    keys = [key.get_secret_value() for key in place.own.link_keys]
    if LOCAL_KEY in keys:
        return ok("the key of local mode, which everybody knows")
    weak = [number for number, key in enumerate(keys, start=1) if len(set(key)) < LEAST_DIFFERENT]
    if weak:
        return problem(
            f"key {weak[0]} of {len(keys)} can be guessed: it has few different characters",
            f"Append one from `{NEW_KEY}` to TRELLIS_LINK_KEYS, and drop the old one when its links have expired.",
        )
    if len(set(keys)) < len(keys):
        return warning("two of the keys are the same", "Drop one of them from TRELLIS_LINK_KEYS.")
    return ok(f"{len(keys)} {'key' if len(keys) == 1 else 'keys'}, the last one signs")


async def api_keys(place: Place) -> Finding:
    """Each key has one owner."""
    keys = read_keys(place.own.api_keys)
    if not keys:
        return ok("none, so there is no HTTP API")
    if len({key.digest for key in keys}) < len(keys):
        return warning("one key stands there twice", "Give each owner a key of their own, or drop an entry.")
    return ok(", ".join(f"{key.name} ({key.scope.name.lower()})" for key in keys))


async def proxies(place: Place) -> Finding:
    """Behind a proxy that is not trusted all visitors are one, and are bounded as one."""
    own = place.own
    if not own.local and own.base_url.startswith("https://") and not own.trusted_proxies:
        return warning(
            "none is trusted: behind one, all visitors share one address and its bounds",
            "Set TRELLIS_TRUSTED_PROXIES to the addresses of the proxy that ends TLS.",
        )
    return ok(", ".join(own.trusted_proxies) or "none, visitors come by themselves")


async def all_programs(place: Place) -> Finding:
    """Every program can be read."""
    names = programs.names(place.own.programs_dir)
    if not names:
        return problem(f"there is none in {place.own.programs_dir}", "Set TRELLIS_PROGRAMS_DIR to their folder.")
    for name in names:
        try:
            programs.load(name, place.own.programs_dir)
        except programs.ProgramProblem as error:
            return problem(str(error).splitlines()[0], f"See: python starter.py preview {name}")
    return ok(", ".join(names))


async def webhooks(place: Place) -> Finding:
    """The platform's endpoint can be reached. Nothing is sent to it."""
    own = place.own
    if not own.webhooks:
        return ok("none, the platform hears nothing")
    url = urlsplit(own.webhook_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return problem(f"the name {host} is not known", "Mend TRELLIS_WEBHOOK_URL, or the name server.")
    addresses = [ip_address(str(address[0]).partition("%")[0]) for *_, address in found]
    if not own.webhook_allow_internal and not all(map(is_public, addresses)):
        return problem(
            f"{host} is an internal address, to which nothing is delivered",
            "Set TRELLIS_WEBHOOK_ALLOW_INTERNAL=true if you mean it.",
        )
    try:
        async with asyncio.timeout(REACHED_WITHIN):
            _, line = await asyncio.open_connection(host, port, ssl=url.scheme == "https")
    except (OSError, TimeoutError) as error:
        return problem(f"no connection to {host}:{port} ({_why(error)})", "Look at the endpoint, or mend the setting.")
    line.close()
    return ok(f"{host} can be reached; {len(own.webhook_secrets)} secrets sign")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__
