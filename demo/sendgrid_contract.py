"""What SendGrid's v3 Mail Send API accepts, as far as its reference says: a request in, its errors out.

It shares no code with the mailer that it checks. Sources: the limitations and errors pages of
https://www.twilio.com/docs/sendgrid/api-reference/mail-send and the published OpenAPI description (tsg_mail_v3).
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email

LARGEST = 30 * 1024 * 1024
MOST_RECIPIENTS = 1000
MOST_CATEGORIES, LONGEST_CATEGORY = 10, 255
MOST_BYTES_OF_ARGS = 10_000
LONGEST_HEADER = 998
RESERVED_HEADERS = frozenset(
    {"x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"}
    | {"to", "from", "subject", "reply-to", "cc", "bcc"}
)
KNOWN = frozenset(
    {"personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id"}
    | {"headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name"}
    | {"mail_settings", "tracking_settings"}
)
TRACKING = ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics")


@dataclass(frozen=True, slots=True)
class Fault:
    """One error of a request, as the API's answer lists it."""

    field: str
    message: str


def answer(faults: list[Fault]) -> dict[str, list[dict[str, Any]]]:
    """The body of the API's 400."""
    return {"errors": [{**asdict(fault), "help": None} for fault in faults]}


def faults(raw: bytes) -> list[Fault]:
    """Everything that is wrong with a request."""
    try:
        request = json.loads(raw)
    except ValueError:
        return [Fault("", "Bad Request: the body is not JSON")]
    if not isinstance(request, dict):
        return [Fault("", "Invalid type. Expected: object.")]
    return list(_request(request))


def _request(request: dict[str, Any]) -> Iterator[Fault]:
    for unknown in sorted(request.keys() - KNOWN):
        yield Fault(unknown, f"Additional property {unknown} is not allowed")
    yield from _personalizations(request.get("personalizations"), request.get("custom_args"))
    yield from _person(request.get("from"), "from")
    if "reply_to" in request:
        yield from _person(request["reply_to"], "reply_to")
        if "reply_to_list" in request:
            yield Fault("reply_to_list", "Use either reply_to or reply_to_list, not both.")
    if not isinstance(request.get("subject"), str) or not request["subject"]:
        yield Fault("subject", "The subject is required. You can get around this requirement if you use a template.")
    elif re.search(r"[\r\n]", request["subject"]):
        yield Fault("subject", "The subject must not hold line breaks.")
    yield from _content(request.get("content"))
    yield from _headers(request.get("headers", {}))
    yield from _categories(request.get("categories", []))
    yield from _args(request.get("custom_args", {}), "custom_args")
    for number, file in enumerate(request.get("attachments", [])):
        yield from _attachment(file, f"attachments.{number}")
    yield from _pictures(request)
    yield from _tracking(request.get("tracking_settings", {}))


def _personalizations(found: object, args: object) -> Iterator[Fault]:
    if not isinstance(found, list) or not found:
        yield Fault("personalizations", "The personalizations field is required and must have at least one.")
        return
    seen: set[str] = set()
    for number, one in enumerate(found):
        field = f"personalizations.{number}"
        if not isinstance(one, dict) or not one.get("to"):
            yield Fault(f"{field}.to", "The to array is required for all personalization objects.")
            continue
        for kind in ("to", "cc", "bcc"):
            for index, person in enumerate(one.get(kind, [])):
                where = f"{field}.{kind}.{index}"
                yield from _person(person, where)
                if not isinstance(person, dict):
                    continue
                if re.search("[;,]", str(person.get("name", ""))):
                    yield Fault(f"{where}.name", "The name cannot include either the ; or , characters.")
                email = str(person.get("email", "")).lower()
                if email in seen:
                    yield Fault(
                        where,
                        "Each email address in the personalization block should be unique between to, cc, and bcc.",
                    )
                seen.add(email)
        yield from _headers(one.get("headers", {}), f"{field}.headers")
        own = one.get("custom_args", {})
        together = {**args, **own} if isinstance(args, dict) and isinstance(own, dict) else own
        yield from _args(together, f"{field}.custom_args")
    if len(seen) > MOST_RECIPIENTS:
        yield Fault("personalizations", f"There is a limit of {MOST_RECIPIENTS} total recipients.")


def _person(found: object, field: str) -> Iterator[Fault]:
    if not isinstance(found, dict) or not isinstance(found.get("email"), str):
        yield Fault(f"{field}.email", "The email is required.")
        return
    if not isinstance(found.get("name", ""), str) or re.search(r"[\r\n]", found.get("name", "")):
        yield Fault(f"{field}.name", "The name must be a string without line breaks.")
    try:
        validate_email(found["email"], check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        yield Fault(f"{field}.email", "Does not contain a valid address.")


def _content(found: object) -> Iterator[Fault]:
    if not isinstance(found, list) or not found:
        yield Fault("content", "The content is required unless a template is used.")
        return
    kinds = []
    for number, part in enumerate(found):
        field = f"content.{number}"
        if not isinstance(part, dict) or not part.get("type") or not part.get("value"):
            yield Fault(field, "Each content needs a type and a value of at least one character.")
            continue
        kind = str(part["type"])
        kinds.append(kind)
        # The method of an invitation is let through: sendgrid/sendgrid-ruby issue 298.
        if re.search(r"[;\r\n]", kind) and not re.fullmatch(r"text/calendar; ?method=[A-Z]+", kind):
            yield Fault(f"{field}.type", "The content type cannot contain ';', or CRLF characters.")
    if "text/plain" in kinds[1:]:
        yield Fault("content", "If present, text/plain must be first in the content array.")
    if "text/html" in kinds and kinds.index("text/html") > int("text/plain" in kinds):
        yield Fault("content", "If present, text/html must follow text/plain, before any other content.")


def _headers(found: object, field: str = "headers") -> Iterator[Fault]:
    if not isinstance(found, dict):
        yield Fault(field, "Invalid type. Expected: object.")
        return
    for name, value in found.items():
        if name.lower() in RESERVED_HEADERS:
            yield Fault(f"{field}.{name}", "Header can not be one of the reserved keys.")
        if not name.isascii() or not re.fullmatch(r"[!-9;-~]+", name):
            yield Fault(f"{field}.{name}", "Header names must be ASCII without spaces or colons.")
        if not isinstance(value, str):
            yield Fault(f"{field}.{name}", "Header values must be strings.")
        elif not value.isascii() or re.search(r"[\r\n]", value) or len(f"{name}: {value}") > LONGEST_HEADER:
            yield Fault(f"{field}.{name}", "Header values must be one line of ASCII.")


def _categories(found: object) -> Iterator[Fault]:
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        yield Fault("categories", "Invalid type. Expected: an array of strings.")
        return
    if len(found) > MOST_CATEGORIES:
        yield Fault("categories", f"You can have at most {MOST_CATEGORIES} categories.")
    if len(set(found)) != len(found):
        yield Fault("categories", "Each category must be unique.")
    for one in found:
        if not 0 < len(one) <= LONGEST_CATEGORY or not one.isascii():
            yield Fault("categories", f"A category name cannot exceed {LONGEST_CATEGORY} characters, or be non-ASCII.")


def _args(found: object, field: str) -> Iterator[Fault]:
    if not isinstance(found, dict):
        yield Fault(field, "Invalid type. Expected: object.")
        return
    for name, value in found.items():
        if not isinstance(value, str):
            yield Fault(f"{field}.{name}", "Custom argument values must be strings.")
    if len(json.dumps(found).encode()) >= MOST_BYTES_OF_ARGS:
        yield Fault(field, f"Custom arguments may not exceed {MOST_BYTES_OF_ARGS} bytes.")


def _attachment(found: object, field: str) -> Iterator[Fault]:
    if not isinstance(found, dict) or not found.get("content") or not found.get("filename"):
        yield Fault(field, "Each attachment needs content and a filename.")
        return
    try:
        base64.b64decode(found["content"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        yield Fault(f"{field}.content", "The attachment content must be base64 encoded.")
    if re.search(r"[;\r\n]", str(found.get("type", ""))):
        yield Fault(f"{field}.type", "The attachment type cannot contain ';', or CRLF characters.")
    if found.get("disposition", "attachment") not in ("attachment", "inline"):
        yield Fault(f"{field}.disposition", "The disposition must be attachment or inline.")


def _pictures(request: dict[str, Any]) -> Iterator[Fault]:
    """What the HTML shows has to be there, and what is there to be shown has to be in the HTML.

    The API takes a mail that breaks this; its reader sees a broken picture, or a file that nobody meant to attach.
    """
    parts, files = request.get("content"), request.get("attachments", [])
    html = [str(part.get("value")) for part in _dicts(parts) if part.get("type") == "text/html"]
    shown = re.findall(r"""\bsrc\s*=\s*["']?cid:([^"'\s>]+)""", " ".join(html), re.IGNORECASE)
    inline = [str(file.get("content_id") or "") for file in _dicts(files) if file.get("disposition") == "inline"]
    for one in sorted(set(shown) - set(inline)):
        yield Fault("content", f"The HTML shows cid:{one}, and no inline attachment has that content_id.")
    for number, file in enumerate(files if isinstance(files, list) else []):
        if not isinstance(file, dict):
            continue
        field, content_id = f"attachments.{number}.content_id", str(file.get("content_id") or "")
        if file.get("disposition") != "inline":
            if content_id:
                yield Fault(field, "A content_id is for inline attachments.")
        elif not re.fullmatch(r"[!-;=?-~]+", content_id):
            yield Fault(field, "An inline attachment needs a content_id, without spaces and angle brackets.")
        elif content_id not in shown:
            yield Fault(field, "The HTML does not show this inline attachment.")
        elif inline.count(content_id) > 1:
            yield Fault(field, "Each content_id must be unique.")


def _dicts(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _tracking(found: object) -> Iterator[Fault]:
    if not isinstance(found, dict):
        yield Fault("tracking_settings", "Invalid type. Expected: object.")
        return
    for name, setting in found.items():
        if name not in TRACKING or not isinstance(setting, dict) or not isinstance(setting.get("enable"), bool):
            yield Fault(f"tracking_settings.{name}", "A tracking setting needs the boolean enable.")
