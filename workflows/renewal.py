"""When a run makes room for a new one (continue-as-new).

A renewal is one billed action, two if a running timer has to be started anew, and writes the whole state twice. A long
history costs too: half a millisecond an event whenever a worker has to read it again, and storage by the byte-hour. So
a stage boundary renews a history that is worth it, and length alone renews a stage that goes on for long.

A replay repeats these decisions: other numbers are another build (see TRELLIS_BUILD_ID).
"""

EVENTS_AT_A_BOUNDARY = 100
EVENTS_ANYWHERE = 200


def is_due_to_renew(*, events: int, new_stage: bool, timer_running: bool, suggested: bool, newer_version: bool) -> bool:
    """Whether to renew at this quiet moment.

    `new_stage`: the stage is not the one in which the run began. `newer_version`: another worker deployment version
    became current.
    """
    if suggested or newer_version:
        return True
    return not timer_running and events > (EVENTS_AT_A_BOUNDARY if new_stage else EVENTS_ANYWHERE)
