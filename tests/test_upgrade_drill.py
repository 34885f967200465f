"""The drill of an upgrade, in small: to a build with one more ask and one more field of the state."""

from pathlib import Path

import pytest

from demo.changed_build import A_WISH, Edit, PatchProblem, changed
from demo.upgrade_drill import FAULTLESS, drill


@pytest.mark.timeout(240)
async def test_mentorships_of_every_stage_move_to_a_changed_build_and_lose_nothing(tmp_path: Path) -> None:
    found = await drill(tmp_path, 6, patient=False)
    assert {name: found.figures[name] for name in FAULTLESS} == dict.fromkeys(FAULTLESS, 0)
    assert set(found.figures["stages"]) == {"intro", "goal_setting", "grow_sessions", "check_ins", "wrap_up"}
    assert len(set(found.figures["builds"])) == 3
    assert found.figures["woken"] == 12
    assert found.figures["open_asks"]
    assert found.figures["sessions"]


def test_a_change_that_has_lost_its_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(PatchProblem, match=r"models/state\.py has no line that begins with 'nowhere'"):
        changed(tmp_path / "copy", (*A_WISH, Edit("models/state.py", "nowhere", "x: int")))
