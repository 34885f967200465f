"""Random lives: what may happen to a pair, step by step, from one source of chance."""

from random import Random

from lifecycle import begin
from models.state import Stage
from tests.random_acts import a_command, a_mail_event, a_wild_act, any_time_act, coordinated
from tests.random_pairs import a_random_program, a_random_start, a_random_time, random_answer
from tests.watched import Watched


def watch(rng: Random) -> Watched:
    """A random pair in a random program, at its beginning."""
    program, start, now = a_random_program(rng), a_random_start(rng), a_random_time(rng)
    return Watched(rng, program, begin(start, program, now), now)


def live(world: Watched, steps: int, willing: float = 0.7) -> None:
    """Some time in the life of a pair that answers with this likelihood, and now and then does something else."""
    rng = world.rng
    for _ in range(steps):
        if world.m.stage is Stage.ENDED:
            return
        chance = rng.random()
        owed = world.owed()
        if owed and chance < willing:
            world.wait_a_part()
            ask = rng.choice(owed)
            if rng.random() < 0.2 and world.m.answers:
                world.do(a_wild_act(rng, world.m, world.now))
            elif ask in world.owed():
                world.do(random_answer(rng, world.m, ask.kind, ask.by, ask.id, world.now))
        elif chance < 0.9:
            world.wait()
        elif chance < 0.94:
            world.wait_a_part()
            world.do(any_time_act(rng, world.m, world.now))
        elif chance < 0.96:
            world.do(a_wild_act(rng, world.m, world.now))
        elif chance < 0.97:
            world.wait_a_part()
            if rng.random() < 0.5:
                world.order(a_command(rng, world.m, world.now))
            else:
                world.do(coordinated(rng, world.m, world.now))
        elif chance < 0.98:
            world.compact()
        elif chance < 0.982:
            world.hear(a_mail_event(rng))
        elif chance < 0.985:
            world.outage()
            world.advance()
        else:
            world.wait_a_part()
