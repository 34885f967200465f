"""A disk for the outbox that can be full."""

import asyncio
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOM = "2g"
LEAST = 4096


@dataclass(slots=True)
class Disk:
    """A file system in memory, mounted at `path` where we may mount. Elsewhere the worker may write no file: then
    `full` has to be told its process."""

    path: Path
    mounted: bool = False

    async def insert(self) -> None:
        """Makes it, with plenty of room."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.mounted = await _mount("-t", "tmpfs", "-o", f"size={ROOM}", "chaos", str(self.path))

    async def fill(self, process: int) -> None:
        """From now on every write fails."""
        if self.mounted:
            await _mount("-o", f"remount,size={max(self._used(), LEAST)}", str(self.path))
        else:
            _limit(process, 0)

    async def empty(self, process: int) -> None:
        """There is room again."""
        if self.mounted:
            await _mount("-o", f"remount,size={ROOM}", str(self.path))
        else:
            _limit(process, None)

    async def remove(self, to: Path) -> None:
        """Takes the disk out; what was on it is kept in `to`."""
        await asyncio.to_thread(shutil.copytree, self.path, to, dirs_exist_ok=True)
        if self.mounted:
            await (await asyncio.create_subprocess_exec("umount", "--lazy", str(self.path))).wait()
            self.mounted = False

    def _used(self) -> int:
        return shutil.disk_usage(self.path).used


def _limit(process: int, most: int | None) -> None:
    """The largest file that a process may write. Writing more fails with EFBIG, which to a mailer is a full disk."""
    _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))


async def _mount(*options: str) -> bool:
    try:
        mounting = await asyncio.create_subprocess_exec("mount", *options, stderr=asyncio.subprocess.DEVNULL)
    except OSError:
        return False
    return await mounting.wait() == 0
