"""What docs/webhooks.md promises to receivers is what the models make, and its code works."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from activities.webhooks import Endpoint
from models.base import Role
from models.events import (
    EVENTS,
    AnyEvent,
    AttentionFacts,
    AttentionNeeded,
    EndedFacts,
    MailUndeliverable,
    MentorshipEnded,
    MentorshipStarted,
    MilestoneFacts,
    MilestoneReached,
    SessionFacts,
    SessionReported,
    StageEntered,
    StageFacts,
    StartedFacts,
    UndeliverableFacts,
)
from models.mail import MailKind
from models.state import Outcome, Stage
from settings import ROOT
from tests.receiver import SECRETS

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
AT = datetime(2026, 9, 10, 9, tzinfo=UTC)
WHO = {"mentorship": "pair-4711", "program": "career"}
STAGE = StageEntered(id="pair-4711:stage:2", timestamp=AT, data=StageFacts(**WHO, stage=Stage.GOAL_SETTING, visit=2))
EXAMPLES: tuple[AnyEvent, ...] = (
    MentorshipStarted(id="1", timestamp=AT, data=StartedFacts(**WHO, deadline=AT + timedelta(days=220))),
    STAGE,
    AttentionNeeded(
        id="3",
        timestamp=AT,
        data=AttentionFacts(
            **WHO,
            reason="silent",
            severity="needs_attention",
            since=AT - timedelta(days=12),
            role=Role.MENTOR,
            ask="review_goals.mentor.1",
        ),
    ),
    SessionReported(
        id="4",
        timestamp=AT,
        data=SessionFacts(**WHO, session=3, happened=True, starts_at=AT - timedelta(days=1), missed=0, tasks=2),
    ),
    MilestoneReached(id="5", timestamp=AT, data=MilestoneFacts(**WHO, goal=1, reached=1, goals=3)),
    MentorshipEnded(
        id="6",
        timestamp=AT,
        data=EndedFacts(
            **WHO,
            outcome=Outcome.COMPLETED,
            rematch=False,
            sessions_held=4,
            tasks_done=6,
            tasks=7,
            goals_reached=2,
            goals=3,
        ),
    ),
    MailUndeliverable(
        id="7", timestamp=AT, data=UndeliverableFacts(**WHO, to=Role.MENTEE, mail=MailKind.SESSION_INVITE)
    ),
)


def shown(event: AnyEvent) -> str:
    return json.dumps(json.loads(event.body()), indent=2)


def section(title: str) -> str:
    return PAGE.partition(f"\n### {title}\n")[2].partition("\n#")[0]


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.type)
def test_each_event_is_shown_as_it_is_sent(event: AnyEvent) -> None:
    found = re.search(r"```json\n(.*?)```", section(event.type), re.S)
    assert found is not None
    assert found[1].strip() == shown(event)


def test_every_event_has_its_section() -> None:
    assert re.findall(r"^### (\S+\.\S+)$", PAGE, re.M) == [event.type for event in EXAMPLES]
    assert set(EVENTS) == {event.type for event in EXAMPLES}


def test_every_field_of_an_event_is_explained() -> None:
    for event in EXAMPLES:
        fields = set(type(event.data).model_fields) - {"mentorship", "program"}
        told = re.sub(r"```.*?```", "", section(event.type), flags=re.S)
        assert [name for name in sorted(fields) if f"`{name}`" not in told] == [], event.type


def test_every_kind_of_reason_is_in_the_table() -> None:
    assert set(_raised()) <= set(re.findall(r"^\| `(\w+)` \|", section("attention.needed"), re.M))
    for outcome in Outcome:
        assert f"`{outcome}`" in section("mentorship.ended")


def _raised() -> Iterator[str]:
    """The kinds of reasons that the coordinator is called for, as the rules' own text has them."""
    for name in ("health", "anytime"):
        for kind, severity in re.findall(
            r'key=f"(\w+)\..*?severity="(\w+)"', (ROOT / "lifecycle" / f"{name}.py").read_text(), re.S
        ):
            if severity != "notice":
                yield kind


def test_the_example_request_verifies() -> None:
    head, _, body = re.findall(r"```\nPOST(.*?)```", PAGE, re.S)[0].strip().partition("\n\n")
    headers = dict(line.split(": ") for line in head.splitlines()[1:])
    assert body == STAGE.body()
    assert headers == {
        name: value
        for name, value in Endpoint("https://x.example.com", [SECRETS[0]]).headers(STAGE, body, AT).items()
        if name != "user-agent"
    }


def test_the_code_on_the_page_takes_an_event_once() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.S)[0].replace("whsec_...", SECRETS[0])
    known: list[str] = []
    queued: list[Any] = []

    def seen_before(id: str) -> bool:
        known.append(id)
        return known.count(id) > 1

    names: dict[str, Any] = {"seen_before": seen_before, "queue": queued.append}
    exec(code, names)
    headers = Endpoint("https://x.example.com", SECRETS[:1]).headers(STAGE, STAGE.body(), datetime.now(UTC))
    for _ in range(2):
        names["received"](headers, STAGE.body().encode())
    assert queued == [json.loads(STAGE.body())]
    with pytest.raises(Exception, match="signature"):
        Webhook(SECRETS[1]).verify(STAGE.body(), headers)
