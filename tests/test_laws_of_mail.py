"""The laws of delivery: a provider that drops, hangs and throttles gets every letter at most once, and loses no action.

The provider here knows what it accepted; the engine learns it from results and, a little later, from events.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

import lifecycle
import programs
from lifecycle.mail_results import WAIT_FOR_WORD
from lifecycle.simulation import answer, sample_start
from models.base import Role
from models.mail import Letter, MailClass, MailEvent, SendResult
from models.state import Mentorship
from tests.watched_mail import is_welcome, within

MONDAY = datetime(2027, 2, 1, 9, tzinfo=UTC)
WORD_WITHIN = WAIT_FOR_WORD - timedelta(minutes=5)


class Provider:
    """Accepts or not, answers or not, and reports what it accepted within two hours. `faults` is the likelihood."""

    def __init__(self, rng: Random, faults: float) -> None:
        self.rng, self.faults = rng, faults
        self.accepted: Counter[str] = Counter()
        self.first: dict[str, Letter] = {}
        self.words: list[tuple[datetime, MailEvent]] = []

    def take(self, letter: Letter, now: datetime) -> SendResult:
        assert self.first.setdefault(letter.id, letter) == letter, "a letter that is handed over again is the same"
        chance = self.rng.random()
        if chance >= self.faults:
            self._accept(letter, now)
            return SendResult(letter=letter.id, result="sent")
        if chance < self.faults / 3:
            return SendResult(letter=letter.id, result="not_sent", reason="429", retry_after=self.rng.randint(1, 3600))
        if chance < 2 * self.faults / 3:
            self._accept(letter, now)
        return SendResult(letter=letter.id, result="unknown", reason="no answer")

    def _accept(self, letter: Letter, now: datetime) -> None:
        self.accepted[letter.id] += 1
        wait = self.rng.random() * WORD_WITHIN
        self.words.append((now + wait, MailEvent(letter=letter.id, to=letter.to.role, event="delivered")))

    def next_word(self) -> tuple[datetime, MailEvent] | None:
        return min(self.words, key=lambda word: word[0], default=None)


def _live(rng: Random, provider: Provider) -> Mentorship:
    program = programs.load(rng.choice(programs.names()))
    m = lifecycle.begin(sample_start(program, "Europe/Berlin", "America/New_York"), program, MONDAY)
    now, answers = MONDAY, dict[str, datetime]()
    willing = rng.random()
    for step in range(5000):
        m, delivery = lifecycle.advance(m, now)
        if delivery is not None:
            for letter in delivery.letters:
                _in_hours(m, letter, now)
                for item in letter.items:
                    if item.ask is not None and rng.random() < willing:
                        answers.setdefault(item.ask.id, now + timedelta(hours=rng.randint(1, 60)))
            results = [provider.take(letter, now) for letter in delivery.letters]
            m = lifecycle.sent(m, delivery.letters, results, now)
            continue
        due = lifecycle.next_due(m, now)
        if due is None:
            return m
        word = provider.next_word()
        asks = [(answers[ask.id], ask) for ask in lifecycle.all_asks(m) if ask.id in answers and ask.opened_at <= now]
        if word is not None and word[0] <= min([due.at, *(at for at, _ in asks)]):
            provider.words.remove(word)
            now = max(now, word[0])
            m = lifecycle.mail_event(m, word[1], now)
        elif asks and (first := min(asks, key=lambda one: (one[0], one[1].id)))[0] <= due.at:
            now = max(now, first[0])
            del answers[first[1].id]
            m, _ = lifecycle.apply(m, answer(m, first[1], now), now, f"press-{step}")
        else:
            now = due.at
    raise AssertionError("it did not end")


def _in_hours(m: Mentorship, letter: Letter, now: datetime) -> None:
    """A letter that is handed over again keeps the manners of the hour at which it really leaves."""
    if letter.to.role is Role.COORDINATOR:
        return
    preferences = m.person(letter.to.role).preferences
    if letter.mail_class in (MailClass.REMINDER, MailClass.CANCELLATION):
        manners = m.program.manners
        assert within(now.astimezone(ZoneInfo(preferences.zone)), manners.waking_from, manners.waking_to)
    else:
        assert is_welcome(preferences, now)


def _is_action(letter: Letter) -> bool:
    return letter.mail_class is not MailClass.INITIATED or any(
        item.ask is None or item.ask.rung == 0 for item in letter.items
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), faults=st.sampled_from((0.1, 0.3, 0.6)))
def test_every_letter_arrives_at_most_once_and_no_action_is_lost(seed: int, faults: float) -> None:
    rng = Random(seed)
    provider = Provider(rng, faults)
    m = _live(rng, provider)
    assert m.outcome is not None
    assert max(provider.accepted.values()) == 1, "a letter arrived twice"
    gone = {log.id for log in m.undelivered}
    for letter in provider.first.values():
        if letter.mail_class is MailClass.CLOSING:
            assert provider.accepted[letter.id] == 1 or letter.id in gone, "a closing mail was lost without a word"


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_what_does_not_arrive_was_let_go_for_a_reason(seed: int) -> None:
    """A nudge of unknown fate, something that was done meanwhile, or what ops were told of."""
    rng = Random(seed)
    provider = Provider(rng, 0.4)
    m = _live(rng, provider)
    closed = {*m.answers, *m.ran_out}
    for letter in provider.first.values():
        if provider.accepted[letter.id] or not _is_action(letter) or letter.to.role is Role.COORDINATOR:
            continue
        lead = letter.items[0]
        moved_on = lead.ask is not None and lead.ask.id in closed
        outlived = letter.at + timedelta(days=4) > (m.ended_at or letter.at) or lead.session is not None
        assert moved_on or outlived or letter.id in {log.id for log in m.undelivered}, letter.id
