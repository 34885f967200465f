"""What was left behind, by the kind of its place, and the search through all of it."""

import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from links import Purpose
from settings import LOCAL_KEY
from tests.leaks.words import is_telling

SHORTEST_SECRET = 16
"""Characters. Shorter ones are no secrets, or found by chance."""
LINK = re.compile(rf"(?<=/(?:{'|'.join(Purpose)})/)[\w.-]{{40,}}")
OWN_PLACE = re.compile(rf"(?<=^/[{''.join(Purpose)}]/)[^/]+")
"""Where the web app reads a link from the path: right after what the link is for."""
MOST_TOLD = 20


class Kind(StrEnum):
    """Where something can be read."""

    LOG = "log"
    HISTORY = "history"
    SEARCH_ATTRIBUTES = "search attributes"
    METRICS = "metrics"
    URL = "URL"


@dataclass(frozen=True)
class Report:
    """What was searched, for what, and what was found."""

    places: Mapping[str, int]
    words: int
    secrets: int
    found: tuple[str, ...]

    @classmethod
    def together(cls, reports: Iterable[dict[str, Any]]) -> "Report":
        """Those of several processes as one."""
        places: Counter[str] = Counter()
        words = secrets = 0
        found: list[str] = []
        for one in (cls(**report) for report in reports):
            places.update(one.places)
            words, secrets = words + one.words, secrets + one.secrets
            found += one.found
        return cls(places, words, secrets, tuple(found))

    def __str__(self) -> str:
        looked_for = f"{self.words:,} words of people and {self.secrets:,} links and keys"
        searched = ", ".join(f"{count:,} {place}" for place, count in self.places.items())
        return f"Looked for {looked_for} in {searched}: {len(self.found) or 'none'} found"


@dataclass
class Left:
    """Everything that one process of the tests left behind. It lies in files below `folder` until it is searched."""

    folder: Path
    words: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)
    places: Counter[str] = field(default_factory=Counter)

    def leave(self, kind: Kind, content: bytes, name: str = "", *, places: int = 1) -> None:
        """Something that can be read in a place of this kind."""
        path = self.folder / kind.replace(" ", "-") / (name or "all")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content + b"\n")
        self.places[_counted(kind)] += places

    def url(self, url: str, referer: str = "") -> None:
        """An address that was asked for. A link may stand where the web app reads it, and nowhere else."""
        parts = urlsplit(url)
        asked = OWN_PLACE.sub("LINK", parts.path)
        told = f"{parts.netloc} {asked} {parts.query} {parts.fragment} {referer}"
        self.leave(Kind.URL, f"{told}\t{unquote_plus(told)}\t{os.environ.get('PYTEST_CURRENT_TEST', '')}".encode())

    def secret(self, *secrets: str) -> None:
        """Links and keys. What local mode uses, so that newcomers need none, is in the source for all to read."""
        self.secrets.update(one for one in secrets if len(one) >= SHORTEST_SECRET and one != LOCAL_KEY)

    def word(self, *words: str) -> None:
        """What people are called, and what they typed."""
        self.words.update(filter(is_telling, words))

    def search(self) -> Report:
        """Looks for everything in everything."""
        patterns = {form for one in self.words | self.secrets for line in one.splitlines() for form in _forms(line)}
        found = _found(self.folder, {one for one in patterns if len(one) >= SHORTEST_SECRET // 2})
        return Report(dict(self.places), len(self.words), len(self.secrets), tuple(found))


def _counted(kind: Kind) -> str:
    return {Kind.LOG: "log lines", Kind.HISTORY: "events of histories", Kind.URL: "URLs"}.get(kind, kind.value)


def _forms(word: str) -> set[str]:
    """As it is, and as JSON writes it."""
    return {word, json.dumps(word)[1:-1]}


def _found(folder: Path, patterns: set[str]) -> list[str]:
    """Each place and word once. There are tens of thousands of words, and grep reads a file once for all of them."""
    if not patterns or not folder.exists():
        return []
    listed = folder.parent / f"{folder.name}.words"
    listed.write_text("\n".join(sorted(patterns)) + "\n")
    command = ["grep", "--recursive", "--text", "--only-matching", "--fixed-strings", f"--file={listed}", "."]
    search = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    if search.returncode > 1:
        raise RuntimeError(f"grep could not search: {search.stderr}")
    places = Counter(search.stdout.splitlines())
    return [f"{place} ({times} times)" for place, times in places.most_common(MOST_TOLD)]


LEFT = Left(Path(tempfile.gettempdir()) / f"trellis-left-{os.getpid()}")
"""By this process."""
