"""What an operator sees of a worker and a web that run as they do in production: metrics, traces, logs, readiness."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
import yaml
from bs4 import BeautifulSoup
from prometheus_client.parser import text_string_to_metric_families

from links import Links, Purpose
from models.base import Role
from settings import ROOT
from tests.collector import Collector, collecting
from tests.pairs import a_program, a_start
from tests.payload_keys import client_with
from tests.processes import KEY, Running, running
from tests.web_parts import filled
from web.api.keys import Scope, mint
from workflows.client import Mentorships
from workflows.time_skipping import idle

QUEUE = "observed"
BASE = "http://127.0.0.1:8000"
API_KEY = mint("platform", Scope.ADMIN)
PRIVATE = ("Mara", "Theo", "Cora", "example.com", "WORDS TYPED IN CONFIDENCE", KEY, API_KEY[0])


@dataclass
class Seen:
    """What there was to see after someone pressed, and both processes were asked to stop."""

    id: str
    token: str
    metrics: dict[str, str]
    logs: dict[str, str]
    ready: dict[str, httpx.Response]
    statuses: dict[str, int]
    healthchecks: dict[str, int]
    collector: Collector

    def samples(self, part: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        found = text_string_to_metric_families(self.metrics[part])
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in found for one in family.samples}

    def value(self, part: str, name: str, **labels: str) -> float:
        """The sample with at least these labels."""
        found = [
            value
            for (called, has), value in self.samples(part).items()
            if called == name and labels.items() <= dict(has).items()
        ]
        assert len(found) == 1, (name, labels, found)
        return found[0]


@pytest_asyncio.fixture(scope="module")
async def seen(temporal_address: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Seen]:
    folder = tmp_path_factory.mktemp("observed")
    client = await client_with(temporal_address, "a")
    mentorships = Mentorships(client, task_queue=QUEUE)
    start = a_start()
    with collecting() as collector:
        chosen = {
            "TASK_QUEUE": QUEUE,
            "BASE_URL": BASE,
            "API_KEYS": API_KEY[1],
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        }
        async with (
            running("worker", folder, temporal_address, **chosen) as worker,
            running("web", folder, temporal_address, **chosen) as web,
        ):
            await asyncio.gather(worker.until_ready(), web.until_ready())
            await mentorships.start(start, a_program())
            # The mail about a press that comes while another leaves has a trace of its own.
            await idle(client, start.id)
            # Links older than their mentorship open nothing.
            minted = datetime.now(UTC) + timedelta(seconds=1)
            token = Links(BASE, [KEY]).mint(Purpose.JOURNEY, start.id, Role.MENTEE, "", f"{start.id}-0001", minted)
            await _visit(web, token)
            await idle(client, start.id)
            parts = {"worker": worker, "web": web}
            metrics = {name: (await part.asked("/metrics")).text for name, part in parts.items()}
            ready = {name: await part.asked("/ready") for name, part in parts.items()}
            healthchecks = {name: await _healthcheck(name, part) for name, part in parts.items()}
            for part in parts.values():
                part.stop()
            statuses = {name: await part.status() for name, part in parts.items()}
            logs = {name: part.said for name, part in parts.items()}
            yield Seen(start.id, token.rsplit("/", 1)[1], metrics, logs, ready, statuses, healthchecks, collector)


async def _healthcheck(name: str, part: Running) -> int:
    """How the check of the compose file ends."""
    service = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"][name]
    told = service["environment"][f"TRELLIS_{name.upper()}_METRICS"].replace("0.0.0.0", "127.0.0.1")
    kind, _, *arguments = service["healthcheck"]["test"]
    assert kind == "CMD"
    assert told in arguments[-1]
    arguments[-1] = arguments[-1].replace(f"http://{told}", part.url)
    check = await asyncio.create_subprocess_exec(sys.executable, *arguments)
    return await check.wait()


async def _visit(web: Running, url: str) -> None:
    """Someone asks that all contact stops, a stranger tries a door, and the platform reads."""
    path = url.removeprefix(BASE)
    async with httpx.AsyncClient(base_url=web.pages, trust_env=False) as browser:
        page = BeautifulSoup((await browser.get(f"{path}/stop_contact")).text, "lxml")
        form = filled(page, {"confirm": "yes", "message": "WORDS TYPED IN CONFIDENCE"})
        assert (await browser.post(f"{path}/stop_contact", data=form)).status_code == 303
        assert (await browser.get("/j/not-a-token/pause")).status_code == 404
        assert (await browser.request("BREW", "/nowhere/Theo")).status_code == 404
        key = {"Authorization": f"Bearer {API_KEY[0]}"}
        assert (await browser.get("/api/v1/mentorships", headers=key)).status_code == 200
        assert (await browser.get("/api/v1/mentorships")).status_code == 401


async def test_the_worker_counts_mails_asks_and_what_the_sdk_does(seen: Seen) -> None:
    assert seen.value("worker", "trellis_mails_total", kind="stop_asked", result="sent") == 1
    assert seen.value("worker", "trellis_asks_opened_total", ask="accept") == 2
    assert seen.value("worker", "temporal_activity_execution_latency_count", activity_type="deliver") >= 1
    assert seen.value("worker", "trellis_ready") == 1


async def test_the_web_counts_requests_by_their_route_and_presses_by_their_result(seen: Seen) -> None:
    requests = {labels["route"] for labels in _labels(seen, "trellis_requests_total")}
    assert requests == {"/j/{token}/{act}", "none", "/api/v1/mentorships"}
    assert seen.value("web", "trellis_requests_total", method="other") == 1
    assert seen.value("web", "trellis_requests_total", method="POST", status="303") == 1
    assert seen.value("web", "trellis_request_seconds_count", method="POST", route="/j/{token}/{act}") == 1
    assert seen.value("web", "trellis_presses_total", act="stop_contact", result="recorded") == 1
    assert seen.value("web", "trellis_api_requests_total", key="platform", status="200") == 1
    assert seen.value("web", "trellis_api_requests_total", key="none", status="401") == 1
    assert seen.value("web", "temporal_long_request_total", operation="UpdateWorkflowExecution") >= 1


def _labels(seen: Seen, name: str) -> list[dict[str, str]]:
    return [dict(labels) for called, labels in seen.samples("web") if called == name]


async def test_the_web_tells_how_many_mentorships_there_are(seen: Seen) -> None:
    assert seen.value("web", "trellis_mentorships", stage="intro") >= 1
    assert seen.value("web", "trellis_mentorships_health", health="too_early") >= 0
    assert seen.value("web", "trellis_people_waited_for", role="mentee") >= 0


async def test_every_metric_of_ours_is_documented(seen: Seen) -> None:
    documented = set(re.findall(r"`(trellis_[a-z_]+)`", (ROOT / "docs" / "observability.md").read_text()))
    families = {
        family.name for part in ("worker", "web") for family in text_string_to_metric_families(seen.metrics[part])
    }
    ours = {name for name in families if name.startswith("trellis_")}
    counted_by_workflows = {"trellis_asks_closed_total", "trellis_answer_hours", "trellis_answer_nudges"}
    told = {f"{name}_total" if f"{name}_total" in documented else name for name in ours}
    assert told | counted_by_workflows == documented


async def test_a_press_in_one_process_and_its_mail_in_another_are_one_trace(seen: Seen) -> None:
    (press,) = [span for _, span in seen.collector.spans if span.name == "POST /j/{token}/{act}"]
    # The mail of the start has another trace.
    of_press = {span.name: service for service, span in seen.collector.spans if span.trace_id == press.trace_id}
    path = ("POST /j/{token}/{act}", "update stop_contact", "took stop_contact", "begins deliver", "deliver")
    services = [of_press.get(name) for name in path]
    assert services == ["trellis-web", "trellis-web", "trellis-worker", "trellis-worker", "trellis-worker"]


async def test_logs_are_json_and_end_with_the_stop(seen: Seen) -> None:
    for part, log in seen.logs.items():
        lines = [json.loads(line) for line in log.splitlines()]
        assert all({"timestamp", "level", "logger", "message"} <= line.keys() for line in lines)
        assert [line["message"] for line in lines if line["logger"] == f"trellis.{part}"][-1] == "stopping"


async def test_nothing_that_operators_see_tells_who_they_are(seen: Seen) -> None:
    spans = "\n".join(str(span) for _, span in seen.collector.spans)
    for told in (*seen.metrics.values(), *seen.logs.values(), spans):
        for private in (*PRIVATE, *seen.token.split(".")):
            assert private not in told, private
    for metrics in seen.metrics.values():
        assert seen.id not in metrics


async def test_both_were_ready_and_left_with_success(seen: Seen) -> None:
    for answer in seen.ready.values():
        assert answer.json() == {"status": "ready"}
    assert seen.statuses == {"worker": 0, "web": 0}
    assert seen.healthchecks == {"worker": 0, "web": 0}, "the compose file asks something else"
