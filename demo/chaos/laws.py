"""The laws that hold whatever happens to the house, judged without the help of the rules that keep them.

Nothing lost, nothing twice, nobody stuck, no mail outside manners.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import chain

from demo.chaos.evidence import Record
from demo.fates import Fate, Post
from demo.mail_laws import (
    is_decent,
    nothing_about_what_is_done,
    nothing_after_the_closing,
    one_mail_a_rung,
    within_the_budget,
)
from demo.report import ActSeen
from models.base import Role
from models.state import Receipt

LATE = timedelta(days=1)
"""How long after its deadline a mentorship may end: closing words wait for a decent hour."""


class Law(StrEnum):
    """What must not be."""

    STUCK = "stuck"
    MAIL_LOST = "mails_lost"
    MAIL_TWICE = "mails_twice"
    MAIL_UNKNOWN = "mails_unknown"
    MANNERS = "mails_outside_manners"
    ACT_LOST = "acts_lost"
    ACT_TWICE = "acts_twice"
    EVENT_LOST = "events_lost"
    EVENT_TWICE = "events_twice"
    HISTORY = "histories_broken"


Broken = tuple[Law, str]


def broken_laws(record: Record) -> list[Broken]:
    """What is wrong with a mentorship: the law and a sentence. Empty when every law holds."""
    found = chain(_ends(record), _mails(record), _manners(record), _acts(record), _events(record))
    return [*found, *((Law.HISTORY, f"{record.start.id}: {problem}") for problem in record.broken)]


def given_up(record: Record) -> list[str]:
    """The letters that could not be sent for days. That is no breach as long as the platform was told of each."""
    told = {event.id for event in record.told}
    return [fate.letter.id for fate in _gone(record) if f"{record.start.id}:mail:{fate.letter.id}" in told]


def _ends(record: Record) -> Iterator[Broken]:
    id = record.start.id
    if record.problem or not record.outcome:
        yield Law.STUCK, f"{id}: {record.problem or 'it has not ended'}"
    elif record.ended_at is None or record.deadline is None or record.ended_at > record.deadline + LATE:
        yield Law.STUCK, f"{id} ended at {record.ended_at}, its deadline was {record.deadline}"


def _mails(record: Record) -> Iterator[Broken]:
    for letter, count in record.arrived.items():
        if count > 1:
            yield Law.MAIL_TWICE, f"{letter} arrived {count} times"
        if letter not in record.fates:
            yield Law.MAIL_UNKNOWN, f"{letter} arrived, and no history knows of it"
    for sentence in one_mail_a_rung(record.mails):
        yield Law.MAIL_TWICE, f"{record.start.id}: {sentence}"
    same = Counter(mail.message_id for mail in record.mails)
    yield from ((Law.MAIL_TWICE, f"{count} mails are called {name}") for name, count in same.items() if count > 1)
    excused = {*given_up(record)}
    for fate in _gone(record):
        if fate.letter.id not in excused:
            reasons = "; ".join(result.reason for result in fate.results)
            yield Law.MAIL_LOST, f"{fate.letter.id} ({fate.letter.kind}) never arrived, nobody was told: {reasons}"
    numbers = sorted(int(letter.rpartition("-")[2]) for letter in record.fates)
    if numbers != [*range(1, len(numbers) + 1)]:
        yield Law.MAIL_LOST, f"{record.start.id}: the letters' numbers have gaps: {numbers}"


def _gone(record: Record) -> list[Fate]:
    """What never arrived although it had something to say: no nudge, and not overtaken by what happened."""
    answered = {(record.start.id, one.ask) for one in record.pressed if one.ask}
    post = Post(record.fates, record.arrived, answered)
    return [fate for fate in post.gone() if not fate.is_nudge and not post.is_overtaken(fate.letter)]


def _manners(record: Record) -> Iterator[Broken]:
    acts = [ActSeen(act="", by="", at=one.at, ask=one.ask) for one in record.pressed]
    sentences = chain(
        within_the_budget(record.start, record.program, record.mails),
        nothing_about_what_is_done(record.mails, acts),
        _at_decent_hours(record),
    )
    yield from ((Law.MANNERS, f"{record.start.id}: {sentence}") for sentence in sentences)
    for sentence in nothing_after_the_closing(record.mails):
        if "no closing mail" not in sentence:
            yield Law.MANNERS, f"{record.start.id}: {sentence}"
        elif record.outcome and not given_up(record):
            yield Law.MAIL_LOST, f"{record.start.id}: {sentence}"


def _at_decent_hours(record: Record) -> Iterator[str]:
    """By the mentorship's clock at each time that a letter was handed over, not by what the letter says of itself."""
    for fate in record.fates.values():
        letter = fate.letter
        if letter.to.role is Role.COORDINATOR:
            continue
        for at in fate.handed:
            if not is_decent(record.start, record.program, letter.to.role, letter.mail_class, at):
                yield f"{letter.id} ({letter.kind}, {letter.mail_class}, to the {letter.to.role}) left at {at}"


def _acts(record: Record) -> Iterator[Broken]:
    ids = {one.id for one in record.pressed}
    for deed in record.shown:
        if deed.receipt and deed.receipt not in ids:
            yield Law.ACT_LOST, f"{record.start.id}: the {deed.by} was shown a receipt of {deed.act}, and it is nowhere"
    receipts: dict[str, Receipt] = {}
    for one in record.pressed:
        first = receipts.setdefault(one.id, one.receipt)
        # What can still be changed, and what comes next, is told as it is at the time of telling.
        if (first.act, first.at, first.recorded) != (one.receipt.act, one.receipt.at, one.receipt.recorded):
            yield Law.ACT_TWICE, f"{record.start.id}: press {one.id} has two receipts"
    if record.outcome and record.acts > len(ids):
        yield Law.ACT_TWICE, f"{record.start.id}: {record.acts} acts counted of {len(ids)} presses"
    if record.outcome and record.acts < len(ids):
        yield Law.ACT_LOST, f"{record.start.id}: {record.acts} acts counted of {len(ids)} presses"


def _events(record: Record) -> Iterator[Broken]:
    id = record.start.id
    for event in record.told:
        bodies = record.heard.get(event.id, [])
        if not bodies:
            yield Law.EVENT_LOST, f"{event.id} ({event.type}) never reached the platform"
        elif {*bodies} != {event.body()}:
            yield Law.EVENT_TWICE, f"{event.id} reached the platform with different bodies"
    kinds: Counter[str] = Counter(event.type for event in {event.id: event for event in record.told}.values())
    if not record.outcome:
        return
    for kind, count in (("mentorship.started", 1), ("mentorship.ended", 1), ("stage.entered", record.visits)):
        if kinds[kind] != count:
            law = Law.EVENT_LOST if kinds[kind] < count else Law.EVENT_TWICE
            yield law, f"{id}: {kinds[kind]} events {kind}, and {count} happened"
    if record.feed is None or record.feed.waiting or record.feed.given_up:
        yield Law.EVENT_LOST, f"{id}: the deliveries of its events have not come to their end"
