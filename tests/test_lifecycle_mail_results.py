"""Not sent, sent, unknown: no mail is lost, and none goes twice that may have arrived."""

from datetime import UTC, datetime, timedelta

import lifecycle
import programs
from lifecycle.mail_results import LONGEST, WAIT_FOR_WORD
from lifecycle.simulation import answer, sample_start
from models.base import Role
from models.mail import Letter, MailEvent, SendResult
from models.state import Mentorship

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


def _begun() -> tuple[Mentorship, Letter, Letter]:
    program = programs.load("career")
    m = lifecycle.begin(sample_start(program, "Europe/Berlin", "Europe/Berlin"), program, MONDAY)
    m, delivery = lifecycle.advance(m, MONDAY)
    assert delivery is not None
    first, second = delivery.letters
    return m, first, second


def _told(m: Mentorship, letter: Letter, result: SendResult, now: datetime = MONDAY) -> Mentorship:
    return lifecycle.sent(m, (letter,), (result,), now)


def _unknown(letter: Letter) -> SendResult:
    return SendResult(letter=letter.id, result="unknown", reason="the connection dropped")


def _repeats(m: Mentorship, now: datetime, letter: Letter) -> tuple[Mentorship, list[Letter]]:
    m, delivery = lifecycle.advance(m, now)
    return m, [one for one in (delivery.letters if delivery else ()) if one.id == letter.id]


def test_an_action_mail_of_unknown_fate_waits_for_word_and_is_sent_again_the_same() -> None:
    m, letter, _ = _begun()
    m = _told(m, letter, _unknown(letter))
    due = lifecycle.next_due(m, MONDAY)
    assert due is not None
    assert due.at == MONDAY + WAIT_FOR_WORD
    m, early = _repeats(m, MONDAY + timedelta(hours=1), letter)
    assert early == []
    m, repeated = _repeats(m, due.at, letter)
    assert repeated == [letter]
    m = _told(m, letter, SendResult(letter=letter.id, result="sent"), due.at)
    assert m.parcels == ()


def test_the_providers_word_settles_it_whether_it_comes_before_or_after_the_doubt() -> None:
    word = MailEvent(letter="preview-0001", to=Role.MENTEE, event="delivered")
    m, letter, _ = _begun()
    word = word.evolve(letter=letter.id)
    after = lifecycle.mail_event(_told(m, letter, _unknown(letter)), word, MONDAY)
    before = _told(lifecycle.mail_event(m, word, MONDAY), letter, _unknown(letter))
    for state in (after, before, lifecycle.mail_event(after, word, MONDAY)):
        assert state.parcels == ()
        assert _repeats(state, MONDAY + WAIT_FOR_WORD, letter)[1] == []


def test_a_nudge_of_unknown_fate_is_let_go() -> None:
    m, *_ = _begun()
    due = lifecycle.next_due(m, MONDAY)
    assert due is not None
    m, delivery = lifecycle.advance(m, due.at)
    assert delivery is not None
    nudge = delivery.letters[0]
    assert nudge.items[0].ask is not None
    assert nudge.items[0].ask.rung == 1
    m = _told(m, nudge, _unknown(nudge), due.at)
    m, repeated = _repeats(m, due.at + WAIT_FOR_WORD, nudge)
    assert repeated == []
    assert m.parcels == ()
    assert [log.failed for log in m.mails if log.id == nudge.id] == ["let go: nobody knows whether it arrived"]


def test_a_provider_that_is_down_for_days_is_asked_less_and_less_often() -> None:
    m, letter, _ = _begun()
    now, waits = MONDAY, list[timedelta]()
    while not m.undelivered:
        m = _told(m, letter, SendResult(letter=letter.id, result="not_sent", reason="refused", retry_after=60), now)
        if not m.undelivered:
            (parcel,) = m.parcels
            waits.append(parcel.next_at - now)
            now = parcel.next_at
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert max(waits) == timedelta(hours=1)
    assert len(waits) < 90


def test_a_refusal_that_may_pass_is_tried_again_when_the_provider_says_so() -> None:
    m, letter, _ = _begun()
    m = _told(m, letter, SendResult(letter=letter.id, result="not_sent", reason="429", retry_after=90))
    due = lifecycle.next_due(m, MONDAY)
    assert due is not None
    assert due.at == MONDAY + timedelta(seconds=90)
    assert _repeats(m, due.at, letter)[1] == [letter]


def test_a_final_refusal_is_seen_by_ops_and_the_coordinator_and_the_mentorship_goes_on() -> None:
    m, letter, _ = _begun()
    m = _told(m, letter, SendResult(letter=letter.id, result="not_sent", reason="the address is not valid"))
    assert lifecycle.overview(m, MONDAY).undelivered == 1
    health = lifecycle.health(m, MONDAY)
    assert health.verdict == "needs_attention"
    assert "the address is not valid" in health.reasons[0]
    _, delivery = lifecycle.advance(m, MONDAY)
    assert delivery is not None
    assert [one.to.role for one in delivery.letters] == [Role.COORDINATOR]
    assert lifecycle.next_due(m, MONDAY) is not None


def test_nobody_is_mailed_again_about_what_they_have_done_meanwhile() -> None:
    m, letter, _ = _begun()
    m = _told(m, letter, _unknown(letter))
    ask = next(ask for ask in lifecycle.all_asks(m) if ask.by is letter.to.role)
    m, _ = lifecycle.apply(m, answer(m, ask, MONDAY), MONDAY, "press-1")
    m, repeated = _repeats(m, MONDAY + WAIT_FOR_WORD, letter)
    assert repeated == []
    assert m.parcels == ()


def test_a_provider_that_never_says_anything_does_not_get_the_same_mail_for_ever() -> None:
    m, letter, _ = _begun()
    now, tries = MONDAY, 0
    m = _told(m, letter, _unknown(letter), now)
    while m.parcels and tries < 50:
        due = lifecycle.next_due(m, now)
        assert due is not None
        now = due.at
        m, repeated = _repeats(m, now, letter)
        if repeated:
            tries += 1
            m = _told(m, letter, _unknown(letter), now)
    assert 3 <= tries <= LONGEST / WAIT_FOR_WORD + 1
    assert [log.id for log in m.undelivered] == [letter.id]


def test_a_closing_mail_of_unknown_fate_keeps_the_mentorship_open_until_it_is_settled() -> None:
    m, *_ = _begun()
    m = lifecycle.command(m, lifecycle.commands.EndCommand(), MONDAY)
    m, delivery = lifecycle.advance(m, MONDAY + timedelta(minutes=30))
    assert delivery is not None
    closing = delivery.letters[0]
    m = _told(m, closing, _unknown(closing), MONDAY)
    assert not lifecycle.is_over(m, MONDAY)
    m = lifecycle.mail_event(m, MailEvent(letter=closing.id, to=closing.to.role, event="processed"), MONDAY)
    assert lifecycle.is_over(m, MONDAY)


def test_a_hard_bounce_stops_mail_to_that_person_and_soft_ones_are_counted() -> None:
    m, letter, _ = _begun()
    soft = MailEvent(letter=letter.id, to=Role.MENTEE, event="blocked")
    m = lifecycle.mail_event(lifecycle.mail_event(m, soft, MONDAY), soft, MONDAY)
    assert m.soft_bounces == {Role.MENTEE: 2}
    m = lifecycle.mail_event(m, soft.evolve(event="bounced", reason="no such user"), MONDAY)
    assert m.unreachable == {Role.MENTEE: "no such user"}
    assert lifecycle.health(m, MONDAY).verdict == "at_risk"
    told: list[str] = []
    for days in range(1, 9):
        m, delivery = lifecycle.advance(m, MONDAY + timedelta(days=days))
        letters = delivery.letters if delivery else ()
        assert all(one.to.role is not Role.MENTEE for one in letters)
        told += [item.kind for one in letters if one.to.role is Role.MENTOR for item in one.items]
    assert told.count("partner_unreachable") == 1


def test_what_a_letter_said_beside_what_is_done_is_told_in_another_mail() -> None:
    program = programs.load("career")
    m = lifecycle.begin(sample_start(program, "Europe/Berlin", "Europe/Berlin"), program, MONDAY)
    now = MONDAY
    for step in range(200):  # until the mail that asks for the report of session 1 and invites to session 2
        m, delivery = lifecycle.advance(m, now)
        found = [
            letter
            for letter in (delivery.letters if delivery else ())
            if letter.items[0].kind == "report" and any(item.kind == "session_invite" for item in letter.items)
        ]
        if found:
            break
        owed = [ask for ask in lifecycle.all_asks(m) if ask.opened_at <= now and ask.kind != "report"]
        if owed:
            m, _ = lifecycle.apply(m, answer(m, owed[0], now), now, f"press-{step}")
        else:
            due = lifecycle.next_due(m, now)
            assert due is not None
            now = due.at
    letter = found[0]
    m = _told(m, letter, _unknown(letter), now)
    report = next(ask for ask in lifecycle.all_asks(m) if ask.kind == "report" and ask.opened_at <= now)
    m, _ = lifecycle.apply(m, answer(m, report, now), now, "reported")
    said: list[str] = []
    for _ in range(20):
        m, delivery = lifecycle.advance(m, now)
        mine = [one for one in (delivery.letters if delivery else ()) if one.to == letter.to]
        said += [item.key for one in mine for item in one.items]
        due = lifecycle.next_due(m, now)
        assert due is not None
        now = due.at
    assert said.count(f"invite.2.0.{letter.to.role}") == 1
    assert not any(key.startswith("report.mentee.1.") for key in said)
