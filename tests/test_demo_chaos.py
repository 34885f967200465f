"""Chaos, in small: everything fails once, and every law holds. And each law can be broken."""

import copy
import dataclasses
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
import pytest_asyncio

from demo.chaos.__main__ import Survived, survive
from demo.chaos.evidence import Record
from demo.chaos.laws import Law, broken_laws
from demo.chaos.plan import Channel, FaultKind, Plan
from demo.fates import Fate
from models.base import Role
from models.mail import MailClass, MailKind
from settings import ROOT

pytestmark = pytest.mark.timeout(280)


@pytest_asyncio.fixture(scope="module")
async def survived(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Survived]:
    plan = Plan.of(seed=8, size=4, programs=["single_session"])
    yield await survive(tmp_path_factory.mktemp("chaos"), plan)


@pytest.fixture
def record(survived: Survived) -> Record:
    """The one with the most acts, to be doctored."""
    return copy.deepcopy(max(survived.records, key=lambda record: record.acts))


def test_whatever_fails_no_law_is_broken(survived: Survived) -> None:
    assert [broken for record in survived.records for broken in broken_laws(record)] == []
    assert survived.told["violations"] == 0
    assert survived.told["mails"] > 20
    assert survived.told["acts"] > 10


def test_every_kind_of_fault_was_there(survived: Survived) -> None:
    faults = survived.told["faults"]
    assert all(faults[kind.value] for kind in FaultKind)
    assert faults["days_mail_provider_down"] >= 1


def test_a_plan_follows_from_its_seed() -> None:
    one, same, other = Plan.of(7, 20), Plan.of(7, 20), Plan.of(8, 20)
    assert one == same
    assert one.roles != other.roles
    assert [*islice(one.faults(), 40)] == [*islice(same.faults(), 40)] != [*islice(other.faults(), 40)]
    assert {role.channel for role in one.roles} == {*Channel}


def _double_a_mail(record: Record) -> None:
    record.arrived[next(iter(record.arrived))] += 1


def _send_a_copy_under_another_number(record: Record) -> None:
    record.mails.append(record.mails[0])


def _lose_the_closing(record: Record) -> None:
    closing = next(fate.letter for fate in record.fates.values() if fate.letter.mail_class is MailClass.CLOSING)
    del record.arrived[closing.id]


def _reminder(record: Record) -> Fate:
    """One that was mailed a day before its session, and now never arrived."""
    fate = next(fate for fate in record.fates.values() if fate.letter.kind is MailKind.SESSION_REMINDER)
    record.arrived.pop(fate.letter.id, None)
    fate.handed = fate.handed[:1]
    return fate


def _stop_trying_a_day_before_the_session(record: Record) -> None:
    _reminder(record)


def _invent_a_mail(record: Record) -> None:
    record.arrived[f"{record.start.id}-9999"] = 1


def _send_at_night(record: Record) -> None:
    fate = next(fate for fate in record.fates.values() if fate.letter.to.role is Role.MENTEE)
    fate.handed.append(datetime.fromisoformat("2027-03-03T02:00:00Z"))


def _ask_for_what_was_done(record: Record) -> None:
    mail = next(mail for mail in record.mails if any(item.ask for item in mail.items))
    asked = {item.ask for item in mail.items}
    record.pressed = [
        dataclasses.replace(one, at=mail.at - timedelta(days=1)) if one.ask in asked else one for one in record.pressed
    ]


def _lose_an_act(record: Record) -> None:
    gone = next(deed.receipt for deed in record.shown if deed.receipt)
    record.pressed = [one for one in record.pressed if one.id != gone]


def _count_an_act_twice(record: Record) -> None:
    record.acts += 1


def _record_a_press_anew(record: Record) -> None:
    first = record.pressed[0]
    later = first.receipt.evolve(at=first.receipt.at + timedelta(hours=1))
    record.pressed.append(dataclasses.replace(first, receipt=later))


def _never_end(record: Record) -> None:
    record.outcome = ""


def _lose_an_event(record: Record) -> None:
    record.heard[record.told[0].id] = []


def _change_an_event_on_its_way(record: Record) -> None:
    record.heard[record.told[0].id].append("{}")


@pytest.mark.parametrize(
    ("doctor", "law"),
    [
        (_double_a_mail, Law.MAIL_TWICE),
        (_send_a_copy_under_another_number, Law.MAIL_TWICE),
        (_lose_the_closing, Law.MAIL_LOST),
        (_stop_trying_a_day_before_the_session, Law.MAIL_LOST),
        (_invent_a_mail, Law.MAIL_UNKNOWN),
        (_send_at_night, Law.MANNERS),
        (_ask_for_what_was_done, Law.MANNERS),
        (_lose_an_act, Law.ACT_LOST),
        (_count_an_act_twice, Law.ACT_TWICE),
        (_record_a_press_anew, Law.ACT_TWICE),
        (_never_end, Law.STUCK),
        (_lose_an_event, Law.EVENT_LOST),
        (_change_an_event_on_its_way, Law.EVENT_TWICE),
    ],
    ids=lambda one: one.__name__ if callable(one) else str(one),
)
def test_the_judge_sees(record: Record, doctor: Callable[[Record], None], law: Law) -> None:
    doctor(record)
    assert law in {broken for broken, _ in broken_laws(record)}


def test_a_reminder_that_was_tried_until_its_session_began_is_not_lost(record: Record) -> None:
    fate = _reminder(record)
    session = fate.letter.items[0].session
    assert session is not None
    fate.handed.append(session.starts_at - timedelta(hours=1))
    assert Law.MAIL_LOST not in {broken for broken, _ in broken_laws(record)}


def test_a_skewed_clock_shows_another_time_to_everything_in_its_process(tmp_path: Path) -> None:
    program = tmp_path / "clock.py"
    program.write_text(
        "import time\nfrom datetime import UTC, datetime\n"
        "import pydantic\n"
        "print(time.time(), datetime.now(UTC).timestamp(), datetime.now().timestamp())\n"
    )
    command = [sys.executable, "-m", "demo.chaos.skewed_clock", "-3600", str(program)]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert all(abs(float(one) + 3600 - time.time()) < 60 for one in shown)
