"""Lives a few mentorships from seeds and prints what became of them: `python -m tests.recorded_lives 1 2 3`."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import programs
from lifecycle import simulate
from lifecycle.simulation import sample_start
from models.mail import Letter
from models.state import Mentorship
from tests.random_lives import live, watch


def fingerprint(m: Mentorship, letters: Sequence[Letter]) -> str:
    """The whole state and every letter, in short."""
    text = "\n".join([m.model_dump_json(), *(letter.model_dump_json() for letter in letters)])
    return sha256(text.encode()).hexdigest()


def main(seeds: Sequence[str]) -> None:
    """One line for each of the shipped programs and for each seed."""
    for name in programs.names():
        program = programs.load(name)
        start = sample_start(program, "Europe/Berlin", "America/New_York")
        life = simulate(start, program, datetime(2026, 9, 7, 8, tzinfo=UTC), "typical")
        print(name, len(life.letters), fingerprint(life.end, life.letters))
    for seed in seeds:
        world = watch(Random(int(seed)))
        live(world, 120, 0.9)
        world.to_the_end()
        print(seed, len(world.mail.letters), fingerprint(world.m, world.mail.letters))


if __name__ == "__main__":
    main(sys.argv[1:])
