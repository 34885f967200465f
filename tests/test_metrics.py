"""What is counted once and by what became of it. The pages on which it is told: tests/test_observability.py."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import settings as settings_module
from activities.mail import deliver
from activities.webhooks import announce
from models.base import Role
from models.events import Announcement
from models.mail import MailKind
from telemetry.readiness import UNREACHABLE, Readiness
from tests.letters import delivery, letter
from tests.pairs import accepts
from tests.receiver import SECRETS, Answer, Receiver, receiver
from tests.test_webhooks import EVENT, configure
from tests.web_parts import PureEngine
from tests.web_routes import API_KEY, visitor, whole_app
from web.census import Census
from web.watched import press
from workflows.client import ActRejected, NoSuchMentorship
from workflows.connection import EngineUnreachable


class Counts:
    """How much a sample has grown since the test began."""

    def __init__(self) -> None:
        self._before = self._all()

    def grown(self, name: str) -> dict[tuple[str, ...], float]:
        """By the values of its labels, in their order by name."""
        now = self._all()
        return {
            labels: value - self._before.get((called, labels), 0)
            for (called, labels), value in now.items()
            if called == name and value != self._before.get((called, labels), 0)
        }

    def _all(self) -> dict[tuple[str, tuple[str, ...]], float]:
        return {
            (one.name, tuple(value for _, value in sorted(one.labels.items()))): one.value
            for family in REGISTRY.collect()
            for one in family.samples
        }


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest_asyncio.fixture
async def platform(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    async with receiver() as one:
        configure(monkeypatch, URL=one.url, SECRETS=SECRETS[0], ALLOW_INTERNAL="true")
        yield one
    settings_module.settings.cache_clear()


@pytest.mark.parametrize(
    ("answer", "result"), [(200, "delivered"), (500, "refused"), ("reset", "refused"), (410, "gone")]
)
async def test_an_attempt_at_a_webhook_is_counted_by_what_became_of_it(
    counts: Counts, platform: Receiver, answer: Answer, result: str
) -> None:
    platform.usual = answer
    with suppress(ApplicationError):
        await ActivityEnvironment().run(announce, Announcement(event=EVENT))
    assert counts.grown("trellis_webhooks_total") == {(EVENT.type, result): 1}


async def test_each_letter_is_counted_by_its_kind(counts: Counts) -> None:
    given = delivery(letter(MailKind.REPORT, Role.MENTEE), letter(MailKind.CONFIRM, Role.MENTOR))
    await ActivityEnvironment().run(deliver, given)
    assert counts.grown("trellis_mails_total") == {("report", "sent"): 1, ("confirm", "sent"): 1}


@pytest.mark.parametrize(
    ("problem", "result"),
    [
        (None, "recorded"),
        (ActRejected("closed", "It is too late."), "refused"),
        (NoSuchMentorship("pair-1"), "unknown"),
        (EngineUnreachable("away"), "unreachable"),
        (RuntimeError("a surprise"), "failed"),
    ],
)
def test_a_press_is_counted_by_what_became_of_it(counts: Counts, problem: Exception | None, result: str) -> None:
    with suppress(ActRejected, NoSuchMentorship, EngineUnreachable, RuntimeError), press(accepts(Role.MENTEE)):
        if problem is not None:
            raise problem
    assert counts.grown("trellis_presses_total") == {("accept", result): 1}


async def test_no_request_can_make_up_a_label(counts: Counts, tmp_path: Path) -> None:
    http = visitor(whole_app(PureEngine(), tmp_path))
    headers = {"Authorization": f"Bearer {API_KEY[0]}", "X-Request-Id": "made-up"}
    for path in ("/made-up", "/static/made-up.css", "/a/made-up", "/api/v1/made-up", "/outbox/made-up"):
        for method in ("GET", "MADEUP"):
            await http.request(method, path, headers=headers)
    seen = {label for labels in counts.grown("trellis_requests_total") for label in labels}
    assert seen >= {"GET", "other", "none", "/static/*", "/a/{token}", "/api/v1/*"}
    assert not [label for label in seen if "made" in label.lower()]


async def test_who_has_no_place_in_the_routes_is_one_label(counts: Counts, tmp_path: Path) -> None:
    http = visitor(whole_app(PureEngine(), tmp_path))
    for number in range(5):
        await http.get(f"/nowhere/{number}")
    assert counts.grown("trellis_requests_total") == {("GET", "none", "404"): 5}


async def test_a_census_is_taken_once_a_minute_and_forgotten_while_temporal_is_away() -> None:
    engine = PureEngine()

    async def temporal() -> str:
        return UNREACHABLE if engine.down else ""

    census = Census(engine, Readiness(temporal, fresh_for=0))
    await census.take()
    asked = len(engine.queries)
    await census.take()
    assert len(engine.queries) == asked
    assert all("ExecutionStatus = 'Running'" in query for query in engine.queries)
    assert REGISTRY.get_sample_value("trellis_mentorships", {"stage": "intro"}) == 1
    assert REGISTRY.get_sample_value("trellis_people_waited_for", {"role": "mentor"}) == 2
    engine.down = True
    again = Census(engine, Readiness(temporal, fresh_for=0))
    await again.take()
    assert REGISTRY.get_sample_value("trellis_mentorships", {"stage": "intro"}) is None
