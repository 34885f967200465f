"""Whether mail could leave. Nothing is ever sent."""

import asyncio
import os

import httpx

import programs
from activities.smtp import SmtpMailer
from cli.checks.finding import Finding, Place, ok, problem, warning

SEND = "mail.send"
RESERVED = ("example.com", "example.org", "example.net")


async def mailer(place: Place) -> Finding:
    """Whoever carries the mail would take it."""
    match place.own.mailer:
        case "sendgrid":
            return await _sendgrid(place)
        case "smtp":
            return await _smtp(place)
        case "outbox":
            return _outbox(place)


async def senders(place: Place) -> Finding:
    """Mail comes from an address that is yours."""
    own = place.own
    if own.mailer == "outbox":
        return ok("not needed: no mail leaves")
    names = programs.names(own.programs_dir)
    sample = [name for name in names if _is_sample(programs.load(name, own.programs_dir).branding.sender)]
    if sample:
        return problem(
            f"a sample address sends the mail of {', '.join(sample)}",
            "Set branding.sender in the program to an address that your mailer may send from.",
        )
    if _is_sample(own.mail_domain):
        return warning(
            f"mails are numbered as of {own.mail_domain}, a sample domain", "Set TRELLIS_MAIL_DOMAIN to your own."
        )
    return ok(f"{len(names)} programs send from addresses of their own")


async def bounces(place: Place) -> Finding:
    """What the provider reports is heard."""
    if place.own.mailer != "sendgrid":
        return ok("not needed: this mailer reports nothing")
    if not place.own.sendgrid_webhook_key:
        return warning(
            "nobody hears of bounces, so dead addresses are written to again and again",
            "Set TRELLIS_SENDGRID_WEBHOOK_KEY, see docs/sending-mail.md.",
        )
    return ok("SendGrid's signed events are heard")


def _outbox(place: Place) -> Finding:
    folder = place.own.outbox_dir.absolute()
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        return problem(f"files can't be written to {folder}", "Mend its rights, or set TRELLIS_OUTBOX_DIR elsewhere.")
    if not place.own.local:
        return warning(
            f"mail goes to files in {folder}, and nobody gets it", "Set TRELLIS_MAILER to sendgrid or to smtp."
        )
    return ok(f"mail goes to files in {folder}")


async def _sendgrid(place: Place) -> Finding:
    """https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions."""
    own = place.own
    headers = {"Authorization": f"Bearer {own.sendgrid_key.get_secret_value()}"}
    try:
        async with httpx.AsyncClient(timeout=own.mail_timeout) as http:
            answer = await http.get(f"{own.sendgrid_host}/v3/scopes", headers=headers)
        scopes = answer.json().get("scopes", []) if answer.status_code == httpx.codes.OK else []
    except (httpx.HTTPError, ValueError, AttributeError) as error:
        return problem(
            f"SendGrid can't be reached at {own.sendgrid_host} ({type(error).__name__})",
            "Look at TRELLIS_SENDGRID_HOST and at the way out of this machine.",
        )
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return problem("SendGrid refuses the API key", "Set TRELLIS_SENDGRID_KEY to a key that is valid.")
    if answer.status_code != httpx.codes.OK:
        return warning(f"SendGrid answered {answer.status_code} when asked what the key may do", "Try again later.")
    if SEND not in scopes:
        return problem("the API key may not send mail", 'Give it the permission "Mail Send" at SendGrid.')
    return ok(f"SendGrid at {own.sendgrid_host} knows the key, and it may send")


async def _smtp(place: Place) -> Finding:
    own = place.own
    server = SmtpMailer(
        host=own.smtp_host,
        port=own.smtp_port,
        security=own.smtp_security,
        user=own.smtp_user,
        password=own.smtp_password,
        timeout=own.mail_timeout,
    )
    reason = await asyncio.to_thread(server.reason_against)
    if reason:
        return problem(reason, "Look at TRELLIS_SMTP_HOST, _PORT, _SECURITY, _USER and _PASSWORD.")
    return ok(f"{own.smtp_host}:{own.smtp_port} greets us" + (" and takes the login" if own.smtp_user else ""))


def _is_sample(address: str) -> bool:
    return address.rpartition("@")[2].endswith(RESERVED)
