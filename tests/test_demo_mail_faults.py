"""Mail under trouble, in small: each mail once, none lost, although provider and worker fail."""

from pathlib import Path

import pytest

from demo.mail_faults import FAULTLESS, suffer
from demo.personas import Persona


@pytest.mark.timeout(240)
async def test_troubles_and_a_killed_worker_neither_double_nor_lose_a_mail(tmp_path: Path) -> None:
    counted = await suffer(tmp_path, seed=3, personas=[Persona.SILENT, Persona.DECLINES], kills=1)
    line = counted.line()
    assert {name: line[name] for name in FAULTLESS} == dict.fromkeys(FAULTLESS, 0)
    assert counted.outcomes == {"career-eager-silent-3": "lapsed", "career-eager-declines-3": "declined"}
    assert counted.kills == 1
    assert line["troubles"] > 0
    assert line["unknown"] > 0
    assert line["accepted"] <= line["letters"]
