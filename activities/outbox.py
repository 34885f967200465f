"""The `outbox` mailer: messages as files, for trying things out and for tests."""

import errno
import logging
import os
import re
import tempfile
from email.message import EmailMessage
from pathlib import Path

from models.mail import Letter, SendResult

log = logging.getLogger("trellis.mail")

RETRY_SOON = 60


class OutboxMailer:
    """Writes each message as `<letter id>.eml`. A retry replaces the file by the same bytes; no reader sees half a one.

    A disk that refuses is a refusal that may pass: the letter is written later, at an hour that its reader likes. To
    raise the error would leave that to the activity's retries, which know no hours.
    """

    idempotent = True
    patience = 1.0

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def send(self, message: EmailMessage, letter: Letter) -> SendResult:
        """Write the message and force it to the disk before saying that it was sent."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", letter.id):
            return SendResult(letter=letter.id, result="not_sent", reason="the letter id is not fit for a file name")
        try:
            self._write(message, letter)
        except OSError as problem:
            reason = f"the outbox can't be written (TRELLIS_OUTBOX_DIR): {os.strerror(problem.errno or errno.EIO)}"
            log.warning("%s was not written: %s", letter.id, reason)
            return SendResult(letter=letter.id, result="not_sent", reason=reason, retry_after=RETRY_SOON)
        return SendResult(letter=letter.id, result="sent")

    def _write(self, message: EmailMessage, letter: Letter) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        # Readers look for *.eml only, so the unfinished file is not taken for a mail.
        handle, unfinished = tempfile.mkstemp(dir=self._directory, prefix=f".{letter.id}-", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(message.as_bytes())
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(self._directory / f"{letter.id}.eml")
        except BaseException:
            Path(unfinished).unlink(missing_ok=True)
            raise
        _sync_directory(self._directory)


def drop_mails(directory: Path, mentorship: str, dry_run: bool = False) -> int:
    """Deletes a mentorship's mails, unfinished ones too; how many there were. A dry run only counts them."""
    name = re.compile(rf"(?:{re.escape(mentorship)}-\d{{4,}}\.eml|\.{re.escape(mentorship)}-\d{{4,}}-.*\.part)")
    found = [file for file in directory.iterdir() if name.fullmatch(file.name)] if directory.is_dir() else []
    if found and not dry_run:
        for file in found:
            file.unlink(missing_ok=True)
        _sync_directory(directory)
    return len(found)


def _sync_directory(directory: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
