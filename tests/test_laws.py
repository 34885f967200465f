"""The laws: whatever a program allows and whatever people do, judged after every step (see tests/watched.py).

The usual run is short, and names the seed of what it finds. `TRELLIS_LAWS=deep` lives many more and longer lives, for
hunting, and shrinks what it finds, which takes minutes.
"""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.random_acts import a_command, a_mail_event, a_wild_act, any_time_act, coordinated
from tests.random_lives import live, watch
from tests.random_pairs import random_answer
from tests.watched import Watched

DEEP = os.environ.get("TRELLIS_LAWS") == "deep"
USUAL = settings(
    max_examples=600 if DEEP else 60,
    stateful_step_count=80 if DEEP else 30,
    deadline=None,
    derandomize=not DEEP,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate, *((Phase.shrink,) if DEEP else ())),
)
LIVES = 400 if DEEP else 60
CHANCE = st.randoms(use_true_random=False)


class Lives(RuleBasedStateMachine):
    """A mentorship to which anything may happen. When Hypothesis has had enough, silence carries it to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.world: Watched | None = None

    @initialize(seed=st.integers(0, 2**32), good_start=st.integers(0, 60))
    def begin(self, seed: int, good_start: int) -> None:
        self.world = watch(Random(seed))
        live(self.world, good_start, 0.9)

    @property
    def here(self) -> Watched:
        assert self.world is not None
        return self.world

    @rule()
    def time_passes_until_the_clock_rings(self) -> None:
        self.here.wait()

    @rule()
    def some_time_passes(self) -> None:
        self.here.wait_a_part()

    @rule(rng=CHANCE)
    def someone_answers(self, rng: Random) -> None:
        owed = self.here.owed()
        if owed:
            ask = rng.choice(owed)
            self.here.do(random_answer(rng, self.here.m, ask.kind, ask.by, ask.id, self.here.now))

    @rule(rng=CHANCE)
    def someone_does_something(self, rng: Random) -> None:
        self.here.do(any_time_act(rng, self.here.m, self.here.now))

    @rule(rng=CHANCE)
    def someone_does_what_makes_no_sense(self, rng: Random) -> None:
        self.here.do(a_wild_act(rng, self.here.m, self.here.now))

    @rule(rng=CHANCE)
    def the_platform_wants_something(self, rng: Random) -> None:
        self.here.order(a_command(rng, self.here.m, self.here.now))

    @rule(rng=CHANCE)
    def the_coordinator_does_something(self, rng: Random) -> None:
        self.here.do(coordinated(rng, self.here.m, self.here.now))

    @rule(steps=st.integers(1, 30))
    def they_live_on(self, steps: int) -> None:
        live(self.here, steps, 0.8)

    @rule(rng=CHANCE)
    def the_mail_provider_reports_something(self, rng: Random) -> None:
        self.here.hear(a_mail_event(rng))

    @rule()
    def the_engine_is_renewed(self) -> None:
        self.here.compact()

    @rule()
    def the_engine_is_down_for_a_while(self) -> None:
        self.here.outage()
        self.here.advance()

    def teardown(self) -> None:
        if self.world is not None:
            self.world.to_the_end()


def test_the_laws_hold_whatever_happens() -> None:
    run_state_machine_as_test(Lives, settings=USUAL)


@settings(USUAL, max_examples=LIVES)
@given(seed=st.integers(0, 2**32), steps=st.integers(0, 400), willing=st.floats(0.2, 0.95))
def test_every_life_ends_and_keeps_the_laws(seed: int, steps: int, willing: float) -> None:
    world = watch(Random(seed))
    live(world, 30, 0.95)
    live(world, steps, willing)
    world.to_the_end()


@settings(USUAL, max_examples=LIVES)
@given(seed=st.integers(0, 2**32))
def test_a_pair_that_never_answers_is_let_go(seed: int) -> None:
    world = watch(Random(seed))
    world.to_the_end(most=300)
    assert world.m.outcome is not None
    assert world.m.outcome.value == "lapsed"


def test_the_same_acts_give_the_same_state_and_letters_under_other_hash_seeds() -> None:
    seeds = [str(seed) for seed in range(8)]
    said = [
        subprocess.run(
            [sys.executable, "-m", "tests.recorded_lives", *seeds],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for hash_seed in ("1", "4242")
    ]
    assert len(said[0].splitlines()) == len(seeds) + 3
    assert said[0] == said[1]
