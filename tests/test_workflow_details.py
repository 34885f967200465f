"""What ops read in the Temporal UI."""

from datetime import UTC, datetime, timedelta

import lifecycle
from models.base import Role
from models.people import Start
from tests.pairs import a_program, a_start, accepts
from workflows.details import current_details, mail_summary

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)


def awake_on_monday() -> Start:
    """A pair for whom Monday afternoon is the day: these tests have their own time, so zones of now would not do."""
    start = a_start("details")
    return start.evolve(mentor=start.mentor.evolve(zone="UTC"), mentee=start.mentee.evolve(zone="UTC"))


def test_details_tell_where_it_stands_by_roles_only() -> None:
    state, delivery = lifecycle.advance(lifecycle.begin(awake_on_monday(), a_program(), MONDAY), MONDAY)
    assert delivery is not None
    text = current_details(lifecycle.overview(state, MONDAY))
    assert "**Stage:** intro (active)" in text
    assert "mentee to accept the mentorship, since Mon 23 Nov 2026 15:00 UTC" in text
    assert "**Next:**" in text
    assert "**Health:** too early" in text
    assert "**Last mail:** accept" in text
    for personal in ("Mara", "Theo", "Cora", "@"):
        assert personal not in text


def test_details_after_the_end_name_the_outcome() -> None:
    state = lifecycle.begin(awake_on_monday(), a_program(), MONDAY)
    now = MONDAY
    while not lifecycle.is_over(state, now):
        state, _ = lifecycle.advance(state, now)
        due = lifecycle.next_due(state, now)
        if due is not None:
            now = max(due.at, now + timedelta(seconds=1))
    text = current_details(lifecycle.overview(state, now))
    assert "**Outcome:** lapsed" in text
    assert "**Waiting on:** nobody" in text
    assert "**Next:** nothing" in text


def test_a_mail_summary_names_kinds_and_roles() -> None:
    state = lifecycle.begin(awake_on_monday(), a_program(), MONDAY)
    state, _ = lifecycle.apply(state, accepts(Role.MENTEE), MONDAY, "press-1")
    _, delivery = lifecycle.advance(state, MONDAY + timedelta(days=1))
    assert delivery is not None
    summary = mail_summary(delivery)
    assert summary.startswith("mail mentor: accept")
    assert "Mara" not in summary
