"""Reading the outbox as its recipients would: the `.eml` files of one mentorship, oldest first."""

import email
import email.policy
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.base import Role
from models.mail import MailClass, MailKind


@dataclass(frozen=True, slots=True)
class MailItem:
    """One thing that a mail is about, as its headers tell. `ask` is empty when the mail asks for nothing."""

    kind: str
    ask: str
    rung: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it lies in the outbox. `at` is when it was sent by the mentorship's own clock, in UTC."""

    path: Path
    message_id: str
    mentorship: str
    to: Role
    kind: MailKind
    mail_class: MailClass
    at: datetime
    subject: str
    items: tuple[MailItem, ...]
    text: str

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """What the mail asks for, each with the link that answers it. The first link is the button's."""
        asks = [item.ask for item in self.items if item.ask]
        return tuple(zip(asks, self._links("a"), strict=False))

    @property
    def journey(self) -> str:
        """The link to the reader's journey page, or nothing."""
        return next(iter(self._links("j")), "")

    def _links(self, purpose: str) -> list[str]:
        """The links of one purpose that stand alone on a line of the text part, without those to a side page of it."""
        lines = (line.strip() for line in self.text.splitlines())
        pattern = re.compile(rf"https?://[^/\s]+/{purpose}/[^/\s]+")
        return list(dict.fromkeys(line for line in lines if pattern.fullmatch(line)))


def read(path: Path) -> Mail:
    """One `.eml` file."""
    with path.open("rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    body = message.get_body(preferencelist=("plain",))
    if body is None:
        raise ValueError(f"{path.name} has no text part")
    return Mail(
        path=path,
        message_id=str(message["Message-ID"]).strip("<>"),
        mentorship=str(message["X-Trellis-Mentorship"]),
        to=Role(str(message["X-Trellis-Role"])),
        kind=MailKind(str(message["X-Trellis-Kind"])),
        mail_class=MailClass(str(message["X-Trellis-Class"])),
        at=datetime.fromisoformat(str(message["X-Trellis-At"])),
        subject=str(message["Subject"]),
        items=tuple(
            MailItem(kind=item["kind"], ask=item.get("ask") or "", rung=item.get("rung") or 0)
            for item in json.loads(str(message["X-Trellis-Items"]))
        ),
        text=body.get_content(),
    )


class Mailbox:
    """The mails of one mentorship, to all its people."""

    def __init__(self, outbox: Path, mentorship: str) -> None:
        self.outbox = outbox
        self.mentorship = mentorship
        self.mails: list[Mail] = []
        self._seen: set[str] = set()

    def fetch(self) -> list[Mail]:
        """The mails that came since the last call, oldest first."""
        if not self.outbox.is_dir():
            return []
        names = {
            entry.name
            for entry in self.outbox.iterdir()
            if entry.suffix == ".eml" and entry.name.startswith(f"{self.mentorship}-") and entry.name not in self._seen
        }
        self._seen |= names
        new = [mail for mail in map(read, (self.outbox / name for name in names)) if mail.mentorship == self.mentorship]
        new.sort(key=lambda mail: (mail.at, mail.message_id))
        self.mails += new
        return new
