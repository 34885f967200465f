"""The local SendGrid says no where the real one does, and names the field."""

import copy
import json
from typing import Any

import pytest

from demo import sendgrid_contract as contract

LOGO = {
    "content": "aGk=",
    "type": "image/png",
    "filename": "logo.png",
    "disposition": "inline",
    "content_id": "logo@example",
}
GOOD: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "amara@example.com", "name": "Amara Okafor"}]}],
    "from": {"email": "mentoring@example.com", "name": "Trellis, Mentoring"},
    "reply_to": {"email": "clara@example.com"},
    "subject": "How was your session?",
    "content": [
        {"type": "text/plain", "value": "Hi"},
        {"type": "text/html", "value": '<img src="cid:logo@example"><p>Hi, no cid:here</p>'},
        {"type": "text/calendar; method=REQUEST", "value": "BEGIN:VCALENDAR"},
    ],
    "headers": {"List-Unsubscribe": "<https://mentoring.example.com/u/x>"},
    "categories": ["career", "report"],
    "custom_args": {"mid": "pair-0001"},
    "attachments": [{"content": "aGk=", "type": "application/ics", "filename": "invite.ics"}, LOGO],
    "tracking_settings": {"click_tracking": {"enable": False}},
}


def fields(request: dict[str, Any]) -> set[str]:
    return {fault.field for fault in contract.faults(json.dumps(request).encode())}


def test_a_good_request_is_good() -> None:
    assert fields(GOOD) == set()


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("personalizations", [], "personalizations"),
        ("personalizations.0.to", [], "personalizations.0.to"),
        ("personalizations.0.to.0.email", "nobody", "personalizations.0.to.0.email"),
        ("personalizations.0.to.0.name", "Okafor, Amara", "personalizations.0.to.0.name"),
        ("personalizations.0.to.0.name", "Okafor; Amara", "personalizations.0.to.0.name"),
        ("personalizations.0.cc", [{"email": "AMARA@example.com"}], "personalizations.0.cc.0"),
        ("from", None, "from.email"),
        ("from.email", "nobody@", "from.email"),
        ("from.name", "a\nb", "from.name"),
        ("reply_to.email", "", "reply_to.email"),
        ("subject", "", "subject"),
        ("subject", "a\r\nBcc: all@example.com", "subject"),
        ("content", [], "content"),
        ("content.0.value", "", "content.0"),
        ("content.0.type", "text/plain; charset=utf-8", "content.0.type"),
        ("content.2.type", "text/calendar; charset=utf-8; method=REQUEST", "content.2.type"),
        ("content", [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}], "content"),
        ("headers", {"Reply-To": "x"}, "headers.Reply-To"),
        ("headers", {"to": "x"}, "headers.to"),
        ("headers", {"X-SG-ID": "x"}, "headers.X-SG-ID"),
        ("headers", {"X-Number": 1}, "headers.X-Number"),
        ("headers", {"X-Name": "Zoë"}, "headers.X-Name"),
        ("headers", {"X-Evil": "a\r\nb"}, "headers.X-Evil"),
        ("categories", [str(number) for number in range(11)], "categories"),
        ("categories", ["career", "career"], "categories"),
        ("categories", ["x" * 256], "categories"),
        ("categories", "career", "categories"),
        ("custom_args", {"mid": 7}, "custom_args.mid"),
        ("custom_args", {"mid": "x" * 10_000}, "custom_args"),
        ("custom_args", "mid", "custom_args"),
        ("attachments.0.content", "not base64", "attachments.0.content"),
        ("attachments.0.type", "text/calendar; method=REQUEST", "attachments.0.type"),
        ("attachments.0.filename", "", "attachments.0"),
        ("attachments", [], "content"),
        ("attachments.1.disposition", "attachment", "content"),
        ("attachments.1.disposition", "attachment", "attachments.1.content_id"),
        ("attachments.1.content_id", "", "attachments.1.content_id"),
        ("attachments.1.content_id", "<logo@example>", "attachments.1.content_id"),
        ("attachments.1.content_id", "another@example", "attachments.1.content_id"),
        ("attachments.1.content_id", "another@example", "content"),
        ("attachments", [LOGO, LOGO], "attachments.0.content_id"),
        ("content.1.value", "<p>Hi</p>", "attachments.1.content_id"),
        ("tracking_settings", {"click_tracking": {"enable": "no"}}, "tracking_settings.click_tracking"),
        ("text", "an old field", "text"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: object, field: str) -> None:
    request = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place: Any = request
    for step in parents:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(last) if last.isdigit() else last] = value
    assert field in fields(request)


@pytest.mark.parametrize("raw", [b"", b"nonsense", b"[]", b'"x"'])
def test_what_is_no_request_is_refused(raw: bytes) -> None:
    assert contract.faults(raw)
