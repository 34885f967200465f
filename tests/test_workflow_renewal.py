"""When a run makes room for a new one."""

import pytest

from workflows.renewal import EVENTS_ANYWHERE, EVENTS_AT_A_BOUNDARY, is_due_to_renew


@pytest.mark.parametrize(
    ("events", "new_stage", "due"),
    [
        (EVENTS_AT_A_BOUNDARY, True, False),
        (EVENTS_AT_A_BOUNDARY + 1, True, True),
        (EVENTS_AT_A_BOUNDARY + 1, False, False),
        (EVENTS_ANYWHERE, False, False),
        (EVENTS_ANYWHERE + 1, False, True),
    ],
)
def test_a_run_renews_at_a_boundary_that_is_worth_it_and_anywhere_when_it_is_long(
    events: int, new_stage: bool, due: bool
) -> None:
    def decided(timer_running: bool) -> bool:
        return is_due_to_renew(
            events=events, new_stage=new_stage, timer_running=timer_running, suggested=False, newer_version=False
        )

    assert decided(timer_running=False) is due
    assert not decided(timer_running=True)


@pytest.mark.parametrize(("suggested", "newer_version"), [(True, False), (False, True)])
def test_the_server_and_a_new_version_are_heard_at_once(suggested: bool, newer_version: bool) -> None:
    assert is_due_to_renew(
        events=3, new_stage=False, timer_running=True, suggested=suggested, newer_version=newer_version
    )
