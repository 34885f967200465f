"""How fast mails are made, on one core: rendering (subject, text, HTML), and whole messages as they leave.

Seconds are those of the process. The letters are one for each kind and reader, in English and in Spanish, as the rules
compose them, of a program with a logo; every template has been compiled before the clock starts, and what that costs
is a figure of its own. Deliveries are rendered, sent by the real client and taken by a local SendGrid that lives in
the same process.
"""

import gc
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from pydantic import SecretStr

from activities.mail import Courier
from activities.message import build
from activities.rendering import Rendered, render
from activities.sendgrid import SendGridMailer
from benchmarks._result import Goal, Result, run
from links import Links
from models.mail import Delivery, Letter
from templates import catalogs
from tests.letters import EVERY_LETTER, WITH_LOGO, delivery, in_language, letter
from tests.local_sendgrid import KEY, local_sendgrid

LINKS = Links("https://mentoring.example.com", ["b" * 32])
ROUNDS = 5
T = TypeVar("T")


async def measure(arguments: Namespace) -> Result:
    """Compiles, then renders for the time given."""
    before = time.process_time()
    for language in catalogs.LANGUAGES:
        catalogs.translations(language)
    read = time.process_time()
    mails = _mails()
    first = time.process_time()
    for one in mails:
        _rendered(one)
    compiled = time.process_time() - first
    seconds = arguments.seconds / ROUNDS
    rendered = _per_second(mails, _rendered, seconds)
    english = _per_second([one for one in mails if one[1].to.language == "en"], _rendered, seconds)
    messages = _per_second(mails, lambda one: _message(one).as_bytes(), seconds)
    with TemporaryDirectory() as folder, local_sendgrid(Path(folder)) as server:
        mailer = SendGridMailer(SecretStr(KEY), server.host, timeout=5)
        courier = Courier(LINKS, mailer, "trellis.example.com")
        delivered = _per_second(mails[::4], lambda one: _delivered(courier, one), seconds)
    result = Result(
        "mail",
        figures={
            "rendered_per_second": round(rendered, 1),
            "rendered_in_english_per_second": round(english, 1),
            "messages_per_second": round(messages, 1),
            "deliveries_per_second": round(delivered, 1),
            "milliseconds_per_rendered_mail": round(1000 / rendered, 3),
            "milliseconds_to_read_the_catalogs": round(1000 * (read - before), 1),
            "milliseconds_to_compile_all": round(1000 * (compiled - len(mails) / rendered), 1),
            "letters": len(mails),
            "kibibytes_per_message": round(sum(len(_message(one).as_bytes()) for one in mails) / len(mails) / 1024, 1),
        },
        ratios={"message_time_vs_rendering": round(rendered / messages, 2)},
    )
    result.set_goal("rendered_per_second", Goal(500, at_least=True))
    return result


def _mails() -> list[tuple[Delivery, Letter]]:
    letters = [
        in_language(letter(kind, role), language) for kind, role in EVERY_LETTER for language in catalogs.LANGUAGES
    ]
    return [(delivery(one, program=WITH_LOGO), one) for one in letters]


def _rendered(one: tuple[Delivery, Letter]) -> Rendered:
    return render(*one, LINKS)


def _message(one: tuple[Delivery, Letter]) -> EmailMessage:
    return build(*one, _rendered(one), "trellis.example.com")


def _delivered(courier: Courier, one: tuple[Delivery, Letter]) -> None:
    (result,) = courier.deliver(one[0])
    if result.result != "sent":
        raise RuntimeError(f"the local server did not take {result.letter}: {result.reason}")


def _per_second(things: Sequence[T], once: Callable[[T], object], seconds: float) -> float:
    """The median of the rounds, each over all things as often as its time allows, at least once."""
    rates = []
    for _ in range(ROUNDS):
        gc.collect()
        done, began, took = 0, time.process_time(), 0.0
        while took < seconds:
            for thing in things:
                once(thing)
            done += len(things)
            took = time.process_time() - began
        rates.append(done / took)
    return sorted(rates)[ROUNDS // 2]


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description="Mails rendered per second on one core, and whole messages per second.")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each figure is measured (default 5)")
    return parser


if __name__ == "__main__":
    run(_parser(), measure)
