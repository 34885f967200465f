"""From a rendered letter to a MIME message whose bytes depend on nothing but the letter."""

import hashlib
import json
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from email.policy import EmailPolicy
from email.utils import format_datetime

from activities.calendar import calendar_file, method
from activities.logo import inline_logo
from activities.prose import one_line
from activities.rendering import Rendered
from models.base import Role
from models.mail import Delivery, Letter

LONGEST_LINE = 998
"""RFC 5322, 2.1.1: a header line must not be longer."""


class OneLineHeaders(EmailPolicy):
    """Folds a header only where it must: Python's own parser gives some folded values back with a space in front."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it goes over the wire."""
        line = f"{name}: {value}"
        if line.isascii() and len(line) <= LONGEST_LINE and "\n" not in line and "\r" not in line:
            return f"{line}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class KnownHeaders(HeaderRegistry):
    """Makes the class of a header once for each name; Python's own makes it anew for every header of every mail."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        """The class for headers of this name."""
        known = self._classes.get(name)
        if known is None:
            known = self._classes[name] = super().__getitem__(name)
        return known


POLICY = OneLineHeaders(linesep="\r\n", header_factory=KnownHeaders())


def build(delivery: Delivery, letter: Letter, rendered: Rendered, mail_domain: str) -> EmailMessage:
    """The message: text and HTML, and for each session that is planned, moved or cancelled its calendar file.

    The program's logo belongs to the HTML alone, so the two are one alternative (RFC 2387, `multipart/related`).
    A calendar file is both an alternative (mail clients show an invitation) and an attachment (people can open it);
    only the first one can be an alternative.
    """
    branding = delivery.program.branding
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(branding.name, branding.sender)
    message["To"] = _address(letter.to.name, letter.to.email)
    if letter.to.role is not Role.COORDINATOR:
        message["Reply-To"] = _address(delivery.program.coordinator_name, delivery.program.coordinator_email)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(letter.at.replace(microsecond=0))
    message["Message-ID"] = f"<{letter.id}@{mail_domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
    if rendered.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message["X-Trellis-Mentorship"] = delivery.mentorship
    message["X-Trellis-Program"] = delivery.program.name
    message["X-Trellis-Kind"] = letter.kind.value
    message["X-Trellis-Class"] = letter.mail_class.value
    message["X-Trellis-Role"] = letter.to.role.value
    message["X-Trellis-Zone"] = letter.to.zone
    message["X-Trellis-At"] = letter.at.isoformat()
    message["X-Trellis-Items"] = json.dumps(
        [
            {"kind": item.kind.value, "ask": item.ask.id if item.ask else "", "rung": item.ask.rung if item.ask else 0}
            for item in letter.items
        ]
    )

    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    if logo := inline_logo(branding.logo):
        html = message.get_payload(1)
        assert isinstance(html, MIMEPart)
        name, content_id = f"logo.{logo.kind}", f"<{logo.content_id}>"
        html.add_related(logo.content, "image", logo.kind, filename=name, disposition="inline", cid=content_id)
    files = [(item, calendar_file(letter, item, delivery.program, mail_domain)) for item in letter.items]
    carried = [(method(item), file) for item, file in files if file is not None]
    for itip_method, file in carried[:1]:
        message.add_alternative(
            file, maintype="text", subtype="calendar", params={"method": itip_method, "charset": "utf-8"}
        )
    for number, (_, file) in enumerate(carried, start=1):
        name = "invite.ics" if number == 1 else f"invite-{number}.ics"
        message.add_attachment(file, maintype="application", subtype="ics", filename=name)
    _fix_boundaries(message, letter.id)
    return message


def _fix_boundaries(message: EmailMessage, letter_id: str) -> None:
    """Boundaries from the letter's id instead of random ones. "=_" never occurs in quoted-printable or base64."""
    multiparts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(multiparts):
        part.set_boundary(f"=_{hashlib.sha256(f'{letter_id} {number}'.encode()).hexdigest()[:32]}")


def _address(name: str, email: str) -> Address:
    """An address whose domain is ASCII, as every mail server understands it."""
    local, _, domain = email.rpartition("@")
    return Address(display_name=one_line(name), username=local, domain=domain.encode("idna").decode("ascii"))
