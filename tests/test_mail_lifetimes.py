"""Whatever the rules compose in a random life can be rendered: every kind, with just the facts that it really gets."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from icalendar import Calendar

from activities.mail import Courier
from activities.outbox import OutboxMailer
from lifecycle import Rejected, advance, all_asks, apply, begin, next_due
from links import Links
from models.answers import ActBase
from models.base import Role
from models.mail import Delivery, MailKind
from models.state import Mentorship
from tests.random_acts import any_time_act
from tests.random_pairs import a_random_program, a_random_start, a_random_time, random_answer

LIVES = 40
LINKS = Links("https://mentoring.example.com", ["k" * 32])
COURIER = Courier(LINKS, OutboxMailer(Path("unused")), "trellis.example.com")


def deliveries(rng: Random) -> list[Delivery]:
    """All that one random pair is mailed."""
    program = a_random_program(rng)
    now = a_random_time(rng)
    m = begin(a_random_start(rng), program, now)
    found = []
    for step in range(2000):
        m, delivery = advance(m, now)
        if delivery is not None:
            found.append(delivery)
        due = next_due(m, now)
        if due is None:
            return found
        m = acted(rng, m, now, str(step)) if rng.random() < 0.6 else m
        after = next_due(m, now)
        if after is None:
            return found
        now = max(now + timedelta(minutes=1), min(after.at, now + timedelta(days=rng.choice((1, 3)))))
    return found


def acted(rng: Random, m: Mentorship, now: datetime, receipt: str) -> Mentorship:
    """One answer or any-time act, if the rules take it."""
    open_now = [ask for ask in all_asks(m) if ask.opened_at <= now]
    act: ActBase
    if open_now and rng.random() < 0.85:
        ask = rng.choice(open_now)
        act = random_answer(rng, m, ask.kind, ask.by, ask.id, now)
    else:
        act = any_time_act(rng, m, now)
    try:
        return apply(m, act, now, receipt)[0]  # type: ignore[arg-type]
    except Rejected:
        return m


@pytest.mark.parametrize("part", range(4))
def test_every_letter_of_random_lives_renders(part: int) -> None:
    kinds: Counter[MailKind] = Counter()
    for seed in range(part * LIVES // 4, (part + 1) * LIVES // 4):
        for delivery in deliveries(Random(seed)):
            for letter in delivery.letters:
                kinds[letter.kind] += 1
                mail = COURIER.message(delivery, letter)
                plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
                assert plain is not None
                assert html is not None
                text = plain.get_content()
                assert "None" not in text
                assert ("https://mentoring.example.com" in text) == (
                    letter.kind is not MailKind.CLOSING or "/j/" in text
                )
                assert ("/c/" in text) == (letter.to.role is Role.COORDINATOR)
    assert len(kinds) > 10


def test_invitations_follow_itip_through_moves_and_cancellations() -> None:
    """Per reader and meeting the SEQUENCE rises, and nothing comes back after its CANCEL (RFC 5546, 3.2)."""
    seen: Counter[str] = Counter()
    for seed in range(30):
        told: dict[tuple[str, str], tuple[int, str]] = {}
        for delivery in deliveries(Random(seed)):
            for letter in delivery.letters:
                for part in COURIER.message(delivery, letter).iter_attachments():
                    calendar = Calendar.from_ical(part.get_payload(decode=True))
                    [event] = calendar.walk("VEVENT")
                    key, method = (letter.to.role.value, str(event["UID"])), str(calendar["METHOD"])
                    before = told.get(key)
                    assert before is None or (int(event["SEQUENCE"]) > before[0] and before[1] == "REQUEST")
                    assert (method == "CANCEL") == (str(event.get("STATUS")) == "CANCELLED")
                    told[key] = (int(event["SEQUENCE"]), method)
                    seen["move" if before is not None and method == "REQUEST" else method] += 1
    assert min(seen["REQUEST"], seen["move"], seen["CANCEL"]) > 5
