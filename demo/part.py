"""One process of the demo."""

from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Part:
    """One process and where its output goes."""

    name: str
    process: Process
    log: Path
    command: Sequence[str]
    told: Mapping[str, str]
    """What it knows of its surroundings beyond what every part does."""

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
