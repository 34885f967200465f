"""Which build this source is: a digest of everything that decides what a workflow does.

Those are the rules, the models, the workflows, and the lock, which pins the SDK and the time zones. Templates, pages
and activities are not among them: a new wording needs a restart of the workers and no upgrade of mentorships.
"""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("lifecycle", "models", "workflows")
LOCK = "requirements.txt"
LENGTH = 12


@lru_cache(maxsize=1)
def build_id() -> str:
    """The build of the source that this process runs from."""
    return digest(ROOT)


def digest(root: Path) -> str:
    """The build of the source in a folder: the same on every machine, in every checkout, wherever it lies."""
    found = [root / LOCK, *(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))]
    whole = sha256()
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in found):
        # Line ends are those of the checkout, not of the source.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        whole.update(f"{name}\0{len(text)}\0".encode() + text)
    return whole.hexdigest()[:LENGTH]
