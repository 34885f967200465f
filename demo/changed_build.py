"""The build of tomorrow: a copy of this source with one more ask and one more field of the state.

The changes are edits of the text, as small as a new ask can be. One that no longer finds its place stops the drill.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from settings import ROOT

LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "var", "tests", "benchmarks", "docs")


class PatchProblem(Exception):
    """The source has changed where the drill wants to change it: bring `demo/changed_build.py` up to date."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Puts `text` behind the first line of a file that begins with `line`, or before it."""

    file: str
    line: str
    text: str
    before: bool = False


ASK = "wish.mentee"
A_WISH = (
    Edit("models/program.py", '    EXTEND = "extend"', '    WISH = "wish"'),
    Edit("models/mail.py", '    EXTEND = "extend"', '    WISH = "wish"'),
    Edit(
        "models/answers.py",
        "class Extend(ActBase):",
        'class Wish(ActBase):\n    """What one wishes for."""\n\n    act: Literal["wish"] = "wish"\n    wish: Note\n\n',
        before=True,
    ),
    Edit("models/answers.py", "    | Extend", "    | Wish"),
    Edit(
        "models/state.py",
        "    finish_asked: bool = False",
        "    wishes: dict[Role, str] = Field({}, exclude_if=operator.not_)",
    ),
    Edit(
        "lifecycle/asks.py",
        "    AskKind.EXTEND: AskRule(",
        '    AskKind.WISH: AskRule("say what you wish for", AtEnd.SKIP, False, "If you leave it, nothing happens."),',
    ),
    Edit("lifecycle/acts.py", "    AskKind.EXTEND: wrap_up.", "    AskKind.WISH: wrap_up.wish,"),
    Edit(
        "lifecycle/acts.py",
        "        case AskKind.PICK_TIME | AskKind.FOLLOW_UP:",
        "        case AskKind.WISH:\n            return False",
        before=True,
    ),
    Edit("lifecycle/receipts.py", '    "prepare": say(', '    "wish": say("Your wish is saved."),'),
    Edit("lifecycle/whys.py", "    MailKind.EXTEND:", '    MailKind.WISH: "We would like to know what you wish for.",'),
    Edit(
        "lifecycle/wrap_up.py",
        "    if m.stage is not Stage.WRAP_UP:",
        "        at = max([m.visits[-1].at, *(one.at for one in m.answers.values())])\n"
        "        return opened(m, AskKind.WISH, Role.MENTEE, at=at, direct=False)",
    ),
    Edit("lifecycle/wrap_up.py", "from models.base import PAIR", "from models.base import Role"),
    Edit(
        "lifecycle/wrap_up.py",
        "def answer_extension(",
        "def wish(m, act, ask, at):\n    return m.evolve(wishes={**m.wishes, act.by: act.wish})\n\n",
        before=True,
    ),
)  # fmt: skip
A_REMARK = (Edit("lifecycle/wrap_up.py", "def is_finished(", "# Another build with the same rules.", before=True),)


def changed(folder: Path, edits: tuple[Edit, ...]) -> Path:
    """Makes the copy in `folder`. Raises PatchProblem, which names the edit that has lost its place."""
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    for edit in edits:
        path = folder / edit.file
        lines = path.read_text().splitlines()
        place = next((number for number, line in enumerate(lines) if line.startswith(edit.line)), None)
        if place is None:
            raise PatchProblem(f"demo/changed_build.py: {edit.file} has no line that begins with {edit.line!r}")
        lines.insert(place if edit.before else place + 1, edit.text)
        path.write_text("\n".join(lines) + "\n")
    # The new ask is mailed in the words of another one: the drill is about upgrades.
    shutil.copytree(folder / "templates/mail/extend", folder / "templates/mail/wish")
    for file in (folder / "templates/mail/wish").iterdir():
        file.write_text(file.read_text().replace("extend/body.txt", "wish/body.txt"))
    return folder
