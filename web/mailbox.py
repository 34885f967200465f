"""Reads the local outbox: one `.eml` file a mail."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path
from zoneinfo import ZoneInfo

from models.wall_clock import is_zone

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the list shows of a mail. `at` is the mentorship's own clock; `local` is the same for the recipient."""

    id: str
    mentorship: str
    role: str
    kind: str
    mail_class: str
    to: str
    subject: str
    at: datetime
    local: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    index: int
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, opened."""

    envelope: Envelope
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    items: tuple[str, ...]
    attachments: tuple[Attachment, ...]


class Mailbox:
    """The mails of a directory. Files are read as they are: another process writes them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: dict[tuple[str, int], Envelope] = {}

    def envelopes(self, *, mentorship: str = "", role: str = "") -> list[Envelope]:
        """The newest first, by the mentorships' own clocks."""
        found = [
            envelope
            for envelope in self._all()
            if mentorship in ("", envelope.mentorship) and role in ("", envelope.role)
        ]
        return sorted(found, key=lambda envelope: (envelope.at, envelope.id), reverse=True)

    def mentorships(self) -> list[str]:
        """Every mentorship that has had mail."""
        return sorted({envelope.mentorship for envelope in self._all()})

    def open(self, mail_id: str) -> Mail | None:
        """One mail with its parts, or None where there is none of that id."""
        if not _ID.fullmatch(mail_id):
            return None
        try:
            raw = (self._directory / f"{mail_id}.eml").read_bytes()
        except FileNotFoundError:
            return None
        message = BytesParser(policy=policy.default).parsebytes(raw)
        items = json.loads(str(message.get("X-Trellis-Items", "[]")))
        return Mail(
            envelope=_envelope(mail_id, message),
            headers=tuple((name, str(value)) for name, value in message.items()),
            text=_part(message, "plain"),
            html=html_as_shown(message),
            items=tuple(f"{item['kind']} · {item['ask'] or 'no ask'} · rung {item['rung']}" for item in items),
            attachments=tuple(
                Attachment(index, part.get_filename() or f"attachment-{index}", part.get_content_type(), _bytes(part))
                for index, part in enumerate(message.iter_attachments())
            ),
        )

    def _all(self) -> Iterator[Envelope]:
        if not self._directory.is_dir():
            return
        for path in self._directory.glob("*.eml"):
            try:
                key = (path.stem, path.stat().st_mtime_ns)
                if key not in self._seen:
                    with path.open("rb") as file:
                        message = BytesHeaderParser(policy=policy.default).parse(file)
                    self._seen[key] = _envelope(path.stem, message)
            except FileNotFoundError:  # replaced or removed while we look
                continue
            yield self._seen[key]


def html_as_shown(message: EmailMessage) -> str:
    """The HTML of a mail with the pictures that it carries, as mail programs show it; "" where there is none."""
    html = _part(message, "html")
    for part in message.walk():
        if part.get_content_maintype() == "image" and (content_id := str(part.get("Content-ID", "")).strip("<> ")):
            picture = f"data:{part.get_content_type()};base64,{base64.b64encode(_bytes(part)).decode()}"
            html = html.replace(f'"cid:{content_id}"', f'"{picture}"')
    return html


def _envelope(mail_id: str, message: EmailMessage) -> Envelope:
    date = message.get("Date")
    written = getattr(date, "datetime", None) or datetime(1970, 1, 1, tzinfo=UTC)
    stamp = str(message.get("X-Trellis-At", ""))
    at = datetime.fromisoformat(stamp) if stamp else written
    return Envelope(
        id=mail_id,
        mentorship=str(message.get("X-Trellis-Mentorship", "")),
        role=str(message.get("X-Trellis-Role", "")),
        kind=str(message.get("X-Trellis-Kind", "")),
        mail_class=str(message.get("X-Trellis-Class", "")),
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        at=at.astimezone(UTC),
        local=_local(written, str(message.get("X-Trellis-Zone", ""))),
    )


def _local(written: datetime, zone: str) -> str:
    """The recipient's wall clock where the mail names their zone, else the clock that its Date is written in."""
    local = written.astimezone(ZoneInfo(zone)) if is_zone(zone) else written
    return f"{local:%a} {local.day} {local:%b %Y}, {local:%H:%M} ({zone if is_zone(zone) else local.tzinfo})"


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""


def _bytes(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
