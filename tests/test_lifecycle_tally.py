"""What is counted of asks: opened, and answered, run out or dropped, with their age and their nudges."""

from datetime import timedelta

import lifecycle
from lifecycle.tally import Tally, tally
from models.base import Role
from models.commands import EndCommand
from models.program import AskKind
from tests.pairs import accepts
from tests.web_parts import START, PureEngine

NOTHING = Tally((), ())


def test_a_beginning_opens_what_both_owe() -> None:
    engine = PureEngine()
    assert tally(None, START, engine.m, START) == Tally((AskKind.ACCEPT, AskKind.ACCEPT), ())


def test_looking_twice_counts_once() -> None:
    engine = PureEngine()
    assert tally(engine.m, START, engine.m, START + timedelta(hours=1)) == NOTHING


def test_an_answer_has_an_age_and_the_nudges_that_it_took() -> None:
    engine = PureEngine()
    engine.forward(days=8)
    before, then = engine.m, engine.now
    engine.forward(hours=3)
    engine.m, _ = lifecycle.apply(engine.m, accepts(Role.MENTEE), engine.now, "press")
    seen = tally(before, then, engine.m, engine.now)
    (closed,) = [one for one in seen.closed if one.how == "answered"]
    assert closed.kind is AskKind.ACCEPT
    assert closed.open_for == timedelta(days=8, hours=3)
    assert closed.nudges == 2


def test_silence_runs_out_and_an_end_drops_the_rest() -> None:
    engine = PureEngine()
    ways = []
    while engine.m.outcome is None:
        before, then = engine.m, engine.now
        engine.forward(days=1)
        ways += [one.how for one in tally(before, then, engine.m, engine.now).closed]
    assert ways == ["ran_out", "dropped"]


def test_what_the_platform_ends_is_dropped() -> None:
    engine = PureEngine()
    ended = lifecycle.command(engine.m, EndCommand(), engine.now)
    after, _ = lifecycle.advance(ended, engine.now)
    assert {one.how for one in tally(engine.m, START, after, engine.now).closed} == {"dropped"}
